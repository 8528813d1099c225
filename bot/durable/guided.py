"""Do the actions of a guided restore, and bring back what was observed."""

from typing import Final

from bot.domain import commands as c
from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import ListedBackup, Plan
from bot.domain.target import BackupLocation
from bot.domain.values import RequestId
from bot.durable.once import once
from bot.durable.work import Work
from bot.ports import BackupAccess, GuidedManager, StartReply
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import SUSPEND, Resources, RestoreStatus, Started
from bot.runbooks.stability import SIGNS_OF_A_RESTART

NO_RETURN: Final = "cluster_restore"
"""The effect with which a run passes the point of no return, whichever runbook it follows."""


PAUSE_WISHED: Final = "Somebody wishes that the restore pauses, so it does not go on unasked."


async def set_up_backups(work: Work, plan: Plan) -> o.Schedule:
    """Tell the manager where its backups are, and return what is so afterwards."""
    backup = plan.backup
    if not isinstance(backup, ListedBackup):
        raise TypeError(backup)
    target = work.target(plan)
    access = _access(work, target.backup, backup)
    async with work.guided(plan) as manager:
        await manager.keep_backups(access)
        return await manager.schedule()


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
    """Start the restore, at most once ever.

    Where a crash kept the answer of a 409 from the journal, the status is read again, since the
    restore that was there may be followed. Raises `ManagerError` from that read.
    """
    backup = plan.backup
    if not isinstance(backup, ListedBackup):
        raise TypeError(backup)
    replies: list[StartReply] = []
    async with work.guided(plan) as manager:

        async def send() -> o.Reply:
            reply = await manager.start(backup.node_id, backup.timestamp)
            replies.append(reply)
            return o.Reply(reply.outcome, reply.said)

        sent = await once(work, request_id, action.step, NO_RETURN, send)
        if replies:
            return Started(replies[0].outcome, sent.said, sent.at, replies[0].status)
        if sent.outcome == "taken":
            return Started("taken", sent.said, sent.at, await manager.restore_status())
    return Started(sent.outcome, sent.said, sent.at)


async def send_order(work: Work, request_id: RequestId, plan: Plan, action: a.SendOrder) -> o.Sent:
    """Send one order, at most once for each turn, if it still answers what was asked about."""
    async with work.guided(plan) as manager:

        async def send() -> o.Reply:
            return await manager.order(action.order, action.answers)

        async def forbids() -> str | None:
            request = await work.ledger.get(request_id)
            if action.unasked and request.suspend_asked_by is not None:
                return PAUSE_WISHED
            try:
                return _moved_on(await manager.restore_status(), action)
            except ManagerError as error:
                return f"{error.said} Nothing was sent, since it may have moved on."

        kind = f"{action.order}:{action.turn}"
        return await once(work, request_id, action.step, kind, send, forbids=forbids)


def _moved_on(now: RestoreStatus, action: a.SendOrder) -> str | None:
    """Say why an order does not fit any more; people may have answered on the manager's page."""
    fits = action.order == SUSPEND or now.stands_as(action.status)
    if fits and action.order in now.offered:
        return None
    return (
        f"The restore has moved on: the manager says {now.where()}. Nothing was sent, since the "
        "answer was meant for what it said before."
    )


async def read_resources(work: Work, plan: Plan, action: a.ReadResources) -> Resources:
    """Return all resources of an instruction."""
    async with work.guided(plan) as manager:
        return Resources(tuple(await manager.resources(action.instruction, action.fields)))


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
        if error.kind in SIGNS_OF_A_RESTART | {Kind.BUSY}:
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
