"""Time inside a simulator: the event loop's clock, run `speed` times faster."""

import asyncio
import contextlib
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

    The speed may be changed at any time: the clock goes on from where it stands, without a jump,
    and whoever waits for an instant waits for it at the new speed. Raises `ValueError` unless
    `speed` is positive.
    """

    def __init__(self, speed: float) -> None:
        self._speed = _positive(speed)
        self._passed = 0.0
        self._since = asyncio.get_running_loop().time()
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in a real one."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        speed = _positive(speed)
        self._passed = self.now()
        self._since = asyncio.get_running_loop().time()
        self._speed = speed
        self._changed.set()
        self._changed = asyncio.Event()

    def now(self) -> float:
        """Return the simulated seconds that have passed."""
        real = asyncio.get_running_loop().time() - self._since
        return self._passed + real * self._speed

    async def until(self, instant: float) -> None:
        """Wait until `now()` has reached this instant; return at once if it is past."""
        while (left := instant - self.now()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left / self._speed):
                    await self._changed.wait()


def _positive(speed: float) -> float:
    if speed <= 0:
        raise ValueError("speed is a positive number")
    return speed


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
