"""Run a small ASGI application inside our own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from bot.domain.errors import Kind, OutsideError


class CannotListenError(OutsideError):
    """An address could not be bound."""


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals."""
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, *, host: str, port: int, name: str) -> AsyncIterator[int]:
    """Serve `app` while the block lasts; yields the port, which the system chooses for 0.

    Raises:
        CannotListenError: somebody else has the port, or the host is not ours; `name` is the
            environment variable to change.

    """
    listener = _listen(host, port, name)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name=f"serve {name}")
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task


def _listen(host: str, port: int, name: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise CannotListenError(
            Kind.UNREACHABLE,
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            f"Set {name} to another one, or end what listens there.",
        ) from error
