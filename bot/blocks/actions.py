"""The buttons and forms by their ids in Slack, and the value that a button carries.

A value is only looked up and compared with what is stored, never trusted.
"""

import re
from enum import StrEnum
from typing import Final

from bot.domain.plan import ShortDigest
from bot.domain.request import Request
from bot.domain.values import REQUEST_ID, RequestId


class Button(StrEnum):
    """Every button, by its `action_id`; those of a question are named as their choice."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    RESCIND = "rescind"
    DETAILS = "details"
    STOP = "stop"
    SUSPEND = "suspend"
    CONTINUE = "continue"
    CONTINUE_WITHOUT = "continue_without"
    RETRY = "retry"
    RETRY_UPDATED = "retry_updated"
    DECLINE = "decline"
    CANCEL_RESTORE = "cancel_restore"
    GIVE_UP = "give_up"
    RESUBMIT = "resubmit"


class Form(StrEnum):
    """Every form that can be sent, by its `callback_id`."""

    FILE_REQUEST = "file_request"
    DENY_REQUEST = "deny_request"
    CONFIRM_APPROVAL = "confirm_approval"
    ANSWER_PROMPT = "answer_prompt"


class Field(StrEnum):
    """The fields of the forms, by their `action_id`."""

    TARGET = "target"
    BACKUP = "backup"
    SCOPE = "scope"
    INCIDENT = "incident"
    REASON = "reason"
    CHOSEN = "chosen"


PROMPTING: Final = "answer_prompt"
"""The `block_id` of those buttons of a question that open its form instead of answering."""

_VALUE: Final = re.compile(rf"({REQUEST_ID.pattern}):([0-9A-F]{{4}}-[0-9A-F]{{4}}|-)")


def value(request: Request) -> str:
    """Return what a button carries: `R-7QK2M9:7F3C-91AB`, or `R-7QK2M9:-` without a plan."""
    return f"{request.id}:{request.short_digest or '-'}"


def parse_value(text: str) -> tuple[RequestId, ShortDigest | None] | None:
    """Read a button's value; `None` for anything that `value` cannot have written."""
    match = _VALUE.fullmatch(text)
    if match is None:
        return None
    shown = match[2]
    return RequestId(match[1]), None if shown == "-" else ShortDigest(shown)


def block_id(field: Field, target: str | None) -> str:
    """Return the `block_id` of a form's field; errors are addressed to it.

    Slack keeps what was chosen in a field as long as its ids stay the same, so what depends on
    the target is another field for another target: no target gets the backup of another one.
    """
    if field in {Field.BACKUP, Field.SCOPE}:
        return f"{field}:{target or '-'}"
    return str(field)
