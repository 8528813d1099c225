"""What a 2.0 to 9.x Manager tells of itself, before and after its restore."""

from pathlib import Path

import pytest

from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.ssh_sessions import SshFault
from tests.sandbox.nsx.guided_scene import CONFIG, TIMESTAMPS, guided_scene

API = "/api/v1"


@pytest.mark.parametrize("profile", Profile)
async def test_the_node_tells_version_name_and_time(tmp_path: Path, profile: Profile) -> None:
    """The version is the profile's own, the name is the FQDN in two forms."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        before = (await scene.client.get(f"{API}/node")).json()
        scene.time.pass_by(60)
        after = (await scene.client.get(f"{API}/node")).json()

    assert before["product_version"] == profile.default_version
    assert before["fully_qualified_domain_name"] == "nsx.example.com"
    assert before["hostname"] == "nsx"
    assert after["system_time"] == before["system_time"] + 60_000


async def test_the_uptime_counts_milliseconds(tmp_path: Path) -> None:
    """A fresh appliance is two hours old."""
    async with guided_scene(tmp_path) as scene:
        scene.time.pass_by(1)
        status = (await scene.client.get(f"{API}/node/status")).json()

    assert status["uptime"] == 7_201_000


@pytest.mark.parametrize(
    ("profile", "fresh", "restored"),
    [
        (Profile.V2_2, "NO_CONTROLLERS", "STABLE"),
        (Profile.V2_5, "STABLE", "STABLE"),
        (Profile.V9_1, "STABLE", "STABLE"),
    ],
)
async def test_controllers_were_apart_before_2_4(
    tmp_path: Path, profile: Profile, fresh: str, restored: str
) -> None:
    """A fresh 2.2 Manager has none; later the Manager is its own controller."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        before = (await scene.client.get(f"{API}/cluster/status")).json()
        await scene.bring_to(RestoreState.SUCCESS)
        after = (await scene.client.get(f"{API}/cluster/status")).json()

    assert before["control_cluster_status"]["status"] == fresh
    assert after["control_cluster_status"]["status"] == restored


@pytest.mark.parametrize(
    ("profile", "word"), [(Profile.V2_2, "UNSTABLE"), (Profile.V2_5, "DEGRADED")]
)
async def test_a_word_for_fewer_nodes_came_with_2_5(
    tmp_path: Path, profile: Profile, word: str
) -> None:
    """2.0 lists no DEGRADED; the missing nodes are offline, and listed."""
    async with guided_scene(tmp_path, profile=profile, nodes=3) as scene:
        await scene.bring_to(RestoreState.SUCCESS)
        status = (await scene.client.get(f"{API}/cluster/status")).json()["mgmt_cluster_status"]
        nodes = (await scene.client.get(f"{API}/cluster/nodes")).json()

    assert status["status"] == word
    assert (len(status["online_nodes"]), len(status["offline_nodes"])) == (1, 2)
    assert nodes["result_count"] == 3


async def test_late_versions_tell_the_whole_clusters_word_too(tmp_path: Path) -> None:
    """`overall_status` follows the management cluster, with a word of its own for the rest."""
    words = []
    async with guided_scene(tmp_path) as scene:
        for state in (RestoreState.INITIAL, RestoreState.RUNNING):
            await scene.bring_to(state)
            status = (await scene.client.get(f"{API}/cluster/status")).json()
            words.append(status["overall_status"])
            assert status["detailed_cluster_status"]["overall_status"] == words[-1]

    assert words == ["STABLE", "UNAVAILABLE"]


async def test_hosts_are_in_the_restored_database_only(tmp_path: Path) -> None:
    """A fresh Manager knows none."""
    counts = []
    async with guided_scene(tmp_path) as scene:
        for state in (RestoreState.INITIAL, RestoreState.SUCCESS):
            await scene.bring_to(state)
            counts.append((await scene.client.get(f"{API}/transport-nodes")).json())

    assert [one["result_count"] for one in counts] == [0, 6]


async def test_the_certificate_that_is_served_is_listed(tmp_path: Path) -> None:
    """In PEM, so that a client can compare it with the one that it saw."""
    async with guided_scene(tmp_path) as scene:
        listed = (await scene.client.get(f"{API}/trust-management/certificates")).json()

    assert listed["result_count"] == 1
    assert listed["results"][0]["pem_encoded"].startswith("-----BEGIN CERTIFICATE-----")


async def test_a_starting_service_refuses_everything_but_the_status_with_an_error(
    tmp_path: Path,
) -> None:
    """503 with an ApiError on other calls, without asking who calls."""
    async with guided_scene(tmp_path) as scene:
        scene.manager.restart_service()
        await scene.work_until(
            lambda: scene.manager.state()["window"] == "starting, says so in JSON"
        )
        reply = await scene.client.get(f"{API}/node", auth=("nobody", "knows"))

    assert (reply.status_code, reply.json()["httpStatus"]) == (503, "SERVICE_UNAVAILABLE")


async def test_no_backup_is_made_while_a_restore_is_at_work(tmp_path: Path) -> None:
    """409 with an ApiError."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.RUNNING)
        reply = await scene.client.post(f"{API}/cluster?action=backup_to_remote")

    assert (reply.status_code, reply.json()["httpStatus"]) == (409, "CONFLICT")


async def test_a_file_that_is_no_backup_is_not_restored(tmp_path: Path) -> None:
    """It is listed by its name and refused when it is opened."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        (tmp_path / "disk/vol0/backups" / scene.backup.name).write_bytes(b"not a backup")
        listed = (await scene.client.get(TIMESTAMPS)).json()
        reply = await scene.start()

    assert (listed["result_count"], reply.status_code) == (1, 400)
    assert "cannot be read" in reply.json()["error_message"]


async def test_a_start_needs_a_configuration(tmp_path: Path) -> None:
    """Without a server there is nothing to restore from."""
    async with guided_scene(tmp_path) as scene:
        reply = await scene.start()

    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("fault", "word", "retrieved"),
    [
        (SshFault.HANG_AT_BANNER, "BACKUP_TIMEOUT", 400),
        (SshFault.CLOSE_AT_BANNER, "BACKUP_SERVER_UNREACHABLE", 400),
        (SshFault.HANG_AT_LOGIN, "BACKUP_TIMEOUT", 200),
        (SshFault.REFUSE_LOGIN, "BACKUP_AUTHENTICATION_FAILURE", 200),
        (SshFault.HANG_IN_LISTING, "BACKUP_TIMEOUT", 200),
        (SshFault.CLOSE_IN_LISTING, "BACKUP_SERVER_UNREACHABLE", 200),
    ],
)
async def test_a_faulty_backup_server_is_noticed(
    tmp_path: Path, fault: SshFault, word: str, retrieved: int
) -> None:
    """What is wrong with the SSH server at the moment refuses the configuration."""
    async with guided_scene(tmp_path) as scene:
        scene.server.fault = fault
        put = await scene.configure()
        fingerprint = await scene.client.post(
            f"{API}/cluster/backups?action=retrieve_ssh_fingerprint",
            json={"server": "127.0.0.1", "port": scene.server.port},
        )
        shown = (await scene.client.get(CONFIG)).json()

    assert (put.status_code, fingerprint.status_code) == (400, retrieved)
    assert put.json()["error_message"].startswith(word)
    assert "remote_file_server" not in shown
