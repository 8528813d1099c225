"""One HTTP request and what came of it: sent or not, which status, how much of a body."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

BODY_LIMIT: Final = 1_000_000
"""Bytes of a body that are read, at most."""

_SENDING: Final = "http11.send_request_headers.started"
_HANDSHAKE: Final = "connection.start_tls"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply. `complete` is false if its body broke off, was too large or was compressed."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)
    complete: bool


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No reply came. `sent` tells whether anything of the request may have left this machine."""

    sent: bool
    cause: httpx.TransportError | OSError = field(repr=False)


class _Trace:
    """Follows a request on its way (httpcore: the `trace` extension)."""

    def __init__(self) -> None:
        self.sending = False
        self.no_handshake = asyncio.Event()
        self.no_handshake.set()

    async def __call__(self, name: str, _: Mapping[str, Any]) -> None:
        if name == _SENDING:
            self.sending = True
        elif name == f"{_HANDSHAKE}.started":
            self.no_handshake.clear()
        elif name.startswith(_HANDSHAKE):
            self.no_handshake.set()


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, *, seconds: float
) -> Answer | NoAnswer:
    """Send a request once; all of it, reply included, within so many seconds.

    The status counts from the moment it is there, whatever becomes of the body after it.
    Whoever calls it off has to wait for the end of a handshake that goes on, which has a time of
    its own: httpcore would leave that connection open for ever.
    """
    trace = _Trace()
    request.extensions["trace"] = trace
    work = asyncio.create_task(_exchanged(client, request, trace, seconds))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await trace.no_handshake.wait()
        work.cancel()
        await asyncio.wait({work})
        raise


async def _exchanged(
    client: httpx.AsyncClient, request: httpx.Request, trace: _Trace, seconds: float
) -> Answer | NoAnswer:
    reply: httpx.Response | None = None
    body = bytearray()
    complete = False
    try:
        async with asyncio.timeout(seconds):
            reply = await client.send(request, stream=True, follow_redirects=False)
            complete = await _read(reply, body)
    except (httpx.TransportError, OSError) as error:
        # An `OSError` is a time-out, or a failure of TLS after the handshake (an alert, a record
        # that fails its check): httpcore passes those on as they are.
        if reply is None:
            return NoAnswer(trace.sending, error)
    finally:
        if reply is not None:
            await reply.aclose()
    return Answer(reply.status_code, reply.headers, bytes(body), complete)


async def _read(reply: httpx.Response, body: bytearray) -> bool:
    if reply.headers.get("Content-Encoding", "identity") != "identity":
        return False  # it was not asked for, and could unfold to any size
    async for chunk in reply.aiter_raw():
        body += chunk
        if len(body) > BODY_LIMIT:
            return False
    return True
