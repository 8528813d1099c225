"""Lists in pages, as every list of the API since 2.0 has them."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.sandbox.nsx.errors import field_error

_CURSOR = "page-from-"
_NO_MORE = "0000" * 8
_PAGE_SIZE = 1_000


def page(
    request: web.Request,
    entries: Sequence[dict[str, Any]],
    *,
    largest: int = _PAGE_SIZE,
    last_cursor_zeros: bool = False,
) -> dict[str, Any]:
    """Return the page that the query asks for, never more than `largest` entries.

    `sort_by` and `sort_ascending` sort by one key, `included_fields` picks keys. Raises `ApiError`
    with 400 for a cursor or a size that is none.
    """
    start = _start(request.query.get("cursor"), len(entries))
    size = min(_size(request.query.get("page_size")), largest)
    ordered = _ordered(request, entries)
    end = start + size
    listed: dict[str, Any] = {
        "results": [_picked(request, entry) for entry in ordered[start:end]],
        "result_count": len(entries),
    }
    if end < len(entries):
        listed["cursor"] = f"{_CURSOR}{end}"
    elif last_cursor_zeros:
        listed["cursor"] = _NO_MORE
    return listed


def _start(cursor: str | None, entries: int) -> int:
    if cursor is None or cursor == _NO_MORE:
        return 0
    number = cursor.removeprefix(_CURSOR)
    if number == cursor or not number.isdecimal() or int(number) >= entries:
        raise field_error("cursor", "is none that this list has given out")
    return int(number)


def _size(value: str | None) -> int:
    if value is None:
        return _PAGE_SIZE
    if not value.isdecimal() or not 1 <= int(value) <= _PAGE_SIZE:
        raise field_error("page_size", f"is not between 1 and {_PAGE_SIZE}")
    return int(value)


def _ordered(request: web.Request, entries: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    key = request.query.get("sort_by")
    if key is None:
        return entries
    if any(key not in entry for entry in entries):
        raise field_error("sort_by", "names no field of these entries")
    backwards = request.query.get("sort_ascending", "true").lower() == "false"
    return sorted(entries, key=lambda entry: entry[key], reverse=backwards)


def _picked(request: web.Request, entry: dict[str, Any]) -> dict[str, Any]:
    fields = request.query.get("included_fields")
    if fields is None:
        return entry
    wanted = {name.strip() for name in fields.split(",")}
    return {key: value for key, value in entry.items() if key in wanted}
