"""The two clients of the Web API, over one session.

A request that posts is never repeated by a library: slack_sdk's default client sends it again when
the connection breaks, and Slack has no key by which it would notice the second one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Self

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)

from bot.slack.contact import Contact, WatchedClient

SLACK_API: Final = "https://slack.com/api/"

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
"""Seconds; Slack answers in far less, and whoever waits must not wait for ever."""


@dataclass(frozen=True, slots=True)
class SlackClients:
    """`posts` sends once and never again by itself; `reads` may repeat: it reads, edits, opens.

    `contact` is what the calls of both tell about Slack.
    Neither sleeps over a `Retry-After`: a reader fails closed, the messenger comes back later.
    """

    session: aiohttp.ClientSession
    posts: WatchedClient = field(repr=False)
    reads: WatchedClient = field(repr=False)
    contact: Contact

    @classmethod
    @asynccontextmanager
    async def open(cls, token: str, api_url: str = SLACK_API) -> AsyncIterator[Self]:
        """Open both, and close them with the block."""
        async with new_session() as session:
            contact = Contact()
            posts = web_client(session, token, api_url, contact)
            reads = web_client(session, token, api_url, contact)
            reads.retry_handlers = [
                AsyncConnectionErrorRetryHandler(max_retry_count=1),
                AsyncServerErrorRetryHandler(max_retry_count=1),
            ]
            yield cls(session, posts, reads, contact)


def new_session() -> aiohttp.ClientSession:
    """Return a session that keeps no cookies and knows no proxy but the one it is told of."""
    return aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())


def web_client(
    session: aiohttp.ClientSession, token: str, api_url: str, contact: Contact | None = None
) -> WatchedClient:
    """Return a client that sends each request once; `contact` is told how each went."""
    client = WatchedClient(
        contact or Contact(), token=token, base_url=api_url, session=session, retry_handlers=[]
    )
    if not client.base_url.startswith("https://"):
        client.proxy = None  # the proxy of the environment is not the way to a local Slack
    return client
