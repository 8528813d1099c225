"""Run a small ASGI application inside our own event loop."""

import asyncio
import contextlib
import errno
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
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not a name of a host"
        raise CannotListenError(
            Kind.UNREACHABLE, f"Cannot listen on {host}:{port}: {said}.", _advice(error, name)
        ) from error


def _advice(error: OSError | UnicodeError, name: str) -> str:
    """Say which variable to change: a port can be taken, a host can be somebody else's."""
    if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES}:
        return f"Set {name} to another one, or end what listens there."
    return "Set HOST to an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all."
