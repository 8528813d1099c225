"""What every `Manager` does, of whatever generation: our clients on the simulators, and in memory.

What a generation alone can do is in `test_manager.py` and in `tests/nsx`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.domain.values import Component
from bot.ports import Manager
from bot.runbooks.observations import ListedRestore
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults as Nsxt1Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Phase as Nsxt1Phase
from tests.builders import NOON
from tests.fakes import FakeGuidedManager, FakeManager
from tests.nsx.guided_rig import MADE, NODE, a_rig
from tests.nsx.places import (
    CLUSTER_RESTORE,
    PASSPHRASE,
    PASSWORD,
    SSH_PASSWORD,
    a_restore_file,
    managers,
    trusted,
)


@dataclass
class Case:
    """A freshly deployed manager; how it is restored, and how its account is locked."""

    manager: Manager
    address: str
    fqdn: str
    restore: Callable[[], Awaitable[None]]
    lock: Callable[[], None]


@asynccontextmanager
async def _in_memory(_: Path) -> AsyncIterator[Case]:
    manager = FakeManager()

    async def restore() -> None:
        await manager.restore(CLUSTER_RESTORE, a_restore_file())

    def lock() -> None:
        manager.trouble = ManagerError(Kind.AUTH, "Locked.", "Wait.")

    yield Case(manager, "10.0.0.5", "nsx-manager.example.com", restore, lock)


@asynccontextmanager
async def _guided_in_memory(_: Path) -> AsyncIterator[Case]:
    manager = FakeGuidedManager(listed=[ListedRestore(NODE, MADE, "10.20.0.5")])

    async def restore() -> None:
        assert (await manager.start(NODE, MADE)).outcome == "accepted"

    def lock() -> None:
        manager.trouble = ManagerError(Kind.AUTH, "Locked.", "Wait.")

    yield Case(manager, "10.20.0.5", "nsx.example.com", restore, lock)


@asynccontextmanager
async def _of_1x(folder: Path) -> AsyncIterator[Case]:
    authority, faults = Authority(folder), Nsxt1Faults()
    async with (
        SshBackupServer(folder / "backups", password=SSH_PASSWORD) as server,
        Nsxt1Manager(
            authority=authority, password=PASSWORD, backups=server.facts, speed=1000, faults=faults
        ) as simulator,
        managers()(trusted(simulator.url, authority)) as manager,
    ):
        file = a_restore_file(
            uri=server.add_backup("backup-cluster-1.tar.gz", PASSPHRASE, NOON),
            server=server.host,
            port=server.port,
            ssh_fingerprint=server.fingerprint_md5(),
        )

        async def restore() -> None:
            assert (await manager.restore(CLUSTER_RESTORE, file)).outcome == "accepted"
            await simulator.until(
                lambda: (
                    simulator.phase is Nsxt1Phase.READY and simulator.stable_again_at is not None
                )
            )

        def lock() -> None:
            faults.locked_out = True

        yield Case(manager, "10.0.0.5", "nsx-manager.example.com", restore, lock)


@asynccontextmanager
async def _guided(folder: Path, component: Component) -> AsyncIterator[Case]:
    async with a_rig(folder, component=component) as rig, rig.open() as manager:
        simulator = rig.simulator

        async def restore() -> None:
            await manager.keep_backups(rig.access())
            assert (await manager.start(NODE, MADE)).outcome == "accepted"
            await simulator.until(
                lambda: simulator.state()["status"] == "SUCCESS" and simulator.state()["listening"]
            )

        def lock() -> None:
            simulator.faults.locked_out = True

        yield Case(manager, "10.20.0.5", "nsx.example.com", restore, lock)


_CASES: dict[str, Callable[[Path], AbstractAsyncContextManager[Case]]] = {
    "1.x in memory": _in_memory,
    "1.x": _of_1x,
    "2.0 and later in memory": _guided_in_memory,
    "2.0 and later": lambda folder: _guided(folder, Component.LOCAL),
    "global": lambda folder: _guided(folder, Component.GLOBAL),
}


@pytest.fixture(params=_CASES)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each claim holds for all."""
    async with _CASES[request.param](tmp_path) as ready:
        yield ready


async def test_a_manager_says_who_it_is_and_where(case: Case) -> None:
    """The one online node is itself, by id and by address."""
    facts, status = await case.manager.facts(), await case.manager.cluster_status()
    assert facts.version
    assert facts.fqdn == case.fqdn
    assert status.management == "STABLE"
    assert status.online_nodes == (facts.node,)
    assert status.addresses == (case.address,)


async def test_uptime_is_in_milliseconds_and_grows(case: Case) -> None:
    """Two hours and a little at first."""
    first, second = await case.manager.uptime(), await case.manager.uptime()
    assert first is not None
    assert second is not None
    assert 7_200_000 <= first <= second < 8_000_000


async def test_a_schedule_that_a_restore_brings_is_switched_off_and_on(case: Case) -> None:
    """A fresh manager has none enabled; switching twice is switching once."""
    assert (await case.manager.schedule()).enabled is False
    await case.restore()
    assert (await case.manager.schedule()).enabled is True
    for enabled in (False, False, True, True):
        assert (await case.manager.set_schedule(enabled=enabled)).enabled is enabled
        assert (await case.manager.schedule()).enabled is enabled


async def test_a_locked_account_is_an_error_of_its_kind(case: Case) -> None:
    """Every read says so, with advice."""
    case.lock()
    manager = case.manager
    for read in (manager.facts, manager.cluster_status, manager.uptime, manager.schedule):
        with pytest.raises(ManagerError) as caught:
            await read()
        assert caught.value.kind is Kind.AUTH
        assert caught.value.advice
