"""What every action of a run works with: the rows, the clock, and the way to its manager."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from bot.domain import commands as c
from bot.domain.errors import CredentialError, Kind
from bot.domain.plan import ListedBackup, Plan
from bot.domain.request import Request
from bot.domain.target import Target
from bot.domain.values import Generation, RequestId
from bot.durable.patience import PatientLedger
from bot.ports import (
    Clock,
    Credentials,
    GuidedManager,
    Ledger,
    Manager,
    Managers,
    NsxManager,
    Signature,
)

RUN: Final = "run"
"""The actor of what a running restore does."""


class RefusedError(RuntimeError):
    """The ledger refused what a run wanted to write: a bug of ours, so the run goes no further."""


class EndedError(Exception):
    """The request of a run has ended by another hand, so the run has nothing more to do."""


Checkpoint = Callable[[str, str], None]
"""Called with a step and a position: the seam at which the fault tests stop the process.

Every action has `before`, `after` and `recorded`; between them, what is sent once has `claimed` and
`sent`, a question `asked`, and all else `inside`, at each look. In the product it does nothing."""


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


class Work:
    """The hands of a run, patient with the rows and careful about where they lead."""

    def __init__(self, hands: Hands) -> None:
        self.ledger = PatientLedger(hands.ledger)
        self.clock = hands.clock
        self.managers = hands.managers
        self.credentials = hands.credentials
        self.checkpoint = hands.checkpoint
        self._targets = hands.targets

    def target(self, plan: Plan) -> Target:
        """Return the target's access data; they must still lead to what was approved.

        Raises:
            CredentialError: they do not; it says what differs.
        """
        target = self._targets.get(plan.target)
        if target is None:
            raise _astray(
                f"The configuration no longer has the target {plan.target}, whose restore was "
                "approved."
            )
        if differs := "; ".join(_differences(plan, target)):
            raise _astray(
                f"The configuration of {plan.target} no longer leads to what was approved: "
                f"{differs}."
            )
        return target

    def manager(self, plan: Plan) -> AbstractAsyncContextManager[Manager]:
        """Open the manager of a plan for what every generation can be asked."""
        return self.guided(plan) if plan.generation is Generation.NSX else self.nsxt1(plan)

    def nsxt1(self, plan: Plan) -> AbstractAsyncContextManager[NsxManager]:
        """Open a manager of NSX-T 1.x."""
        return self.managers(self.target(plan))

    def guided(self, plan: Plan) -> AbstractAsyncContextManager[GuidedManager]:
        """Open a manager of 2.0 and later."""
        return self.managers.guided(self.target(plan))

    async def apply(self, request_id: RequestId, command: c.BotCommand, turn: str) -> Request:
        """Write what a run has done, once for each `turn` of a request.

        Raises:
            EndedError: the request has ended; nothing was written.
            RefusedError: the ledger does not take it.
        """
        signature = Signature(key=f"{request_id}:{turn}", actor=RUN)
        applied = await self.ledger.apply(request_id, command, signature)
        if applied.decision.refusal is not None:
            still_active(applied.request)
            raise RefusedError(
                f"{type(command).__name__} of {request_id}: {applied.decision.refusal.sentence}"
            )
        return applied.request


def _astray(said: str) -> CredentialError:
    advice = "Put the target back as it was approved and restart the bot."
    return CredentialError(Kind.MISSING, said, advice)


def _differences(plan: Plan, target: Target) -> Iterator[str]:
    """Yield what leads elsewhere than where the plan does: the approved value, and that of now."""
    bound: list[tuple[str, object, object]] = [
        ("manager", plan.manager_url, target.manager.url),
        ("generation", plan.generation, target.generation),
    ]
    if plan.guided is not None:
        bound.append(("component", plan.guided.component, target.component))
    if isinstance(backup := plan.backup, ListedBackup):
        # The secrets that go with it are those of now, and belong to the server of now.
        there = target.backup
        bound += [
            ("backup server", backup.server, there.server),
            ("backup port", backup.port, there.port),
            ("backup directory", backup.directory, there.directory),
            ("backup fingerprint", backup.fingerprint, there.fingerprint),
        ]
    for name, approved, now in bound:
        if approved != now:
            yield f"{name} {approved}, now {now}"


def still_active(request: Request) -> None:
    """Raise `EndedError` if a request has ended."""
    if not request.is_active:
        raise EndedError(request.id)
