"""What a runbook can ask to have done. Each action belongs to a step of the plan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.request import Question


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

    `sent_at` is when the outage was caused: when the request was sent, or when a person answered
    that it has begun. The settle time counts from then; the deadline counts from
    `since`; `controllers` asks that the control cluster is stable too.
    """

    step: str
    sent_at: datetime
    since: datetime
    controllers: bool


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
class FinishStep:
    """Tell that a step is done, in one sentence; brings nothing."""

    step: str
    said: str


Action = (
    ReadStatus
    | SendRestore
    | AwaitStable
    | ReadSchedule
    | SetSchedule
    | AskPerson
    | TakeProof
    | FinishStep
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
