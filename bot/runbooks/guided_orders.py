"""The orders that a restore is given, each at most once, as the answer to one question.

What an order did is not told by its reply: the next status shows it.
Source: NSX API, AdvanceClusterRestore, RetryClusterRestore, SuspendClusterRestore and
CancelClusterRestore.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import guided_failure as ask_for
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import ask
from bot.runbooks.questions import words
from bot.runbooks.restoring import (
    ADVANCE,
    CANCEL,
    RETRY,
    RETRY_UPDATED,
    SUSPEND,
    Order,
    RestoreStatus,
)

STEP: Final = "restore"


@dataclass(frozen=True, slots=True)
class Now:
    """Where the following stands: how often, since when, and what is dealt with already.

    `second_look` is for how long a step that failed can be waited out (see `Timing`). `went` tells
    what became of the last order, where people must know it; `advanced` are the instructions that
    nobody was asked about.
    """

    turn: int
    since: datetime
    ours: str | None
    second_look: timedelta
    past: RestoreStatus | None = None
    waits: bool = False
    heeds_suspend: bool = True
    went: str = ""
    advanced: frozenset[str] = frozenset()

    def after(self, at: datetime, past: RestoreStatus | None = None, went: str = "") -> "Now":
        """Return the next turn, from this moment on."""
        return replace(
            self,
            turn=self.turn + 1,
            since=at,
            past=past,
            waits=False,
            went=went,
            heeds_suspend=True,
        )


def none_of(status: RestoreStatus) -> tuple[a.Selection, ...]:
    """Answer every instruction with no resource: go on without acting on any."""
    return tuple(a.Selection(one.id) for one in status.instructions)


def failed(status: RestoreStatus, now: Now) -> Generator[a.Action, o.Observation | None, Now]:
    """Ask what to do about a step that failed, and do it."""
    after = words(now.second_look.total_seconds())
    answer = yield from ask(STEP, ask_for.failed(STEP, now.turn, status, now.went, after))
    match answer.choice:
        case Choice.RETRY:
            return (yield from send(RETRY, status, answer.at, now))
        case Choice.RETRY_UPDATED:
            return (yield from _retry_updated(status, answer.at, now))
        case Choice.DECLINE:
            return replace(now.after(answer.at, status), waits=True)
        case _:
            return (yield from obey(answer, status, now, ()))


def _retry_updated(
    status: RestoreStatus, at: datetime, now: Now
) -> Generator[a.Action, o.Observation | None, Now]:
    """Send the corrected secrets, then retry: in the newer way where the manager offers it.

    Not if the restore has moved on: what was restored meanwhile has a configuration of its own.
    """
    seen = yield a.SetUpBackups(STEP, status)
    match seen:
        case o.Schedule(enabled=False):
            pass
        case RestoreStatus():
            said = (
                f"The restore has moved on: the manager says {seen.where()}. The secrets were not "
                "sent, and the step was not retried."
            )
            return (yield from _not_sent(said, at, now))
        case o.Schedule():
            said = f"{questions.not_as_written(wanted=False)} So the step was not retried."
            return (yield from _not_sent(said, at, now))
        case o.Trouble(_, said, advice):
            said = f"The secrets could not be sent: {said} {advice} So the step was not retried."
            return (yield from _not_sent(said, at, now))
        case _:
            raise TypeError(seen)
    order: Order = RETRY_UPDATED if RETRY_UPDATED in status.offered else RETRY
    return (yield from send(order, status, at, now))


def obey(
    answer: o.Answered, status: RestoreStatus, now: Now, answers: tuple[a.Selection, ...]
) -> Generator[a.Action, o.Observation | None, Now]:
    """Do what was answered; `answers` go along where the restore goes on."""
    match answer.choice:
        case Choice.CONTINUE:
            return (yield from send(ADVANCE, status, answer.at, now, answers))
        case Choice.SKIP:
            return (yield from send(ADVANCE, status, answer.at, now, none_of(status)))
        case Choice.CANCEL:
            return (yield from send(CANCEL, status, answer.at, now))
        case _:
            return now.after(answer.at)


def suspend(
    status: RestoreStatus, at: datetime, now: Now
) -> Generator[a.Action, o.Observation | None, Now]:
    """Have it suspended, as somebody wishes and the manager offers."""
    seen = yield a.SendOrder(STEP, SUSPEND, now.turn, status)
    match seen:
        case o.Sent("accepted", _, sent_at):
            # The wish stands until people are asked; it is sent once.
            return replace(now.after(sent_at), heeds_suspend=False)
        case o.Sent("unknown", said, sent_at):
            yield a.TellPeople(STEP, f"{SUSPEND}:{now.turn}", said)
            return replace(now.after(sent_at), heeds_suspend=False)
        case o.Sent(_, said, sent_at):
            yield a.TellPeople(STEP, f"{SUSPEND}:{now.turn}", said, ends_wish=True)
            return now.after(sent_at)
        case o.Trouble(_, said, advice):
            said = f"{said} {advice}"
            yield a.TellPeople(STEP, f"{SUSPEND}:{now.turn}", said, ends_wish=True)
            return now.after(at)
        case _:
            raise TypeError(seen)


def send(
    order: Order,
    status: RestoreStatus,
    at: datetime,
    now: Now,
    answers: tuple[a.Selection, ...] = (),
    *,
    unasked: bool = False,
) -> Generator[a.Action, o.Observation | None, Now]:
    """Send one order; what it did, the next status shows."""
    seen = yield a.SendOrder(STEP, order, now.turn, status, answers, unasked)
    match seen:
        case o.Sent("accepted", _, sent_at):
            return now.after(sent_at, status)
        case o.Sent("unknown", said, sent_at):
            # It may take effect in a moment: what is asked about at once would be out of date.
            yield a.TellPeople(STEP, f"{order}:{now.turn}", said)
            return now.after(sent_at, status, went=f"{said}\n")
        case o.Sent(_, said, sent_at):
            return (yield from _not_sent(said, sent_at, now, order))
        case o.Trouble(_, said, advice):
            return (yield from _not_sent(f"{said} {advice}", at, now, order))
        case _:
            raise TypeError(seen)


def _not_sent(
    said: str, at: datetime, now: Now, order: str = "secrets"
) -> Generator[a.Action, o.Observation | None, Now]:
    """Tell why nothing came of an answer; what the manager says next is asked about anew."""
    yield a.TellPeople(STEP, f"{order}:{now.turn}", said)
    return now.after(at, went=f"{said}\n")
