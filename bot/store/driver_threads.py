"""The threads in which aiosqlite works, one for each connection, and the wait for their end.

A connection that was cut off in the middle of its work (its task was cancelled) is closed by its
thread a moment later, which then answers to our loop: that must be there still.
"""

import asyncio
import threading
from typing import Any, Final
from weakref import WeakSet

import aiosqlite
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

_NEXT_LOOK: Final = 0.002
_LAST_WORDS: Final = 2.0
"""Seconds that the threads are waited for at the end."""


class DriverThreads:
    """The driver's threads of one engine; an engine of PostgreSQL has none."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._threads: WeakSet[threading.Thread] = WeakSet()
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "do_connect", self._by_our_creator)

    async def ended(self) -> None:
        """Wait until all of them have ended, `_LAST_WORDS` seconds at the most."""
        deadline = asyncio.get_running_loop().time() + _LAST_WORDS
        # Not in another thread: the engine of runs takes the loop's pool with it when it ends.
        while any(thread.is_alive() for thread in self._threads):
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(_NEXT_LOOK)

    def _by_our_creator(self, _dialect: object, _record: object, _where: Any, how: Any) -> None:
        how["async_creator_fn"] = self._connection

    def _connection(self, *where: Any, **how: Any) -> aiosqlite.Connection:
        """Remember the thread in which the driver works: one for each connection.

        From the very beginning: a connection can be called off before it has come about.
        """
        connection = aiosqlite.connect(*where, **how)
        thread = connection._thread  # noqa: SLF001
        thread.daemon = True
        self._threads.add(thread)
        return connection
