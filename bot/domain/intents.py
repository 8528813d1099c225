"""What people did in Slack, parsed and not yet judged: the rows of the inbox.

Nothing in them is trusted: a value that came with a button is only looked up and compared.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.domain.plan import ShortDigest
from bot.domain.request import Choice, Entry, Place, Wish
from bot.domain.values import RequestId, UserId


class Verb(StrEnum):
    """The buttons of a card that act at once, by action id."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"
    RESCIND = "rescind"
    STOP = "stop"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class FileIntent:
    """Somebody asks for a restore, by command or by form."""

    user: UserId
    channel: str
    wish: Wish
    kind: Literal["file"] = "file"


@dataclass(frozen=True, slots=True)
class PressIntent:
    """Somebody pressed a button on a card. `typed` is the target's name where it was asked for."""

    user: UserId
    place: Place
    verb: Verb
    request_id: RequestId
    digest: ShortDigest | None
    typed: str | None = None
    kind: Literal["press"] = "press"


@dataclass(frozen=True, slots=True)
class DenyIntent:
    """Somebody sent the form that denies a request."""

    user: UserId
    place: Place
    request_id: RequestId
    digest: ShortDigest | None
    reason: str
    kind: Literal["deny"] = "deny"


@dataclass(frozen=True, slots=True)
class AnswerIntent:
    """Somebody pressed a button of a question, or sent its form; `entries` fill that.

    `question` is the key of the question that a form was opened for; a button names none, since it
    counts on the newest message of its question alone.
    """

    user: UserId
    place: Place
    request_id: RequestId
    digest: ShortDigest | None
    choice: Choice
    entries: tuple[Entry, ...] = ()
    question: str | None = None
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """Somebody typed `cancel ID`: withdraw before the approval, stop after it."""

    user: UserId
    channel: str
    request_id: RequestId
    kind: Literal["cancel"] = "cancel"


Intent = FileIntent | PressIntent | DenyIntent | AnswerIntent | CancelIntent
