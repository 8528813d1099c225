"""What is told of a database that cannot be used: one sentence, and what helps.

Whatever the drivers raise for the outside becomes a `StoreError` here.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import exc

from bot.domain.errors import Kind, StoreError, sentence
from bot.store import patience

_OURS: Final = (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError)
_FORBIDDEN: Final = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_MIGRATE: Final = "Run `nsx-restore migrate`."


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn what a driver says into a `StoreError`; what is wrong with our own statements stays."""
    try:
        yield
    except exc.TimeoutError as error:
        raise _toois_busy(name) from error
    except exc.DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.UndefinedTable):
            raise not_migrated(name) from error
        if isinstance(error.orig, _FORBIDDEN):
            raise _forbidden(name, error.orig) from error
        if isinstance(error, _OURS):
            raise
        raise _explained(name, error) from error


@contextmanager
def beginning(name: str) -> Iterator[None]:
    """Tell errors from before a transaction as such: nothing can have been written."""
    try:
        with told(name):
            yield
    except StoreError as error:
        error.never_began = True
        raise


def is_busy(error: exc.DBAPIError) -> bool:
    """Whether somebody else holds a lock: that passes."""
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _BUSY
    return isinstance(original, psycopg.errors.LockNotAvailable)


def _explained(name: str, error: exc.DBAPIError) -> StoreError:
    if is_busy(error):
        return _toois_busy(name)
    if "no such table" in str(error.orig):
        return not_migrated(name)
    said = " ".join(str(error.orig).split())
    return StoreError(
        sentence(f"The database {name} cannot be used: {said}"), "Check DATABASE_URL."
    )


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
        sentence(f"The database {name} does not let the bot in everywhere: {said}"),
        f"Grant the role of DATABASE_URL {right}.",
        Kind.AUTH,
    )


def _toois_busy(name: str) -> StoreError:
    return StoreError(
        f"The database {name} was busy for {patience.TRANSACTION:.0f} seconds.",
        "Try again in a moment.",
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
