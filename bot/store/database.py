"""The database: SQLite in a file of one machine, or PostgreSQL, behind one door.

SQLite runs in WAL mode with `synchronous=FULL` (a committed row survives a power cut), enforces
foreign keys, and begins every writing transaction with `BEGIN IMMEDIATE`, since a transaction
that starts by reading cannot wait for a writer (SQLite: Transaction, section 2.2).
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit
from weakref import WeakSet

import aiosqlite
import psycopg
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.domain.errors import Kind, StoreError
from bot.store import address

PATIENCE: Final = 5.0
"""Seconds that a transaction waits for its turn before it gives up."""

_SQLITE_WAIT: Final = 1.0
_NEXT_TRY: Final = 0.02
_CONNECT_WAIT: Final = 5
_NEXT_LOOK: Final = 0.002
_LAST_WORDS: Final = 2.0
"""Seconds that the driver's threads are waited for at the end."""
_WRITES: Final = "nsx_restore_writes"
# SQLite sees one moment in any case (SQLite: Isolation, snapshot isolation of WAL readers).
_READS: Final[dict[str, dict[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}
_OURS: Final = (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError)
_FORBIDDEN: Final = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_MIGRATE: Final = "Run `nsx-restore migrate`."


class Database:
    """An open database. `bell` is rung after every commit that leaves something to deliver."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        """Keep an engine; `open` makes one. `name` is for people, and has no secret in it."""
        self.name = name
        self.bell = asyncio.Event()
        self._engine = engine
        self._threads: WeakSet[threading.Thread] = WeakSet()
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "do_connect", self._by_our_creator)
        self._reader = engine.execution_options(**_READS.get(engine.dialect.name, {}))
        self._writer = engine.execution_options(**{_WRITES: True})
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
        parsed = parse_url(url)
        return cls(_engine(parsed), address.named(parsed))

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
        """Close all connections, and wait until the driver's threads have ended.

        A connection that was cut off in the middle of its work (its task was cancelled) is closed
        by its thread a moment later, which then answers to our loop: that must be there still.
        """
        await self._engine.dispose()
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

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads, and sees one moment. Raises `StoreError`."""
        with _told(self.name):
            async with AsyncExitStack() as stack:
                yield await _begin(stack, self._reader)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it commits at the end, or not at all.

        Raises:
            StoreError: unreachable, or other writers held it for longer than `PATIENCE`.
        """
        async with self._queue, self.writing_next() as tx:
            yield tx

    @asynccontextmanager
    async def writing_next(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction as `writing` does, ahead of all that queue there.

        For what somebody waits for at this moment, such as the ack of a click.
        """
        with _told(self.name):
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._turn)
                with _beginning(self.name):
                    connection = await _begin(stack, self._writer)
                yield connection


def parse_url(url: str) -> URL:
    """Read a URL of the two kinds there are. Raises `StoreError`, without the URL's password."""
    advice = "Set DATABASE_URL to sqlite:///nsx-restore.db or postgresql://user@host/database."
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise StoreError("DATABASE_URL is not a database URL.", advice, Kind.MALFORMED) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.query:
            # The lock and the journal lie beside the file, and take their names from the URL too.
            said = (
                "DATABASE_URL has options after its file (from ? on), which SQLite takes none of."
            )
            raise StoreError(said, advice, Kind.MALFORMED)
        case "sqlite" if "\0" in (parsed.database or ""):
            said = "DATABASE_URL names a file with %00 in it, which no file has."
            raise StoreError(said, advice, Kind.MALFORMED)
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "sqlite":
            raise StoreError("DATABASE_URL names no file.", advice, Kind.MALFORMED)
        case "postgresql":
            address.checked(url, parsed)
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            said = f"DATABASE_URL is for {other}, which is not supported."
            raise StoreError(said, advice, Kind.MALFORMED)


def private_file(url: URL) -> None:
    """Create the file of a SQLite database, readable by its owner alone.

    Raises:
        StoreError: it cannot be written; or it is a device, a directory or the like, whose mode
            would be changed for everybody who uses it.
    """
    if url.database and url.get_backend_name() == "sqlite":
        path = Path(url.database)
        if path.exists() and not path.is_file():
            raise StoreError(
                f"DATABASE_URL names {path}, which is not a regular file.",
                "Name a file of the bot's own; it is created if it is not there.",
                Kind.MALFORMED,
            )
        try:
            path.touch(mode=0o600)
            path.chmod(0o600)
        except OSError as error:
            raise StoreError(
                f"The database file {path} cannot be written: {error.strerror}.",
                "Check the directory and its owner.",
            ) from error


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        # `mode=rw`: SQLite would create a missing file, empty and readable by everybody.
        path = Path(url.database or "").absolute().as_uri()
        existing = url.set(database=path, query={"mode": "rw", "uri": "true"})
        engine = create_async_engine(
            existing, hide_parameters=True, connect_args={"timeout": _SQLITE_WAIT}
        )
        event.listen(engine.sync_engine, "do_connect", _look_first)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=PATIENCE,
        pool_size=10,
        connect_args={"connect_timeout": _CONNECT_WAIT},
    )
    event.listen(engine.sync_engine, "connect", _prepare_postgresql)
    return engine


def _look_first(_dialect: object, _record: object, where: list[Any], _how: object) -> None:
    """Refuse a file that cannot be opened, before the driver tries.

    The driver would end its thread without waiting for it, and the thread would complain after
    the end of the loop. The file is not opened here: closing it would free SQLite's own locks on
    it (SQLite: How To Corrupt, section 2.2).
    """
    path = Path(unquote(urlsplit(where[0]).path))
    if not path.exists():
        raise not_migrated(str(path))
    if not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
        raise StoreError(
            f"The database file {path} cannot be read and written.", "Check its owner and mode."
        )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, and too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        # The pool does not know this connection yet: nobody else would close it.
        connection.close()
        raise
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A process that was frozen inside a transaction must not hold up the others for ever.
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {int(PATIENCE * 1000)}")
    cursor.execute(f"SET idle_in_transaction_session_timeout = {int(PATIENCE * 2000)}")
    cursor.close()
    connection.commit()


async def _begin(stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
    """Begin a transaction that `stack` ends; try again while another process is writing."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while True:
        async with AsyncExitStack() as attempt:
            try:
                connection = await attempt.enter_async_context(engine.connect())
                await attempt.enter_async_context(connection.begin())
            except exc.OperationalError as error:
                if not _busy(error) or loop.time() >= deadline:
                    raise
            else:
                stack.push_async_exit(attempt.pop_all())
                return connection
        await asyncio.sleep(_NEXT_TRY)


def _busy(error: exc.DBAPIError) -> bool:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _BUSY
    return isinstance(original, psycopg.errors.LockNotAvailable)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what a driver says into a `StoreError`; what is wrong with our own statements stays."""
    try:
        yield
    except exc.TimeoutError as error:
        raise _too_busy(name) from error
    except exc.DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.UndefinedTable):
            raise not_migrated(name) from error
        if isinstance(error.orig, _FORBIDDEN):
            raise _forbidden(name, error.orig) from error
        if isinstance(error, _OURS):
            raise
        raise _explained(name, error) from error


@contextmanager
def _beginning(name: str) -> Iterator[None]:
    """Tell errors from before a transaction as such: nothing can have been written."""
    try:
        with _told(name):
            yield
    except StoreError as error:
        error.never_began = True
        raise


def _explained(name: str, error: exc.DBAPIError) -> StoreError:
    if _busy(error):
        return _too_busy(name)
    if "no such table" in str(error.orig):
        return not_migrated(name)
    said = " ".join(str(error.orig).split())
    return StoreError(f"The database {name} cannot be used: {said}.", "Check DATABASE_URL.")


def _forbidden(name: str, error: psycopg.Error) -> StoreError:
    said = error.diag.message_primary or "permission denied"
    right = "SELECT, INSERT, UPDATE and DELETE on the bot's tables, or make it their owner"
    if isinstance(error, psycopg.errors.InvalidSchemaName):
        right = "USAGE and CREATE on a schema of its search_path"
    elif "schema" in said:
        right = "USAGE and CREATE on that schema"
    elif "must be owner" in said:
        right = "the ownership of the bot's tables"
    return StoreError(
        f"The database {name} does not let the bot in everywhere: {said}.",
        f"Grant the role of DATABASE_URL {right}.",
        Kind.AUTH,
    )


def _too_busy(name: str) -> StoreError:
    return StoreError(
        f"The database {name} was busy for {PATIENCE:.0f} seconds.", "Try again in a moment."
    )


def not_migrated(name: str) -> StoreError:
    """There is no schema yet."""
    return StoreError(f"The database {name} has not been set up.", _MIGRATE, Kind.MISSING)


def outdated(name: str) -> StoreError:
    """The schema is that of an older release."""
    return StoreError(
        f"The schema of the database {name} is older than this release.", _MIGRATE, Kind.MISSING
    )


def too_new(name: str) -> StoreError:
    """The schema is that of a newer release."""
    return StoreError(
        f"The schema of the database {name} is newer than this release.",
        "Install the newer release, or restore a copy of the database made before it.",
        Kind.MALFORMED,
    )
