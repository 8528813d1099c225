"""What carries a run: time, and the engine."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.values import RequestId


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class Engine(Protocol):
    """Carries runs over crashes and restarts."""

    async def start(self, request_id: RequestId) -> None:
        """Start the run of a request; starting it twice is starting it once."""
        ...

    async def stranded(self) -> Sequence[tuple[RequestId, str]]:
        """Return runs that the engine has given up, with the reason, for people to look at.

        All of them, each time: whose request has ended, the ledger knows.
        """
        ...
