"""What travels from Slack to the app, and what came back."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.tickets import ResponseTicket

ACK_SECONDS = 3.0
"""Slack, "Acknowledging requests": within three seconds, of real time."""


class Kind(StrEnum):
    """The envelope types of Socket Mode; over HTTP they decide the encoding."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


class Outcome(StrEnum):
    """How the app took a delivery."""

    ACKED = "acked"
    LATE = "late"
    """No answer within three seconds."""
    REFUSED = "refused"
    """An HTTP status other than 200 (for events: than 2xx)."""
    UNREACHABLE = "unreachable"
    """No socket, or no HTTP connection."""
    LOST = "lost"
    """Sent into a socket that a script had silenced or dropped."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One payload for the app.

    Args:
        accepts_response: whether a body in the ack means anything.
        retry: number and reason of a repeated event.
    """

    kind: Kind
    payload: Json
    accepts_response: bool = False
    retry: tuple[int, str] | None = None

    @property
    def label(self) -> str:
        """A short name for findings: `slash_commands /nsx-restore`, `interactive block_actions`."""
        payload = self.payload
        event = payload.get("event", {})
        return f"{self.kind} {payload.get('command') or event.get('type') or payload['type']}"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One HTTP request to the app, exactly as sent; the signature stays out of the repr."""

    url: str
    body: bytes
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One Socket Mode frame, exactly as sent."""

    id: str
    frame: Json


Sent: TypeAlias = SignedRequest | Envelope


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came back for one delivery.

    Args:
        seconds: real time until the answer.
        body: the JSON or the text in the ack; None when empty or not accepted.
        status: the HTTP status; None in Socket Mode and when there was no answer.
        no_retry: the answer carried `X-Slack-No-Retry: 1`.
        sent: what went over the wire, for an exact replay; None when nothing did.
    """

    outcome: Outcome
    seconds: float
    body: Json | str | None = None
    status: int | None = None
    no_retry: bool = False
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a person experiences after they did something.

    Args:
        ok: nothing was shown to be wrong.
        error: what the person is shown instead (`operation_timeout`, `dispatch_failed`,
            `not_supported_in_threads`, `invalid_fields`, `refused_by_app`, ...).
        sent: whether anything went to the app.
        shown: the message that the ack itself put on the screen.
        errors: sentences under the inputs of a form, by block_id.
        dialog: the confirm dialog the person went through, as written on the button.
    """

    ok: bool
    error: str | None = None
    sent: bool = True
    seconds: float = 0.0
    ack: Json | str | None = None
    shown: Message | None = None
    errors: dict[str, str] = field(default_factory=dict)
    dialog: Json | None = None
    payload: Json = field(default_factory=dict)
    receipt: Receipt | None = None

    @property
    def text(self) -> str:
        """What the ack put on the screen, as text."""
        return self.shown.full_text if self.shown else ""


class Wire(Protocol):
    """The way to the app."""

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Send one payload and wait for its ack."""

    def response_url(self, ticket: ResponseTicket) -> str:
        """The address that belongs to a response ticket."""
