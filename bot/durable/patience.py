"""Wait out an outage of the database, however long: a run has no better place to go.

Every call may be repeated: an event is applied once for each key, a claim belongs to whoever made
it first (after an unclear commit that is nobody, and people are asked), the rest only reads or
writes the same again.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina

from bot.domain.commands import Command
from bot.domain.errors import Kind, StoreError
from bot.domain.request import Request
from bot.domain.values import RequestId
from bot.ports import Applied, Claim, Ledger, Outcome, Signature

T = TypeVar("T")

LONGEST_PAUSE: Final = 10.0
"""Seconds between two tries at the most."""


PASSING: Final = frozenset({Kind.UNREACHABLE, Kind.AUTH})
"""An outage ends, and rights that were taken away are given back; a schema that is gone is lost."""


def _is_passing(error: Exception) -> bool:
    return isinstance(error, StoreError) and error.kind in PASSING


class PatientLedger:
    """The part of a ledger that a run needs; an outage of the database only delays it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def get(self, request_id: RequestId) -> Request:
        """Return one request."""
        return await _patiently(lambda: self._ledger.get(request_id))

    async def apply(self, request_id: RequestId, command: Command, signature: Signature) -> Applied:
        """Apply a command."""
        return await _patiently(lambda: self._ledger.apply(request_id, command, signature))

    async def claim(self, request_id: RequestId, kind: str) -> Claim:
        """Claim an effect that must happen at most once."""
        return await _patiently(lambda: self._ledger.claim(request_id, kind))

    async def claimed(self, request_id: RequestId, kind: str) -> Claim | None:
        """Return the claim of an effect, if there is one."""
        return await _patiently(lambda: self._ledger.claimed(request_id, kind))

    async def settle(self, request_id: RequestId, kind: str, outcome: Outcome, said: str) -> None:
        """Record what became of a claimed effect."""
        await _patiently(lambda: self._ledger.settle(request_id, kind, outcome, said))


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    async for attempt in stamina.retry_context(
        on=_is_passing, attempts=None, timeout=None, wait_initial=0.5, wait_max=LONGEST_PAUSE
    ):
        with attempt:
            return await call()
    raise AssertionError("retry_context() does not end without a result")
