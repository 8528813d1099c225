"""A manager of 2.0 and later that gives exact answers, one after the other, and what it was asked.

Each request comes over its own TLS connection on the loopback.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.domain.errors import ManagerError
from bot.domain.values import Component
from bot.ports import GuidedManager
from bot.sandbox.authority import Authority
from tests.nsx.places import guided, managers, trusted
from tests.nsx.raw_server import Answering, RawServer, raw_server, replying

Result = TypeVar("Result")


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which must be JSON."""
        return json.loads(self.body)

    @property
    def line(self) -> str:
        """Method, path and query, decoded."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.method} {self.path}" + (f"?{query}" if query else "")


def parsed(request: bytes) -> Asked:
    """Take a request apart."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, url, _ = first.split(" ")
    parts = urlsplit(url)
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    query = parse_qsl(parts.query, keep_blank_values=True)
    return Asked(method, parts.path, dict(query), headers, body)


def told(document: object, status: int = 200) -> Answering:
    """Answer with a JSON document."""
    return replying(status, json.dumps(document).encode(), "Content-Type: application/json")


class GuidedWire:
    """A manager that gives these answers, the last one for ever, and a client of it."""

    def __init__(
        self,
        authority: Authority,
        *answers: Answering,
        component: Component = Component.LOCAL,
        seconds: float = 5.0,
    ) -> None:
        self._authority = authority
        self._answers = answers
        self._component = component
        self._seconds = seconds
        self.server = RawServer()

    @property
    def asked(self) -> list[Asked]:
        """What arrived."""
        return [parsed(request) for request in self.server.received]

    @property
    def lines(self) -> list[str]:
        """What arrived, without headers and bodies."""
        return [asked.line for asked in self.asked]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[GuidedManager]:
        """Serve, and open the client under test for it."""

        async def answer(writer: asyncio.StreamWriter) -> None:
            number = min(len(self.server.received), len(self._answers)) - 1
            await self._answers[number](writer)

        async with raw_server(self._authority.issue("127.0.0.1"), answer) as self.server:
            target = trusted(self.server.url, self._authority, seconds=self._seconds)
            async with managers().guided(guided(target, self._component)) as manager:
                yield manager

    async def gives(self, call: Callable[[GuidedManager], Awaitable[Result]]) -> Result:
        """Return what a call of the client gives."""
        async with self.open() as manager:
            return await call(manager)

    async def error(self, call: Callable[[GuidedManager], Awaitable[object]]) -> ManagerError:
        """Return the error that a call of the client ends in."""
        with pytest.raises(ManagerError) as caught:
            await self.gives(call)
        return caught.value
