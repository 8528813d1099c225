"""What a window is answered for an act, in the words of Slack's own client."""

from typing import Final

from bot.sandbox.page.acts import Act, Slash
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.errors import CannotAct, NotClickable, NotVisible, SlackError
from bot.sandbox.slack.json_types import Json

BAD_REQUEST: Final = "bad_request"
BROKE: Final = "sandbox_broke"

CANNOT: Final = (NotVisible, NotClickable, CannotAct, SlackError)
"""What an act raises that this person cannot do."""

_TROUBLE: Final = "We had some trouble connecting. Try again?"
_SENTENCES: Final = {
    "operation_timeout": _TROUBLE,
    "dispatch_failed": _TROUBLE,
    "refused_by_app": "The form was not accepted. See below the fields.",
    "invalid_fields": "Some fields still need something. See below them.",
    "not_visible": "You cannot see that any more.",
    "not_clickable": "That is not there any more, or not offered.",
    "cannot_act": "You cannot do that here.",
    BAD_REQUEST: "The page sent something that nobody understands.",
    BROKE: "The sandbox itself broke on this. The terminal in which it runs says why.",
}


def to_delivery(act: Act, delivery: Delivery) -> Json:
    """The reply to an act that was carried out, whatever came of it."""
    if delivery.ok:
        return {**_reply(act.id), "ok": True, "dialog": delivery.dialog}
    error = delivery.error or "unknown_error"
    return {**refusal(act.id, error, _said(act, error)), "errors": delivery.errors}


def to_trouble(act: Act, trouble: Exception) -> Json:
    """The reply to an act that this person cannot do."""
    match trouble:
        case NotVisible():
            error = "not_visible"
        case NotClickable():
            error = "not_clickable"
        case SlackError():
            error = trouble.code
        case _:
            error = "cannot_act"
    return refusal(act.id, error, _said(act, error))


def refusal(number: int | None, error: str, sentence: str | None = None) -> Json:
    """The reply that something was not done."""
    text = sentence or _SENTENCES.get(error, _TROUBLE)
    return {**_reply(number), "ok": False, "error": error, "text": text}


def done(number: int, text: str | None) -> Json:
    """The reply that something was done; `text` is what it said, if anything."""
    return {**_reply(number), "ok": True, "text": text}


def _reply(number: int | None) -> Json:
    return {
        "kind": "reply",
        "to": number,
        "error": None,
        "text": None,
        "errors": {},
        "dialog": None,
    }


def _said(act: Act, error: str) -> str | None:
    if not isinstance(act, Slash):
        return None
    if error == "not_supported_in_threads":
        return f"{act.command} is not supported in threads. Sorry!"  # Slack's own sentence
    if error == "not_a_valid_command":
        return f"{act.command} is not a valid command."
    if error in {"operation_timeout", "dispatch_failed"}:
        return f'{act.command} failed with the error "{error}"'
    return None
