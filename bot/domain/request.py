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
    RETRY = "retry"
    DECLINE = "decline"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer to a question: its button's caption, and who may press it."""

    choice: Choice
    label: str
    lead_only: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can do or know. `key` is unique within a request."""

    key: str
    title: str
    text: str
    offers: tuple[Offer, ...]

    def offer(self, choice: Choice) -> Offer | None:
        """Return what a choice means here, or `None` if it is not offered."""
        return next((offer for offer in self.offers if offer.choice is choice), None)


@dataclass(frozen=True, slots=True)
class Answered:
    """How the question with this key was answered, by whom and when."""

    key: str
    choice: Choice
    by: UserId
    at: datetime


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
    """The step that a run is at. `number` counts from 1."""

    key: str
    number: int
    since: datetime


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
    for something, and `reminders` how often they were reminded of it since; `start_after` and
    `start_by` bound the start of an approved request; `conclusion` are the sentences that a
    terminal state closes with.
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
    decided_by: UserId | None = None
    conclusion: tuple[str, ...] = field(default=())

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
