"""Strict checks of a request's JSON, each refusing with the path of the field at fault."""

import json
from collections.abc import Collection
from typing import Any

from aiohttp import web

from bot.sandbox.nsx.errors import COMMON, ApiError, field_error


async def json_body(request: web.Request) -> Any:
    """Parse the body; raise `ApiError` unless it is JSON and says so."""
    if request.content_type != "application/json":
        raise ApiError(415, 415, COMMON, "Content-Type must be application/json.")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise ApiError(400, 220, COMMON, "The body of the request is not valid JSON.") from error


def members(
    value: Any, path: str, *, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """Return the object's members that are not null; refuse missing and unknown ones."""
    if not isinstance(value, dict):
        raise field_error(path, "is not an object")
    for key in value:
        if key not in required and key not in optional:
            raise field_error(f"{path}.{key}", "is not a known property")
    present = {key: inner for key, inner in value.items() if inner is not None}
    for key in required:
        if key not in present:
            raise field_error(f"{path}.{key}", "is required")
    return present


def text(value: Any, path: str) -> str:
    """Return a string that is not blank."""
    if not isinstance(value, str):
        raise field_error(path, "is not a string")
    if not value.strip():
        raise field_error(path, "is blank")
    return value


def word(value: Any, path: str, allowed: Collection[str]) -> str:
    """Return one of the allowed words, exactly as they are spelt."""
    if value not in allowed:
        raise field_error(path, f"is none of {', '.join(sorted(allowed))}")
    return text(value, path)


def whole(value: Any, path: str, low: int, high: int) -> int:
    """Return a whole number within these bounds, both included."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise field_error(path, "is not an integer")
    if not low <= value <= high:
        raise field_error(path, f"is not between {low} and {high}")
    return value


def truth(value: Any, path: str) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise field_error(path, "is not a boolean")
    return value
