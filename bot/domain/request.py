"""A request: one wish to restore one target, and all that became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.plan import Digest, Plan, ShortDigest, short
from bot.domain.values import Environment, PersonId, RequestId, Scope, UserId


class State(StrEnum):
    """Where a request is in its life."""

    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    RUNNING = "running"
    AWAITING_OPERATOR = "awaiting_operator"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CANCELED = "canceled"

    @property
    def words(self) -> str:
        """The state as people read it."""
        return self.value.replace("_", " ")


ACTIVE: Final = frozenset(
    {
        State.PLANNING,
        State.AWAITING_APPROVAL,
        State.APPROVED,
        State.RUNNING,
        State.AWAITING_OPERATOR,
    }
)
"""A target has at most one request in one of these states."""

TERMINAL: Final = frozenset(State) - ACTIVE


class Choice(StrEnum):
    """The answers a question can offer, by the action id of their button."""

    CONTINUE = "continue"
    SKIP = "continue_without"
    RETRY = "retry"
    RETRY_UPDATED = "retry_updated"
    DECLINE = "decline"
    CANCEL = "cancel_restore"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer to a question: its button's caption, and who may press it.

    `fills` says that the fields of the question are part of this answer: its button opens a form.
    `follows` is what comes of it, as a sentence, where its choice alone does not say that.
    """

    choice: Choice
    label: str
    lead_only: bool = False
    fills: bool = False
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be chosen in a field: what is stored, and what people read."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a question's form: any number of its options can be chosen, or none.

    `key` is unique within the question; `hint` tells what the choice means.
    """

    key: str
    label: str
    options: tuple[Option, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was chosen in the field with this key; empty is a choice too."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can do or know. `key` is unique within a request."""

    key: str
    title: str
    text: str
    offers: tuple[Offer, ...]
    fields: tuple[Field, ...] = ()

    def offer(self, choice: Choice) -> Offer | None:
        """Return what a choice means here, or `None` if it is not offered."""
        return next((offer for offer in self.offers if offer.choice is choice), None)

    def asks_form(self, offer: Offer) -> bool:
        """Say whether the button of this offer opens the form, instead of answering at once."""
        return offer.fills and bool(self.fields)


@dataclass(frozen=True, slots=True)
class Answered:
    """How the question with this key was answered, by whom and when; `entries` fill its form."""

    key: str
    choice: Choice
    by: UserId
    at: datetime
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """One approval that counts: a person's, given by an account, for exactly one plan."""

    person: PersonId
    user: UserId
    digest: Digest
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A message in Slack: the only place where buttons of a request count."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The step that a run is at. `number` counts from 1.

    While the manager restores by steps of its own, `detail` is where it is, in its words, and
    `suspendable` that it offers to suspend. `mark` is a short name of what was told of it last, and
    `changes` counts what was told in this step: with them a run that is continued tells nothing
    again, and what comes back each time.
    """

    key: str
    number: int
    since: datetime
    detail: str = ""
    suspendable: bool = False
    mark: str = ""
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for, in their words; `backup` is `latest`, a name or a path."""

    target: str
    backup: str
    scope: Scope
    reason: str
    incident: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands. All times are aware, in UTC.

    `expires_at` ends the waiting for approvals; `waiting_since` is when people were last asked
    for something, and `reminders` how often they were reminded of it since; `suspend_asked_by` is
    who wants to suspend a running restore at its next step; `start_after` and
    `start_by` bound the start of an approved request; `conclusion` are the sentences that a
    terminal state closes with; `warnings` are what the look at the plan found that nobody may
    overlook who decides.
    """

    id: RequestId
    wish: Wish
    environment: Environment
    requester: UserId
    requester_person: PersonId
    team: str
    channel: str
    state: State
    created_at: datetime
    expires_at: datetime
    updated_at: datetime
    approvals_needed: int
    waiting_since: datetime
    plan: Plan | None = None
    digest: Digest | None = None
    votes: tuple[Vote, ...] = ()
    start_after: datetime | None = None
    start_by: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress: Progress | None = None
    question: Question | None = None
    answers: tuple[Answered, ...] = ()
    reminders: int = 0
    suspend_asked_by: UserId | None = None
    decided_by: UserId | None = None
    conclusion: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = ()

    @property
    def short_digest(self) -> ShortDigest | None:
        """The digest as people compare it, once there is a plan."""
        return short(self.digest) if self.digest else None

    def answer(self, key: str) -> Answered | None:
        """Return how a question was answered, or `None` while it is not."""
        return next((answer for answer in self.answers if answer.key == key), None)

    @property
    def is_active(self) -> bool:
        """Whether the request still holds its target."""
        return self.state in ACTIVE
