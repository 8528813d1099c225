"""Which calls each version and each component has, and under which prefix."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import DOCUMENTED_PROMPTS
from tests.sandbox.nsx.guided_scene import BACKUP, STATUS, guided_scene

API, POLICY, GLOBAL = "/api/v1", "/policy/api/v1", "/global-manager/api/v1"


@pytest.mark.parametrize(
    ("path", "since"),
    [
        ("/node", Profile.V2_2),
        ("/node/version", Profile.V2_5),
        ("/node/status", Profile.V2_5),
        ("/node/services/manager/status", Profile.V2_2),
        ("/reverse-proxy/node/health", Profile.V4),
        ("/cluster/status", Profile.V2_2),
        ("/cluster/nodes", Profile.V2_2),
        ("/configs/management", Profile.V2_2),
        ("/trust-management/certificates", Profile.V2_2),
        ("/transport-nodes", Profile.V2_2),
        ("/alarms", Profile.V4),
        ("/cluster/backups/config", Profile.V2_2),
        ("/cluster/backups/status", Profile.V2_2),
        ("/cluster/backups/history", Profile.V2_2),
        ("/cluster/backups/overview", Profile.V4),
        ("/cluster/restore/config", Profile.V2_2),
        ("/cluster/restore/status", Profile.V2_2),
        ("/cluster/restore/backuptimestamps", Profile.V2_2),
    ],
)
@pytest.mark.parametrize("profile", Profile)
async def test_a_version_has_what_had_come_by_then(
    tmp_path: Path, profile: Profile, path: str, since: Profile
) -> None:
    """Anything else is 404 with an ApiError."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        reply = await scene.client.get(f"{API}{path}")

    assert reply.status_code == (200 if profile.has(since) else 404)
    assert ("error_code" in reply.json()) is (reply.status_code == 404)


@pytest.mark.parametrize("profile", Profile)
async def test_the_fingerprint_call_came_with_2_5(tmp_path: Path, profile: Profile) -> None:
    """2.0 to 2.2 cannot retrieve it."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        reply = await scene.client.post(
            f"{API}/cluster/backups?action=retrieve_ssh_fingerprint",
            json={"server": "127.0.0.1", "port": scene.server.port},
        )

    assert reply.status_code == (200 if profile.has(Profile.V2_5) else 404)


@pytest.mark.parametrize("action", ["resume", "RETRY", "", None])
async def test_there_is_no_such_order(tmp_path: Path, action: str | None) -> None:
    """`resume` stands in printed examples and exists in no version."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.SUSPENDED_BY_USER)
        params = {} if action is None else {"action": action}
        reply = await scene.client.post(f"{API}/cluster/restore", params=params)

    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("profile", "path", "status"),
    [
        (Profile.V2_5, f"{POLICY}/cluster/backups/config", 404),
        (Profile.V4, f"{POLICY}/cluster/backups/config", 200),
        (Profile.V9_1, f"{POLICY}/cluster/restore/backuptimestamps", 200),
        (Profile.V9_1, f"{POLICY}/cluster/restore/status", 404),
        (Profile.V9_1, f"{POLICY}/node", 404),
        (Profile.V9_1, f"{GLOBAL}/cluster/backups/config", 404),
    ],
)
async def test_a_local_manager_has_two_prefixes(
    tmp_path: Path, profile: Profile, path: str, status: int
) -> None:
    """Late versions have backup and restore under `/policy/api/v1` too, without the status."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        reply = await scene.client.get(path)

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{GLOBAL}/cluster/backups/config", 200),
        (f"{GLOBAL}/cluster/restore/backuptimestamps", 200),
        (f"{GLOBAL}/cluster/restore/status", 404),
        (f"{GLOBAL}/alarms", 404),
        (f"{API}/cluster/restore/status?restore_component=GLOBAL_MANAGER", 200),
        (f"{API}/cluster/restore/status", 400),
        (f"{API}/cluster/backups/config", 404),
        (f"{API}/transport-nodes", 404),
        (f"{API}/node", 200),
        (f"{API}/cluster/status", 200),
    ],
)
@pytest.mark.parametrize("profile", [Profile.V4, Profile.V9_1])
async def test_a_global_manager_has_its_own_prefix(
    tmp_path: Path, profile: Profile, path: str, status: int
) -> None:
    """Only the status of the restore is under `/api/v1`, and the component has to be named."""
    async with guided_scene(tmp_path, profile=profile, component="global") as scene:
        reply = await scene.client.get(path)

    assert reply.status_code == status


async def test_a_local_manager_is_no_global_one(tmp_path: Path) -> None:
    """Asking it for the other component's restore is refused; its own name is accepted."""
    async with guided_scene(tmp_path) as scene:
        own = await scene.client.get(STATUS, params={"restore_component": "LOCAL_MANAGER"})
        other = await scene.client.get(STATUS, params={"restore_component": "GLOBAL_MANAGER"})

    assert (own.status_code, other.status_code) == (200, 400)


@pytest.mark.parametrize("profile", [Profile.V2_2, Profile.V2_5])
async def test_old_versions_have_no_global_manager(tmp_path: Path, profile: Profile) -> None:
    """The class says so instead of simulating one."""
    with pytest.raises(ValueError, match="no Global Manager"):
        async with guided_scene(tmp_path, profile=profile, component="global"):
            pass


async def test_a_global_manager_is_restored_without_a_question(tmp_path: Path) -> None:
    """Whatever prompts it was given, it asks none."""
    async with guided_scene(
        tmp_path, component="global", prompts=DOCUMENTED_PROMPTS, total_steps=11
    ) as scene:
        put = await scene.client.put(f"{GLOBAL}/cluster/backups/config", json=scene.configuration())
        started = await scene.client.post(
            f"{GLOBAL}/cluster/restore?action=start",
            json={"node_id": BACKUP.node_id, "timestamp": BACKUP.timestamp},
        )
        await scene.work_to(RestoreState.SUCCESS)

    assert (put.status_code, started.status_code) == (200, 200)
    assert scene.manager.start_posts == 1
    assert scene.manager.orders == {"start": 1}


def _integers(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_integers(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_integers(inner) for inner in value)
    return not isinstance(value, float)


@pytest.mark.parametrize("profile", Profile)
async def test_every_number_is_an_integer(tmp_path: Path, profile: Profile) -> None:
    """Times, counts, ports and steps are never floats."""
    paths = ("node", "cluster/restore/status", "cluster/backups/config", "cluster/backups/history")
    async with guided_scene(tmp_path, profile=profile) as scene:
        await scene.bring_to(RestoreState.SUCCESS)
        told = [(await scene.client.get(f"{API}/{path}")).json() for path in paths]

    assert _integers(told)
