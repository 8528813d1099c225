"""Socket Mode: the open sockets of the app, and which of them gets an envelope.

Slack, "Using Socket Mode": up to ten sockets, each payload goes to any one of them, an ack names
the `envelope_id`. A payload in an ack counts only where `accepts_response_payload` said so.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMessage, WSMsgType, web

from bot.sandbox.slack.delivery import (
    ACK_SECONDS,
    Envelope,
    Kind,
    Outbound,
    Outcome,
    Receipt,
)
from bot.sandbox.slack.json_types import Json

MAX_SOCKETS = 10
DISCONNECT_REASONS = frozenset({"warning", "refresh_requested", "link_disabled"})
CONNECTION_SECONDS = 18_060
LAST_WORDS = 1.0
"""Real seconds that a socket which was told to go stays open for its acks."""
AFTER_WARNING = 10.0
"""Real seconds from a `warning` to the end of the socket (Slack: about ten)."""


@dataclass(eq=False, slots=True)
class Socket:
    """One connection of the app.

    Args:
        silent: it stays open and says nothing any more.
        retiring: it was told to go; it may still ack, but gets nothing new.
    """

    number: int
    ws: web.WebSocketResponse
    transport: asyncio.Transport
    silent: bool = False
    retiring: bool = False
    received: list[str] = field(default_factory=list)
    """The ids of the envelopes this socket was given."""


@dataclass(slots=True)
class _Pending:
    """An envelope waiting for its ack."""

    socket: Socket
    outbound: Outbound
    sent_at: float
    answered: "asyncio.Future[Json | None]"
    late: bool = False


class SocketHub:
    """Every open socket, in the order of connecting.

    Args:
        violation: notes a rule that the app broke.
        changed: is called when a socket comes or goes.
    """

    def __init__(
        self, app_id: str, violation: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self._app_id = app_id
        self._violation = violation
        self._changed = changed
        self._tickets: set[str] = set()
        self._issued = 0
        self._pending: dict[str, _Pending] = {}
        self._turn = 0
        self._envelopes = 0
        self._ending: set[asyncio.Task[None]] = set()
        self.last_words = LAST_WORDS
        self.after_warning = AFTER_WARNING
        self.sockets: list[Socket] = []
        self.refused = 0
        """How many connections were turned away with `too_many_websockets`."""

    def ticket(self) -> str:
        """A ticket for one connection."""
        self._issued += 1
        ticket = f"ticket-{self._issued:06d}"
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Take one connection and stay until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="invalid ticket")
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        if len(self.sockets) >= MAX_SOCKETS:
            self.refused += 1
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        if not isinstance(request.transport, asyncio.Transport):
            return ws
        socket = Socket(self._issued, ws, request.transport)
        self.sockets.append(socket)
        await ws.send_json(self._hello())
        self._changed()
        try:
            async for message in ws:
                await self._receive(socket, message)
        finally:
            self._forget(socket)
        return ws

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Give an envelope to one socket and wait three seconds for its ack."""
        return await self._send(self._envelope(outbound), outbound)

    async def resend(self, envelope: Envelope, outbound: Outbound) -> Receipt:
        """Deliver the very same envelope once more."""
        return await self._send(envelope, outbound)

    async def disconnect(self, reason: str, socket: Socket | None = None) -> None:
        """Announce the end of a socket (of all, by default) as Slack does; a while later it closes.

        After `warning` it goes on until then; after the others it gets nothing new.
        """
        if reason not in DISCONNECT_REASONS:
            raise ValueError(f"no such reason: {reason}")
        for one in [socket] if socket else list(self.sockets):
            await one.ws.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}},
            )
            one.retiring = reason != "warning"
            after = self.last_words if one.retiring else self.after_warning
            ending = asyncio.create_task(self._end(one, after), name="end socket")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _end(self, socket: Socket, after: float) -> None:
        await asyncio.sleep(after)
        self._forget(socket)
        await socket.ws.close()

    def silence(self, socket: Socket | None = None) -> None:
        """Let a socket (all, by default) stay open but neither speak nor listen."""
        for one in [socket] if socket else self.sockets:
            one.silent = True

    def drop(self, socket: Socket | None = None) -> None:
        """Cut a socket (all, by default) without a word."""
        for one in [socket] if socket else list(self.sockets):
            self._forget(one)
            one.transport.abort()

    async def close(self) -> None:
        """Close every socket; the server goes away."""
        for ending in self._ending:
            ending.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        for socket in list(self.sockets):
            self._forget(socket)
            await socket.ws.close()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets),
            "debug_info": {
                "host": "sandbox",
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
            "connection_info": {"app_id": self._app_id},
        }

    def _envelope(self, outbound: Outbound) -> Envelope:
        self._envelopes += 1
        envelope_id = f"e{self._envelopes:08d}"
        frame: Json = {
            "envelope_id": envelope_id,
            "type": str(outbound.kind),
            "accepts_response_payload": outbound.accepts_response,
            "payload": outbound.payload,
        }
        if outbound.kind is Kind.EVENT:
            number, reason = outbound.retry or (0, "")
            frame |= {"retry_attempt": number, "retry_reason": reason}
        return Envelope(envelope_id, frame)

    async def _send(self, envelope: Envelope, outbound: Outbound) -> Receipt:
        started = time.monotonic()
        open_sockets = [socket for socket in self.sockets if not socket.retiring]
        if not open_sockets:
            return Receipt(Outcome.UNREACHABLE, 0.0)
        self._turn += 1
        socket = open_sockets[self._turn % len(open_sockets)]
        socket.received.append(envelope.id)
        answered: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        pending = _Pending(socket, outbound, started, answered)
        self._pending[envelope.id] = pending
        try:
            async with asyncio.timeout(ACK_SECONDS):
                if not socket.silent:
                    await socket.ws.send_json(envelope.frame)
                body = await answered
        except TimeoutError:
            pending.late = True
            outcome = Outcome.LOST if socket.silent else Outcome.LATE
            return Receipt(outcome, time.monotonic() - started, sent=envelope)
        except ConnectionError:
            answered.cancel()  # nobody waits for it any more, whenever the socket is forgotten
            return Receipt(Outcome.LOST, time.monotonic() - started, sent=envelope)
        accepted = body if outbound.accepts_response else None
        seconds = time.monotonic() - started
        return Receipt(Outcome.ACKED, seconds, body=accepted or None, sent=envelope)

    async def _receive(self, socket: Socket, message: WSMessage) -> None:
        if socket.silent:
            return
        if message.type is WSMsgType.PING:
            await socket.ws.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            self._ack(socket, message.json())

    def _ack(self, socket: Socket, frame: Json) -> None:
        pending = self._pending.get(frame.get("envelope_id", ""))
        if pending is None or pending.socket is not socket:
            self._violation(f"an ack for an envelope this socket was not given: {frame}")
        elif pending.late:
            seconds = time.monotonic() - pending.sent_at
            self._violation(f"{pending.outbound.label}: acked after {seconds:.1f} s")
        elif pending.answered.done():
            self._violation(f"{pending.outbound.label}: acked twice")
        else:
            pending.answered.set_result(frame.get("payload"))

    def _forget(self, socket: Socket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
            self._changed()
        for pending in self._pending.values():
            if pending.socket is socket and not pending.answered.done() and not pending.late:
                pending.answered.set_exception(ConnectionResetError("the socket is gone"))
