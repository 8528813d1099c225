"""What has happened to a request: the only things that change one.

Every event is a row of the audit; those with a sentence of their own are a line in the thread.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import FLOOR
from bot.domain.plan import Digest, Plan
from bot.domain.request import Choice, Entry, Progress, Question, Vote, Wish
from bot.domain.values import PersonId, UserId


@dataclass(frozen=True, slots=True)
class RequestFiled:
    """Somebody asked for a restore, in a channel; the preflight comes next."""

    by: UserId
    wish: Wish
    channel: str
    requester_person: PersonId


@dataclass(frozen=True, slots=True)
class PlanReady:
    """The preflight found nothing wrong; `needed` leads can decide until `expires_at`.

    `notes` are worth knowing; `warnings` stand on the card too.
    """

    plan: Plan
    digest: Digest
    notes: tuple[str, ...]
    expires_at: datetime
    needed: int = FLOOR
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreflightFailed:
    """The preflight found reasons not to restore, and none was started."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApprovalRecorded:
    """A lead's vote was counted; with it there are `count` votes of the `needed`."""

    vote: Vote
    count: int
    needed: int = FLOOR


@dataclass(frozen=True, slots=True)
class ApprovalCompleted:
    """Enough leads have approved; the run may begin between these two moments."""

    start_after: datetime
    start_by: datetime


@dataclass(frozen=True, slots=True)
class ApprovalRescinded:
    """A lead took the vote back before the start; `left` votes remain.

    `expires_at` is the new end of the vote, where the request was approved already.
    """

    by: UserId
    person: PersonId
    left: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VotesVoided:
    """Votes stopped counting, since the people who gave them may no longer decide.

    The others, and more, can be given until `expires_at`.
    """

    persons: tuple[PersonId, ...]
    users: tuple[UserId, ...]
    reasons: tuple[str, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """What would be restored is no longer what was approved; `needed` votes are, anew.

    `warnings` are those of the new plan. It may equal the one before: then only `differences` tells
    what is new, a warning that nobody saw who approved.
    """

    plan: Plan
    digest: Digest
    differences: tuple[str, ...]
    expires_at: datetime
    needed: int = FLOOR
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestDenied:
    """A lead said no; that ends the request."""

    by: UserId
    reason: str


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    """The requester took the request back."""

    by: UserId


@dataclass(frozen=True, slots=True)
class RequestExpired:
    """The checks, or after them the approval, were not complete in time."""


@dataclass(frozen=True, slots=True)
class ApprovalLapsed:
    """The run did not begin in time after the approval."""


@dataclass(frozen=True, slots=True)
class StartStopped:
    """Somebody pressed Stop between the approval and the first write."""

    by: UserId


@dataclass(frozen=True, slots=True)
class Reminded:
    """People were reminded that something waits for them; `count` counts from 1."""

    count: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Everything was checked again and still holds; the restore runs from here on."""


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The run came to a step of the plan."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class StepCompleted:
    """A step is done; `said` is the sentence that tells what was seen. `seconds` it took."""

    key: str
    number: int
    said: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ProgressNoted:
    """The manager came further by itself, or began to wait; `said` tells it in its own words.

    `mark` is a short name of what was news of it, if it was; `ends_wish` says that a wish to
    suspend came to nothing.
    """

    said: str
    detail: str
    suspendable: bool
    mark: str = ""
    ends_wish: bool = False


@dataclass(frozen=True, slots=True)
class SuspendAsked:
    """Somebody wants to suspend the restore; the manager is told, and ends its step first."""

    by: UserId


@dataclass(frozen=True, slots=True)
class OutageNoticed:
    """The manager stopped answering, as expected; people are asked at `ask_at` if it stays so."""

    said: str
    ask_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """The run waits for a person."""

    question: Question


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A person answered; the run goes on. `chosen` says in words what the `entries` are.

    `follows` is what comes of it, as the offer said.
    """

    key: str
    choice: Choice
    label: str
    by: UserId
    entries: tuple[Entry, ...] = ()
    chosen: tuple[str, ...] = ()
    follows: str = ""


@dataclass(frozen=True, slots=True)
class RunSucceeded:
    """The restore is complete; `proof` are the sentences that show it."""

    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended without success: why, and what a person does now."""

    reason: str
    advice: str


Event = (
    RequestFiled
    | PlanReady
    | PreflightFailed
    | ApprovalRecorded
    | ApprovalCompleted
    | ApprovalRescinded
    | VotesVoided
    | PlanChanged
    | RequestDenied
    | RequestWithdrawn
    | RequestExpired
    | ApprovalLapsed
    | StartStopped
    | Reminded
    | RunStarted
    | StepStarted
    | StepCompleted
    | ProgressNoted
    | SuspendAsked
    | OutageNoticed
    | QuestionAsked
    | QuestionAnswered
    | RunSucceeded
    | RunFailed
)
