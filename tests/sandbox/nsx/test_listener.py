"""The listener of a stand-in goes away and comes back, and leaves nothing behind."""

import asyncio
import gc
import socket
import ssl
from pathlib import Path

from aiohttp import web

from bot.sandbox.authority import Authority
from bot.sandbox.nsx.listener import Absence, Listener


async def test_a_connection_that_comes_while_it_goes_is_closed(tmp_path: Path) -> None:
    """The client sees an end, and no open connection is left to the garbage collector."""
    listener = Listener(web.Application())
    await listener.open(Authority(tmp_path).certificate("127.0.0.1").context)
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        client.settimeout(0)
        await asyncio.sleep(0)
        # The loop accepts the connection now, and goes away before it makes anything of it.
        await asyncio.create_task(listener.leave(Absence.REFUSED))
        gc.collect()
        await listener.close()
        async with asyncio.timeout(5):
            while await asyncio.get_running_loop().sock_recv(client, 100):
                pass
    gc.collect()


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
