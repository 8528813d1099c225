"""What is looked at once more right before it is sent, however long people took to decide."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import pytest

from bot.domain.errors import CredentialError, Kind, ManagerError
from bot.domain.plan import ListedBackup
from bot.domain.values import SecretRef
from bot.durable.guided import NO_RETURN
from bot.durable.once import FENCE, HELD_UP
from bot.durable.perform import Performer
from bot.durable.work import Hands
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import Order, Resources, RestoreStatus, Started
from bot.store.database import Database
from tests.builders import (
    REQUEST_ID,
    a_guided_plan,
    a_target_of,
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
LISTED: Final = o.ListedRestore(BACKUP.node_id, BACKUP.timestamp, "10.20.0.5")
START: Final = a.StartRestore("restore")
ANSWER: Final = a.SendOrder("restore", "advance", 1, ASKING)
BUSY: Final = ManagerError(Kind.BUSY, "The manager limits its requests (429).", "Wait.")
AWAY: Final = ManagerError(Kind.UNREACHABLE, "The manager does not answer.", "Wait.")
SESSION: Final = ManagerError(Kind.SESSION, "The session is gone.", "Log in again.")
FORBIDDEN: Final = ManagerError(Kind.REFUSED, "Forbidden.", "Ask for the right.")


Happening = Callable[[], Awaitable[None] | None]


@dataclass(slots=True)
class SlowManager(FakeGuidedManager):
    """One whose status takes its time: `meanwhile` is what happens during each look, in order."""

    meanwhile: list[Happening] = field(default_factory=list)

    async def restore_status(self) -> RestoreStatus:
        """Return how the restore stands, in the end."""
        happened = self.meanwhile.pop(0)() if self.meanwhile else None
        if happened is not None:
            await happened
        return await FakeGuidedManager.restore_status(self)


@dataclass
class Scene:
    """A running request, its manager, and the clock of both."""

    desk: Desk
    performer: Performer
    managers: FakeManagers
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
        managers = FakeManagers(guided_manager=manager)
        manager.restore_now = there or manager.restore_now
        target = a_target_of(
            PLAN, password=SecretRef("env:BACKUP"), passphrase=SecretRef("env:PASSPHRASE")
        )
        hands = Hands(
            ledger=desk.ledger,
            managers=managers,
            credentials=FakeCredentials({"env:BACKUP": "B1!", "env:PASSPHRASE": "7Taspa5anecR"}),
            clock=clock,
            targets={target.key: target},
        )
        return Scene(desk, Performer(hands), managers, manager, clock)

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
    stage.manager.meanwhile = [lambda: stage.let_pass(FENCE * 5)]

    seen = await stage.perform(ANSWER)

    assert isinstance(seen, o.Sent)
    assert seen.outcome == "accepted"
    assert stage.manager.orders == [("advance", ())]


def _hold_up(stage: Scene, name: str, meanwhile: Callable[[], None]) -> None:
    """Let a call to the rows take long, once, as where the database is away."""
    ledger = stage.performer._work.ledger
    call = getattr(ledger, name)

    async def late(*args: object) -> object:
        setattr(ledger, name, call)
        meanwhile()
        return await call(*args)

    setattr(ledger, name, late)


@pytest.mark.parametrize("held_up", ["claim", "get"])
@pytest.mark.parametrize(("by_then", "outcome"), [(ASKING, "accepted"), (ENDED, "refused")])
async def test_what_was_seen_long_ago_is_looked_at_again(
    scene: Build, held_up: str, by_then: RestoreStatus, outcome: str
) -> None:
    """The database may be away between the look and the claim; nothing is lost over that."""
    stage = await scene(ASKING)

    def meanwhile() -> None:
        stage.manager.restore_now = by_then
        stage.let_pass(FENCE * 100)

    stage.manager.meanwhile = [lambda: _hold_up(stage, held_up, meanwhile)]

    seen = await stage.perform(ANSWER)

    assert isinstance(seen, o.Sent)
    assert seen.outcome == outcome
    assert len(stage.manager.orders) == (outcome == "accepted")


async def test_who_is_held_up_with_the_claim_does_not_send(scene: Build) -> None:
    """Another worker may have told people by then that the outcome is unknown."""
    stage = await scene(ASKING)

    def meanwhile() -> None:
        stage.let_pass(FENCE * 2)

    # The claim comes late, and so does the look that follows.
    stage.manager.meanwhile = [lambda: _hold_up(stage, "claim", meanwhile), meanwhile]

    seen = await stage.perform(ANSWER)

    assert isinstance(seen, o.Sent)
    assert (seen.outcome, seen.said) == ("refused", HELD_UP)
    assert stage.manager.orders == []


async def test_what_another_worker_sent_during_the_look_is_not_denied(scene: Build) -> None:
    """One start, whose outcome both know."""
    stage = await scene()
    other: list[o.Observation | None] = []

    async def meanwhile() -> None:
        other.append(await stage.perform(START))

    stage.manager.listed = [LISTED]
    stage.manager.meanwhile = [meanwhile]

    seen = await stage.perform(START)

    assert isinstance(seen, Started)
    (first,) = other
    assert isinstance(first, Started)
    assert (first.outcome, stage.manager.starts) == ("accepted", 1)
    assert (seen.outcome, seen.said, seen.at) == ("accepted", first.said, first.at)


async def test_a_secret_that_is_gone_is_known_before_anything_is_claimed(scene: Build) -> None:
    """So it can be put back, and the action is done again."""
    stage = await scene(ASKING)
    stage.managers.unopened = CredentialError(Kind.MISSING, "The file is gone.", "Put it back.")

    for action, kind in ((START, NO_RETURN), (ANSWER, "advance:1")):
        seen = await stage.perform(action)

        assert seen == o.Trouble(Kind.MISSING, "The file is gone.", "Put it back.")
        assert await stage.desk.ledger.claimed(REQUEST_ID, kind) is None


@pytest.mark.parametrize("order", ["suspend", "retry"])
@pytest.mark.parametrize(
    "theirs", [{"id": "theirs"}, {"backup_timestamp": 1}, {"id": None, "backup_timestamp": 1}]
)
async def test_no_order_goes_to_another_restore(
    scene: Build, order: Order, theirs: dict[str, Any]
) -> None:
    """F28: though it stands at the same word and step, and offers it."""
    shown = replace(FAILED, offered=("suspend", "retry"))
    stage = await scene(replace(shown, **theirs))

    seen = await stage.perform(a.SendOrder("restore", order, 1, shown))

    assert isinstance(seen, o.Sent)
    assert seen.outcome == "refused"
    assert stage.manager.orders == []


# -- corrected secrets --------------------------------------------------------------------------


@pytest.mark.parametrize("now", [ENDED, replace(FAILED, backup_timestamp=1)])
async def test_corrected_secrets_are_not_sent_to_a_restore_that_moved_on(
    scene: Build, now: RestoreStatus
) -> None:
    """Not after a crash either: it is looked at in the same action that sends them."""
    stage = await scene(now)

    seen = await stage.perform(a.SetUpBackups("restore", FAILED))

    assert seen == now
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
