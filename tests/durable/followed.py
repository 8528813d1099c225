"""A restore that is followed: real rows, a manager that says one thing after another, a clock."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest

from bot.domain.commands import Press, Suspend
from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import Plan
from bot.durable.following import follow_restore
from bot.durable.work import Hands, Work
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import SUSPEND, Followed, RestoreStatus
from bot.store.database import Database
from tests.builders import (
    CARD,
    CHI,
    REQUEST_ID,
    a_guided_plan,
    a_listed_backup,
    a_manager_access,
    a_standing,
    a_target,
    a_timing,
)
from tests.fakes import FakeClock, FakeCredentials, FakeGuidedManager, FakeManagers
from tests.store.desk import Desk

OURS: Final = "ours"
TIMESTAMP: Final = a_listed_backup().timestamp

Look = RestoreStatus | ManagerError | timedelta


class KilledError(BaseException):
    """The process ends between two looks."""


def says(word: str = "RUNNING", **changes: Any) -> RestoreStatus:
    """What the manager says of our restore, at step 5 of 11."""
    values: dict[str, Any] = {
        "id": OURS,
        "backup_timestamp": TIMESTAMP,
        "step": 5,
        "total": 11,
        "step_name": "RESTORE_NODE",
    }
    return RestoreStatus(word, **values | changes)


RUNNING: Final = says()
OFFERS: Final = says(offered=(SUSPEND,))
SUCCESS: Final = says("SUCCESS", step=11)
IDLE: Final = RestoreStatus("NOT_AVAILABLE")
FOREIGN: Final = says("SUCCESS", id="theirs", backup_timestamp=TIMESTAMP - 86_400_000, step=11)
NAMELESS: Final = says("SUCCESS", id="theirs", backup_timestamp=None, step=11)
AWAY: Final = ManagerError(Kind.UNREACHABLE, "The manager could not be reached.", "It restarts.")
BUSY: Final = ManagerError(Kind.BUSY, "The manager answered HTTP 429.", "Ask again.")
FORBIDDEN: Final = ManagerError(
    Kind.REFUSED, "The manager answered HTTP 403.", "Give it the right."
)
FINGERPRINT: Final = ManagerError(Kind.FINGERPRINT, "It shows another key.", "Find out why.")


@dataclass
class Following:
    """A running request, a manager that says one thing after the other, and a clock that jumps."""

    desk: Desk
    plan: Plan
    manager: FakeGuidedManager
    clock: FakeClock
    work: Work = field(init=False)
    looks: list[Look] = field(default_factory=list)
    killed_at: int | None = None
    looked: int = 0

    def __post_init__(self) -> None:
        """Give a run its hands."""
        access = a_manager_access(url=self.plan.manager_url)
        hands = Hands(
            ledger=self.desk.ledger,
            managers=FakeManagers(guided_manager=self.manager),
            credentials=FakeCredentials({}),
            clock=self.clock,
            targets={self.plan.target: a_target(key=self.plan.target, manager=access)},
            checkpoint=self.inside,
        )
        self.work = Work(hands)
        self.clock.on_sleep = lambda _: self.next_look()

    async def follow(self, *looks: Look, **changes: Any) -> Followed | o.Trouble:
        """Follow it while it says this; a time passes before the look that comes after it."""
        self.looks = list(looks)
        self.next_look()
        values: dict[str, Any] = {
            "turn": 1,
            "since": self.clock.now(),
            "ours": OURS,
            "until": "needed",
            "past": None,
            "waits": False,
            "heeds_suspend": True,
        }
        action = a.FollowRestore("restore", **values | changes)
        return await follow_restore(self.work, REQUEST_ID, self.plan, action)

    async def follow_until_killed(self, *looks: Look) -> None:
        """Follow it until the process ends after the last of these looks."""
        self.killed_at = self.looked + len(looks)
        with pytest.raises(KilledError):
            await self.follow(*looks)
        self.killed_at = None

    def next_look(self) -> None:
        """Let the manager come to what it says next, or stay with its last words."""
        while self.looks and isinstance(self.looks[0], timedelta):
            self.clock.jump(self.looks.pop(0))  # type: ignore[arg-type]
        if not self.looks:
            return
        look = self.looks.pop(0)
        self.manager.trouble = look if isinstance(look, ManagerError) else None
        if isinstance(look, RestoreStatus):
            self.manager.restore_now = look

    def inside(self, step: str, position: str) -> None:
        """Count the looks; end the process where that is wanted."""
        del step, position
        self.looked += 1
        if self.looked == self.killed_at:
            raise KilledError

    async def told(self) -> list[str]:
        """What the thread said of the restore, in order."""
        story = await self.desk.ledger.story(REQUEST_ID)
        return [str(entry.details["said"]) for entry in story if entry.action == "progress_noted"]

    async def words(self) -> list[str]:
        """The last word of each line that the thread was told: the word of the status."""
        return [said.rpartition(" ")[2].strip("().") for said in await self.told()]

    async def ask_to_suspend(self) -> None:
        """Have a lead wish for a pause, on the card."""
        applied = await self.desk.give(Suspend(a_standing(CHI), Press(CARD, None)))
        assert applied.decision.accepted, applied.decision


async def a_following(database: Database, **timing: Any) -> Following:
    """A restore that runs, and nobody who follows it yet; `timing` is changed like this."""
    desk = Desk(database)
    await desk.running()
    plan = a_guided_plan(timing=a_timing(**timing))
    return Following(desk, plan, FakeGuidedManager(), FakeClock(desk.clock.now()))
