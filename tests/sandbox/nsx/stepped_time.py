"""Simulated time in the hands of a test."""

from bot.sandbox.nsx.simulated_time import Changes


class SteppedTime:
    """Simulated time that stands still until a test moves it."""

    def __init__(self) -> None:
        self._now = 0.0
        self._moved = Changes()

    def now(self) -> float:
        """Return the simulated seconds."""
        return self._now

    def pass_by(self, seconds: float) -> None:
        """Let simulated seconds pass."""
        self._now += seconds
        self._moved.announce()

    async def until(self, instant: float) -> None:
        """Wait until a test has moved the time so far."""
        await self._moved.until(lambda: self._now >= instant)
