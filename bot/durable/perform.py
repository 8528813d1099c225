"""Do one action of a runbook, and bring back what was observed.

Every action may be done again after a crash, so each is a read, a change to a stated value, or
guarded by a claim: the restore request is sent only by whoever has committed its claim first.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, assert_never

import structlog

from bot.domain import commands as c
from bot.domain.errors import OutsideError, StoreError
from bot.domain.plan import Plan
from bot.domain.request import Question
from bot.domain.target import BackupLocation
from bot.domain.values import Generation, RequestId
from bot.durable import guided
from bot.durable.following import follow_restore
from bot.durable.once import once
from bot.durable.waiting import await_stable, patiently
from bot.durable.work import EndedError, Hands, Work, still_active
from bot.ports import GuidedManager, Manager, RestoreFile
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.cluster_backup import files, restore_path

ANSWER_POLL: Final = 0.25
"""Seconds between two looks for the answer to a question."""

T = TypeVar("T")

log = structlog.get_logger()


class Performer:
    """Performs the actions of runs."""

    def __init__(self, hands: Hands) -> None:
        self._work = Work(hands)

    async def plan(self, request_id: RequestId) -> Plan:
        """Return the plan that was approved for a request that is running."""
        request = await self._work.ledger.get(request_id)
        if request.plan is None:
            raise RuntimeError(f"{request_id} runs without a plan")
        return request.plan

    async def perform(
        self, request_id: RequestId, plan: Plan, action: a.Action
    ) -> o.Observation | None:
        """Do one action. Raises nothing that a runbook is meant to handle: that is `Trouble`.

        Raises:
            EndedError: the request has ended; nothing was done.
            RefusedError: the ledger does not take it, so it was not done.
            StoreError: the rows are lost, so nobody can be asked.
        """
        self._work.checkpoint(action.step, "before")
        request = await self._work.apply(
            request_id, c.StartStep(action.step), f"{action.step}:start"
        )
        # A step that had begun is not refused a second time.
        still_active(request)
        try:
            observation = await self._do(request_id, plan, action)
        except StoreError:
            raise  # nobody can be asked without the rows, and its words are not for the channel
        except OutsideError as error:
            observation = o.Trouble.of(error)
        self._work.checkpoint(action.step, "after")
        return observation

    async def finish(self, request_id: RequestId, end: a.End) -> None:
        """Write how a run ended, unless its request has ended otherwise."""
        match end:
            case a.Succeeded(proof):
                command: c.BotCommand = c.Succeed(proof)
            case a.Failed(reason, advice):
                command = c.Fail(reason, advice)
            case _:
                assert_never(end)
        try:
            await self._work.apply(request_id, command, "end")
        except EndedError:
            log.warning("run.ended_elsewhere", request=request_id, end=type(end).__name__)

    async def _do(
        self, request_id: RequestId, plan: Plan, action: a.Action
    ) -> o.Observation | None:
        match action:
            case a.ReadStatus(step):
                return await self._with(plan, step, lambda manager: manager.cluster_status())
            case a.ReadSchedule(step):
                return await self._with(plan, step, lambda manager: manager.schedule())
            case a.SetSchedule(step, enabled):
                self._work.checkpoint(step, "inside")
                return await self._with(plan, step, lambda m: m.set_schedule(enabled=enabled))
            case a.TakeProof(step):
                return await self._proof(plan, step)
            case a.SendRestore():
                return await self._send(request_id, plan, action)
            case a.AwaitStable():
                return await await_stable(self._work, request_id, plan, action)
            case a.AskPerson(step, question):
                return await self._ask(request_id, step, question)
            case a.FinishStep(step, said):
                self._work.checkpoint(step, "inside")
                await self._work.apply(request_id, c.CompleteStep(step, said), f"{step}:done")
                return None
            case _:
                return await self._do_guided(request_id, plan, action)

    async def _do_guided(
        self, request_id: RequestId, plan: Plan, action: a.GuidedAction
    ) -> o.Observation | None:
        match action:
            case a.TakeCensus(step):
                return await self._guided(plan, step, lambda manager: manager.census())
            case a.ReadRestore(step):
                return await self._guided(plan, step, lambda manager: manager.restore_status())
            case a.SetUpBackups(step):
                self._work.checkpoint(step, "inside")
                return await guided.set_up_backups(self._work, plan, action)
            case a.StartRestore():
                return await guided.start(self._work, request_id, plan, action)
            case a.FollowRestore():
                return await follow_restore(self._work, request_id, plan, action)
            case a.ReadResources():
                return await guided.read_resources(self._work, plan, action)
            case a.SendOrder():
                return await guided.send_order(self._work, request_id, plan, action)
            case a.ReadBackupRun(step):
                return await self._guided(plan, step, lambda manager: manager.backup_run())
            case a.MakeBackup():
                return await guided.make_backup(self._work, request_id, plan, action)
            case a.TellPeople():
                await guided.tell(self._work, request_id, action)
                return None
            case _:
                assert_never(action)

    # -- the request that is sent at most once --------------------------------------------------

    async def _send(self, request_id: RequestId, plan: Plan, action: a.SendRestore) -> o.Sent:
        location = self._work.target(plan).backup
        file = self._restore_file(location, plan, action)
        async with self._work.nsxt1(plan) as manager:

            async def send() -> o.Reply:
                return await manager.restore(restore_path(plan, action.kind), file)

            kind = f"{action.kind}_restore"
            return await once(self._work, request_id, action.step, kind, send)

    def _restore_file(
        self, location: BackupLocation, plan: Plan, action: a.SendRestore
    ) -> RestoreFile:
        backup = files(plan)
        file = backup.cluster if action.kind == "cluster" else backup.node
        if file is None:
            raise RuntimeError(f"the plan has no {action.kind} backup")
        resolve = self._work.credentials.resolve
        return RestoreFile(
            passphrase=resolve(location.passphrase),
            server=backup.server,
            port=backup.port,
            uri=file.path,
            protocol=backup.protocol,
            ssh_fingerprint=backup.fingerprint,
            username=location.username,
            password=resolve(location.password),
        )

    # -- people ---------------------------------------------------------------------------------

    async def _ask(self, request_id: RequestId, step: str, question: Question) -> o.Answered:
        await self._work.apply(request_id, c.Ask(question), f"ask:{question.key}")
        self._work.checkpoint(step, "asked")
        while True:
            request = await self._work.ledger.get(request_id)
            answer = request.answer(question.key)
            if answer is not None:
                return o.Answered(answer.choice, answer.by, answer.at, answer.entries)
            still_active(request)
            await self._work.clock.sleep(ANSWER_POLL)

    # -- the outside ----------------------------------------------------------------------------

    async def _with(self, plan: Plan, step: str, use: Callable[[Manager], Awaitable[T]]) -> T:
        async def once_more() -> T:
            async with self._work.manager(plan) as manager:
                return await use(manager)

        return await patiently(self._work, plan, step, once_more)

    async def _guided(
        self, plan: Plan, step: str, use: Callable[[GuidedManager], Awaitable[T]]
    ) -> T:
        return await guided.use(self._work, plan, step, use)

    async def _proof(self, plan: Plan, step: str) -> o.Proof:
        if plan.generation is Generation.NSX:
            return await self._guided(plan, step, guided.proof)
        return await self._with(plan, step, _proof)


async def _proof(manager: Manager) -> o.Proof:
    """Read the end state of a manager of 1.x."""
    facts, status = await manager.facts(), await manager.cluster_status()
    return o.Proof(facts, status, await manager.schedule())
