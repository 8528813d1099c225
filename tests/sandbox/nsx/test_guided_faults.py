"""Each fault switch of a 2.0 to 9.x Manager does on the wire what its description says."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.nsx.guided_faults import (
    Failure,
    Faults,
    OtherRestore,
    StartFault,
    StatusForm,
)
from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS
from tests.sandbox.nsx.guided_scene import (
    BACKUP,
    STATUS,
    TIMESTAMPS,
    guided_scene,
)

EARLIER = BACKUP.timestamp - 86_400_000


@pytest.mark.parametrize(
    ("fault", "begun"),
    [
        (StartFault.CUT_BEFORE_ACCEPTING, False),
        (StartFault.CUT_AFTER_ACCEPTING, True),
        (StartFault.HANG_BEFORE_ACCEPTING, False),
        (StartFault.HANG_AFTER_ACCEPTING, True),
    ],
)
async def test_a_start_without_an_answer_may_have_begun_or_not(
    tmp_path: Path, fault: StartFault, *, begun: bool
) -> None:
    """The client learns nothing; only the status tells."""
    async with guided_scene(tmp_path, faults=Faults(start_post=fault)) as scene:
        await scene.configure()
        scene.client.timeout = httpx.Timeout(0.3)
        with pytest.raises(httpx.TransportError):
            await scene.start()
        await scene.manager.until(lambda: scene.manager.start_posts == 1)
        scene.client.timeout = httpx.Timeout(5)

        assert await scene.word() == ("RUNNING" if begun else "INITIAL")
    assert scene.manager.start_posts == 1
    assert scene.manager.orders["start"] == int(begun)
    starts = [one for one in scene.manager.requests if "action=start" in one.path]
    assert [one.status for one in starts] == [None]


async def test_an_accepted_start_may_be_lost_behind_a_gateway(tmp_path: Path) -> None:
    """502 with a page of HTML, and the restore runs."""
    faults = Faults(start_post=StartFault.LOST_AFTER_ACCEPTING)
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        reply = await scene.start()

        assert (reply.status_code, reply.headers["Content-Type"]) == (
            502,
            "text/html; charset=utf-8",
        )
        assert await scene.word() == "RUNNING"


@pytest.mark.parametrize("with_start", [True, False])
async def test_somebody_elses_restore_refuses_a_start(tmp_path: Path, *, with_start: bool) -> None:
    """409 with the other one's status; it shows before the start, or only with it."""
    other = OtherRestore(EARLIER, with_start=with_start)
    async with guided_scene(tmp_path, faults=Faults(other_restore=other)) as scene:
        await scene.configure()
        before = await scene.word()
        reply = await scene.start()
        after = await scene.status()

    assert before == ("INITIAL" if with_start else "RUNNING")
    assert reply.status_code == 409
    assert reply.json()["backup_timestamp"] == EARLIER
    assert after == reply.json()
    assert not scene.manager.orders


@pytest.mark.parametrize("again", [True, False])
async def test_an_earlier_success_is_shown_until_a_start_is_accepted(
    tmp_path: Path, *, again: bool
) -> None:
    """It has the earlier backup's timestamp; whether a start is taken after it is a switch."""
    faults = Faults(
        other_restore=OtherRestore(EARLIER, RestoreState.SUCCESS), starts_after_success=again
    )
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        before = await scene.status()
        reply = await scene.start()

    assert (before["status"]["value"], before["backup_timestamp"]) == ("SUCCESS", EARLIER)
    assert reply.status_code == (200 if again else 409)
    assert reply.json()["backup_timestamp"] == (BACKUP.timestamp if again else EARLIER)


async def test_a_status_may_speak_of_another_restore_whatever_ours_does(tmp_path: Path) -> None:
    """Ours goes on meanwhile, takes no order, and is shown again afterwards."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.RUNNING)
        scene.manager.faults.shows_instead = OtherRestore(EARLIER, RestoreState.SUCCESS)
        instead = await scene.status()
        refused = await scene.start()
        scene.manager.faults.shows_instead = None
        again = await scene.status()

    assert (instead["status"]["value"], instead["backup_timestamp"]) == ("SUCCESS", EARLIER)
    assert refused.status_code == 409
    assert again["backup_timestamp"] == BACKUP.timestamp


async def test_a_restored_manager_may_take_another_start(tmp_path: Path) -> None:
    """With the switch on; without it the table's 409 stands."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.SUCCESS)
        refused = await scene.start()
        scene.manager.faults.starts_after_success = True
        taken = await scene.start()

    assert (refused.status_code, taken.status_code) == (409, 200)


@pytest.mark.parametrize(("version", "status"), [("4.2.1.0.0.24304122", 200), ("4.2.1.0.0.1", 400)])
async def test_a_backup_of_another_version_may_be_refused(
    tmp_path: Path, version: str, status: int
) -> None:
    """The refusal names both versions; the vendor's own text is not public."""
    faults = Faults(refuse_other_version=True)
    async with guided_scene(tmp_path, faults=faults, version=version) as scene:
        await scene.configure()
        reply = await scene.start()

    assert reply.status_code == status
    if status == 400:
        assert BACKUP.version in reply.json()["error_message"]
        assert version in reply.json()["error_message"]


async def test_no_passphrase_is_right(tmp_path: Path) -> None:
    """The right one fails too."""
    async with guided_scene(tmp_path, faults=Faults(refuse_passphrase=True)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        status = await scene.status()

    assert "passphrase" in status["status"]["description"]


@pytest.mark.parametrize("restart", ["restart_service", "reboot"])
async def test_a_transient_failure_heals_by_a_restart(tmp_path: Path, restart: str) -> None:
    """The restore goes on by itself, without a retry."""
    faults = Faults(failures=(Failure(2, times=None, heals_by_restart=True),))
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        status = await scene.status()
        getattr(scene.manager, restart)()
        await scene.work_to(RestoreState.SUCCESS)

    assert (status["step"]["step_number"], status["step"]["status"]["value"]) == (2, "FAILED")
    assert status["status"]["description"] == "Cluster restore failed"
    assert scene.manager.orders == {"start": 1}


async def test_a_failure_repeats_before_a_retry_helps(tmp_path: Path) -> None:
    """It fails as often as it was told to, always at the same step; a restart does not help."""
    faults = Faults(failures=(Failure(3, times=2, reason="Node restore failed"),))
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        scene.manager.restart_service()
        await scene.work_until(lambda: scene.manager.state()["window"] != "open")
        await scene.work_until(lambda: scene.manager.state()["window"] == "open")
        assert (await scene.status())["step"]["step_number"] == 3
        await scene.order("retry")
        await scene.work_to(RestoreState.FAILED)
        assert (await scene.status())["step"]["step_number"] == 3
        await scene.order("retry")
        await scene.work_to(RestoreState.SUCCESS)

    assert scene.manager.orders["retry"] == 2


async def test_a_final_failure_stays_one(tmp_path: Path) -> None:
    """Every retry fails again."""
    faults = Faults(failures=(Failure(2, times=None),))
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        await scene.start()
        for _ in range(3):
            await scene.work_to(RestoreState.FAILED)
            assert (await scene.order("retry")).status_code == 200
        await scene.work_to(RestoreState.FAILED)


async def test_a_failed_restore_may_offer_to_be_cancelled(tmp_path: Path) -> None:
    """Only then is the order taken."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.FAILED)
        refused = await scene.order("cancel")
        scene.manager.faults.cancel_after_failure = True
        offered = scene.manager.state()["offered"]
        taken = await scene.order("cancel")

    assert (refused.status_code, taken.status_code) == (409, 200)
    assert "cancel" in offered
    assert taken.json()["status"]["value"] == "ABORTED"


async def test_a_restore_may_abort_by_itself(tmp_path: Path) -> None:
    """ABORTED by nobody's order."""
    async with guided_scene(tmp_path, faults=Faults(abort_at_step=2)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.ABORTED)
        status = await scene.status()

    assert (status["status"]["value"], status["endpoints"]) == ("ABORTED", [])
    assert status["restore_end_time"] is not None


async def test_a_restore_may_run_for_ever(tmp_path: Path) -> None:
    """A day later it is still at that step."""
    async with guided_scene(tmp_path, faults=Faults(stuck_at_step=2)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_until(lambda: scene.manager.state()["step"] == 2)
        for _ in range(24):
            scene.time.pass_by(3_600)
            await asyncio.sleep(0)
        status = await scene.status()

    assert (status["status"]["value"], status["step"]["step_number"]) == ("RUNNING", 2)


async def test_a_word_may_be_unheard_of(tmp_path: Path) -> None:
    """It stands where RUNNING would."""
    async with guided_scene(tmp_path, faults=Faults(status_word="SIM_PONDERING")) as scene:
        await scene.configure()
        fresh = await scene.word()
        await scene.start()

        assert (fresh, await scene.word()) == ("INITIAL", "SIM_PONDERING")


async def test_an_instruction_may_be_unheard_of(tmp_path: Path) -> None:
    """It has an id and a name, and nothing that says what to do."""
    faults = Faults(unknown_instruction=True)
    async with guided_scene(tmp_path, faults=faults, prompts=(COMPUTE_MANAGERS,)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.SUSPENDED_FOR_USER_ACTION)
        (instruction,) = (await scene.status())["instructions"]

    assert set(instruction) == {"id", "name"}


@pytest.mark.parametrize("form", [StatusForm.NULLS, StatusForm.MISSING])
async def test_a_status_may_lack_nearly_everything(tmp_path: Path, form: StatusForm) -> None:
    """Step, times, total, instructions and endpoints are null, or not there."""
    async with guided_scene(tmp_path, faults=Faults(status_form=form)) as scene:
        await scene.configure()
        await scene.start()
        status = await scene.status()

    keys = ("restore_start_time", "restore_end_time", "total_steps", "step", "instructions")
    for key in (*keys, "endpoints"):
        assert status.get(key) is None
        assert (key in status) is (form is StatusForm.NULLS)
    assert status["status"]["value"] == "RUNNING"


async def test_a_status_may_be_forbidden(tmp_path: Path) -> None:
    """403 with a status as its body."""
    async with guided_scene(tmp_path, faults=Faults(status_forbidden=True)) as scene:
        reply = await scene.client.get(STATUS)

    assert (reply.status_code, reply.json()["status"]["value"]) == (403, "INITIAL")


@pytest.mark.parametrize(
    ("switch", "action", "state"),
    [
        ("cancel_not_offered", "cancel", RestoreState.SUSPENDED_BY_USER),
        ("suspend_not_offered", "suspend", RestoreState.RUNNING),
    ],
)
async def test_an_order_that_is_not_offered_is_refused(
    tmp_path: Path, switch: str, action: str, state: RestoreState
) -> None:
    """It is not among `endpoints`, and gets 409."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(state)
        setattr(scene.manager.faults, switch, True)
        offered = [one["href"] for one in (await scene.status())["endpoints"]]
        reply = await scene.order(action)

    assert all(action not in href for href in offered)
    assert reply.status_code == 409


async def test_a_list_may_be_empty_for_no_visible_reason(tmp_path: Path) -> None:
    """Nothing is listed, and so nothing can be started."""
    async with guided_scene(tmp_path, faults=Faults(list_empty=True)) as scene:
        await scene.configure()
        listed = (await scene.client.get(TIMESTAMPS)).json()
        reply = await scene.start()

    assert (listed["results"], reply.status_code) == ([], 400)


async def test_a_list_may_shout(tmp_path: Path) -> None:
    """FQDNs in upper case are listed and refused at the start; IPs stay as they are."""
    by_name = replace(BACKUP, address="nsx.example.com")
    by_ip = replace(BACKUP, timestamp=BACKUP.timestamp + 1)
    async with guided_scene(
        tmp_path,
        backup=by_name,
        listed=[by_name, by_ip],
        publish_fqdns=True,
        faults=Faults(list_upper_case=True),
    ) as scene:
        await scene.configure()
        listed = (await scene.client.get(TIMESTAMPS)).json()["results"]
        reply = await scene.start()

    assert [one["ip_address"] for one in listed] == ["NSX.EXAMPLE.COM", "10.20.0.5"]
    assert reply.status_code == 400


async def test_a_list_may_offer_policy_only(tmp_path: Path) -> None:
    """Every entry says so, and a full restore is refused."""
    async with guided_scene(tmp_path, faults=Faults(list_policy_only=True)) as scene:
        await scene.configure()
        (entry,) = (await scene.client.get(TIMESTAMPS)).json()["results"]
        reply = await scene.start()

    assert (entry["restore_type"], reply.status_code) == (["POLICY_ONLY_RESTORE"], 400)


@pytest.mark.parametrize(
    ("faults", "path", "keys", "value"),
    [
        (
            Faults(management_status="INITIALIZING"),
            "cluster/status",
            ("mgmt_cluster_status", "status"),
            "INITIALIZING",
        ),
        (
            Faults(control_status="UNSTABLE"),
            "cluster/status",
            ("control_cluster_status", "status"),
            "UNSTABLE",
        ),
        (Faults(product_version="3.2.1.0.0.1"), "node", ("product_version",), "3.2.1.0.0.1"),
        (Faults(online_nodes=3), "cluster/nodes", ("result_count",), 3),
    ],
)
async def test_an_appliance_may_say_other_things_of_itself(
    tmp_path: Path, faults: Faults, path: str, keys: tuple[str, ...], value: Any
) -> None:
    """The word of the management cluster, the version, the number of nodes."""
    async with guided_scene(tmp_path, faults=faults) as scene:
        told = (await scene.client.get(f"/api/v1/{path}")).json()

    for key in keys:
        told = told[key]
    assert told == value
