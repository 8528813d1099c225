"""A page in front of a workspace: with an app that only keeps what it gets, on loopback."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.page.server import PageServer
from bot.sandbox.page.stage_page import LEGEND
from bot.sandbox.slack import BOT_SCOPES, AppCredentials, SlackServer, Workspace
from tests.sandbox.page.app import App
from tests.sandbox.page.browser import Browser

CHANNEL = "C0INCIDENT"
SECRET_CHANNEL = "G0SECRET"
BOT = "U0NSXBOT"


@pytest.fixture
def workspace() -> Workspace:
    """The cast, one open channel, and a private one in which only ana and the app are."""
    created = Workspace()
    for name in ("ana", "ben", "chi"):
        created.add_user(f"U0{name.upper()}", name)
    created.add_user("U0GUS", "gus", is_restricted=True)
    created.add_user("U0OLD", "old", deleted=True)
    created.add_channel(CHANNEL, "incident", [BOT, "U0ANA", "U0BEN", "U0CHI"])
    created.add_channel(SECRET_CHANNEL, "secret", [BOT, "U0ANA"], is_private=True)
    created.add_usergroup("S0LEADS", "leads", ["U0BEN", "U0CHI"])
    return created


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncIterator[SlackServer]:
    """The workspace on a free port."""
    more = {"im:read", "im:history"}
    app = AppCredentials(scopes=BOT_SCOPES | more)
    async with SlackServer(workspace, app=app) as running:
        yield running


@pytest.fixture
async def app(slack: SlackServer) -> AsyncIterator[App]:
    """An app that keeps each payload and answers what it is told to."""
    keeper = App(slack)
    application = web.Application()
    application.router.add_post("/slack/events", keeper.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.deliver_over_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    yield keeper
    await keeper.close()
    await runner.cleanup()


@pytest.fixture
async def page(slack: SlackServer) -> AsyncIterator[PageServer]:
    """The page on a free port."""
    async with PageServer(slack, legend=LEGEND) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """One HTTP session for everything a test sends."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def browser(page: PageServer, session: aiohttp.ClientSession) -> AsyncIterator[Browser]:
    """A browser that opens windows of the page."""
    opened = Browser(session, page.port)
    yield opened
    await opened.close()
