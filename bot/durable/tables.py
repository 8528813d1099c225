"""The engine's own tables: created and upgraded by `migrate`, and what is said if that fails.

DBOS keeps them in the schema `dbos` of a PostgreSQL, or in an SQLite file beside the database.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import psycopg
from dbos import DBOS

from bot.domain.errors import Kind, StoreError, sentence
from bot.durable.leader import SQLITE, file_of

_GRANTS: Final = (
    "Run `nsx-restore migrate` with a role that may create a schema in this database, and grant "
    "the role of DATABASE_URL USAGE on the schema dbos, ALL on its tables and sequences, and "
    "EXECUTE on its functions."
)


def journal_url(database_url: str) -> str:
    """Return where the journal of a database stands: beside an SQLite file, in a PostgreSQL.

    Beside the file itself, by whatever links it is named: one file has one journal.
    """
    if not database_url.startswith(SQLITE):
        return database_url
    path = file_of(database_url)
    return f"{SQLITE}{quote(str(path.with_name(path.name + '.journal')))}"


async def migrate(database_url: str) -> None:
    """Create the engine's tables, or bring them up to date; safe to repeat. Raises `StoreError`."""
    await prepare(journal_url(database_url))


async def prepare(url: str) -> None:
    """Do the same for the journal itself. Raises `StoreError`."""
    with told():
        await asyncio.to_thread(_prepare, url)


def _prepare(url: str) -> None:
    to_our_logs()
    if url.startswith(SQLITE):
        _prepare_file(Path(unquote(url.removeprefix(SQLITE))))
    DBOS.migrate(url)


def _prepare_file(path: Path) -> None:
    """Give the journal its file, for its owner alone, and the mode that persists in it.

    Raises:
        StoreError: the file cannot be read and written, or is something else.
    """
    try:
        path.touch(mode=0o600)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            # Only a writer meets a file that is read-only.
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except (OSError, sqlite3.Error) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"The journal of runs {path} cannot be used: {said}.",
            "Check what it is, its owner and its mode. It belongs to the database beside it: if "
            "it is lost, put both back from the same backup.",
        ) from error


def to_our_logs() -> None:
    """Let DBOS write to the log that we have set up, instead of one of its own."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what the driver says under DBOS into a `StoreError`; everything else stays."""
    try:
        yield
    except Exception as error:
        # Border: the errors of SQLAlchemy, which only the store may name, carry the driver's own;
        # told as a `StoreError` where there is one, raised as it is where not.
        driver = getattr(error, "orig", error)
        if isinstance(driver, psycopg.errors.InsufficientPrivilege):
            raise StoreError(_said(driver), _GRANTS, Kind.AUTH) from error
        if isinstance(driver, psycopg.Error | sqlite3.Error | OSError):
            raise StoreError(_said(driver), "Check DATABASE_URL and the server's log.") from error
        raise


def _said(driver: BaseException) -> str:
    diagnosis = driver.diag.message_primary if isinstance(driver, psycopg.Error) else None
    said = " ".join((diagnosis or str(driver)).split())
    return sentence(f"The engine's tables cannot be used: {said}")
