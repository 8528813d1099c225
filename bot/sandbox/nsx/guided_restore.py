"""The restore of a 2.0 to 9.x Manager over time: steps, questions, failures, and the orders to it.

NSX 9 administration guide, "Restore a Backup", and the ClusterRestoreStatus of the API. Only the
first step's name is public; the others are plainly invented.
"""

import asyncio
import secrets
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.guided_actions import Action, offered
from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.guided_faults import Failure, Faults
from bot.sandbox.nsx.guided_plan import Chosen, RestorePlan, RestoreTimes
from bot.sandbox.nsx.guided_profile import (
    AT_WORK,
    Profile,
    RestoreState,
    StepStatus,
)
from bot.sandbox.nsx.guided_prompts import OpenPrompt, Prompt, next_group
from bot.sandbox.nsx.simulated_time import Changes, Time

WRONG_PASSPHRASE = "The passphrase does not open the backup. Correct it and retry."  # noqa: S105


class GuidedRestore:
    """One restore; every change is announced to `changes`.

    `wall` tells epoch milliseconds, `reboot` restarts the appliance, and `done` is called with the
    backup when it has been restored.
    """

    def __init__(
        self,
        *,
        profile: Profile,
        plan: RestorePlan,
        durations: Durations,
        faults: Faults,
        time: Time,
        changes: Changes,
        wall: Callable[[], int],
        reboot: Callable[[], Awaitable[None]],
        done: Callable[[ListedBackup], None],
    ) -> None:
        self.plan = plan
        self.orders: Counter[str] = Counter()
        self._profile = profile
        self._durations = durations
        self._faults = faults
        self._time = time
        self._changes = changes
        self._wall = wall
        self._reboot = reboot
        self._done = done
        self._tasks: set[asyncio.Task[None]] = set()
        self._begin()

    def forget(self) -> None:
        """Be freshly deployed: no restore, no orders."""
        self.orders.clear()
        self._begin()

    def _begin(self) -> None:
        self.state = RestoreState.INITIAL
        self.times = RestoreTimes()
        self.id = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        self.chosen: Chosen | None = None
        self.started_ms: int | None = None
        self.ended_ms: int | None = None
        self.step = 0
        self.step_status = StepStatus.INITIAL
        self.reason = ""
        self.open: tuple[OpenPrompt, ...] = ()
        self._answered: set[int] = set()
        self._rebooted: set[int] = set()
        self._failed: Counter[int] = Counter()
        self._healed: set[int] = set()

    @property
    def offered(self) -> tuple[Action, ...]:
        """The orders that are taken now."""
        if self._faults.restore_unavailable and self.state is RestoreState.INITIAL:
            return ()
        return offered(self.state, self._profile, self._faults)

    def start(self, chosen: Chosen) -> None:
        """Begin to restore this backup."""
        self._begin()
        self.chosen = chosen
        self.started_ms = self._wall()
        self.times.accepted_at = asyncio.get_running_loop().time()
        self.step, self.step_status = 1, StepStatus.RUNNING
        self._take(Action.START)
        self._run(1)

    def suspend(self) -> None:
        """Let the step end, then stop."""
        self._take(Action.SUSPEND, RestoreState.SUSPENDING)

    def advance(self) -> None:
        """Go on after a suspension or after the answers to the open questions."""
        if self.open:
            self._answered.add(self.open[0].prompt.group)
            self.open = ()
        self._take(Action.ADVANCE)
        self._run(self.step, worked=True)

    def cancel(self) -> None:
        """Abort: at once if it stands still, else when the step ends. Nothing is rolled back."""
        if self.state in AT_WORK:
            self._take(Action.CANCEL, RestoreState.CANCELING)
        else:
            self._take(Action.CANCEL, RestoreState.ABORTED)

    def retry(self, passphrase: str | None) -> None:
        """Do the failed step again, where this API knows no other way with a new passphrase."""
        if self._profile.has(Profile.V9_1):
            self._take(Action.RETRY)
        else:
            self._take_passphrase(passphrase)
            self._take(Action.RETRY)
        self._run(self.step)

    def retry_with(self, passphrase: str | None) -> None:
        """Do the failed step again with what the configuration says now."""
        self._take_passphrase(passphrase)
        self._take(Action.RETRY_WITH_UPDATED_CONFIG)
        self._run(self.step)

    def service_restarted(self) -> None:
        """Go on by itself if a restart of the service is what the failed step needs."""
        failure = self._failure()
        if self.state is RestoreState.FAILED and failure and failure.heals_by_restart:
            self._healed.add(self.step)
            self._enter(RestoreState.RUNNING)
            self._run(self.step)

    async def end(self) -> None:
        """Stop everything that is going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, action: Action, state: RestoreState = RestoreState.RUNNING) -> None:
        self.orders[action] += 1
        self._enter(state)

    def _take_passphrase(self, passphrase: str | None) -> None:
        if self.chosen is not None:
            self.chosen = Chosen(self.chosen.backup, self.chosen.seal, passphrase)

    async def _go_on(self, step: int, *, worked: bool) -> None:
        """Work through the steps from this one on; `worked`: of it, only the end is left."""
        if worked and next_group(self.plan.prompts, step, self._answered):
            await self._pass(self._durations.next_prompt)
        while worked or await self._work(step):
            if not self._may_leave(step):
                return
            if step == self.plan.total_steps:
                self._succeed()
                return
            step, worked = step + 1, False
            self._answered.clear()

    async def _work(self, step: int) -> bool:
        """Do a step's work and say whether it was done well."""
        self.step, self.step_status = step, StepStatus.RUNNING
        self._changes.announce()
        await self._pass(self._durations.step / 2)
        if step in self.plan.restart_steps and step not in self._rebooted:
            self._rebooted.add(step)
            await self._reboot()
        await self._pass(self._durations.step / 2)
        if self._faults.stuck_at_step == step:
            return False
        reason = self._trouble(step)
        if reason is not None:
            self.step_status, self.reason = StepStatus.FAILED, reason
            self._enter(RestoreState.FAILED)
            return False
        if self._faults.abort_at_step == step:
            self._enter(RestoreState.ABORTED)
            return False
        return True

    def _trouble(self, step: int) -> str | None:
        """Say why the step fails, if it does."""
        if step == self.plan.passphrase_step and not self._opens():
            return WRONG_PASSPHRASE
        failure = self._failure()
        if failure is None or step in self._healed:
            return None
        if failure.times is not None and self._failed[step] >= failure.times:
            return None
        self._failed[step] += 1
        return failure.reason

    def _failure(self) -> Failure | None:
        return next((one for one in self._faults.failures if one.step == self.step), None)

    def _opens(self) -> bool:
        if self.chosen is None or self._faults.refuse_passphrase:
            return False
        return self.chosen.seal.opens(self.chosen.passphrase or "")

    def _may_leave(self, step: int) -> bool:
        """End a step; say whether the next one may begin."""
        if self.state is RestoreState.CANCELING:
            self._enter(RestoreState.ABORTED)
            return False
        waiting: Sequence[Prompt] = next_group(self.plan.prompts, step, self._answered)
        if waiting:
            self.open = tuple(OpenPrompt.of(prompt) for prompt in waiting)
            self.step_status = StepStatus.SUSPENDED_FOR_USER_ACTION
            self._enter(RestoreState.SUSPENDED_FOR_USER_ACTION)
            return False
        if self.state is RestoreState.SUSPENDING:
            self.step_status = StepStatus.SUSPENDED_BY_USER
            self._enter(RestoreState.SUSPENDED_BY_USER)
            return False
        self.step_status = StepStatus.SUCCESS
        return True

    def _succeed(self) -> None:
        if self.chosen is not None:
            self._done(self.chosen.backup)
        self._enter(RestoreState.SUCCESS)

    def _enter(self, state: RestoreState) -> None:
        self.state = state
        self.times.note(state)
        if state in {RestoreState.SUCCESS, RestoreState.ABORTED}:
            self.ended_ms = self._wall()
            self.open = ()
        if state is not RestoreState.FAILED:
            self.reason = ""
        self._changes.announce()

    async def _pass(self, seconds: float) -> None:
        await self._time.until(self._time.now() + seconds)

    def _run(self, step: int, *, worked: bool = False) -> None:
        work: Coroutine[None, None, None] = self._go_on(step, worked=worked)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
