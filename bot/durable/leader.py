"""One active worker. A lock is held as long as the process lives, and taken before the engine.

On PostgreSQL a second worker waits as hot standby; on the same SQLite file it refuses to start.
The lock is no fence for effects: the claim of a restore request is what protects that.
"""

import asyncio
import fcntl
import os
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import IO, Final, Protocol
from urllib.parse import unquote

import psycopg
import structlog

from bot.domain.errors import Kind, OutsideError

KEY: Final = 7214
"""The number of our advisory lock in PostgreSQL."""

SQLITE: Final = "sqlite:///"

WATCH: Final = 2.0
"""Seconds between two looks at whether the lock's session still lives."""

LOST: Final = 70
"""Exit status of a leader that has lost its lock (EX_SOFTWARE)."""

log = structlog.get_logger()


class Leadership(Protocol):
    """A lock that is held until `release`."""

    def release(self) -> None:
        """Give the lock back."""
        ...


class AlreadyRunningError(Exception):
    """Another worker works on the same SQLite file."""


class LockError(OutsideError):
    """The file of a lock cannot be used."""


class FileLock:
    """Leadership on one machine: an exclusive lock on a file beside the database.

    Beside the file itself, by whatever links it is named: one file has one lock.

    Raises:
        AlreadyRunningError: another process holds it.
        LockError: the file cannot be used.

    """

    def __init__(self, database: Path) -> None:
        real = database.resolve()
        path = real.with_name(real.name + ".lock")
        try:
            self._file: IO[str] = path.open("w")
            path.chmod(0o600)
        except OSError as error:
            raise LockError(
                Kind.REFUSED,
                f"The lock file {path} cannot be used: {error.strerror}.",
                "Check what it is, and its owner.",
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise AlreadyRunningError(
                f"Another worker is already running on {database}. An SQLite file has one worker; "
                "stop the other one, or use PostgreSQL, where a second worker waits as standby."
            ) from None

    def release(self) -> None:
        """Give the lock back."""
        self._file.close()


class SessionLock:
    """Leadership over PostgreSQL: an advisory lock that lives and dies with its session.

    The time-outs let a frozen or cut-off leader lose the session after about ten seconds.
    """

    OPTIONS: Final = (
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 "
        "-c idle_session_timeout=10000"
    )

    def __init__(self, dsn: str, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._released = threading.Event()
        self._connection = psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=5,
            tcp_user_timeout=8000,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            options=self.OPTIONS,
        )

    def acquire(self) -> bool:
        """Try to become leader; from then on the session is watched."""
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (KEY,)).fetchone()
        if row is None or not row[0]:
            return False
        threading.Thread(target=self._watch, name="leader", daemon=True).start()
        return True

    def release(self) -> None:
        """Give the lock back by ending its session."""
        self._released.set()
        self._connection.close()

    def _watch(self) -> None:
        while not self._released.wait(WATCH):
            try:
                self._connection.execute("select 1")
            except psycopg.Error:
                if not self._released.is_set():
                    self._lost()
                return


def die() -> None:
    """End this process at once: another worker may be leader already."""
    log.critical("leader.lost")
    os._exit(LOST)


class Place(StrEnum):
    """Where a worker stands while it is not the leader."""

    STANDBY = "standby"
    CUT_OFF = "cut off"
    """The database cannot be reached, so nobody knows who leads."""


def file_of(database_url: str) -> Path:
    """Return the file of an SQLite database, by whatever spelling and links it is named."""
    return Path(unquote(database_url.removeprefix(SQLITE))).resolve()


def lock_of_file(database_url: str) -> FileLock | None:
    """Take the lock of an SQLite database at once; `None` for a PostgreSQL, which is waited for.

    Raises:
        AlreadyRunningError: it has a worker already.
        LockError: the file of the lock cannot be used.

    """
    if not database_url.startswith(SQLITE):
        return None
    return FileLock(file_of(database_url))


async def lead(
    database_url: str, *, waiting: Callable[[Place], None], lost: Callable[[], None] = die
) -> Leadership:
    """Return once this process is the leader; `waiting` is told, meanwhile, why it is not.

    Raises:
        AlreadyRunningError: the database is SQLite and has a worker already.
        LockError: the file of the lock cannot be used.

    """
    if (held := lock_of_file(database_url)) is not None:
        return held
    told: Place | None = None
    while isinstance(lock := await asyncio.to_thread(_try, database_url, lost), Place):
        if lock is not told:
            log.info("leader.waiting", place=lock.value)
            waiting(told := lock)
        await asyncio.sleep(1)
    log.info("leader.acquired")
    return lock


def _try(dsn: str, lost: Callable[[], None]) -> SessionLock | Place:
    """Try once to become leader; a server that cannot be reached is tried again later."""
    try:
        lock = SessionLock(dsn, lost)
    except psycopg.Error as error:
        # A server older than 14 says here which option of ours it does not know.
        said = " ".join(str(error).split())
        log.warning("leader.no_database", error=type(error).__name__, said=said)
        return Place.CUT_OFF
    try:
        if lock.acquire():
            return lock
    except psycopg.Error as error:
        log.warning("leader.no_database", error=type(error).__name__, code=error.sqlstate)
        lock.release()
        return Place.CUT_OFF
    lock.release()
    return Place.STANDBY
