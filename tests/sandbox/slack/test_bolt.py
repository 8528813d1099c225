"""Bolt's own adapters work against the workspace, over HTTP and over Socket Mode."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.slack import SlackServer, Workspace

CHANNEL = "C0INCIDENT"
CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Restore* dc1-nsxt?"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "value": "R-7QK2M9",
                "text": {"type": "plain_text", "text": "Approve"},
            },
        ],
    },
]
FORM = {
    "type": "modal",
    "callback_id": "file_request",
    "title": {"type": "plain_text", "text": "Restore"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
    ],
}


def register(app: AsyncApp) -> None:
    """A small app that uses every entry point."""

    @app.command("/nsx-restore")
    async def on_command(ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        if body["text"] == "form":
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        elif body["text"] == "card":
            await ack()
            await client.chat_postMessage(channel=body["channel_id"], text="Restore?", blocks=CARD)
        elif body["text"] == "later":
            await ack()
            await respond("by response_url")
        elif body["text"] == "fail":
            raise ValueError(body["text"])
        else:
            await ack(f"you said {body['text']}")

    @app.action("approve")
    async def on_approve(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        value = body["actions"][0]["value"]
        await respond(f"noted {value}", response_type="ephemeral", replace_original=False)

    @app.view("file_request")
    async def on_submit(ack: Any, body: dict[str, Any]) -> None:
        reason = body["view"]["state"]["values"]["reason"]["text"]["value"]
        if reason == "bad":
            await ack(response_action="errors", errors={"reason": "Say more."})
        else:
            await ack()

    @app.event("app_home_opened")
    async def on_home(event: dict[str, Any], client: Any) -> None:
        view = {"type": "home", "blocks": CARD}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any], client: Any) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="yes?")

    @app.event("message")
    async def on_message() -> None:
        """Subscribed, so it has to be answered."""


def bolt_app(server: SlackServer, session: aiohttp.ClientSession) -> AsyncApp:
    """The app under Bolt, with slack_sdk's client."""
    client = AsyncWebClient(
        token=server.app.bot_token, base_url=server.api_url, session=session, retry_handlers=[]
    )
    app = AsyncApp(client=client, token=client.token, signing_secret=server.app.signing_secret)
    register(app)
    return app


@asynccontextmanager
async def over_http(server: SlackServer, app: AsyncApp) -> AsyncIterator[None]:
    """The app under uvicorn, behind Bolt's Starlette adapter."""
    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    asgi = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
    config = uvicorn.Config(asgi, port=0, log_level="error", lifespan="off", ws="none")
    served = uvicorn.Server(config)
    running = asyncio.create_task(served.serve())
    while not served.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait on
        await asyncio.sleep(0.01)
    port = served.servers[0].sockets[0].getsockname()[1]
    server.deliver_over_http(f"http://127.0.0.1:{port}/slack/events")
    yield
    served.should_exit = True
    await running


@asynccontextmanager
async def over_socket(
    server: SlackServer, app: AsyncApp, session: aiohttp.ClientSession
) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app in Socket Mode, with Bolt's aiohttp handler."""
    web_client = AsyncWebClient(base_url=server.api_url, session=session, retry_handlers=[])
    handler = AsyncSocketModeHandler(
        app, app_token=server.app.app_token, web_client=web_client, ping_interval=1
    )
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture(params=["http", "socket"])
async def connected(
    request: pytest.FixtureRequest, server: SlackServer, session: aiohttp.ClientSession
) -> AsyncIterator[str]:
    """The app, connected in either way."""
    app = bolt_app(server, session)
    way = over_http(server, app) if request.param == "http" else over_socket(server, app, session)
    async with way:
        yield request.param


async def test_a_command_is_answered_in_its_ack(
    connected: str, server: SlackServer, workspace: Workspace
) -> None:
    """The text in an ack reaches the person who typed, and nobody else."""
    ana, ben = server.person("U0ANA"), server.person("U0BEN")
    delivery = await ana.slash(CHANNEL, "/nsx-restore", "hello")
    assert delivery.ok, connected
    assert delivery.text == "you said hello"
    assert [m.text for m in ana.sees(CHANNEL)] == ["you said hello"]
    assert ben.sees(CHANNEL) == []
    assert workspace.violations == []


async def test_a_card_is_posted_and_pressed(
    connected: str, server: SlackServer, workspace: Workspace
) -> None:
    """A press carries the stored value, and the private answer reaches the presser alone."""
    ana, ben = server.person("U0ANA"), server.person("U0BEN")
    await ana.slash(CHANNEL, "/nsx-restore", "card")
    card = await workspace.until(lambda: ana.sees(CHANNEL)[0])
    delivery = await ben.click(CHANNEL, card.ts, "approve")
    assert delivery.ok, connected
    note = await workspace.until(lambda: ben.sees(CHANNEL)[1])
    assert note.text == "noted R-7QK2M9"
    assert len(ana.sees(CHANNEL)) == 1
    assert workspace.violations == []


async def test_a_form_is_refused_and_then_taken(
    connected: str, server: SlackServer, workspace: Workspace
) -> None:
    """Errors stay under their inputs; an empty ack closes the form."""
    ana = server.person("U0ANA")
    await ana.slash(CHANNEL, "/nsx-restore", "form")
    view = await workspace.until(ana.modal)
    refused = await ana.submit(view.id, {"reason": "bad"})
    assert (refused.ok, refused.errors) == (False, {"reason": "Say more."}), connected
    assert ana.modal().errors == {"reason": "Say more."}
    taken = await ana.submit(view.id, {("reason", "text"): "node lost"})
    assert taken.ok
    assert workspace.views("U0ANA") == []
    assert workspace.violations == []


async def test_events_arrive(connected: str, server: SlackServer, workspace: Workspace) -> None:
    """App Home is published when it is opened; a mention is answered in its thread."""
    ana = server.person("U0ANA")
    await ana.open_home()
    home = await workspace.until(lambda: workspace.home("U0ANA"))
    assert home.blocks[1]["elements"][0]["value"] == "R-7QK2M9", connected
    asked = await ana.mention(CHANNEL, "status?")
    thread = await workspace.until(lambda: len(t := ana.sees_thread(CHANNEL, asked.ts)) == 2 and t)
    assert thread[1].text == "yes?"
    assert workspace.violations == []


async def test_a_response_url_answers_later(
    connected: str, server: SlackServer, workspace: Workspace
) -> None:
    """What is sent to a response URL is private by default."""
    ana = server.person("U0ANA")
    await ana.slash(CHANNEL, "/nsx-restore", "later")
    note = await workspace.until(lambda: ana.sees(CHANNEL)[0])
    assert (note.text, note.visible_to) == ("by response_url", "U0ANA"), connected


async def test_the_same_bytes_pass_again(
    server: SlackServer, workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    """A replay within five minutes carries a good signature: only the app can tell it apart."""
    async with over_http(server, bolt_app(server, session)):
        delivery = await server.person("U0ANA").slash(CHANNEL, "/nsx-restore", "card")
        receipt = await server.resend(delivery)
        assert receipt.status == 200
        await workspace.until(lambda: len(workspace.calls("chat.postMessage")) == 2)


async def test_the_client_comes_back_after_a_refresh(
    server: SlackServer, workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    """A click in the gap is lost; after the reconnect commands arrive again."""
    ana = server.person("U0ANA")
    async with over_socket(server, bolt_app(server, session), session):
        await workspace.until(lambda: server.sockets.sockets)
        first = server.sockets.sockets[0]
        await server.sockets.disconnect("refresh_requested")
        lost = await ana.slash(CHANNEL, "/nsx-restore", "hello")
        assert lost.error == "dispatch_failed"
        await workspace.until(
            lambda: server.sockets.sockets and first not in server.sockets.sockets
        )
        assert (await ana.slash(CHANNEL, "/nsx-restore", "hello")).text == "you said hello"
    assert workspace.violations == []


async def test_an_error_before_the_ack_is_shown(
    server: SlackServer, workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    """A 500 is shown at once as dispatch_failed, and noted as a broken rule."""
    async with over_http(server, bolt_app(server, session)):
        delivery = await server.person("U0ANA").slash(CHANNEL, "/nsx-restore", "fail")
    assert (delivery.ok, delivery.error) == (False, "dispatch_failed")
    assert workspace.violations == [
        "slash_commands /nsx-restore: HTTP 500 in place of an ack",
    ]
