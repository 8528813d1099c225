"""The database: SQLite in a file of one machine, or PostgreSQL, behind one door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store import address, patience
from bot.store.database_errors import beginning, is_busy, told
from bot.store.driver_threads import DriverThreads
from bot.store.engines import WRITES, engine_of

_NEXT_TRY: Final = 0.02
# SQLite sees one moment in any case (SQLite: Isolation, snapshot isolation of WAL readers).
_READS: Final[dict[str, dict[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}


class Database:
    """An open database. `bell` is rung after every commit that leaves something to deliver."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        """Keep an engine; `open` makes one. `name` is for people, and has no secret in it."""
        self.name = name
        self.bell = asyncio.Event()
        self._engine = engine
        self._threads = DriverThreads(engine)
        self._reader = engine.execution_options(**_READS.get(engine.dialect.name, {}))
        self._writer = engine.execution_options(**{WRITES: True})
        # On SQLite only one transaction can write. A queue here is fair; SQLite's waiting is not.
        alone = engine.dialect.name == "sqlite"
        self._turn = asyncio.Lock() if alone else nullcontext()
        self._queue = asyncio.Lock() if alone else nullcontext()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a database by its URL: `sqlite:///file.db`, `sqlite:////abs.db`, `postgresql://…`.

        Nothing is connected yet, and no file is created: see `check`.

        Raises:
            StoreError: not such a URL.
        """
        parsed = address.parse_url(url)
        return cls(engine_of(parsed), address.named(parsed))

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Close all connections, and wait until the driver's threads have ended."""
        await self._engine.dispose()
        await self._threads.ended()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads, and sees one moment. Raises `StoreError`."""
        with told(self.name):
            async with AsyncExitStack() as stack:
                yield await _begin(stack, self._reader)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it commits at the end, or not at all.

        Raises:
            StoreError: unreachable, or others held it longer than `patience.TRANSACTION`.
        """
        async with self._queue, self.writing_next() as tx:
            yield tx

    @asynccontextmanager
    async def writing_next(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction as `writing` does, ahead of all that queue there.

        For what somebody waits for at this moment, such as the ack of a click.
        """
        with told(self.name):
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._turn)
                with beginning(self.name):
                    connection = await _begin(stack, self._writer)
                yield connection


async def _begin(stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
    """Begin a transaction that `stack` ends; try again while another process is writing."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.TRANSACTION
    while True:
        async with AsyncExitStack() as attempt:
            try:
                connection = await attempt.enter_async_context(engine.connect())
                await attempt.enter_async_context(connection.begin())
            except exc.OperationalError as error:
                if not is_busy(error) or loop.time() >= deadline:
                    raise
            else:
                stack.push_async_exit(attempt.pop_all())
                return connection
        await asyncio.sleep(_NEXT_TRY)
