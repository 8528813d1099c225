"""What somebody, or time, or a running restore wants to happen to a request.

A command carries the facts by which it is judged; `bot.domain.decide` judges it.
Every command that comes from outside names the account, the moment and the message.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.plan import Digest, Plan, ShortDigest
from bot.domain.request import Choice, Entry, Place, Question
from bot.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Press:
    """Where a button was pressed, and which plan it showed (`None`: none was shown yet)."""

    place: Place
    digest: ShortDigest | None


@dataclass(frozen=True, slots=True)
class Approve:
    """A lead presses Approve. `typed` is the target's name as typed, where that is asked for."""

    actor: Standing
    press: Press
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """A lead says no, and why."""

    actor: Standing
    press: Press
    reason: str


@dataclass(frozen=True, slots=True)
class Rescind:
    """A lead takes the approval back."""

    actor: Standing
    press: Press


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The requester takes the request back; by button, or by command (`press` is `None`)."""

    actor: Standing
    press: Press | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody stops an approved request before its start."""

    actor: Standing
    press: Press | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody answers the question of a running restore, on the message that asked it.

    A form, with its `entries`, names its `question` by key.
    """

    actor: Standing
    press: Press
    choice: Choice
    entries: tuple[Entry, ...] = ()
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Suspend:
    """Somebody wants to suspend a running restore at its next step."""

    actor: Standing
    press: Press


@dataclass(frozen=True, slots=True)
class CompletePlan:
    """The preflight made a plan; `notes` are facts worth knowing, such as a backup's age.

    `warnings` are what nobody may overlook who decides.
    """

    plan: Plan
    digest: Digest
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailPreflight:
    """The preflight found reasons not to go on."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expire:
    """Time has passed: end the request if its time is over, remind if that is due."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Start the run: a plan made a moment ago, and each voter as read right now.

    `warnings` go with that plan; one that nobody saw who approved is as good as another plan.
    """

    plan: Plan
    digest: Digest
    voters: tuple[Standing, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StartStep:
    """The run comes to a step."""

    key: str


@dataclass(frozen=True, slots=True)
class CompleteStep:
    """The run has done a step."""

    key: str
    said: str


@dataclass(frozen=True, slots=True)
class NoteProgress:
    """The manager came further, or began to wait: `said` is told once.

    `detail` is where it is, in its words; `suspendable` that it offers to suspend there. `mark` is
    a short name of what is news of it; without one, it is what the bot tells of itself. `ends_wish`
    says that a wish to suspend came to nothing.
    """

    said: str
    detail: str
    suspendable: bool
    mark: str = ""
    ends_wish: bool = False


@dataclass(frozen=True, slots=True)
class NoticeOutage:
    """The manager stopped answering while the run waits for it."""

    said: str
    ask_at: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """The run needs a person."""

    question: Question


@dataclass(frozen=True, slots=True)
class Succeed:
    """The run is complete and proved."""

    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fail:
    """The run cannot go on."""

    reason: str
    advice: str


PersonCommand = Approve | Deny | Rescind | Withdraw | Stop | Answer | Suspend
"""Wishes of people; rules of approval judge them."""

BotCommand = (
    CompletePlan
    | FailPreflight
    | Expire
    | Begin
    | StartStep
    | CompleteStep
    | NoteProgress
    | NoticeOutage
    | Ask
    | Succeed
    | Fail
)
"""What the bot itself reports; the state machine alone judges it."""

Command = PersonCommand | BotCommand
