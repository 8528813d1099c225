"""What is looked at once more right before it is sent, however long people took to decide."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import ListedBackup
from bot.domain.values import RequestId, SecretRef
from bot.durable.guided import NO_RETURN
from bot.durable.once import FENCE, HELD_UP
from bot.durable.perform import Performer
from bot.durable.work import Hands
from bot.ports import Claim
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import Resources, RestoreStatus, Started
from bot.store.database import Database
from tests.builders import (
    REQUEST_ID,
    a_backup_location,
    a_guided_plan,
    a_manager_access,
    a_target,
)
from tests.fakes import (
    GUIDED_STATUS,
    FakeClock,
    FakeCredentials,
    FakeGuidedManager,
    FakeManagers,
)
from tests.store.desk import Desk

PLAN: Final = a_guided_plan()
assert isinstance(PLAN.backup, ListedBackup)
BACKUP: Final = PLAN.backup
OURS: Final = RestoreStatus("RUNNING", id="r-1", backup_timestamp=BACKUP.timestamp, step=3)
ASKING: Final = replace(OURS, word="SUSPENDED_FOR_USER_ACTION", offered=("advance",))
FAILED: Final = replace(OURS, word="FAILED", offered=("retry",))
ENDED: Final = replace(OURS, word="SUCCESS", step=11)
START: Final = a.StartRestore("restore")
ANSWER: Final = a.SendOrder("restore", "advance", 1, ASKING)
BUSY: Final = ManagerError(Kind.BUSY, "The manager limits its requests (429).", "Wait.")
AWAY: Final = ManagerError(Kind.UNREACHABLE, "The manager does not answer.", "Wait.")
SESSION: Final = ManagerError(Kind.SESSION, "The session is gone.", "Log in again.")
FORBIDDEN: Final = ManagerError(Kind.REFUSED, "Forbidden.", "Ask for the right.")


@dataclass(slots=True)
class SlowManager(FakeGuidedManager):
    """One whose status takes its time, which `pass_time` lets pass."""

    pass_time: Callable[[], None] = lambda: None

    async def restore_status(self) -> RestoreStatus:
        """Return how the restore stands, after so long."""
        self.pass_time()
        return await FakeGuidedManager.restore_status(self)


@dataclass
class Scene:
    """A running request, its manager, and the clock of both."""

    desk: Desk
    performer: Performer
    manager: SlowManager
    clock: FakeClock

    def let_pass(self, time: timedelta) -> None:
        """Move the clocks of the run and of its rows."""
        self.clock.jump(time)
        self.desk.clock.move(seconds=time.total_seconds())

    async def perform(self, action: a.Action) -> o.Observation | None:
        """Do one action, as the first time or as a replay."""
        return await self.performer.perform(REQUEST_ID, PLAN, action)

    def passes_after(self, sleeps: int) -> None:
        """Let the manager's trouble end after so many pauses."""

        def on_sleep(_: float) -> None:
            if len(self.clock.slept) >= sleeps:
                self.manager.trouble = None

        self.clock.on_sleep = on_sleep


Build = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def scene(database: Database) -> Build:
    """A factory: a manager that restores nothing, unless it is said otherwise."""
    desk = Desk(database)
    await desk.running()

    async def build(there: RestoreStatus | None = None) -> Scene:
        clock = FakeClock(desk.clock.now())
        manager = SlowManager()
        manager.restore_now = there or manager.restore_now
        target = a_target(
            key=PLAN.target,
            generation=PLAN.generation,
            manager=a_manager_access(url=PLAN.manager_url),
            backup=a_backup_location(
                server=BACKUP.server,
                port=BACKUP.port,
                directory=BACKUP.directory,
                fingerprint=BACKUP.fingerprint,
                password=SecretRef("env:BACKUP"),
                passphrase=SecretRef("env:PASSPHRASE"),
            ),
        )
        hands = Hands(
            ledger=desk.ledger,
            managers=FakeManagers(guided_manager=manager),
            credentials=FakeCredentials({"env:BACKUP": "B1!", "env:PASSPHRASE": "7Taspa5anecR"}),
            clock=clock,
            targets={target.key: target},
        )
        return Scene(desk, Performer(hands), manager, clock)

    return build


# -- the start ----------------------------------------------------------------------------------


async def test_a_restore_that_began_meanwhile_is_found_before_a_start_is_sent(
    scene: Build,
) -> None:
    """F11: as if the manager had refused, and nothing is claimed, so nothing is unknown."""
    stage = await scene(OURS)

    seen = await stage.perform(START)

    assert isinstance(seen, Started)
    assert (seen.outcome, seen.status) == ("taken", OURS)
    assert seen.said.endswith("No start was sent.")
    assert stage.manager.starts == 0
    assert await stage.desk.ledger.claimed(REQUEST_ID, NO_RETURN) is None


async def test_a_manager_that_is_not_stable_by_then_is_not_started(scene: Build) -> None:
    """F01: what was checked may be hours old."""
    stage = await scene()
    stage.manager.status = replace(GUIDED_STATUS, management="DEGRADED")

    seen = await stage.perform(START)

    assert isinstance(seen, Started)
    assert seen.outcome == "refused"
    assert seen.said == (
        "The manager's status is DEGRADED by now; it must be STABLE before a restore. No start was "
        "sent."
    )
    assert stage.manager.starts == 0


async def test_a_start_that_was_claimed_is_not_looked_at_again(scene: Build) -> None:
    """What the manager shows afterwards is its outcome, and no reason against it."""
    stage = await scene()
    await stage.desk.ledger.claim(REQUEST_ID, NO_RETURN)
    stage.manager.restore_now = OURS

    seen = await stage.perform(START)

    assert isinstance(seen, Started)
    assert (seen.outcome, seen.status) == ("unknown", None)
    assert stage.manager.starts == 0


# -- however long the look takes ----------------------------------------------------------------


async def test_an_answer_reaches_a_manager_whose_status_takes_long(scene: Build) -> None:
    """Only what passes after the look counts as being held up."""
    stage = await scene(ASKING)
    stage.manager.pass_time = lambda: stage.let_pass(FENCE * 5)

    seen = await stage.perform(ANSWER)

    assert isinstance(seen, o.Sent)
    assert seen.outcome == "accepted"
    assert stage.manager.orders == [("advance", ())]


async def test_what_was_seen_long_ago_is_not_acted_on(scene: Build) -> None:
    """The database may be away between the look and the claim."""
    stage = await scene(ASKING)
    claim = stage.performer._work.ledger.claim

    async def late(request_id: RequestId, kind: str) -> Claim:
        stage.let_pass(FENCE + timedelta(seconds=1))
        return await claim(request_id, kind)

    stage.performer._work.ledger.claim = late  # type: ignore[method-assign]

    seen = await stage.perform(ANSWER)

    assert isinstance(seen, o.Sent)
    assert (seen.outcome, seen.said) == ("refused", HELD_UP)
    assert stage.manager.orders == []


# -- corrected secrets --------------------------------------------------------------------------


async def test_corrected_secrets_are_not_sent_to_a_restore_that_moved_on(scene: Build) -> None:
    """Not after a crash either: it is looked at in the same action that sends them."""
    stage = await scene(ENDED)

    seen = await stage.perform(a.SetUpBackups("restore", FAILED))

    assert seen == ENDED
    assert stage.manager.place is None


async def test_corrected_secrets_are_sent_to_the_failure_that_was_shown(scene: Build) -> None:
    """With automatic backups disabled."""
    stage = await scene(FAILED)

    seen = await stage.perform(a.SetUpBackups("restore", FAILED))

    assert seen == o.Schedule(enabled=False)
    assert stage.manager.place is not None


# -- what passes --------------------------------------------------------------------------------

READS: Final = (
    a.ReadStatus("restore"),
    a.ReadRestore("restore"),
    a.TakeCensus("restore"),
    a.ReadSchedule("restore"),
    a.SetUpBackups("restore"),
    a.SetSchedule("restore", enabled=False),
    a.ReadResources("restore", "one", ()),
    a.ReadBackupRun("restore"),
    a.TakeProof("restore"),
)


@pytest.mark.parametrize("action", READS, ids=lambda action: type(action).__name__)
async def test_what_passes_is_borne_wherever_it_comes(scene: Build, action: a.Action) -> None:
    """F12: nobody is asked about a moment."""
    stage = await scene()
    stage.manager.trouble = AWAY
    stage.passes_after(3)

    seen = await stage.perform(action)

    assert not isinstance(seen, o.Trouble)
    assert len(stage.clock.slept) == 3


@pytest.mark.parametrize(
    ("trouble", "pauses"), [(BUSY, 12), (SESSION, 1), (FORBIDDEN, 0)], ids=["busy", "98", "403"]
)
async def test_what_stays_is_for_people(scene: Build, trouble: ManagerError, pauses: int) -> None:
    """F13, F17: after the settle time; after one new login; a refusal at once."""
    stage = await scene()
    stage.manager.trouble = trouble

    seen = await stage.perform(a.ReadResources("restore", "one", ()))

    assert seen == o.Trouble(trouble.kind, trouble.said, trouble.advice)
    assert len(stage.clock.slept) == pauses


async def test_what_an_instruction_is_about_is_read_once_the_manager_has_time(
    scene: Build,
) -> None:
    """F17: one 429 is no question."""
    stage = await scene(ASKING)
    stage.manager.trouble = BUSY
    stage.passes_after(1)

    assert await stage.perform(a.ReadResources("restore", "one", ())) == Resources(())
