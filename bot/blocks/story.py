"""Audit rows in words: one sentence per row, whatever the row is about."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from bot.blocks.text import plain
from bot.ports import AuditEntry

_TOLD: Final = frozenset(
    {"plan", "digest", "by", "user", "at", "key", "offers", "fields", "entries", "suspendable"}
    | {"mark", "changes"}
)
"""Details that the row's own columns, the plan or the words beside them tell."""


def action(entry: AuditEntry) -> str:
    """Return what a row is about, in words: `approval recorded`."""
    return entry.action.replace("_", " ")


def details(entry: AuditEntry) -> str:
    """Return what a row says besides, as `name: value`, without markup; empty if nothing."""
    return plain("; ".join(_pairs(entry.details)))


def _pairs(values: Mapping[str, object], under: str = "") -> Iterator[str]:
    for name, value in values.items():
        path = f"{under}{name.replace('_', ' ')}"
        if name in _TOLD or value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            yield from _pairs(value, f"{path} ")
        else:
            yield f"{path}: {_word(value)}"


def _word(value: object) -> str:
    match value:
        case str():
            return value
        case list() if all(isinstance(one, str) for one in value):
            return ", ".join(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
