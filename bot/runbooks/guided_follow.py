"""Follow a restore that the manager carries out, and bring its questions to people.

`endpoints` in the status are the authority on what may be sent: nothing else is ever offered. Every
order is sent at most once, since it answers one question; what it did, the next status shows.
Source: NSX API, QueryClusterRestoreStatus and AdvanceClusterRestore.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.plan import GuidedTerms, ListedBackup
from bot.domain.request import Entry
from bot.domain.target import Timing
from bot.runbooks import actions as a
from bot.runbooks import guided_questions as ask_for
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import GivenUpError, ask
from bot.runbooks.guided_instructions import choosable, field_key, instructions, unread
from bot.runbooks.guided_orders import STEP, Now, failed, none_of, obey, send, suspend
from bot.runbooks.questions import words
from bot.runbooks.restoring import (
    ADVANCE,
    ASKS,
    Followed,
    Phase,
    Resource,
    Resources,
    RestoreStatus,
)

ABORTED: Final = (
    "Cancelling did not roll anything back: the appliance is half restored. Delete it, deploy a "
    "fresh one, and file a new request."
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A restore that has begun: when, and its id if that is known.

    `since` is when the patience with it begins to count, since people may have decided long after
    its start; `by_others` says that it had begun already at `at`, nobody knows since when.
    """

    at: datetime
    id: str | None
    since: datetime
    by_others: bool = False

    def took(self, ended: datetime) -> str:
        """Return in words how long it took."""
        passed = words((ended - self.at).total_seconds())
        return f"more than {passed}" if self.by_others else passed


@dataclass(frozen=True, slots=True)
class Ended:
    """When a restore was seen to have succeeded, and what the manager says of it."""

    at: datetime
    status: RestoreStatus

    def took(self, begun: Begun) -> str:
        """Return in words how long it took, and by whose clock: the manager may not tell."""
        seconds = self.status.seconds_taken()
        if seconds is not None:
            return f"{words(seconds)} by the manager's own clock"
        return f"{begun.took(self.at)} by the bot's clock, with the time for answers"


def follow(
    begun: Begun, backup: ListedBackup, terms: GuidedTerms, timing: Timing
) -> Generator[a.Action, o.Observation | None, Ended]:
    """Follow it to its success. Raises `GivenUpError`."""
    now = Now(1, begun.since, begun.id, timing.second_look)
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
                if status.is_another(backup.timestamp, now.ours):
                    now = yield from _another(status, now, backup)
                    continue
                now = replace(now, ours=now.ours or status.id)
                if status.phase is Phase.SUCCEEDED:
                    yield a.FinishStep(STEP, _succeeded(status, begun.took(at)))
                    return Ended(at, status)
                now = yield from _deal_with(status, at, now, terms)
            case Followed("suspend", at, _, RestoreStatus() as status):
                now = yield from suspend(status, at, now)
            case Followed("late", _, _, RestoreStatus(phase=Phase.FAILED) as status, seconds):
                went = f"For {words(seconds)} it has not gone on by itself.\n"
                now = yield from failed(status, replace(now, went=went))
            case Followed(last=last, seconds=seconds):
                question = ask_for.late(STEP, now.turn, words(seconds), last)
                answer = yield from ask(STEP, question)
                now = now.after(answer.at)
            case o.Trouble(kind, said, advice):
                trouble = questions.trouble(STEP, now.turn, kind, said, advice)
                answer = yield from ask(STEP, trouble)
                now = now.after(answer.at)
            case _:
                raise TypeError(seen)


def _another(
    status: RestoreStatus, now: Now, backup: ListedBackup
) -> Generator[a.Action, o.Observation | None, Now]:
    """Ask what became of ours; nothing is sent to another restore, and its end is not ours."""
    answer = yield from ask(STEP, ask_for.another(STEP, now.turn, status, backup))
    return now.after(answer.at)


def _succeeded(status: RestoreStatus, took: str) -> str:
    steps = f", {status.total} steps" if status.total is not None else ""
    return f"The manager says {status.word}{steps}, {took} after the start."


def _deal_with(
    status: RestoreStatus, at: datetime, now: Now, terms: GuidedTerms
) -> Generator[a.Action, o.Observation | None, Now]:
    match status.phase:
        case Phase.ABORTED:
            raise GivenUpError(f"The manager says {status.where()}: it was cancelled.", ABORTED)
        case Phase.ASKING:
            return (yield from _asking(status, at, now, terms))
        case Phase.PAUSED:
            answer = yield from ask(STEP, ask_for.paused(STEP, now.turn, status))
            return (yield from obey(answer, status, now, ()))
        case Phase.FAILED:
            return (yield from failed(status, now))
        case _ if status.instructions and ADVANCE in status.offered:
            # Whatever its word means, it waits for answers, and nobody gives them unseen.
            return (yield from _asking(status, at, now, terms))
        case _:
            answer = yield from ask(STEP, ask_for.unclear(STEP, now.turn, status))
            return (yield from obey(answer, status, now, ()))


def _asking(
    status: RestoreStatus, at: datetime, now: Now, terms: GuidedTerms
) -> Generator[a.Action, o.Observation | None, Now]:
    if _goes_unasked(status, now, terms):
        names = ", ".join(one.name for one in status.instructions)
        asked = f"The manager asked: {ask_for.ended(names)}"
        said = f"{asked} The configuration says to go on from that unasked."
        yield a.TellPeople(STEP, f"unasked:{now.turn}", said)
        after = yield from send(ADVANCE, status, at, now, none_of(status), unasked=True)
        ids = frozenset(one.id for one in status.instructions)
        return replace(after, advanced=now.advanced | ids)
    found: list[tuple[Resource, ...]] = []
    for instruction in status.instructions:
        seen = yield a.ReadResources(STEP, instruction.id, instruction.fields)
        match seen:
            case Resources(resources):
                found.append(resources)
            case o.Trouble(_, said, advice):
                # Somebody may have answered at the manager meanwhile: so look again, at all of it.
                question = unread(STEP, now.turn, instruction, f"{said} {advice}")
                answer = yield from ask(STEP, question)
                return now.after(answer.at)
            case _:
                raise TypeError(seen)
    answer = yield from ask(STEP, instructions(STEP, now.turn, status, found))
    chosen = _selections(status, found, answer.entries)
    return (yield from obey(answer, status, now, chosen))


def _goes_unasked(status: RestoreStatus, now: Now, terms: GuidedTerms) -> bool:
    """Say whether the configuration lists all that is asked, and each is asked the first time.

    Not where somebody had the restore suspended, here or on the manager's page: they want to be
    asked before it goes on. In 2.2 one word stands for both, so there people are always asked.
    """
    ids = {one.id for one in status.instructions}
    names = {one.name for one in status.instructions}
    return (
        status.word == ASKS
        and ADVANCE in status.offered
        and bool(names)
        and names <= set(terms.unasked)
        and not ids & now.advanced
        and now.heeds_suspend
    )


def _selections(
    status: RestoreStatus, found: Sequence[tuple[Resource, ...]], entries: tuple[Entry, ...]
) -> tuple[a.Selection, ...]:
    """One answer for each instruction: its resources with what was chosen, or none at all."""
    chosen = {entry.field: frozenset(entry.values) for entry in entries}
    return tuple(
        a.Selection(one.id, _chosen(resources, chosen.get(field_key(number, one), frozenset())))
        for number, (one, resources) in enumerate(
            zip(status.instructions, found, strict=True), start=1
        )
    )


def _chosen(
    resources: tuple[Resource, ...], values: frozenset[str]
) -> tuple[tuple[str, str, bool], ...]:
    if not values:
        return ()
    return tuple((one.id, one.kind, one.id in values) for one in choosable(resources))
