"""Run a small ASGI application inside our own event loop."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from bot.domain.errors import Kind, OutsideError

_BACKLOG: Final = 256
"""Connections that may wait to be accepted."""


class CannotListenError(OutsideError):
    """An address could not be bound."""


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals."""
        yield


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; `name` is the environment variable to change if that cannot be."""

    host: str
    port: int
    name: str

    def refusal(self, error: OSError | UnicodeError) -> CannotListenError:
        """Return what to say of an address that cannot be used."""
        said = error.strerror if isinstance(error, OSError) else "not a name of a host"
        return CannotListenError(
            Kind.UNREACHABLE,
            f"Cannot listen on {self.host}:{self.port}: {said}.",
            _advice(error, self.name),
        )


@contextlib.contextmanager
def reserved(address: Address) -> Iterator[socket.socket]:
    """Bind an address while the block lasts; nobody is heard, or kept waiting, before `serving_on`.

    Raises:
        CannotListenError: somebody else has the port, or the host is not ours.

    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as bound:
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((address.host, address.port))
        except (OSError, UnicodeError) as error:
            raise address.refusal(error) from error
        yield bound


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, *, host: str, port: int, name: str) -> AsyncIterator[int]:
    """Serve `app` while the block lasts; yields the port, which the system chooses for 0.

    Raises:
        CannotListenError: somebody else has the port, or the host is not ours; `name` is the
            environment variable to change.

    """
    address = Address(host, port, name)
    with reserved(address) as bound:
        async with serving_on(bound, address, app) as chosen:
            yield chosen


@contextlib.asynccontextmanager
async def serving_on(bound: socket.socket, address: Address, app: ASGIApp) -> AsyncIterator[int]:
    """Serve `app` on a reserved address while the block lasts; yields the port.

    Raises:
        CannotListenError: somebody else listens there by now.

    """
    try:
        bound.listen(_BACKLOG)
    except OSError as error:
        raise address.refusal(error) from error
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
    task = asyncio.create_task(server.serve(sockets=[bound]), name=f"serve {address.name}")
    try:
        yield int(bound.getsockname()[1])
    finally:
        server.should_exit = True
        await task


def _advice(error: OSError | UnicodeError, name: str) -> str:
    """Say which variable to change: a port can be taken, a host can be somebody else's."""
    if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES}:
        return f"Set {name} to another one, or end what listens there."
    return "Set HOST to an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all."
