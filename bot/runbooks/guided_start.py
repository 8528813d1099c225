"""The start of a guided restore: sent at most once, whatever becomes of it.

A 409 holds the restore that there is already, and is no error; a start of which nobody knows the
outcome is adopted only where the manager shows a restore of this very backup, or a lead says so.
Source: NSX API, InitiateClusterRestore.
"""

from collections.abc import Generator, Iterator
from datetime import datetime
from itertools import count
from typing import Final

from bot.domain.plan import ListedBackup
from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import guided_questions as ask_for
from bot.runbooks import observations as o
from bot.runbooks.asking import GivenUpError, ask, insist
from bot.runbooks.guided_follow import Begun
from bot.runbooks.restoring import Followed, Phase, RestoreStatus, Started

_NOT_BEGUN: Final = "The restore did not begin. Correct the cause and file a new request."


def start(backup: ListedBackup) -> Generator[a.Action, o.Observation | None, Begun]:
    """Start it, or adopt what proves to be ours. Raises `GivenUpError` if it did not begin."""
    step, turns = "start", count(1)
    sent = yield from insist(a.StartRestore(step), Started, turns)
    match sent:
        case Started("accepted", said, at, status):
            yield a.FinishStep(step, said)
            return Begun(at, _id_of(status, backup), since=at)
        case Started("refused", said):
            raise GivenUpError(said, _NOT_BEGUN)
        case Started("taken", said, at, RestoreStatus() as status):
            return (yield from _taken(turns, said, at, status, backup))
        case _:
            return (yield from _unknown(turns, sent, backup))


def _id_of(status: RestoreStatus | None, backup: ListedBackup) -> str | None:
    return status.id if status is not None and status.is_of(backup.timestamp) else None


def _taken(
    turns: Iterator[int], said: str, at: datetime, status: RestoreStatus, backup: ListedBackup
) -> Generator[a.Action, o.Observation | None, Begun]:
    """The manager has a restore already: follow it if it is of this backup, else leave it alone."""
    step = "start"
    if why := _not_to_follow(status, backup):
        raise GivenUpError(
            f"{said} {why}",
            "Nothing was started. Look at the manager, and file a new request when it is free.",
        )
    answer = yield from ask(step, ask_for.taken(step, next(turns), status.where()))
    yield a.FinishStep(step, "Decided by hand: the restore that is there already is followed.")
    return Begun(at, status.id, since=answer.at, by_others=True)


def _not_to_follow(status: RestoreStatus, backup: ListedBackup) -> str | None:
    if status.backup_timestamp is None:
        return "It does not say of which backup that is, so it is left alone."
    if not status.is_of(backup.timestamp):
        return "That is not a restore of the backup that was approved, so it is left alone."
    if status.phase in _OVER:
        return "That is of this backup, but it does not go on: there is nothing to follow."
    return None


def _unknown(
    turns: Iterator[int], sent: Started, backup: ListedBackup
) -> Generator[a.Action, o.Observation | None, Begun]:
    """Adopt what proves to be ours: a restore of this backup, where none was just before."""
    step, since = "start", sent.at
    while True:
        turn = next(turns)
        seen = yield a.FollowRestore(
            step, turn, since, None, "begun", past=None, waits=False, heeds_suspend=False
        )
        match seen:
            case Followed(status=RestoreStatus() as status, at=now) if _is_known(status):
                if not status.is_of(backup.timestamp):
                    raise GivenUpError(
                        f"{sent.said} The manager has a restore of another backup now: "
                        f"{status.where()}. It is left alone.",
                        "Look at the manager, and file a new request when it is free.",
                    )
                yield a.FinishStep(step, f"{sent.said} {_OURS}")
                return Begun(sent.at, status.id, since=now)
            case Followed(last=last):
                question = ask_for.unknown_start(step, turn, sent.said, last)
            case o.Trouble(_, said, advice):
                question = ask_for.unknown_start(step, turn, sent.said, f"{said} {advice}")
            case _:
                raise TypeError(seen)
        answer = yield from ask(step, question)
        if answer.choice is Choice.CONTINUE:
            yield a.FinishStep(step, "Decided by hand: the restore has begun.")
            return Begun(sent.at, None, since=answer.at)
        since = answer.at


def _is_known(status: RestoreStatus) -> bool:
    """Say whether it shows of which backup there is a restore, and what it does."""
    return status.phase not in _NOTHING and status.backup_timestamp is not None


_NOTHING: Final = frozenset({Phase.IDLE, Phase.UNKNOWN})
_OVER: Final = frozenset({Phase.IDLE, Phase.SUCCEEDED, Phase.ABORTED})
_OURS: Final = (
    "There was no restore before, and the manager has one of this backup since: so it is ours."
)
