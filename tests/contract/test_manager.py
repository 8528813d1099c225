"""What every `NsxManager` does: our client against the simulator, and the stand-in in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.nsx.client import HttpManagers
from bot.ports import NsxManager, RestoreFile
from bot.runbooks.observations import ClusterStatus, ManagerFacts, Reply
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults, PostFault
from bot.sandbox.nsx.nsxt1_lifecycle import Durations, Phase
from tests.builders import NOON, a_manager_access, a_target, a_timing
from tests.fakes import FakeCredentials, FakeManager

_PATH = "/api/v1/cluster/backups?action=restore"
_NODE = "422e901f-b167-da0a-951f-c0278ca8a4ba"


@dataclass
class Case:
    """A manager, the file it can be restored from, and the switches of its stand-in."""

    manager: NsxManager
    file: RestoreFile
    posts: Callable[[], int]
    until_restored: Callable[[], Awaitable[None]]
    cut_the_restore: Callable[[], None]
    refuse_to_disable: Callable[[], None]


@pytest.fixture(params=["client on the simulator", "in memory"])
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each claim holds for both."""
    made = _in_memory() if request.param == "in memory" else _on_the_simulator(tmp_path)
    async with made as ready:
        yield ready


@asynccontextmanager
async def _in_memory() -> AsyncIterator[Case]:
    manager = FakeManager()

    async def until_restored() -> None:
        pass

    def cut() -> None:
        manager.replies.append(Reply("unknown", "The manager broke the connection off."))

    def refuse() -> None:
        manager.stuck_schedule = True

    file = RestoreFile("pass", "192.0.2.20", 22, "/b/c", "scp", "0" * 32, "backup", "word")
    yield Case(manager, file, lambda: len(manager.restores), until_restored, cut, refuse)


@asynccontextmanager
async def _on_the_simulator(folder: Path) -> AsyncIterator[Case]:
    authority = Authority(folder)
    faults = Faults()
    async with (
        SshBackupServer(folder / "backups", password="word") as backups,
        Nsxt1Manager(
            authority=authority,
            password="secret",
            backups=backups.facts,
            speed=1000,
            durations=Durations(),
            faults=faults,
        ) as simulator,
    ):
        path = backups.add_backup("backup-cluster-1.tar.gz", "7Taspa5anecR", NOON)
        access = a_manager_access(url=simulator.url, ca_file=str(authority.ca_pem))
        target = a_target(manager=access, timing=a_timing(request_timeout=timedelta(seconds=5)))
        file = RestoreFile(
            passphrase="7Taspa5anecR",
            server=backups.host,
            port=backups.port,
            uri=path,
            protocol="scp",
            ssh_fingerprint=backups.fingerprint_md5(),
            username=backups.username,
            password="word",
        )

        async def until_restored() -> None:
            await simulator.until(
                lambda: simulator.phase is Phase.READY and simulator.stable_again_at is not None
            )

        def cut() -> None:
            faults.cluster_post = PostFault.CUT_AFTER_ACCEPTING

        def refuse() -> None:
            faults.backup_stays_enabled = True

        credentials = FakeCredentials({"env:NSX_PASSWORD": "secret"})
        async with HttpManagers(credentials)(target) as manager:
            yield Case(manager, file, lambda: simulator.restore_posts, until_restored, cut, refuse)


async def test_a_fresh_manager_tells_version_and_identity(case: Case) -> None:
    """The version as it is, the id in lower case, as in the cluster status, and the FQDN."""
    expected = ManagerFacts("1.1.0.0.0.4788147", _NODE, "nsx-manager.example.com")
    assert await case.manager.facts() == expected


async def test_a_fresh_manager_is_stable_without_controllers(case: Case) -> None:
    """NSX-T 1.1 admin guide, Restore a cluster backup, step 1."""
    expected = ClusterStatus("STABLE", "NO_CONTROLLERS", (_NODE,), ("10.0.0.5",))
    assert await case.manager.cluster_status() == expected


async def test_a_fresh_manager_makes_no_backups(case: Case) -> None:
    """There is no schedule before a restore brings one."""
    assert (await case.manager.schedule()).enabled is False


async def test_an_accepted_restore_brings_an_enabled_schedule_that_can_be_switched(
    case: Case,
) -> None:
    """Off before the node restore, on after the helper script (steps 4 and after 7)."""
    assert (await case.manager.restore(_PATH, case.file)).outcome == "accepted"
    await case.until_restored()
    assert (await case.manager.schedule()).enabled is True
    assert (await case.manager.set_schedule(enabled=False)).enabled is False
    assert (await case.manager.schedule()).enabled is False
    assert (await case.manager.set_schedule(enabled=True)).enabled is True
    assert case.posts() == 1


async def test_a_schedule_that_stays_on_is_seen(case: Case) -> None:
    """What is returned was read, not assumed."""
    await case.manager.restore(_PATH, case.file)
    await case.until_restored()
    case.refuse_to_disable()
    assert (await case.manager.set_schedule(enabled=False)).enabled is True


async def test_a_restore_without_an_answer_is_unknown_and_was_sent_once(case: Case) -> None:
    """It may have begun; it is never sent a second time."""
    case.cut_the_restore()
    reply = await case.manager.restore(_PATH, case.file)
    assert reply.outcome == "unknown"
    assert case.posts() == 1


async def test_a_directory_is_no_backup(case: Case) -> None:
    """The guide's example ends in a slash: that is refused before it is sent."""
    directory = RestoreFile(
        case.file.passphrase,
        case.file.server,
        case.file.port,
        "/vol0/backups/",
        "scp",
        case.file.ssh_fingerprint,
        case.file.username,
        case.file.password,
    )
    assert (await case.manager.restore(_PATH, directory)).outcome == "refused"
    assert case.posts() == 0
