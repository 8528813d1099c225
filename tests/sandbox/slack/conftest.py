"""A workspace with a channel, a requester, two leads, and the app, on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import BOT_SCOPES, AppCredentials, Person, SlackServer, Workspace

BOT = "U0NSXBOT"
CHANNEL = "C0INCIDENT"


class ManualClock:
    """Time that passes only when a test says so."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time now."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let seconds pass."""
        self.now += seconds


def seed(workspace: Workspace) -> None:
    """People, the incident channel and the group of leads."""
    workspace.add_user("U0ANA", "ana")
    workspace.add_user("U0BEN", "ben")
    workspace.add_user("U0CHI", "chi")
    workspace.add_channel(CHANNEL, "incident", [BOT, "U0ANA", "U0BEN", "U0CHI"])
    workspace.add_usergroup("S0LEADS", "leads", ["U0BEN", "U0CHI"])


@pytest.fixture
def clock() -> ManualClock:
    """The workspace's time, which stands still."""
    return ManualClock()


@pytest.fixture
def wire_clock() -> ManualClock:
    """The time between machines, which stands still."""
    return ManualClock(0.0)


@pytest.fixture
def workspace(clock: ManualClock, wire_clock: ManualClock) -> Workspace:
    """A seeded workspace."""
    created = Workspace(clock=clock, wire_clock=wire_clock)
    seed(created)
    return created


@pytest.fixture
def app_credentials() -> AppCredentials:
    """The app, with every scope and event that the tests use."""
    more = {"reactions:write", "im:read", "im:history"}
    return AppCredentials(
        scopes=BOT_SCOPES | more, events=frozenset({"app_home_opened", "app_mention", "message"})
    )


@pytest.fixture
async def server(
    workspace: Workspace, app_credentials: AppCredentials
) -> AsyncIterator[SlackServer]:
    """The workspace on a free port."""
    async with SlackServer(workspace, app=app_credentials) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """One HTTP session for everything a test sends."""
    async with aiohttp.ClientSession() as open_session:
        yield open_session


@pytest.fixture
def client(server: SlackServer, session: aiohttp.ClientSession) -> AsyncWebClient:
    """slack_sdk's own client with the bot token and no retries."""
    return AsyncWebClient(
        token=server.app.bot_token, base_url=server.api_url, session=session, retry_handlers=[]
    )


@pytest.fixture
def ana(server: SlackServer) -> Person:
    """The requester."""
    return server.person("U0ANA")


@pytest.fixture
def ben(server: SlackServer) -> Person:
    """A lead."""
    return server.person("U0BEN")


@dataclass
class RawApp:
    """An app without a framework: it keeps each request and answers what it is told to."""

    url: str = ""
    requests: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    status: int = 200
    body: dict[str, Any] | str = ""
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        """Keep the request and answer."""
        self.requests.append((await request.read(), dict(request.headers)))
        await asyncio.sleep(self.delay)
        if isinstance(self.body, dict):
            return web.json_response(self.body, status=self.status, headers=self.headers)
        return web.Response(text=self.body, status=self.status, headers=self.headers)

    def payload(self, number: int = -1) -> dict[str, Any]:
        """The payload of an interaction, or the JSON of an event, that was received."""
        body, headers = self.requests[number]
        if headers["Content-Type"] == "application/json":
            return dict(json.loads(body))
        fields = parse_qs(body.decode(), keep_blank_values=True)
        if "payload" in fields:
            return dict(json.loads(fields["payload"][0]))
        return {name: values[0] for name, values in fields.items()}


@pytest.fixture
async def raw(server: SlackServer) -> AsyncIterator[RawApp]:
    """The raw app, to which everything is delivered over HTTP."""
    raw_app = RawApp()
    application = web.Application()
    application.router.add_post("/slack/events", raw_app.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    raw_app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    server.deliver_over_http(raw_app.url)
    yield raw_app
    await runner.cleanup()
