"""A request that is called off, as when the bot ends, leaves nothing open."""

import asyncio
import contextlib
import gc
from pathlib import Path

import pytest

from bot.domain.errors import ManagerError
from bot.sandbox.authority import Authority
from tests.nsx.places import managers, trusted


@pytest.mark.parametrize("turns", range(0, 40, 4))
async def test_a_request_called_off_in_its_handshake_leaves_no_connection(
    tmp_path: Path, turns: int
) -> None:
    """Wherever it is by then: the server accepts connections, and says nothing."""
    silent: set[asyncio.StreamWriter] = set()
    server = await asyncio.start_server(lambda _, writer: silent.add(writer), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        target = trusted(f"https://127.0.0.1:{port}", Authority(tmp_path), seconds=1.0)
        async with managers()(target) as manager:
            asking = asyncio.create_task(manager.facts())
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError, ManagerError):
                await asking
        for writer in silent:
            writer.transport.abort()
    await asyncio.sleep(0)
    gc.collect()  # an open transport would be told of here, as an error
