"""Follow a restore that the manager carries out, through its restarts, until people are needed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain import commands as c
from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import Plan
from bot.domain.request import Progress
from bot.domain.values import RequestId
from bot.durable.judging import is_for_people, is_idle_or_foreign, mark_of
from bot.durable.waiting import AUTH_TRIES, notice_outage
from bot.durable.work import Work, still_active
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import SUSPEND, Followed, Phase, RestoreStatus
from bot.runbooks.stability import PASSING, SIGNS_OF_A_RESTART

SESSION_TRIES: Final = 2
"""So often in a row a manager may speak of a session before people are asked: one new login."""

REFUSED_TRIES: Final = 3
"""So often in a row it may refuse otherwise: a plain 403 does not pass by itself, but a service
that starts may show one."""

_TRIES: Final = {
    Kind.TLS: 1,
    Kind.REDIRECT: 1,
    Kind.AUTH: AUTH_TRIES,
    Kind.SESSION: SESSION_TRIES,
}
"""How often in a row what is not borne until the deadline may come."""

_SLOWER: Final = 1.5
_SLOWEST: Final = 6
"""A restore that stands still is looked at ever less often, down to one sixth."""

_SLOWEST_AFTER: Final = 5
"""Looks until it is as slow as that (1.5 ** 5 > 6). It may stand still for days, and the power of
all of its looks would overflow."""

_LONGEST: Final = timedelta(seconds=60)


@dataclass(slots=True)
class _Seen:
    """What following has come to: the last status, when something changed last, and the troubles.

    `told` is the mark of what the thread said last of this step's progress, `changes` how often
    something was noted of it; `shown` is where the restore was at the last look, told or not, and
    `suspendable` what the card says of its offer to suspend. `looks` counts the looks since it was
    news. `odd_since` is since when it says what it cannot mean of ours. `trouble` is what the last
    looks came to, `times` of them in a row, if it was no status.
    """

    changed_at: datetime
    told: str = ""
    changes: int = 0
    shown: str = ""
    suspendable: bool = False
    status: RestoreStatus | None = None
    last: str = "nothing yet."
    looks: int = 0
    odd_since: datetime | None = None
    trouble: Kind | None = None
    times: int = 0


async def follow_restore(
    work: Work, request_id: RequestId, plan: Plan, action: a.FollowRestore
) -> Followed | o.Trouble:
    """Look again and again; tell what changes, and nothing else. See `FollowRestore`."""
    return await _Following(work, request_id, plan, action).to_its_end()


class _Following:
    """One following, from the moment that its patience begins to count."""

    def __init__(
        self, work: Work, request_id: RequestId, plan: Plan, action: a.FollowRestore
    ) -> None:
        self._work = work
        self._request_id = request_id
        self._plan = plan
        self._action = action
        self._seen = _Seen(action.since)

    async def to_its_end(self) -> Followed | o.Trouble:
        seen = self._seen
        await self._take_up()
        while True:
            look = await self._look()
            now = self._work.clock.now()
            if isinstance(look, RestoreStatus):
                ended: Followed | o.Trouble | None = await self._heed(look, now)
            else:
                ended = await self._bear(look)
            if ended is not None:
                return ended
            if now >= self._deadline():
                quiet = (now - seen.changed_at).total_seconds()
                # Nobody acts on what it said before it fell silent.
                last = seen.status if seen.trouble is None else None
                return Followed("late", now, seen.last, last, quiet)
            self._work.checkpoint(self._action.step, "inside")
            await self._work.clock.sleep(_pause(self._plan, seen).total_seconds())

    async def _take_up(self) -> None:
        """Go on from what is recorded, after another turn or another process.

        What was told last is not told again. Patience counts from the last change that is known,
        or a bot that is started again late in a restore would ask at once why it does not come
        further.
        """
        request = await self._work.ledger.get(self._request_id)
        still_active(request)
        seen, since = self._seen, self._action.since
        progress = request.progress or Progress(self._action.step, 0, since)
        seen.changed_at = max(since, request.updated_at)
        seen.told, seen.changes, seen.shown = progress.mark, progress.changes, progress.detail
        seen.suspendable = progress.suspendable

    def _deadline(self) -> datetime:
        """Until when nothing may change before people are asked."""
        return self._seen.changed_at + self._plan.timing.stable_timeout

    async def _look(self) -> RestoreStatus | o.Trouble:
        """Look once, with a new login; whatever goes wrong is part of what was seen."""
        try:
            async with self._work.guided(self._plan) as manager:
                return await manager.restore_status()
        except ManagerError as error:
            return o.Trouble.of(error)

    async def _heed(self, status: RestoreStatus, now: datetime) -> Followed | None:
        """Take in what the manager says; return why it is not followed any further."""
        seen = self._seen
        seen.trouble = None
        if is_idle_or_foreign(status, self._plan, self._action):
            return self._doubt(status, now)
        seen.odd_since = None
        await self._take_in(status, now)
        if is_for_people(status, self._plan, self._action, now):
            return Followed("changed", now, seen.last, status)
        waited = now - self._action.since
        if self._action.waits and waited >= self._plan.timing.second_look:
            return Followed("late", now, seen.last, status, waited.total_seconds())
        if self._action.heeds_suspend and await self._wants_suspend(status):
            return Followed("suspend", now, seen.last, status)
        return None

    def _doubt(self, status: RestoreStatus, now: datetime) -> Followed | None:
        """Hold back what cannot be ours, until it has been said for the settle time.

        A manager may say so for a moment right after the start, and while its services start. It
        is not told: of another restore nothing is ever told as ours.
        """
        seen = self._seen
        seen.odd_since = seen.odd_since or now
        of_another = "" if status.phase is Phase.IDLE else ", of another restore"
        seen.status, seen.last, seen.looks = None, f"{status.where()}{of_another}.", 0
        if now - seen.odd_since < self._plan.timing.settle:
            return None
        return Followed("changed", now, seen.last, status)

    async def _take_in(self, status: RestoreStatus, now: datetime) -> None:
        """Note what the manager says of ours, and tell it if it is news."""
        seen = self._seen
        if status.phase is Phase.RUNNING:
            # It went on: what it stops at from now on is new, though it may look the same.
            self._action = replace(self._action, past=None, waits=False)
        where, mark = status.where(), mark_of(status)
        seen.status, seen.last = status, f"{where}."
        seen.looks += 1
        if where != seen.shown or mark != seen.told:
            # A step that counts its hosts is alive, though only what is news is told.
            seen.shown, seen.changed_at = where, now
        suspendable = SUSPEND in status.offered
        if mark == seen.told and suspendable == seen.suspendable:
            return
        said = "" if mark == seen.told else f"The manager says {where}."
        if said:
            seen.told, seen.looks = mark, 0
        if self._action.until == "begun":
            return  # the step that follows what has begun tells where it is
        await self._note(c.NoteProgress(said, where, suspendable, mark))

    async def _note(self, note: c.NoteProgress) -> None:
        """Note it, and tell it in the thread if it has words for that; the card shows it anyway."""
        seen = self._seen
        # With the count: what comes, goes and comes back in one turn is noted each time.
        turn = f"{self._action.step}:{self._action.turn}:{seen.changes}:{note.mark}"
        await self._work.apply(self._request_id, note, turn)
        seen.suspendable = note.suspendable
        seen.changes += 1

    async def _wants_suspend(self, status: RestoreStatus) -> bool:
        """Say whether somebody asked to suspend, and the manager offers it now."""
        request = await self._work.ledger.get(self._request_id)
        still_active(request)
        return request.suspend_asked_by is not None and SUSPEND in status.offered

    async def _bear(self, trouble: o.Trouble) -> o.Trouble | None:
        """Bear with what a restart looks like; return what people must deal with."""
        seen, kind = self._seen, trouble.kind
        seen.last = trouble.said
        seen.looks += 1
        seen.times = seen.times + 1 if kind is seen.trouble else 1
        seen.trouble = kind
        if _is_too_often(kind, seen.times):
            return trouble
        if kind in SIGNS_OF_A_RESTART:
            seen.odd_since = None
            await notice_outage(
                self._work, self._request_id, self._action.step, trouble.said, self._deadline()
            )
        return None


def _is_too_often(kind: Kind, times: int) -> bool:
    """Say whether people are asked about a trouble that came so often in a row."""
    if kind in _TRIES:
        return times >= _TRIES[kind]
    return kind not in PASSING and times >= REFUSED_TRIES


def _pause(plan: Plan, seen: _Seen) -> timedelta:
    """How long until the next look: often while things change, then ever less often."""
    poll = plan.timing.poll
    if seen.trouble is not None and seen.trouble not in PASSING:
        # A refused login is tried again only after long: more could lock the account. What else
        # is refused gets the time that services take to start.
        return max(plan.timing.settle, poll)
    slower: timedelta = poll * min(_SLOWER ** min(seen.looks, _SLOWEST_AFTER), _SLOWEST)
    return max(poll, min(slower, _LONGEST))
