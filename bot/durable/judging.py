"""Judge one status of a restore that is followed: whether it is news, and whether for people."""

from datetime import datetime
from hashlib import sha256

from bot.domain.plan import ListedBackup, Plan
from bot.runbooks import actions as a
from bot.runbooks.restoring import Phase, RestoreStatus


def mark_of(status: RestoreStatus) -> str:
    """Return a short name for what of a status is news to people: its step and its word.

    Not how a step is described: that may count hundreds of hosts. Nor what is offered, which may
    come and go all the time: that is for the card.
    """
    news = (status.step, status.step_name, status.word)
    return sha256(repr(news).encode()).hexdigest()[:16]


def is_for_people(
    status: RestoreStatus, plan: Plan, action: a.FollowRestore, now: datetime
) -> bool:
    """Say whether somebody must deal with this status of the restore that was begun.

    One for which `is_idle_or_foreign` holds is judged by how long it lasts instead.
    """
    match status.phase:
        case Phase.RUNNING:
            return action.until == "begun"
        case _ if action.past is not None and _same(status, action.past):
            # What is dealt with already may still be shown for a moment.
            return now >= action.since + plan.timing.settle and not action.waits
        case _:
            return True


def is_idle_or_foreign(status: RestoreStatus, plan: Plan, action: a.FollowRestore) -> bool:
    """Say whether it knows of no restore, or of another than the one that was begun."""
    backup = plan.backup
    if not isinstance(backup, ListedBackup):
        raise TypeError(backup)
    return status.phase is Phase.IDLE or status.is_another(backup.timestamp, action.ours)


def _same(status: RestoreStatus, past: RestoreStatus) -> bool:
    ids = [[one.id for one in each.instructions] for each in (status, past)]
    return (status.word, status.step, ids[0]) == (past.word, past.step, ids[1])
