"""The simulator goes through a whole orchestrated restore, seen over real HTTPS."""

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.guided import GuidedManager
from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import DOCUMENTED_PROMPTS
from tests.sandbox.nsx.guided_scene import (
    BACKUP,
    CONFIG,
    PASSPHRASE,
    TIMESTAMPS,
    guided_scene,
)


@pytest.mark.parametrize("profile", Profile)
async def test_a_restore_goes_through_its_steps_to_success(
    tmp_path: Path, profile: Profile
) -> None:
    """Eleven steps by default: the first one's name is public, the others are invented."""
    seen: dict[int, str] = {}
    async with guided_scene(tmp_path, profile=profile, total_steps=11) as scene:
        await scene.configure()
        await scene.start()
        while scene.manager.phase is RestoreState.RUNNING:
            status = await scene.status()
            seen[status["step"]["step_number"]] = status["step"]["value"]
            assert status["step"]["status"]["value"] == "RUNNING"
            assert status["total_steps"] == 11
            scene.time.pass_by(10)
            await asyncio.sleep(0)
        final = await scene.status()

    assert list(seen) == list(range(1, 12))
    assert seen[1] == "RESTORE_INITIATED"
    assert seen[4] == "SIM_STEP_04"
    assert final["status"]["value"] == "SUCCESS"
    assert final["step"]["status"]["value"] == "SUCCESS"
    assert final["backup_timestamp"] == BACKUP.timestamp
    assert final["restore_end_time"] >= final["restore_start_time"] + 300_000


@pytest.mark.parametrize("profile", Profile)
async def test_the_status_has_the_keys_of_its_version(tmp_path: Path, profile: Profile) -> None:
    """`allowed_actions` and `not_allowed_actions` came after 2.5.1; an end is null until then."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        await scene.configure()
        await scene.start()

        status = await scene.status()

    late = {"allowed_actions", "not_allowed_actions"}
    assert (late <= set(status)) is profile.has(Profile.V4)
    assert status["restore_end_time"] is None
    if profile.has(Profile.V4):
        assert status["not_allowed_actions"] == ["VC_UPDATES"]


async def test_a_start_answers_with_the_running_restore(tmp_path: Path) -> None:
    """The answer to the order is the status, at step 1."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()

        status = (await scene.start()).json()

    assert status["status"]["value"] == "RUNNING"
    assert status["step"]["value"] == "RESTORE_INITIATED"


async def test_the_restored_manager_is_the_one_that_was_backed_up(tmp_path: Path) -> None:
    """Its uuid, its enabled weekly schedule and its memory of backups are those of the backup."""
    async with guided_scene(tmp_path) as scene:
        fresh = (await scene.client.get("/api/v1/node")).json()
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.SUCCESS)

        node = (await scene.client.get("/api/v1/node")).json()
        config = (await scene.client.get(CONFIG)).json()
        history = (await scene.client.get("/api/v1/cluster/backups/history")).json()

    assert fresh["node_uuid"] != BACKUP.node_id
    assert node["node_uuid"] == BACKUP.node_id
    assert config["backup_enabled"] is True
    assert config["backup_schedule"]["resource_type"] == "WeeklyBackupSchedule"
    assert history["cluster_backup_statuses"][0]["success"] is True


async def test_the_management_cluster_is_unstable_while_it_is_restored(tmp_path: Path) -> None:
    """STABLE before, UNSTABLE meanwhile, STABLE again after the success."""
    words = []
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        for go_on in (scene.start, lambda: scene.work_to(RestoreState.SUCCESS), None):
            status = (await scene.client.get("/api/v1/cluster/status")).json()
            words.append(status["mgmt_cluster_status"]["status"])
            if go_on is not None:
                await go_on()

    assert words == ["STABLE", "UNSTABLE", "STABLE"]


async def test_a_cluster_that_lacks_its_other_nodes_is_degraded(tmp_path: Path) -> None:
    """Three nodes were backed up: one comes back, the others are joined by an operator."""
    words = []
    alarms = []
    async with guided_scene(tmp_path, nodes=3) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.SUCCESS)
        for join in (True, False):
            status = (await scene.client.get("/api/v1/cluster/status")).json()
            online = len(status["mgmt_cluster_status"]["online_nodes"])
            words.append((status["mgmt_cluster_status"]["status"], online))
            alarms.append((await scene.client.get("/api/v1/alarms")).json()["result_count"])
            if join:
                scene.manager.join_nodes()

    assert words == [("DEGRADED", 1), ("STABLE", 3)]
    assert alarms == [1, 0]


async def test_the_passphrase_is_tried_during_the_restore(tmp_path: Path) -> None:
    """A wrong one fails a step, without being told; the right one put and retried heals it."""
    async with guided_scene(tmp_path, profile=Profile.V9_1) as scene:
        await scene.configure(passphrase="not-it-1A!")
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        status = await scene.status()
        assert "passphrase" in status["status"]["description"]
        assert "not-it" not in json.dumps(status)

        await scene.order("retry_with_updated_config")
        await scene.work_to(RestoreState.FAILED)
        await scene.configure()
        await scene.order("retry")
        await scene.work_to(RestoreState.FAILED)
        await scene.order("retry_with_updated_config")
        await scene.work_to(RestoreState.SUCCESS)


@pytest.mark.parametrize("profile", [Profile.V2_2, Profile.V2_5, Profile.V4])
async def test_older_versions_take_a_corrected_passphrase_with_retry(
    tmp_path: Path, profile: Profile
) -> None:
    """They know no `retry_with_updated_config`: PUT, then retry."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        await scene.configure(passphrase="not-it-1A!")
        await scene.start()
        await scene.work_to(RestoreState.FAILED)

        await scene.configure()
        assert (await scene.order("retry")).status_code == 200

        await scene.work_to(RestoreState.SUCCESS)


async def test_own_seconds_leave_out_the_time_that_people_took(tmp_path: Path) -> None:
    """Real seconds from the accepted start to the success, without those spent suspended."""
    now = asyncio.get_running_loop().time
    async with guided_scene(tmp_path, prompts=(DOCUMENTED_PROMPTS[0],)) as scene:
        await scene.configure()
        began = now()
        await scene.start()
        await scene.work_to(RestoreState.SUSPENDED_FOR_USER_ACTION)
        assert scene.manager.own_seconds is None
        await asyncio.sleep(0.3)  # a person thinks
        await scene.advance()
        await scene.work_to(RestoreState.SUCCESS)

        assert scene.manager.own_seconds is not None
        assert 0 < scene.manager.own_seconds <= now() - began - 0.3


async def test_it_shows_itself_to_a_panel_without_secrets(tmp_path: Path) -> None:
    """The snapshot is JSON and tells what is going on."""
    async with guided_scene(tmp_path, prompts=DOCUMENTED_PROMPTS) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.SUSPENDED_FOR_USER_ACTION)
        state = scene.manager.state()

    shown = json.dumps(state)
    assert (state["step"], state["total_steps"], state["step_word"]) == (3, 4, "SIM_STEP_03")
    assert (state["status"], state["offered"]) == (
        "SUSPENDED_FOR_USER_ACTION",
        ["advance", "cancel"],
    )
    assert state["prompts"][0]["name"].startswith("SIM_COMPUTE_MANAGERS")
    assert (state["start_posts"], state["mgmt_cluster_status"]) == (1, "UNSTABLE")
    assert PASSPHRASE not in shown
    assert "4uhasWak" not in shown


async def test_no_secret_is_recorded_logged_or_returned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the recorded requests nor a log line nor an answer repeats a password."""
    caplog.set_level(logging.DEBUG)
    async with guided_scene(tmp_path) as scene:
        answers = [await scene.configure(), await scene.client.get(CONFIG)]
        requests = repr(scene.manager.requests)

    for secret in (PASSPHRASE, "4uhasWak"):
        assert secret not in requests
        assert secret not in caplog.text
        assert all(secret not in answer.text for answer in answers)


async def test_a_manager_deployed_anew_knows_nothing(tmp_path: Path) -> None:
    """Same address and account; no restore, no configuration, no orders, the first uuid."""
    async with guided_scene(tmp_path) as scene:
        first = scene.manager.state()
        await scene.configure()
        await scene.start()
        scene.time.pass_by(20)

        await scene.manager.deploy_anew()

        assert await scene.word() == "INITIAL"
        state = scene.manager.state()
        for key in ("node_uuid", "backup_config", "start_posts", "orders", "url", "step"):
            assert state[key] == first[key]
        await scene.configure()
        assert (await scene.start()).status_code == 200
        await scene.work_to(RestoreState.SUCCESS)


async def test_the_default_pace_and_version_may_be_chosen(tmp_path: Path) -> None:
    """`speed` and `durations` are real time's; a version is made up per profile or given."""
    authority = Authority(tmp_path)
    async with (
        SshBackupServer(tmp_path / "disk", password="4uhasWak") as server,
        GuidedManager(
            authority=authority,
            password="VMware1!",
            backups=server.facts,
            durations=replace(Durations(), step=1),
            speed=2_000,
            version="4.1.2.1.0.22667789",
        ) as manager,
    ):
        manager.speed = 4_000
        assert manager.speed == 4_000
        assert manager.durations.step == 1
        assert manager.state()["product_version"] == "4.1.2.1.0.22667789"
        async with httpx.AsyncClient(
            base_url=manager.url,
            auth=("admin", "VMware1!"),
            verify=authority.client_context(),
        ) as client:
            listed = (await client.get(TIMESTAMPS)).json()

    assert listed == {"results": [], "result_count": 0}
