"""A clock that a test moves by hand."""

import asyncio
from datetime import datetime, timedelta

from tests.builders import NOON


class HandClock:
    """Stands at noon until it is moved; whoever sleeps wakes when it has been moved far enough."""

    def __init__(self, now: datetime = NOON) -> None:
        """Start at a moment."""
        self._now = now
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []
        self._going_to_sleep = asyncio.Event()

    def now(self) -> datetime:
        """Return where the hands stand."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved so far."""
        awake = asyncio.Event()
        self._sleepers.append((self._now + timedelta(seconds=seconds), awake))
        self._going_to_sleep.set()
        self._wake()
        await awake.wait()

    def move(self, **by: float) -> datetime:
        """Move the hands (`seconds=`, `minutes=`, ...) and wake those whose time has come."""
        self._now += timedelta(**by)
        self._wake()
        return self._now

    @property
    def sleepers(self) -> int:
        """How many are asleep."""
        return len(self._sleepers)

    async def asleep(self) -> None:
        """Wait until somebody sleeps: only then is there a point in moving the clock."""
        while not self._sleepers:
            self._going_to_sleep.clear()
            await self._going_to_sleep.wait()

    def _wake(self) -> None:
        for until, awake in self._sleepers:
            if until <= self._now:
                awake.set()
        self._sleepers = [entry for entry in self._sleepers if not entry[1].is_set()]
