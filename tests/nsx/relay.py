"""A relay before a manager that can put a bad TLS record into what the manager answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.nsx.raw_server import BAD_RECORD


@dataclass
class Relay:
    """Passes bytes both ways; where `spoils` says so, the answer to a request is a bad record.

    `spoils` is asked when bytes come back after a request went out, hence after its handshake.
    `spoilt` counts them.
    """

    upstream: int
    spoils: Callable[[], bool]
    spoilt: int = 0
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Relay while the block lasts; yields the base URL."""
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        finally:
            listener.close()
            for task in self._talks:
                task.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def _talk(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        async with _closing(back):
            server, out = await asyncio.open_connection("127.0.0.1", self.upstream)
            async with _closing(out):
                talk = _Talk()
                asking = asyncio.create_task(talk.ask(client, out))
                try:
                    if await self._answer(talk, server, back):
                        await asking  # until the client hangs up: a reset could overtake the record
                finally:
                    asking.cancel()

    async def _answer(
        self, talk: "_Talk", server: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> bool:
        """Pass answers back; return whether the last one was spoilt."""
        while content := await server.read(65_536):
            if talk.past_handshake and self.spoils():
                self.spoilt += 1
                back.write(BAD_RECORD)
                return True
            talk.answered = True
            back.write(content)
            await back.drain()
        return False


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close at the end, all the way: a transport that the loop outlives is a warning elsewhere."""
    with contextlib.suppress(ConnectionError):
        try:
            yield
        finally:
            writer.close()
            await writer.wait_closed()


@dataclass
class _Talk:
    """How far a connection is: a client that speaks after an answer has its handshake behind it."""

    answered: bool = False
    past_handshake: bool = False

    async def ask(self, client: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while content := await client.read(65_536):
                self.past_handshake = self.answered
                out.write(content)
                await out.drain()
