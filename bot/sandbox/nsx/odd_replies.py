"""Answers that no API should give and that a client must survive."""

import contextlib
from enum import StrEnum
from typing import assert_never

from aiohttp import web

_CHUNK = b"x" * 65_536
_HUGE_CHUNKS = 1_024
_DEPTH = 100_000


class OddReply(StrEnum):
    """How a read is answered, each time with status 200."""

    NONE = "none"
    HTML = "html"
    EMPTY = "empty"
    TEXT = "text"
    TRUNCATED = "truncated JSON"
    ARRAY = "JSON array"
    NULLS = "JSON with null for every key"
    DEEP = "JSON nested 100,000 levels deep"
    HUGE = "64 MiB of JSON"


async def odd_response(request: web.Request, odd: OddReply) -> web.StreamResponse | None:
    """Return the odd answer, or `None` if nothing is odd."""
    match odd:
        case OddReply.NONE:
            return None
        case OddReply.HTML:
            page = "<!DOCTYPE html><html><body><h1>VMware NSX</h1>Loading ...</body></html>"
            return web.Response(text=page, content_type="text/html")
        case OddReply.EMPTY:
            return web.Response()
        case OddReply.TEXT:
            return web.Response(text="OK")
        case OddReply.TRUNCATED:
            return _json(b'{"mgmt_cluster_status":{"status":"STA')
        case OddReply.ARRAY:
            return _json(b'["STABLE"]')
        case OddReply.NULLS:
            return _json(
                b'{"mgmt_cluster_status":null,"control_cluster_status":null,'
                b'"product_version":null,"backup_enabled":null,"uptime":null}'
            )
        case OddReply.DEEP:
            return _json(b"[" * _DEPTH + b"]" * _DEPTH)
        case OddReply.HUGE:
            return await _huge(request)
        case _:
            assert_never(odd)


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    # A careful client hangs up in the middle.
    with contextlib.suppress(ConnectionResetError):
        await response.write(b'{"padding":"')
        for _ in range(_HUGE_CHUNKS):
            await response.write(_CHUNK)
        await response.write(b'"}')
    return response
