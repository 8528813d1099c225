"""The listener of a simulated manager: what it has let in, it lets go of at its end."""

import asyncio
import gc
import ssl
from pathlib import Path

from aiohttp import web

from bot.sandbox.authority import Authority
from bot.sandbox.nsx.listener import Listener


async def test_a_client_that_never_greets_is_let_go_at_the_end(tmp_path: Path) -> None:
    """A connection without TLS, or in the middle of its handshake, is known to nobody else."""
    authority, listener = Authority(tmp_path), Listener(web.Application())
    await listener.open(authority.certificate("127.0.0.1").context)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    # Served to another client, so the connection before it was let in too.
    _, other = await asyncio.open_connection(
        "127.0.0.1", listener.port, ssl=ssl.create_default_context(cafile=authority.ca_pem)
    )
    other.close()

    await listener.close()

    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    gc.collect()  # an open transport would be told of here, as an error
