"""The engines of SQLAlchemy, as SQLite and PostgreSQL each need to be set up for us.

SQLite runs in WAL mode with `synchronous=FULL` (a committed row survives a power cut), enforces
foreign keys, and begins every writing transaction with `BEGIN IMMEDIATE`, since a transaction
that starts by reading cannot wait for a writer (SQLite: Transaction, section 2.2).
"""

import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store import patience
from bot.store.database_file import check_before_opening

WRITES: Final = "nsx_restore_writes"
"""The execution option of a connection that is going to write."""


def engine_of(url: URL) -> AsyncEngine:
    """Return the engine of a database; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        # `mode=rw`: SQLite would create a missing file, empty and readable by everybody.
        path = Path(url.database or "").absolute().as_uri()
        existing = url.set(database=path, query={"mode": "rw", "uri": "true"})
        engine = create_async_engine(
            existing, hide_parameters=True, connect_args={"timeout": patience.SQLITE}
        )
        event.listen(engine.sync_engine, "do_connect", _look_first)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=patience.TRANSACTION,
        pool_size=10,
        connect_args={"connect_timeout": patience.CONNECTION},
    )
    event.listen(engine.sync_engine, "connect", _prepare_postgresql)
    return engine


def _look_first(_dialect: object, _record: object, where: list[Any], _how: object) -> None:
    check_before_opening(Path(unquote(urlsplit(where[0]).path)))


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
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A process that was frozen inside a transaction must not hold up the others for ever.
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {int(patience.TRANSACTION * 1000)}")
    cursor.execute(f"SET idle_in_transaction_session_timeout = {int(patience.TRANSACTION * 2000)}")
    cursor.close()
    connection.commit()
