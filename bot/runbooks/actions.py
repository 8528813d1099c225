"""What a runbook can ask to have done. Each action belongs to a step of the plan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.request import Question
from bot.runbooks.restoring import Order, RestoreStatus


@dataclass(frozen=True, slots=True)
class ReadStatus:
    """Read the cluster status once; brings `ClusterStatus` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class SendRestore:
    """Send a restore request, at most once ever; brings `Sent`."""

    step: str
    kind: Literal["cluster", "node"]


@dataclass(frozen=True, slots=True)
class AwaitStable:
    """Wait until the manager is stable; brings `Stable`, `NotStable` or `Trouble`.

    With `steady` a manager that answers without being stable is told after the settle time: what
    it lacks may be something that only people can give.

    `sent_at` is when the outage was caused: when the request was sent, or when a person answered
    that it has begun. The settle time counts from then; the deadline counts from
    `since`; `controllers` asks that the control cluster is stable too.
    """

    step: str
    sent_at: datetime
    since: datetime
    controllers: bool
    steady: bool = False


@dataclass(frozen=True, slots=True)
class SetUpBackups:
    """Tell the manager where its backups are, with the secrets of now and automatic ones disabled.

    Brings the `Schedule` that was read afterwards, or `Trouble`. Safe to repeat. With the `status`
    of a restore only if that still stands so: else it tells nothing, and brings the one of now.
    """

    step: str
    status: RestoreStatus | None = None


@dataclass(frozen=True, slots=True)
class ReadSchedule:
    """Read whether automatic backups are enabled; brings `Schedule` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class SetSchedule:
    """Switch automatic backups and read them again; brings `Schedule` or `Trouble`."""

    step: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Ask a question and wait for its answer; brings `Answered`."""

    step: str
    question: Question


@dataclass(frozen=True, slots=True)
class TakeProof:
    """Read the end state; brings `Proof` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class TakeCensus:
    """Count what the manager knows of; brings `Census` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class ReadRestore:
    """Read the status of an orchestrated restore once; brings `RestoreStatus` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class StartRestore:
    """Start the orchestrated restore, at most once ever; brings `Started` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class FollowRestore:
    """Follow an orchestrated restore until somebody is needed; brings `Followed` or `Trouble`.

    `turn` counts the times it is followed, and `since` is when its patience began to count;
    `ours` is the id of the restore, once it is known. `until` it has `begun` at all, with nothing
    told of it yet, or until people are `needed`. `past` is a status that is dealt with already: it
    counts again once the settle time has passed, or with `waits` not before the deadline.
    `heeds_suspend` says that a wish to suspend ends the following.
    """

    step: str
    turn: int
    since: datetime
    ours: str | None
    until: Literal["begun", "needed"]
    past: RestoreStatus | None
    waits: bool
    heeds_suspend: bool


@dataclass(frozen=True, slots=True)
class ReadResources:
    """Read what an instruction is about; brings `Resources` or `Trouble`."""

    step: str
    instruction: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is answered to one instruction: its resources, each with whether it is chosen.

    Each resource is its id, its type, and `True` where it is chosen.
    """

    instruction: str
    resources: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class SendOrder:
    """Tell a restore to advance, retry, suspend or cancel, once for each `turn`.

    Brings `Sent`, or `Trouble` where it was not even claimed. `answers` go with `advance`.
    It answers `status`: right before it is sent the manager must still stand there and offer it,
    except to `suspend`, which fits any step. Otherwise it is refused without being sent; so is an
    `unasked` one if somebody wishes to suspend the restore.
    """

    step: str
    order: Order
    turn: int
    status: RestoreStatus
    answers: tuple[Selection, ...] = ()
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class ReadBackupRun:
    """Read how the manager's last backup ended; brings `BackupRun` or `Trouble`."""

    step: str


@dataclass(frozen=True, slots=True)
class MakeBackup:
    """Have a backup made, and wait for it; brings `FreshBackup` or `Trouble`.

    It is told by its end from the one that ended `before` (ms since 1970), if there was one.
    """

    step: str
    turn: int
    before: int | None


@dataclass(frozen=True, slots=True)
class TellPeople:
    """Tell one sentence in the thread; brings nothing. `turn` sets it apart from others.

    `ends_wish` says that a wish to suspend came to nothing, so that it can be wished again.
    """

    step: str
    turn: str
    said: str
    ends_wish: bool = False


@dataclass(frozen=True, slots=True)
class FinishStep:
    """Tell that a step is done, in one sentence; brings nothing."""

    step: str
    said: str


GuidedAction = (
    TakeCensus
    | ReadRestore
    | SetUpBackups
    | StartRestore
    | FollowRestore
    | ReadResources
    | SendOrder
    | ReadBackupRun
    | MakeBackup
    | TellPeople
)
"""What only the guided runbook asks for."""

Action = (
    ReadStatus
    | SendRestore
    | AwaitStable
    | ReadSchedule
    | SetSchedule
    | AskPerson
    | TakeProof
    | FinishStep
    | GuidedAction
)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The runbook's end: the restore is complete, and this shows it."""

    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The runbook's end: it cannot go on, and this is what a person does now."""

    reason: str
    advice: str


End = Succeeded | Failed
