"""What arrived at a simulator: every request with its answer, without secrets."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

_SECRET_KEYS = frozenset({"passphrase", "password", "j_password", "identity_file"})


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that arrived.

    `path` is with its query. `status` is that of the answer, `None` while there is none or if the
    connection was cut. `at` is the event loop's clock, in real seconds. `body` is the parsed JSON
    without its secrets, `None` if there was none or if it was no JSON object.
    """

    method: str
    path: str
    at: float
    body: dict[str, Any] | None
    status: int | None = None


class Recording:
    """The requests in the order in which they arrived."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []

    def arrived(self, method: str, path: str, content: bytes) -> int:
        """Note a request and return its place in the list."""
        at = asyncio.get_running_loop().time()
        self.requests.append(RecordedRequest(method, path, at, _without_secrets(content)))
        return len(self.requests) - 1

    def answered(self, place: int, status: int) -> None:
        """Note the status of the answer to the request at this place."""
        self.requests[place] = replace(self.requests[place], status=status)


def without_secrets(value: Any) -> Any:
    """Return a copy of parsed JSON that lacks every key whose value is a secret."""
    if isinstance(value, dict):
        return {
            key: without_secrets(inner) for key, inner in value.items() if key not in _SECRET_KEYS
        }
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return value


def _without_secrets(content: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return without_secrets(parsed) if isinstance(parsed, dict) else None
