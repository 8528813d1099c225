"""Do the actions of a guided restore, and bring back what was observed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar

from bot.domain import commands as c
from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import ListedBackup, Plan
from bot.domain.target import BackupLocation
from bot.domain.values import RequestId
from bot.durable.once import once
from bot.durable.waiting import patiently
from bot.durable.work import Work
from bot.ports import BackupAccess, GuidedManager, StartReply
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import (
    ADVANCE,
    CANCEL,
    RETRY,
    RETRY_UPDATED,
    SUSPEND,
    Order,
    Phase,
    Resources,
    RestoreStatus,
    Started,
)
from bot.runbooks.stability import PASSING, STABLE

T = TypeVar("T")

NO_RETURN: Final = "cluster_restore"
"""The effect with which a run passes the point of no return, whichever runbook it follows."""


SUSPEND_WISHED: Final = "Somebody wishes to suspend the restore, so it does not go on unasked."


async def use(work: Work, plan: Plan, step: str, ask: Callable[[GuidedManager], Awaitable[T]]) -> T:
    """Do with a manager what may be repeated. Raises `ManagerError`; see `patiently`."""

    async def once_more() -> T:
        async with work.guided(plan) as manager:
            return await ask(manager)

    return await patiently(work, plan, step, once_more)


async def set_up_backups(
    work: Work, plan: Plan, action: a.SetUpBackups
) -> o.Schedule | RestoreStatus:
    """Tell the manager where its backups are, and return what is so afterwards.

    Returns the status of the restore instead, and tells nothing, where that has moved on.
    """
    backup = _listed(plan)
    access = _access(work, work.target(plan).backup, backup)

    async def tell(manager: GuidedManager) -> o.Schedule | RestoreStatus:
        if action.status is not None:
            now = await manager.restore_status()
            another = now.is_another(backup.timestamp, action.status.id)
            if another or not now.stands_as(action.status):
                return now
        await manager.keep_backups(access)
        return await manager.schedule()

    return await use(work, plan, action.step, tell)


def _listed(plan: Plan) -> ListedBackup:
    if not isinstance(plan.backup, ListedBackup):
        raise TypeError(plan.backup)
    return plan.backup


def _access(work: Work, location: BackupLocation, backup: ListedBackup) -> BackupAccess:
    """The server that was approved, with the secrets of now."""
    resolve = work.credentials.resolve
    return BackupAccess(
        server=backup.server,
        port=backup.port,
        directory=backup.directory,
        fingerprint=backup.fingerprint,
        username=location.username,
        password=resolve(location.password),
        passphrase=resolve(location.passphrase),
    )


async def start(work: Work, request_id: RequestId, plan: Plan, action: a.StartRestore) -> Started:
    """Start the restore, at most once ever, if there is still none and the manager is STABLE.

    People may have decided long after that was checked. What has begun meanwhile is `taken`, as if
    the manager had said so itself. Where a crash kept the answer of a 409 from the journal, the
    status is read again, since the restore that was there may be followed. Raises `ManagerError`
    from these reads, and `CredentialError` before anything is claimed.
    """
    backup = _listed(plan)
    replies: list[StartReply] = []
    async with work.guided(plan) as opened:

        async def send() -> o.Reply:
            replies.append(await opened.start(backup.node_id, backup.timestamp))
            return o.Reply(replies[-1].outcome, replies[-1].said)

        async def forbids() -> o.Reply | datetime:
            no = await use(work, plan, action.step, _not_to_start)
            if no is None:
                return work.clock.now()
            replies.append(no)
            return o.Reply(no.outcome, no.said)

        sent = await once(work, request_id, action.step, NO_RETURN, send, forbids=forbids)
    for reply in reversed(replies):
        if (reply.outcome, reply.said) == (sent.outcome, sent.said):
            return Started(reply.outcome, sent.said, sent.at, reply.status)
    if sent.outcome == "taken":
        status = await use(work, plan, action.step, lambda manager: manager.restore_status())
        return Started("taken", sent.said, sent.at, status)
    return Started(sent.outcome, sent.said, sent.at)


async def _not_to_start(manager: GuidedManager) -> StartReply | None:
    """Say why no start is sent now, if so; whether there is a restore is read last."""
    cluster = await manager.cluster_status()
    status = await manager.restore_status()
    if status.phase is not Phase.IDLE:
        said = f"The manager has a restore already: {status.where()}. No start was sent."
        return StartReply("taken", said, status)
    if cluster.management != STABLE:
        said = (
            f"The manager's status is {cluster.management} by now; it must be STABLE before a "
            "restore. No start was sent."
        )
        return StartReply("refused", said)
    return None


async def send_order(work: Work, request_id: RequestId, plan: Plan, action: a.SendOrder) -> o.Sent:
    """Send one order, at most once for each turn, if it still answers what was asked about.

    Raises `CredentialError` and `ManagerError` before anything is claimed.
    """
    async with work.guided(plan) as opened:

        async def send() -> o.Reply:
            return await opened.order(action.order, action.answers)

        async def forbids() -> o.Reply | datetime:
            return await _seen_to_fit(work, request_id, plan, action)

        kind = f"{action.order}:{action.turn}"
        return await once(work, request_id, action.step, kind, send, forbids=forbids)


async def _seen_to_fit(
    work: Work, request_id: RequestId, plan: Plan, action: a.SendOrder
) -> o.Reply | datetime:
    """Return when an order was seen to fit; or why it does not any more.

    People may have answered on the manager's page. Whether somebody wishes to suspend it is read
    last.
    """
    withheld = f"{_WITHHELD[action.order]} was not sent"
    try:
        now = await use(work, plan, action.step, lambda manager: manager.restore_status())
    except ManagerError as error:
        said = f"{error.said} {withheld}, since the restore may have moved on."
        return o.Reply("refused", said)
    at = work.clock.now()
    request = await work.ledger.get(request_id)
    if action.unasked and request.suspend_asked_by is not None:
        return o.Reply("refused", SUSPEND_WISHED)
    if action.order in now.offered and _is_meant(now, plan, action):
        return at
    said = (
        f"The restore has moved on: the manager says {now.where()}. {withheld}, since it was meant "
        "for what was so before."
    )
    return o.Reply("refused", said)


def _is_meant(now: RestoreStatus, plan: Plan, action: a.SendOrder) -> bool:
    """Say whether an order is meant for this; only a suspension is for any place of ours."""
    if now.is_another(_listed(plan).timestamp, action.status.id):
        return False
    return action.order == SUSPEND or now.stands_as(action.status)


_WITHHELD: Final[dict[Order, str]] = {
    ADVANCE: "The answer",
    RETRY: "The retry",
    RETRY_UPDATED: "The retry",
    SUSPEND: "The wish to suspend",
    CANCEL: "The cancellation",
}
"""What people call an order that is not sent."""


async def read_resources(work: Work, plan: Plan, action: a.ReadResources) -> Resources:
    """Return all resources of an instruction."""

    async def read(manager: GuidedManager) -> Resources:
        return Resources(tuple(await manager.resources(action.instruction, action.fields)))

    return await use(work, plan, action.step, read)


async def tell(work: Work, request_id: RequestId, action: a.TellPeople) -> None:
    """Tell a sentence in the thread, once."""
    request = await work.ledger.get(request_id)
    progress = request.progress
    detail, suspendable = (progress.detail, progress.suspendable) if progress else ("", False)
    note = c.NoteProgress(action.said, detail, suspendable, ends_wish=action.ends_wish)
    await work.apply(request_id, note, f"{action.step}:tell:{action.turn}")


# -- a fresh backup -----------------------------------------------------------------------------


async def make_backup(
    work: Work, request_id: RequestId, plan: Plan, action: a.MakeBackup
) -> o.FreshBackup:
    """Have a backup made, begun at most once for each turn, and wait for its end."""
    async with work.guided(plan) as manager:

        async def send() -> o.Reply:
            try:
                await manager.make_backup()
            except ManagerError as error:
                said = f"{error.said} {error.advice}"
                return o.Reply("refused" if error.kind in _NOT_BEGUN else "unknown", said)
            return o.Reply("accepted", "The manager began a backup.")

        kind = f"fresh_backup:{action.turn}"
        sent = await once(work, request_id, action.step, kind, send)
    if sent.outcome == "refused":
        return o.FreshBackup(made=False, said=sent.said, at=sent.at)
    return await _made(work, plan, action, sent)


_NOT_BEGUN: Final = frozenset(
    {Kind.REFUSED, Kind.AUTH, Kind.MISSING, Kind.REDIRECT, Kind.TLS, Kind.SESSION}
)
"""How a manager says no to a backup; after anything else it may have begun one."""


async def _made(work: Work, plan: Plan, action: a.MakeBackup, sent: o.Sent) -> o.FreshBackup:
    """Wait for a backup that ended after the one before; bear with what passes meanwhile."""
    deadline = sent.at + plan.timing.stable_timeout
    lost = min(sent.at + plan.timing.settle, deadline)
    while True:
        run = await _backup_run(work, plan)
        now = work.clock.now()
        if run is not None and not run.running:
            if run.ended_at != action.before:
                made = run.success is True
                said = "A fresh backup was made." if made else f"The backup failed: {run.said}"
                return o.FreshBackup(made=made, said=said, at=now)
            if sent.outcome == "unknown" and now >= lost:
                said = f"{sent.said} The manager makes no backup now, and has made none since."
                return o.FreshBackup(made=False, said=said, at=now)
        if now >= deadline:
            return o.FreshBackup(made=False, said="The backup did not end in time.", at=now)
        work.checkpoint(action.step, "inside")
        await work.clock.sleep(plan.timing.poll.total_seconds())


async def _backup_run(work: Work, plan: Plan) -> o.BackupRun | None:
    """Look once; `None` where the manager cannot answer for now."""
    try:
        async with work.guided(plan) as manager:
            return await manager.backup_run()
    except ManagerError as error:
        if error.kind in PASSING:
            return None
        raise


async def proof(manager: GuidedManager) -> o.Proof:
    """Read the end state."""
    return o.Proof(
        await manager.facts(),
        await manager.cluster_status(),
        await manager.schedule(),
        await manager.census(),
    )
