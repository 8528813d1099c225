"""The file of a SQLite database: created for its owner alone, and looked at before it is opened."""

import os
from pathlib import Path

from sqlalchemy.engine import URL

from bot.domain.errors import Kind, StoreError
from bot.store.database_errors import not_migrated


def private_file(url: URL) -> None:
    """Create the file of a SQLite database, readable by its owner alone.

    Raises:
        StoreError: it cannot be written; or it is a device, a directory or the like, whose mode
            would be changed for everybody who uses it.
    """
    if url.database and url.get_backend_name() == "sqlite":
        path = Path(url.database)
        _check_regular(path)
        try:
            path.touch(mode=0o600)
            path.chmod(0o600)
        except OSError as error:
            raise StoreError(
                f"The database file {path} cannot be written: {error.strerror}.",
                "Check the directory and its owner.",
            ) from error


def check_before_opening(path: Path) -> None:
    """Refuse a file that cannot be opened, before the driver tries.

    The driver would end its thread without waiting for it, and the thread would complain after
    the end of the loop. The file is not opened here: closing it would free SQLite's own locks on
    it (SQLite: How To Corrupt, section 2.2).

    Raises:
        StoreError: it is not there, not a regular file, or closed to us.
    """
    if not path.exists():
        raise not_migrated(str(path))
    _check_regular(path)
    if not os.access(path, os.R_OK | os.W_OK):
        raise StoreError(
            f"The database file {path} cannot be read and written.", "Check its owner and mode."
        )


def _check_regular(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise StoreError(
            f"DATABASE_URL names {path}, which is not a regular file.",
            "Name a file of the bot's own; it is created if it is not there.",
            Kind.MALFORMED,
        )
