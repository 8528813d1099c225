"""The arguments of a Web API call: query, form or JSON, as clients send them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json

FORM_ONLY = frozenset(
    {
        "apps.connections.open",
        "bots.info",
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.members",
        "conversations.replies",
        "files.getUploadURLExternal",
        "usergroups.list",
        "usergroups.users.list",
        "users.info",
        "users.list",
    },
)
"""Methods that read; Slack takes their arguments from a query or a form, never from JSON."""

TRUE = frozenset({"1", "true"})


def parse(method: str, query: Mapping[str, str], content_type: str, body: bytes) -> Json:
    """The arguments of a call.

    Raises `invalid_json`, `json_not_object` or `invalid_form_data`.
    """
    given: Json = dict(query)
    if not body:
        return given
    if content_type == "application/json":
        return given if method in FORM_ONLY else given | _json_object(body)
    if content_type == "application/x-www-form-urlencoded":
        return given | _form(body)
    raise SlackError("invalid_form_data")


def _json_object(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value


def _form(body: bytes) -> Json:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise SlackError("invalid_form_data") from None


class Arguments:
    """Typed access to what was sent; strings in a form stand for numbers, flags and JSON."""

    def __init__(self, given: Json) -> None:
        self._given = given

    def __contains__(self, name: str) -> bool:
        return self._given.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string. Raises `invalid_arguments` for anything else."""
        value = self._given.get(name)
        if value is None:
            return default
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise _wrong(f"{name} must be a string", name)
        return str(value)

    def required(self, name: str) -> str:
        """A string that is there. Raises `invalid_arguments`."""
        value = self.text(name)
        if not value:
            raise _wrong(f"missing required field: {name}", name)
        return value

    def flag(self, name: str) -> bool:
        """A boolean; absent is false."""
        value = self._given.get(name)
        return value if isinstance(value, bool) else str(value).lower() in TRUE

    def number(self, name: str, default: int) -> int:
        """An integer. Raises `invalid_arguments`."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise _wrong(f"{name} must be an integer", name) from None

    def instant(self, name: str) -> float | None:
        """A `ts`, or None when absent. Raises `invalid_arguments`."""
        try:
            return float(self.text(name)) if self.text(name) else None
        except ValueError:
            raise _wrong(f"{name} must be a timestamp", name) from None

    def json(self, name: str, error: str = "invalid_arguments") -> Any:
        """An object or array, sent as JSON or as a string of it; None when absent."""
        value = self._given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None


def _wrong(text: str, name: str) -> SlackError:
    return SlackError("invalid_arguments", messages=(f"[ERROR] {text} [json-pointer:/{name}]",))
