"""A TLS server that answers with exact bytes, at its own pace: for what no framework sends."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

BAD_RECORD = b"\x17\x03\x03\x00\x20" + b"x" * 32
"""A record of application data (RFC 8446, 5.2) that no key of any connection fits."""

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes an answer to a request that was read in full."""


@dataclass
class RawServer:
    """What arrived so far: the bytes of each connection, after TLS."""

    port: int = 0
    received: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"https://127.0.0.1:{self.port}"


@asynccontextmanager
async def raw_server(context: ssl.SSLContext | None, answer: Answering) -> AsyncIterator[RawServer]:
    """Serve on the loopback while the block lasts."""
    server = RawServer()
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                server.received.append(await _request(reader))
                await answer(writer)
            except asyncio.CancelledError:
                writer.transport.abort()
                raise
            finally:
                writer.close()
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(talk(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@asynccontextmanager
async def mute_server() -> AsyncIterator[tuple[int, asyncio.Queue[bytes]]]:
    """Accept connections and never say a word.

    Yields the port, and a queue with all that came over each connection once its client ended it.
    """
    ended: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.put_nowait(await reader.read())
        writer.close()

    listener = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1], ended


def saying(content: bytes) -> Answering:
    """Answer with these bytes and end the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return answer


def spoiling(content: bytes = b"") -> Answering:
    """Answer with these bytes inside of TLS, then with a record that fails its check."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        beneath(writer).write(BAD_RECORD)
        await asyncio.Event().wait()

    return answer


def beneath(writer: asyncio.StreamWriter) -> asyncio.Transport:
    """Return the bare connection under TLS, which has no public name."""
    transport: asyncio.Transport = writer.transport._ssl_protocol._transport  # type: ignore[attr-defined]
    return transport


def replying(status: int, body: bytes, *headers: str, length: int | None = None) -> Answering:
    """Answer with a status and a body; `length` is what the header claims, if not the truth."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {length or len(body)}", *headers, "", ""]
    return saying("\r\n".join(lines).encode() + body)


def api_error(status: int, code: int, message: str = "No.") -> Answering:
    """Answer with an error of the API, in the form that every version has."""
    body = {"module_name": "m", "error_message": message, "error_code": code}
    return replying(status, json.dumps(body).encode(), "Content-Type: application/json")


def dripping(at_once: bytes, rest: bytes, pause: float) -> Answering:
    """After a beginning one byte at a time, each so many seconds after the other."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(at_once)
        for byte in rest:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


async def silence(_: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def cut(writer: asyncio.StreamWriter) -> None:
    """Break the connection off instead of an answer."""
    writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)
