"""The engine: DBOS carries each run, one workflow for each request, with the request's id.

The workflow is released code: its body is never edited, only succeeded by another version, since
a run that a crash cut short is continued by replaying it. `VERSION` is raised by hand.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowHandleAsync

from bot.domain import plan as plans
from bot.domain.errors import Kind, OutsideError
from bot.domain.plan import Plan
from bot.domain.values import RequestId
from bot.durable import journal
from bot.durable.perform import Performer
from bot.durable.tables import prepare, to_our_logs, told
from bot.durable.work import EndedError, Hands
from bot.runbooks import book
from bot.runbooks.actions import Action, End

NAME: Final = "nsx-restore"
VERSION: Final = "1"
EXECUTOR: Final = "nsx-restore"
WORKFLOW: Final = "restore_v1"

log = structlog.get_logger()

GIVEN_UP: Final = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
UNFINISHED: Final = ["PENDING", "ENQUEUED"]


class ForeignRunsError(OutsideError):
    """The journal holds unfinished runs that this release cannot continue."""


class DbosEngine:
    """Runs approved restores. Only one process may have it launched: see `bot.durable.leader`.

    Args:
        url: where DBOS keeps its journal; a file of its own on SQLite, the same database on
            PostgreSQL.
        hands: what the runs work with.

    """

    def __init__(self, url: str, hands: Hands) -> None:
        """Register the workflow; nothing runs before `launch`."""
        self._url = url
        self._hands = hands
        self._performer = Performer(hands)
        self._started: set[RequestId] = set()
        self._runs: set[asyncio.Task[Any]] = set()
        DBOS(config=_config(url))
        to_our_logs()
        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(
            self._restore_v1()
        )

    async def launch(self) -> None:
        """Open the journal and continue every run that was cut short, on the running loop.

        Raises:
            ForeignRunsError: there are runs that only another release can continue.
            StoreError: the journal cannot be used; what is to be granted is named.

        """
        await prepare(self._url)
        with told():
            await self._launch()

    async def _launch(self) -> None:
        DBOS.launch()
        foreign = [
            status.workflow_id
            for status in await DBOS.list_workflows_async(status=UNFINISHED)
            if status.app_version != VERSION or status.executor_id != EXECUTOR
        ]
        if foreign:
            raise ForeignRunsError(
                Kind.MALFORMED,
                f"Runs of another release are unfinished: {', '.join(foreign)}.",
                "Start that release again until they have ended, then this one.",
            )
        for status in await DBOS.list_workflows_async(status=UNFINISHED):
            # Launching has taken these up already.
            self._started.add(RequestId(status.workflow_id))

    async def close(self) -> None:
        """Stop working; unfinished runs continue at the next launch.

        DBOS leaves the runs of a loop that is not its own alone. They are ended here, and waited
        for, since whoever closes the engine closes next what they work with.
        """
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        DBOS.destroy(destroy_registry=True)

    async def start(self, request_id: RequestId) -> None:
        """Start the run of a request; starting it twice is starting it once."""
        if request_id in self._started:
            return
        with SetWorkflowID(request_id):
            handle: WorkflowHandleAsync[str] = await DBOS.start_workflow_async(
                self._workflow, request_id
            )
        self._started.add(RequestId(handle.workflow_id))

    async def stranded(self) -> list[tuple[RequestId, str]]:
        """Return all runs that the engine has given up, with the class of the error."""
        found = await DBOS.list_workflows_async(status=GIVEN_UP, name=WORKFLOW)
        return [(RequestId(run.workflow_id), f"{run.status}: {run.error}") for run in found]

    def _keep(self) -> None:
        """Remember the task that this is called in until it is done."""
        if (task := asyncio.current_task()) is not None:
            self._runs.add(task)
            task.add_done_callback(self._runs.discard)

    def _restore_v1(self) -> Any:
        performer, checkpoint = self._performer, self._hands.checkpoint

        async def restore_v1(request_id: str) -> str:
            self._keep()
            plan = await _load(performer, RequestId(request_id))
            run = book.run(plan)
            action = next(run)
            while True:
                seen = await DBOS.run_step_async(
                    {"name": f"{action.step}:{type(action).__name__}"},
                    _performing(performer, RequestId(request_id), plan, action),
                )
                checkpoint(action.step, "recorded")
                if seen == journal.ENDED:
                    return "Ended"
                try:
                    action = run.send(journal.observation(seen))
                except StopIteration as stop:
                    end: End = stop.value
                    break
            await DBOS.run_step_async(
                {"name": "finish"}, _finishing(performer, RequestId(request_id), end)
            )
            checkpoint("end", "recorded")
            return type(end).__name__

        return restore_v1


async def _load(performer: Performer, request_id: RequestId) -> Plan:
    async def load() -> dict[str, Any]:
        return plans.to_json(await performer.plan(request_id))

    return plans.from_json(await DBOS.run_step_async({"name": "plan"}, load))


def _performing(
    performer: Performer, request_id: RequestId, plan: Plan, action: Action
) -> Callable[[], Coroutine[Any, Any, journal.Json]]:
    """Return a step without arguments: DBOS logs those of a step that a signal interrupts."""

    async def perform() -> journal.Json:
        try:
            return journal.observed(await performer.perform(request_id, plan, action))
        except EndedError:
            # A value, so that the run ends as one that is done, not as one that broke off.
            log.warning("run.ended_elsewhere", request=request_id, step=action.step)
            return journal.ENDED

    return perform


def _finishing(
    performer: Performer, request_id: RequestId, end: End
) -> Callable[[], Coroutine[Any, Any, None]]:
    async def finish() -> None:
        await performer.finish(request_id, end)

    return finish


def _config(url: str) -> DBOSConfig:
    return DBOSConfig(
        name=NAME,
        system_database_url=url,
        executor_id=EXECUTOR,
        application_version=VERSION,
        serializer=journal.JsonOnly(),
        max_executor_threads=16,
        log_level="WARNING",
        notification_listener_polling_interval_sec=1.0,
    )
