"""An HTTPS listener on the loopback that can go away and come back on the same port."""

import asyncio
import contextlib
import socket
import ssl
from enum import StrEnum
from typing import assert_never

from aiohttp import web

_LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 0.1
_TURNS = 5
_BACKLOG = 128


class Absence(StrEnum):
    """What a client meets at the port while the appliance restarts."""

    REFUSED = "refused"
    """Nobody listens."""
    RESET = "reset"
    """Connections are accepted and reset before TLS begins."""
    SILENT = "silent"
    """Connections are accepted and nothing ever comes back."""


class _NoTls(asyncio.Protocol):
    """Ends a connection at once, or keeps it without a word."""

    def __init__(self, absence: Absence, silent: set[asyncio.BaseTransport]) -> None:
        self._absence = absence
        self._silent = silent

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._absence is Absence.SILENT:
            self._silent.add(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.abort()


class Listener:
    """Serves `app` on 127.0.0.1; port 0 is chosen at `open`, and kept until `close`."""

    def __init__(self, app: web.Application, port: int = 0) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_SECONDS)
        self._door: socket.socket | None = None
        self._handshakes: set[asyncio.Task[None]] = set()
        self._reserved: socket.socket | None = None
        self._substitute: asyncio.Server | None = None
        self._silent: set[asyncio.BaseTransport] = set()
        self.port = port

    @property
    def listening(self) -> bool:
        """Whether the application is served at the moment."""
        return self._door is not None

    async def open(self, context: ssl.SSLContext) -> None:
        """Choose a port and begin to serve."""
        await self._runner.setup()
        await self._serve(context)

    async def leave(self, absence: Absence) -> None:
        """Cut every connection and stop serving; the port stays reserved."""
        if self._door is None:
            return
        # Bound before the listener closes, so that no other program is given the port meanwhile.
        self._reserved = _bound(self.port)
        await self._shut_door()
        self._cut_connections()
        match absence:
            case Absence.REFUSED:
                pass
            case Absence.RESET | Absence.SILENT:
                self._substitute = await asyncio.get_running_loop().create_server(
                    lambda: _NoTls(absence, self._silent), sock=_bound(self.port)
                )
            case _:
                assert_never(absence)

    async def come_back(self, context: ssl.SSLContext) -> None:
        """Serve again on the same port, possibly with another certificate."""
        self._end_substitute()
        await self._serve(context)
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    async def close(self) -> None:
        """Stop for good."""
        self._end_substitute()
        if self._reserved is not None:
            self._reserved.close()
        await self._shut_door()
        open_ones = self._transports()
        await self._runner.cleanup()
        # A client that has left without a word keeps a polite TLS farewell waiting.
        for transport in open_ones:
            transport.abort()
        # A TLS connection that was cut is closed a few turns of the loop later.
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def _serve(self, context: ssl.SSLContext) -> None:
        door = _bound(self.port)
        self.port = int(door.getsockname()[1])
        door.listen(_BACKLOG)
        asyncio.get_running_loop().add_reader(door, self._admit, door, context)
        self._door = door

    def _admit(self, door: socket.socket, context: ssl.SSLContext) -> None:
        """Take a connection.

        Not an `asyncio.Server`: that one, when closed, drops a connection that it has accepted in
        the same turn of the loop, and knows nothing of those whose handshake goes on.
        """
        try:
            connection, _ = door.accept()
        except (BlockingIOError, ConnectionError):
            return
        task = asyncio.create_task(self._welcome(connection, context))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _welcome(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        server = self._runner.server
        if server is None:
            raise RuntimeError("the listener was not opened")
        # A client that refuses the certificate, or goes away: that is its own affair.
        with contextlib.suppress(OSError):
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(server, connection, ssl=context)

    async def _shut_door(self) -> None:
        """Take no more connections, and cut those whose handshake goes on."""
        if self._door is None:
            return
        asyncio.get_running_loop().remove_reader(self._door)
        self._door.close()
        self._door = None
        # A handshake can be called off once it has begun: some turns of the loop later.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        handshakes = tuple(self._handshakes)
        for task in handshakes:
            task.cancel()
        await asyncio.gather(*handshakes, return_exceptions=True)

    def _cut_connections(self) -> None:
        for transport in self._transports():
            transport.abort()

    def _transports(self) -> list[asyncio.Transport]:
        server = self._runner.server
        handlers = server.connections if server else ()
        return [one.transport for one in handlers if one.transport is not None]

    def _end_substitute(self) -> None:
        if self._substitute is not None:
            self._substitute.close()
            self._substitute = None
        for transport in self._silent:
            transport.close()
        self._silent.clear()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.settimeout(0)
    bound.bind((_LOOPBACK, port))
    return bound
