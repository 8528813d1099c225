"""A start that was answered with 409, and whose answer a crash kept from the journal."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import ListedBackup
from bot.durable.perform import Performer
from bot.durable.work import Hands
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import RestoreStatus, Started
from bot.store.database import Database
from tests.builders import (
    REQUEST_ID,
    a_guided_plan,
    a_target_of,
)
from tests.fakes import FakeClock, FakeCredentials, FakeGuidedManager, FakeManagers
from tests.store.desk import Desk

PLAN = a_guided_plan()
assert isinstance(PLAN.backup, ListedBackup)
BACKUP = PLAN.backup
OURS = RestoreStatus("RUNNING", id="r-1", backup_timestamp=BACKUP.timestamp, step=3, total=11)
FURTHER = RestoreStatus("RUNNING", id="r-1", backup_timestamp=BACKUP.timestamp, step=4, total=11)
OTHER = RestoreStatus("RUNNING", id="r-2", backup_timestamp=BACKUP.timestamp - 1, step=1, total=11)
START = a.StartRestore("restore")


@dataclass
class Scene:
    """A running request whose manager has a restore when it is told to start one."""

    performer: Performer
    manager: FakeGuidedManager

    async def start(self) -> o.Observation | None:
        """Perform the start, as the first time or as a replay."""
        return await self.performer.perform(REQUEST_ID, PLAN, START)


Build = Callable[[RestoreStatus], Awaitable[Scene]]


@pytest.fixture
async def scene(database: Database) -> Build:
    """A factory: the manager has this restore when it is told to start one."""
    desk = Desk(database)
    await desk.running()

    async def build(there: RestoreStatus) -> Scene:
        manager = FakeGuidedManager(comes_first=there)
        target = a_target_of(PLAN)
        hands = Hands(
            ledger=desk.ledger,
            managers=FakeManagers(guided_manager=manager),
            credentials=FakeCredentials({}),
            clock=FakeClock(desk.clock.now()),
            targets={target.key: target},
        )
        return Scene(Performer(hands), manager)

    return build


async def test_a_restore_of_this_backup_can_still_be_followed_after_a_crash(scene: Build) -> None:
    """F11: what it is by now comes with it, and no second start is sent."""
    stage = await scene(OURS)

    first = await stage.start()
    stage.manager.restore_now = FURTHER
    again = await stage.start()

    assert isinstance(first, Started)
    assert isinstance(again, Started)
    assert (first.outcome, first.status) == ("taken", OURS)
    assert (again.outcome, again.status) == ("taken", FURTHER)
    assert (again.said, again.at) == (first.said, first.at)


@pytest.mark.parametrize("now", [OTHER, RestoreStatus("INITIAL")])
async def test_what_it_has_become_decides_whether_it_is_followed(
    scene: Build, now: RestoreStatus
) -> None:
    """It is taken as ever; the runbook leaves alone what is not of this backup, or is over."""
    stage = await scene(OURS)

    first = await stage.start()
    stage.manager.restore_now = now
    again = await stage.start()

    assert isinstance(first, Started)
    assert again == Started("taken", first.said, first.at, now)


async def test_another_refusal_is_not_taken_for_a_409(scene: Build) -> None:
    """Somebody else's restore that began since has nothing to do with it."""
    stage = await scene(RestoreStatus("INITIAL"))

    first = await stage.start()
    stage.manager.restore_now = OURS
    again = await stage.start()

    assert isinstance(first, Started)
    assert first.outcome == "refused"
    assert again == first


async def test_a_manager_that_is_silent_then_is_asked_again(scene: Build) -> None:
    """What is known of the start is not lost over it."""
    stage = await scene(OURS)
    await stage.start()

    stage.manager.trouble = ManagerError(Kind.UNREACHABLE, "It does not answer.", "Wait.")
    silent = await stage.start()
    stage.manager.trouble = None
    again = await stage.start()

    assert silent == o.Trouble(Kind.UNREACHABLE, "It does not answer.", "Wait.")
    assert isinstance(again, Started)
    assert again.outcome == "taken"
