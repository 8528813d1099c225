"""Follow a restore that the manager carries out, and bring its questions to people.

`endpoints` in the status are the authority on what may be sent: nothing else is ever offered. Every
order is sent at most once, since it answers one question; what it did, the next status shows.
Source: NSX API, QueryClusterRestoreStatus and AdvanceClusterRestore.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Final

from bot.domain.plan import GuidedTerms, ListedBackup
from bot.domain.request import Choice, Entry
from bot.runbooks import actions as a
from bot.runbooks import guided_questions as ask_for
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import GivenUpError, ask, insist
from bot.runbooks.questions import words
from bot.runbooks.restoring import (
    ADVANCE,
    CANCEL,
    RETRY,
    RETRY_UPDATED,
    SUSPEND,
    Followed,
    Order,
    Phase,
    Resource,
    Resources,
    RestoreStatus,
)

STEP: Final = "restore"

ABORTED: Final = (
    "Cancelling did not roll anything back: the appliance is half restored. Delete it, deploy a "
    "fresh one, and file a new request."
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A restore that has begun: when, and its id if that is known."""

    at: datetime
    id: str | None


@dataclass(frozen=True, slots=True)
class _Now:
    """Where the following stands: how often, since when, and what is dealt with already.

    `went` tells what became of the last order, where people must know it; `advanced` are the
    instructions that nobody was asked about; `troubles` numbers the questions about trouble.
    """

    turn: int
    since: datetime
    ours: str | None
    past: RestoreStatus | None = None
    waits: bool = False
    heeds_suspend: bool = True
    went: str = ""
    advanced: frozenset[str] = frozenset()
    troubles: Iterator[int] = field(default_factory=lambda: count(1))

    def after(self, at: datetime, past: RestoreStatus | None = None, went: str = "") -> "_Now":
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


def follow(
    begun: Begun, backup: ListedBackup, terms: GuidedTerms
) -> Generator[a.Action, o.Observation | None, datetime]:
    """Follow it to its success; return when that was. Raises `GivenUpError`."""
    now = _Now(1, begun.at, begun.id)
    while True:
        seen = yield a.FollowRestore(
            STEP,
            now.turn,
            now.since,
            now.ours,
            "needed",
            past=now.past,
            waits=now.waits,
            heeds_suspend=now.heeds_suspend,
        )
        match seen:
            case Followed("changed", at, _, RestoreStatus() as status):
                own = _own_id(status, now, backup)
                now = replace(now, ours=now.ours or own)
                if status.phase is Phase.SUCCEEDED:
                    yield a.FinishStep(STEP, _succeeded(status, begun.at, at))
                    return at
                now = yield from _deal_with(status, at, now, terms)
            case Followed("suspend", at, _, RestoreStatus() as status):
                now = yield from _suspend(status, at, now)
            case Followed(last=last, seconds=seconds):
                question = ask_for.late(STEP, now.turn, words(seconds), last)
                answer = yield from ask(STEP, question)
                now = now.after(answer.at)
            case o.Trouble(kind, said, advice):
                trouble = questions.trouble(STEP, next(now.troubles), kind, said, advice)
                answer = yield from ask(STEP, trouble)
                now = now.after(answer.at)
            case _:
                raise TypeError(seen)


def _own_id(status: RestoreStatus, now: _Now, backup: ListedBackup) -> str | None:
    """Return the restore's id. Raises `GivenUpError` if it is not the one that was begun.

    A success of another backup, or of an earlier restore, must never be told as ours.
    """
    of_another = status.backup_timestamp is not None and not status.is_of(backup.timestamp)
    another = now.ours is not None and status.id not in {None, now.ours}
    if of_another or another:
        raise GivenUpError(
            f"The manager speaks of another restore than the one that was begun: {status.where()}.",
            "Look at the manager: what became of this restore is not known.",
        )
    return status.id


def _succeeded(status: RestoreStatus, begun: datetime, at: datetime) -> str:
    steps = f", {status.total} steps" if status.total is not None else ""
    took = words((at - begun).total_seconds())
    return f"The manager says {status.word}{steps}, {took} after the start."


def _deal_with(
    status: RestoreStatus, at: datetime, now: _Now, terms: GuidedTerms
) -> Generator[a.Action, o.Observation | None, _Now]:
    match status.phase:
        case Phase.ABORTED:
            raise GivenUpError(f"The manager says {status.where()}: it was cancelled.", ABORTED)
        case Phase.ASKING:
            return (yield from _asking(status, at, now, terms))
        case Phase.PAUSED:
            answer = yield from ask(STEP, ask_for.paused(STEP, now.turn, status))
            return (yield from _obey(answer, status, now, _none_of(status)))
        case Phase.FAILED:
            return (yield from _failed(status, now))
        case _:
            answer = yield from ask(STEP, ask_for.unclear(STEP, now.turn, status))
            return (yield from _obey(answer, status, now, _none_of(status)))


def _none_of(status: RestoreStatus) -> tuple[a.Selection, ...]:
    """Answer every instruction with no resource: go on without acting on any."""
    return tuple(a.Selection(one.id) for one in status.instructions)


def _asking(
    status: RestoreStatus, at: datetime, now: _Now, terms: GuidedTerms
) -> Generator[a.Action, o.Observation | None, _Now]:
    ids = frozenset(one.id for one in status.instructions)
    named = [one.name for one in status.instructions]
    unasked = bool(named) and set(named) <= set(terms.unasked) and not ids & now.advanced
    if unasked and ADVANCE in status.offered:
        said = f"The manager asked: {', '.join(named)}. The configuration lists that as one to go"
        yield a.TellPeople(STEP, f"unasked:{now.turn}", f"{said} on from without asking.")
        after = yield from _send(ADVANCE, status, at, now, _none_of(status))
        return replace(after, advanced=now.advanced | ids)
    found = yield from _resources(status, now)
    question = ask_for.instructions(STEP, now.turn, status, found)
    answer = yield from ask(STEP, question)
    chosen = _selections(status, found, answer.entries)
    return (yield from _obey(answer, status, now, chosen))


def _resources(
    status: RestoreStatus, now: _Now
) -> Generator[a.Action, o.Observation | None, Mapping[str, tuple[Resource, ...]]]:
    found: dict[str, tuple[Resource, ...]] = {}
    for instruction in status.instructions:
        action = a.ReadResources(STEP, instruction.id, instruction.fields)
        found[instruction.id] = (yield from insist(action, Resources, now.troubles)).resources
    return found


def _selections(
    status: RestoreStatus, found: Mapping[str, tuple[Resource, ...]], entries: tuple[Entry, ...]
) -> tuple[a.Selection, ...]:
    """One answer for each instruction: its resources with what was chosen, or none at all."""
    chosen = {entry.field: set(entry.values) for entry in entries}
    return tuple(
        a.Selection(
            one.id,
            tuple(
                (resource.id, resource.kind, resource.id in chosen[one.id])
                for resource in found[one.id]
            )
            if chosen.get(one.id)
            else (),
        )
        for one in status.instructions
    )


def _failed(status: RestoreStatus, now: _Now) -> Generator[a.Action, o.Observation | None, _Now]:
    answer = yield from ask(STEP, ask_for.failed(STEP, now.turn, status, now.went))
    match answer.choice:
        case Choice.RETRY:
            return (yield from _send(RETRY, status, answer.at, now))
        case Choice.RETRY_UPDATED:
            return (yield from _retry_updated(status, answer.at, now))
        case Choice.DECLINE:
            return replace(now.after(answer.at, status), waits=True)
        case _:
            return (yield from _obey(answer, status, now, ()))


def _retry_updated(
    status: RestoreStatus, at: datetime, now: _Now
) -> Generator[a.Action, o.Observation | None, _Now]:
    """Send the corrected secrets, then retry: in the newer way where the manager offers it."""
    seen = yield a.SetUpBackups(STEP)
    if isinstance(seen, o.Trouble):
        return now.after(at, went=f"The secrets could not be sent: {seen.said} {seen.advice}\n")
    order: Order = RETRY_UPDATED if RETRY_UPDATED in status.offered else RETRY
    return (yield from _send(order, status, at, now))


def _obey(
    answer: o.Answered, status: RestoreStatus, now: _Now, answers: tuple[a.Selection, ...]
) -> Generator[a.Action, o.Observation | None, _Now]:
    match answer.choice:
        case Choice.CONTINUE:
            return (yield from _send(ADVANCE, status, answer.at, now, answers))
        case Choice.SKIP:
            return (yield from _send(ADVANCE, status, answer.at, now, _none_of(status)))
        case Choice.CANCEL:
            return (yield from _send(CANCEL, status, answer.at, now))
        case _:
            return now.after(answer.at)


def _suspend(
    status: RestoreStatus, at: datetime, now: _Now
) -> Generator[a.Action, o.Observation | None, _Now]:
    after = yield from _send(SUSPEND, status, at, now)
    # The wish stands until people are asked again; it is sent once.
    return replace(after, past=None, heeds_suspend=False)


def _send(
    order: Order,
    status: RestoreStatus,
    at: datetime,
    now: _Now,
    answers: tuple[a.Selection, ...] = (),
) -> Generator[a.Action, o.Observation | None, _Now]:
    """Send one order; what it did, the next status shows."""
    seen = yield a.SendOrder(STEP, order, now.turn, answers)
    match seen:
        case o.Sent("accepted", _, sent_at):
            return now.after(sent_at, status)
        case o.Sent(_, said, sent_at):
            yield a.TellPeople(STEP, f"{order}:{now.turn}", said)
            return now.after(sent_at, went=f"{said}\n")
        case o.Trouble(_, said, advice):
            yield a.TellPeople(STEP, f"{order}:{now.turn}", f"{said} {advice}")
            return now.after(at, went=f"{said} {advice}\n")
        case _:
            raise TypeError(seen)
