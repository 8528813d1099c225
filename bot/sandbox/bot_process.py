"""The process of the bot, as the stage starts, ends and kills it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

READY_WITHIN: Final = 30.0
"""Seconds within which the bot must be ready on any machine."""

ENDED_WITHIN: Final = 15.0
"""Seconds within which the bot must have ended when it is asked to."""


class BotProcess:
    """The bot's process: it can be started, ended politely, and killed."""

    def __init__(
        self, environment: Callable[[], dict[str, str]], log: Path, command: tuple[str, ...]
    ) -> None:
        self._environment = environment
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._making = asyncio.Lock()
        self.log = log

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self, is_ready: Callable[[], Any]) -> float:
        """Start it and wait until it is ready; return the seconds that took.

        Raises:
            RuntimeError: it ended instead; the text holds the end of its log.

        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._making:
            await _to_its_end(self._make())
        while not await is_ready():
            if not self.is_running or loop.time() - began > READY_WITHIN:
                raise RuntimeError(f"the bot did not become ready:\n{self.tail()}")
            await asyncio.sleep(0.02)
        return loop.time() - began

    async def _make(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                "serve",
                env={**_plain_environment(), **self._environment()},
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        """End it as a power cut would: kill -9. One that is just being made is waited for."""
        async with self._making:
            if self._process is not None and self.is_running:
                _send(self._process, signal.SIGKILL)
                await self._process.wait()

    async def stop(self) -> int | None:
        """End it politely, by force if it takes its time; return its exit status."""
        if self._process is None:
            return None
        if self.is_running:
            _send(self._process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDED_WITHIN):
                return await self._process.wait()
        await self.kill()
        return self._process.returncode

    async def ended(self) -> int:
        """Wait until it has ended by itself; return its exit status (negative: by a signal)."""
        if self._process is None:
            raise RuntimeError("the bot was never started")
        return await self._process.wait()

    def tail(self, lines: int = 20) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


async def _to_its_end(making: Coroutine[Any, Any, None]) -> None:
    """Make a process to the end, also if nobody wants it any more: `stop` ends it then.

    asyncio would look itself whether one that is called off has ended, take its exit status from
    the thread that waits for it, and that would complain.
    """
    task = asyncio.create_task(making)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Send a signal to a process that has perhaps just ended.

    Not by asyncio, which up to Python 3.12 takes the exit status of one that has ended from the
    thread that waits for it, as above, and then does as is done here (python/cpython#87744).
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def _plain_environment() -> dict[str, str]:
    """What a process needs of ours to run at all; nothing that could configure the bot."""
    wanted = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR")
    return {name: os.environ[name] for name in wanted if name in os.environ}
