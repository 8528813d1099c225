"""Time inside a simulator: the event loop's clock, run `speed` times faster."""

import asyncio
from collections.abc import Callable
from typing import Protocol


class Time(Protocol):
    """A clock in simulated seconds."""

    def now(self) -> float:
        """Return the simulated seconds that have passed since the clock began."""
        ...

    async def until(self, instant: float) -> None:
        """Wait until `now()` has reached this instant; return at once if it is past."""
        ...


class SimulatedTime:
    """A clock in simulated seconds since it was made; `speed` of them pass in one real second.

    Raises `ValueError` unless `speed` is positive.
    """

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("speed is a positive number")
        self._speed = speed
        self._began = asyncio.get_running_loop().time()

    def now(self) -> float:
        """Return the simulated seconds that have passed."""
        return (asyncio.get_running_loop().time() - self._began) * self._speed

    async def until(self, instant: float) -> None:
        """Wait until `now()` has reached this instant; return at once if it is past."""
        await asyncio.sleep(max(0.0, instant - self.now()) / self._speed)


class Changes:
    """Wakes those who wait for a condition whenever the simulator has changed."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def announce(self) -> None:
        """Let every waiting condition be looked at again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        while not condition():
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future
