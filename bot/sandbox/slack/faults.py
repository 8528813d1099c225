"""Scripted trouble of the Web API: never random, consumed one by one.

A fault is set for a method name (`chat.postMessage`), for `response_url`, for `upload`, or for
`*`, any of them.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class DropBeforeEffect:
    """The connection breaks; nothing was done."""


@dataclass(frozen=True, slots=True)
class DropAfterEffect:
    """The connection breaks; everything was done."""


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """Slack's front door answers `status` with an HTML page; nothing was done."""

    status: int


@dataclass(frozen=True, slots=True)
class TooManyRequests:
    """HTTP 429 with `Retry-After: retry_after` (seconds); nothing was done."""

    retry_after: int


@dataclass(frozen=True, slots=True)
class NotJson:
    """HTTP 200 with a body that is no JSON; nothing was done."""

    body: str


@dataclass(frozen=True, slots=True)
class Slow:
    """The call is served `seconds` (of real time) late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ApiError:
    """`{"ok": false, "error": code}`; nothing was done."""

    code: str


Fault: TypeAlias = (
    DropBeforeEffect | DropAfterEffect | HttpStatus | TooManyRequests | NotJson | Slow | ApiError
)


def drop_before_effect() -> Fault:
    """Break the connection before the call takes effect."""
    return DropBeforeEffect()


def drop_after_effect() -> Fault:
    """Break the connection after the call has taken effect."""
    return DropAfterEffect()


def http_status(status: int) -> Fault:
    """Answer with this HTTP status, such as 500 or 503."""
    return HttpStatus(status)


def rate_limited(retry_after: int) -> Fault:
    """Answer 429 with this `Retry-After`, in seconds."""
    return TooManyRequests(retry_after)


def not_json(body: str = "<html>upstream error</html>") -> Fault:
    """Answer 200 with this text in place of JSON (an empty text is possible too)."""
    return NotJson(body)


def slow(seconds: float) -> Fault:
    """Serve the call this many real seconds late."""
    return Slow(seconds)


def api_error(code: str) -> Fault:
    """Refuse the call with this error name, such as `internal_error`."""
    return ApiError(code)


class FaultScript:
    """The faults still to come, by method."""

    def __init__(self) -> None:
        self._next: dict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}

    def next(self, method: str, *faults: Fault) -> None:
        """Let the next calls of `method` meet these faults, one each, in order."""
        self._next[method].extend(faults)

    def always(self, method: str, fault: Fault) -> None:
        """Let every call of `method` meet this fault, after those of `next` are used up."""
        self._always[method] = fault

    def clear(self, method: str | None = None) -> None:
        """Forget the faults of one method, or all of them."""
        if method is None:
            self._next.clear()
            self._always.clear()
        else:
            self._next.pop(method, None)
            self._always.pop(method, None)

    def pending(self, method: str) -> int:
        """How many faults of `next` no call has met yet."""
        return len(self._next[method])

    def take(self, method: str) -> Fault | None:
        """Consume the fault that this call meets, if any."""
        for name in (method, "*"):
            if self._next[name]:
                return self._next[name].popleft()
        return self._always.get(method) or self._always.get("*")
