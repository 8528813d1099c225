"""Rows that cannot be read, such as those of a newer release: told once, and passed over."""

from collections.abc import Callable
from typing import Final, TypeVar

import structlog

T = TypeVar("T")

log = structlog.get_logger()

_told: Final[set[tuple[str, str]]] = set()
# What is wrong with a row is the same at each look, and the loops look several times a second.


def read(table: str, key: str, how: Callable[[], T]) -> T | None:
    """Return what `how` makes of a row, or `None` if it cannot be read.

    Logged once in the life of a process, by the row's key alone: documents name people and hosts.
    """
    try:
        return how()
    except (LookupError, TypeError, ValueError) as error:
        _tell(table, key, type(error).__name__)
        return None


def _tell(table: str, key: str, why: str) -> None:
    if (table, key) not in _told:
        _told.add((table, key))
        log.error("row.unreadable", table=table, key=key, why=why)
