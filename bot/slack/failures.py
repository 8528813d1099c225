"""What can go wrong in a call to Slack, as one small value."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

CALL_FAILED: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, UnicodeDecodeError)
"""Everything that a call of slack_sdk raises for what happens between it and Slack."""

_PASSING: Final = frozenset(
    {
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
    }
)
"""Errors that pass by themselves (docs.slack.dev/reference/methods/chat.postMessage)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed.

    `code` is Slack's error name, or what happened on the way; `refused` is true when Slack itself
    said no and will say so again; `retry_after` are the seconds that Slack asks for.
    """

    code: str
    refused: bool = False
    retry_after: float | None = None


def failure(error: BaseException) -> Failure:
    """Return what an error of `CALL_FAILED` means. Its text may hold addresses and is not used."""
    if not isinstance(error, SlackApiError):
        return Failure(type(error).__name__)
    status = _status(error.response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure("ratelimited", retry_after=_retry_after(error.response))
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, Mapping) else None
    if isinstance(code, str):
        return Failure(code, refused=code not in _PASSING)
    return Failure(f"http_{status}" if status != HTTPStatus.OK else "not_json")


def _status(response: object) -> int:
    """A reply is slack_sdk's own, or aiohttp's when its body was no JSON."""
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return int(status or 0)


def _retry_after(response: object) -> float:
    headers = getattr(response, "headers", {})
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    seconds = named.get("retry-after", "")
    return float(seconds) if seconds.isdecimal() else 1.0
