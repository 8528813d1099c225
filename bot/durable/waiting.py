"""Wait until a manager is stable, through its restart."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar

from bot.domain import commands as c
from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import Plan
from bot.domain.values import RequestId
from bot.durable.work import Work
from bot.ports import Manager
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.stability import PASSING, SIGNS_OF_A_RESTART, Watch

T = TypeVar("T")

AUTH_TRIES: Final = 2
"""So often a manager may refuse our credentials in a row before people are asked; more tries
could lock the account."""


async def await_stable(
    work: Work, request_id: RequestId, plan: Plan, action: a.AwaitStable
) -> o.Stable | o.NotStable | o.Trouble:
    """Look again and again until it is stable, or until people must look. See `AwaitStable`."""
    watch = Watch(action.sent_at, plan.timing, action.controllers)
    deadline = action.since + plan.timing.stable_timeout
    refused, unstable_since = 0, None
    while True:
        look = await _look(work, plan, watch)
        now = work.clock.now()
        match look:
            case o.ClusterStatus() as status, uptime:
                watch, refused = watch.saw(status, uptime, now), 0
                said = f"management {status.management}, control {status.control}."
                if watch.is_over():
                    seconds = (now - action.sent_at).total_seconds()
                    return o.Stable(status, now, seconds, watch.outage_seen)
                unstable_since = None if watch.in_a_row else unstable_since or now
            case o.Trouble(kind, said) as trouble:
                watch, unstable_since = watch.saw_nothing(kind), None
                refused = refused + 1 if kind is Kind.AUTH else 0
                if kind in {Kind.TLS, Kind.REDIRECT} or refused >= AUTH_TRIES:
                    return trouble
                if kind in SIGNS_OF_A_RESTART:
                    await notice_outage(work, request_id, action.step, said, deadline)
        # A row of good answers that has begun is not cut off by the deadline.
        late = now >= deadline and watch.in_a_row == 0
        if late or (action.steady and _is_steady(unstable_since, now, plan)):
            return o.NotStable((now - action.sent_at).total_seconds(), said)
        work.checkpoint(action.step, "inside")
        # A refused login is tried again only after long: more could lock the account.
        pause = plan.timing.settle if refused else plan.timing.poll
        await work.clock.sleep(max(pause, plan.timing.poll).total_seconds())


async def patiently(work: Work, plan: Plan, step: str, use: Callable[[], Awaitable[T]]) -> T:
    """Do what may be repeated until it works; what passes by waiting is borne for the settle time.

    A manager that limits its requests (429), or whose services start, says so of any request. Of a
    session it may speak once, since the next try logs in anew. Raises `ManagerError`.
    """
    deadline, bearable = work.clock.now() + plan.timing.settle, PASSING
    while True:
        try:
            return await use()
        except ManagerError as error:
            if error.kind not in bearable or work.clock.now() >= deadline:
                raise
            bearable -= {error.kind} & {Kind.SESSION}
        work.checkpoint(step, "inside")
        await work.clock.sleep(plan.timing.poll.total_seconds())


def _is_steady(unstable_since: datetime | None, now: datetime, plan: Plan) -> bool:
    """Say whether a manager has answered for so long, without being stable, that it stays so."""
    return unstable_since is not None and now - unstable_since >= plan.timing.settle


async def notice_outage(
    work: Work, request_id: RequestId, step: str, said: str, deadline: datetime
) -> None:
    """Tell once in a step that the manager is away, and until when that is waited out."""
    await work.apply(request_id, c.NoticeOutage(said, deadline), f"{step}:outage")


async def _look(
    work: Work, plan: Plan, watch: Watch
) -> tuple[o.ClusterStatus, int | None] | o.Trouble:
    """Look once; whatever goes wrong is part of what was seen."""
    try:
        async with work.manager(plan) as manager:
            status = await manager.cluster_status()
            return status, await _uptime(manager, watch)
    except ManagerError as error:
        return o.Trouble.of(error)


async def _uptime(manager: Manager, watch: Watch) -> int | None:
    """The uptime, while it can still show a restart; it is only a hint, so it may be missing."""
    if watch.outage_seen:
        return None
    try:
        return await manager.uptime()
    except ManagerError:
        return None
