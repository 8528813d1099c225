"""Do one action of a runbook, and bring back what was observed.

Every action may be done again after a crash, so each is a read, a change to a stated value, or
guarded by a claim: the restore request is sent only by whoever has committed its claim first.
"""

import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar, assert_never

import structlog

from bot.domain import commands as c
from bot.domain.errors import CredentialError, Kind, ManagerError, OutsideError, StoreError
from bot.domain.plan import Plan
from bot.domain.request import Question, Request
from bot.domain.target import BackupLocation, Target
from bot.domain.values import RequestId
from bot.durable.patience import PatientLedger
from bot.ports import (
    Claim,
    Clock,
    Credentials,
    Ledger,
    Managers,
    NsxManager,
    RestoreFile,
    Signature,
)
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.cluster_backup import restore_path
from bot.runbooks.stability import SIGNS_OF_A_RESTART, Watch

RUN: Final = "run"
"""The actor of what a running restore does."""

ANSWER_POLL: Final = 0.25
"""Seconds between two looks for the answer to a question."""

AUTH_TRIES: Final = 2
"""So often a manager may refuse our credentials in a row before people are asked; more tries
could lock the account."""

FENCE: Final = timedelta(seconds=5)
"""A process that was frozen for longer than this between claim and send does not send: another
worker may have become leader and told people that the outcome is unknown."""

HELD_UP: Final = (
    "The bot was held up between claiming the request and sending it, so it did not send it."
)

INTERRUPTED: Final = "The bot was stopped between claiming the request and recording its outcome."

T = TypeVar("T")


class RefusedError(RuntimeError):
    """The ledger refused what a run wanted to write: a bug of ours, so the run goes no further."""


class EndedError(Exception):
    """The request of a run has ended by another hand, so the run has nothing more to do."""


log = structlog.get_logger()

Checkpoint = Callable[[str, str], None]
"""Called with a step and a position (`before`, `inside`, `after`, `recorded`): the seam at which
the fault tests stop the process. In the product it does nothing."""


def unwatched(step: str, position: str) -> None:
    """Do nothing: nobody watches the positions of a run in the product."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a run works with."""

    ledger: Ledger
    managers: Managers
    credentials: Credentials
    clock: Clock
    targets: dict[str, Target]
    checkpoint: Checkpoint = unwatched


class Performer:
    """Performs the actions of runs."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._ledger = PatientLedger(hands.ledger)
        self._clock = hands.clock

    async def plan(self, request_id: RequestId) -> Plan:
        """Return the plan that was approved for a request that is running."""
        request = await self._ledger.get(request_id)
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
        self._hands.checkpoint(action.step, "before")
        request = await self._apply(request_id, c.StartStep(action.step), f"{action.step}:start")
        # A step that had begun is not refused a second time.
        _still_active(request)
        try:
            observation = await self._do(request_id, plan, action)
        except StoreError:
            raise  # nobody can be asked without the rows, and its words are not for the channel
        except OutsideError as error:
            observation = o.Trouble(error.kind, error.said, error.advice)
        self._hands.checkpoint(action.step, "after")
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
            await self._apply(request_id, command, "end")
        except EndedError:
            log.warning("run.ended_elsewhere", request=request_id, end=type(end).__name__)

    async def _do(
        self, request_id: RequestId, plan: Plan, action: a.Action
    ) -> o.Observation | None:
        match action:
            case a.ReadStatus():
                return await self._with(plan, lambda manager: manager.cluster_status())
            case a.ReadSchedule():
                return await self._with(plan, lambda manager: manager.schedule())
            case a.SetSchedule(step, enabled):
                self._hands.checkpoint(step, "inside")
                return await self._with(plan, lambda m: m.set_schedule(enabled=enabled))
            case a.TakeProof():
                return await self._with(plan, _proof)
            case a.SendRestore():
                return await self._send(request_id, plan, action)
            case a.AwaitStable():
                return await self._await_stable(request_id, plan, action)
            case a.AskPerson(step, question):
                return await self._ask(request_id, step, question)
            case a.FinishStep(step, said):
                self._hands.checkpoint(step, "inside")
                await self._apply(request_id, c.CompleteStep(step, said), f"{step}:done")
                return None
            case _:
                assert_never(action)

    # -- the request that is sent at most once --------------------------------------------------

    async def _send(self, request_id: RequestId, plan: Plan, action: a.SendRestore) -> o.Sent:
        kind = f"{action.kind}_restore"
        target = self._target(plan)
        file = self._restore_file(target.backup, plan, action)
        async with self._hands.managers(target) as manager:
            claim = await self._ledger.claim(request_id, kind)
            self._hands.checkpoint(action.step, "inside")
            if not claim.mine:
                return await self._as_recorded(request_id, kind, claim)
            if self._clock.now() - claim.at > FENCE:
                await self._ledger.settle(request_id, kind, "refused", HELD_UP)
                return o.Sent("refused", HELD_UP, claim.at)
            reply = await _sent_once(manager, restore_path(plan, action.kind), file)
            self._hands.checkpoint(action.step, "sent")
        await self._ledger.settle(request_id, kind, reply.outcome, reply.said)
        return o.Sent(reply.outcome, reply.said, claim.at)

    async def _as_recorded(self, request_id: RequestId, kind: str, claim: Claim) -> o.Sent:
        """What is known of a request that was claimed before; it is never sent again."""
        if claim.outcome != "claimed":
            return o.Sent(claim.outcome, claim.said, claim.at)
        await self._ledger.settle(request_id, kind, "unknown", INTERRUPTED)
        return o.Sent("unknown", INTERRUPTED, claim.at)

    def _restore_file(
        self, location: BackupLocation, plan: Plan, action: a.SendRestore
    ) -> RestoreFile:
        file = plan.backup.cluster if action.kind == "cluster" else plan.backup.node
        if file is None:
            raise RuntimeError(f"the plan has no {action.kind} backup")
        resolve = self._hands.credentials.resolve
        return RestoreFile(
            passphrase=resolve(location.passphrase),
            server=plan.backup.server,
            port=plan.backup.port,
            uri=file.path,
            protocol=plan.backup.protocol,
            ssh_fingerprint=plan.backup.fingerprint,
            username=location.username,
            password=resolve(location.password),
        )

    # -- waiting --------------------------------------------------------------------------------

    async def _await_stable(
        self, request_id: RequestId, plan: Plan, action: a.AwaitStable
    ) -> o.Stable | o.NotStable | o.Trouble:
        watch = Watch(action.sent_at, plan.timing, action.controllers)
        deadline = action.since + plan.timing.stable_timeout
        refused = 0
        while True:
            look = await self._look(plan, watch)
            match look:
                case o.ClusterStatus() as status, uptime:
                    now = self._clock.now()
                    watch, refused = watch.saw(status, uptime, now), 0
                    said = f"management {status.management}, control {status.control}."
                    if watch.is_over():
                        seconds = (now - action.sent_at).total_seconds()
                        return o.Stable(status, now, seconds, watch.outage_seen)
                case o.Trouble(kind, said) as trouble:
                    watch = watch.saw_nothing(kind)
                    refused = refused + 1 if kind is Kind.AUTH else 0
                    if kind in {Kind.TLS, Kind.REDIRECT} or refused >= AUTH_TRIES:
                        return trouble
                    if kind in SIGNS_OF_A_RESTART:
                        await self._notice_outage(request_id, action.step, said, deadline)
            # A row of good answers that has begun is not cut off by the deadline.
            if self._clock.now() >= deadline and watch.in_a_row == 0:
                seconds = (self._clock.now() - action.sent_at).total_seconds()
                return o.NotStable(seconds, said)
            self._hands.checkpoint(action.step, "inside")
            # A refused login is tried again only after long: more could lock the account.
            pause = plan.timing.settle if refused else plan.timing.poll
            await self._clock.sleep(max(pause, plan.timing.poll).total_seconds())

    async def _look(
        self, plan: Plan, watch: Watch
    ) -> tuple[o.ClusterStatus, int | None] | o.Trouble:
        """Look once; whatever goes wrong is part of what was seen."""
        try:
            async with self._hands.managers(self._target(plan)) as manager:
                status = await manager.cluster_status()
                return status, await _uptime(manager, watch)
        except ManagerError as error:
            return o.Trouble(error.kind, error.said, error.advice)

    async def _notice_outage(
        self, request_id: RequestId, step: str, said: str, deadline: datetime
    ) -> None:
        await self._apply(request_id, c.NoticeOutage(said, deadline), f"{step}:outage")

    async def _ask(self, request_id: RequestId, step: str, question: Question) -> o.Answered:
        await self._apply(request_id, c.Ask(question), f"ask:{question.key}")
        self._hands.checkpoint(step, "inside")
        while True:
            request = await self._ledger.get(request_id)
            answer = request.answer(question.key)
            if answer is not None:
                return o.Answered(answer.choice, answer.by, answer.at)
            _still_active(request)
            await self._clock.sleep(ANSWER_POLL)

    # -- the outside ----------------------------------------------------------------------------

    async def _with(self, plan: Plan, use: Callable[[NsxManager], Awaitable[T]]) -> T:
        async with self._hands.managers(self._target(plan)) as manager:
            return await use(manager)

    def _target(self, plan: Plan) -> Target:
        """The target's access data; they must still lead to the manager that was approved."""
        target = self._hands.targets.get(plan.target)
        if target is None or target.manager.url != plan.manager_url:
            raise CredentialError(
                Kind.MISSING,
                f"The configuration no longer leads to {plan.manager_url} for {plan.target}.",
                "Put the target back as it was approved and restart the bot.",
            )
        return target

    async def _apply(self, request_id: RequestId, command: c.BotCommand, turn: str) -> Request:
        signature = Signature(key=f"{request_id}:{turn}", actor=RUN)
        applied = await self._ledger.apply(request_id, command, signature)
        if applied.decision.refusal is not None:
            _still_active(applied.request)
            raise RefusedError(
                f"{type(command).__name__} of {request_id}: {applied.decision.refusal.sentence}"
            )
        return applied.request


def _still_active(request: Request) -> None:
    if not request.is_active:
        raise EndedError(request.id)


async def _sent_once(manager: NsxManager, path: str, file: RestoreFile) -> o.Reply:
    """Send a restore request whose claim is committed; whatever breaks, the outcome is told.

    The one broad `except` of a run: the request may have left, and an error that went further
    would end the run with its claim open and nobody asked. A bug here is a question to a lead.
    """
    try:
        return await manager.restore(path, file)
    except Exception as error:  # noqa: BLE001
        # Neither told nor logged in its own words: this step holds secrets.
        name = type(error).__name__
        log.error("restore.broke", error=name, where=traceback.format_tb(error.__traceback__))  # noqa: TRY400
        return o.Reply("unknown", f"The bot broke off while it sent the request ({name}).")


async def _uptime(manager: NsxManager, watch: Watch) -> int | None:
    """The uptime, while it can still show a restart; it is only a hint, so it may be missing."""
    if watch.outage_seen:
        return None
    try:
        return await manager.uptime()
    except ManagerError:
        return None


async def _proof(manager: NsxManager) -> o.Proof:
    return o.Proof(await manager.facts(), await manager.cluster_status(), await manager.schedule())
