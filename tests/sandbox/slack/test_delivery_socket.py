"""Socket Mode at the level of frames."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Outcome, Person, SlackServer, Workspace

CHANNEL = "C0INCIDENT"


class Frames:
    """One socket of an app that acks when it is told to."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def next(self) -> dict[str, Any]:
        """The next frame."""
        return dict(await self.ws.receive_json(timeout=5))

    async def ack(self, payload: Any = None) -> dict[str, Any]:
        """Take the next frame and ack it."""
        frame = await self.next()
        reply = {"envelope_id": frame["envelope_id"]}
        await self.ws.send_json(reply if payload is None else reply | {"payload": payload})
        return frame


@pytest.fixture
def app_client(server: SlackServer, session: aiohttp.ClientSession) -> AsyncWebClient:
    """slack_sdk's client with the app token."""
    return AsyncWebClient(
        token=server.app.app_token, base_url=server.api_url, session=session, retry_handlers=[]
    )


@asynccontextmanager
async def socket(app_client: AsyncWebClient) -> AsyncIterator[Frames]:
    """One open socket, before its hello was read."""
    reply = await app_client.apps_connections_open(app_token=str(app_client.token))
    assert app_client.session is not None
    async with app_client.session.ws_connect(reply["url"]) as ws:
        yield Frames(ws)


async def test_hello_comes_first(app_client: AsyncWebClient, server: SlackServer) -> None:
    """It names the app, the number of connections and how long this one lives."""
    async with socket(app_client) as frames:
        hello = await frames.next()
    assert hello["type"] == "hello"
    assert hello["num_connections"] == 1
    assert hello["connection_info"] == {"app_id": server.app.app_id}
    assert hello["debug_info"]["approximate_connection_time"] == 18060


async def test_an_address_is_good_for_one_socket(app_client: AsyncWebClient) -> None:
    """A second connection with the same ticket is refused."""
    reply = await app_client.apps_connections_open(app_token=str(app_client.token))
    assert app_client.session is not None
    async with app_client.session.ws_connect(reply["url"]):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await app_client.session.ws_connect(reply["url"])
    assert caught.value.status == 401


async def test_a_payload_counts_where_it_is_accepted(
    app_client: AsyncWebClient, ana: Person, client: AsyncWebClient
) -> None:
    """A command's ack may carry a message, a click's may not."""
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [{"type": "actions", "elements": [button]}]
    card = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=blocks)
    async with socket(app_client) as frames:
        await frames.next()
        typed = asyncio.create_task(ana.slash(CHANNEL, "/nsx-restore"))
        frame = await frames.ack({"text": "shown"})
        assert (frame["type"], frame["accepts_response_payload"]) == ("slash_commands", True)
        assert (await typed).text == "shown"
        pressed = asyncio.create_task(ana.click(CHANNEL, card["ts"], "go"))
        frame = await frames.ack({"text": "not shown"})
        assert (frame["type"], frame["accepts_response_payload"]) == ("interactive", False)
        assert (await pressed).ok
    assert [m.text for m in ana.sees(CHANNEL)] == ["card", "shown"]


async def test_one_of_several_sockets_gets_each_envelope(
    app_client: AsyncWebClient, server: SlackServer, ana: Person
) -> None:
    """Exactly one, and over time every one of them."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(socket(app_client)) for _ in range(3)]
        for frames in opened:
            await frames.next()
        acking = [asyncio.create_task(frames.ack()) for frames in opened]
        for _ in range(3):
            assert (await ana.slash(CHANNEL, "/nsx-restore")).ok
        frames_seen = await asyncio.gather(*acking)
        assert len({frame["envelope_id"] for frame in frames_seen}) == 3
        assert [len(one.received) for one in server.sockets.sockets] == [1, 1, 1]


async def test_the_eleventh_socket_is_refused(
    app_client: AsyncWebClient, server: SlackServer
) -> None:
    """`too_many_websockets`, and the connection ends."""
    async with AsyncExitStack() as stack:
        for _ in range(10):
            frames = await stack.enter_async_context(socket(app_client))
            assert (await frames.next())["type"] == "hello"
        surplus = await stack.enter_async_context(socket(app_client))
        assert await surplus.next() == {"type": "disconnect", "reason": "too_many_websockets"}
        assert (await surplus.ws.receive()).type is aiohttp.WSMsgType.CLOSE
        assert server.sockets.refused == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_a_disconnect_is_announced(
    app_client: AsyncWebClient, server: SlackServer, ana: Person, reason: str
) -> None:
    """After `warning` envelopes still come; after the others none: a click in the gap is lost."""
    async with socket(app_client) as frames:
        await frames.next()
        await server.sockets.disconnect(reason)
        assert (await frames.next())["reason"] == reason
        typed = asyncio.create_task(ana.slash(CHANNEL, "/nsx-restore"))
        if reason == "warning":
            await frames.ack()
            assert (await typed).ok
        else:
            assert (await typed).error == "dispatch_failed"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_a_dismissed_socket_is_closed_in_the_end(
    app_client: AsyncWebClient, server: SlackServer, workspace: Workspace, reason: str
) -> None:
    """Whether or not the app has closed it by then."""
    server.sockets.last_words = server.sockets.after_warning = 0.05
    async with socket(app_client) as frames:
        await frames.next()
        await server.sockets.disconnect(reason)
        assert (await frames.next())["reason"] == reason
        assert (await frames.ws.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        await workspace.until(lambda: not server.sockets.sockets)


async def test_a_socket_that_is_told_to_go_brings_its_ack_home(
    app_client: AsyncWebClient, server: SlackServer, ana: Person
) -> None:
    """What was given to it before counts until it is closed."""
    async with socket(app_client) as frames:
        await frames.next()
        typed = asyncio.create_task(ana.slash(CHANNEL, "/nsx-restore"))
        frame = await frames.next()
        await server.sockets.disconnect("refresh_requested")
        assert (await frames.next())["reason"] == "refresh_requested"
        await frames.ws.send_json({"envelope_id": frame["envelope_id"]})
        assert (await typed).ok


async def test_a_dropped_socket_loses_what_was_on_its_way(
    app_client: AsyncWebClient, server: SlackServer, workspace: Workspace, ana: Person
) -> None:
    """The person sees a timeout; the app broke no rule; nothing is sent again."""
    async with socket(app_client) as frames:
        await frames.next()
        typed = asyncio.create_task(ana.slash(CHANNEL, "/nsx-restore"))
        await frames.next()
        server.sockets.drop()
        delivery = await typed
        assert delivery.receipt is not None
        assert (delivery.error, delivery.receipt.outcome) == ("operation_timeout", Outcome.LOST)
    async with socket(app_client) as frames:
        await frames.next()
        with pytest.raises(TimeoutError):
            await frames.ws.receive(timeout=0.05)
    assert workspace.violations == []


async def test_silence_and_lateness(
    app_client: AsyncWebClient, server: SlackServer, workspace: Workspace, ana: Person
) -> None:
    """A silenced socket gets nothing and answers no ping; a late ack is a broken rule."""
    async with socket(app_client) as quiet, socket(app_client) as frames:
        await quiet.next()
        await frames.next()
        server.sockets.silence(server.sockets.sockets[0])
        await quiet.ws.ping(b"anyone?")
        both = await asyncio.gather(
            ana.slash(CHANNEL, "/nsx-restore"), ana.slash(CHANNEL, "/nsx-restore")
        )
        receipts = [one.receipt for one in both if one.receipt is not None]
        assert {one.outcome for one in receipts} == {Outcome.LATE, Outcome.LOST}
        assert {one.error for one in both} == {"operation_timeout"}
        with pytest.raises(TimeoutError):
            await quiet.ws.receive(timeout=0.05)
        await frames.ack()
        await workspace.until(lambda: len(workspace.violations) == 2)
    assert workspace.violations[0] == "slash_commands /nsx-restore: not acked within 3 s"
    assert workspace.violations[1].startswith("slash_commands /nsx-restore: acked after 3.")


async def test_acks_that_belong_to_nothing_are_noted(
    app_client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """An unknown envelope_id, and a second ack for the same one."""
    async with socket(app_client) as frames:
        await frames.next()
        await frames.ws.send_json({"envelope_id": "e404"})
        typed = asyncio.create_task(ana.slash(CHANNEL, "/nsx-restore"))
        frame = await frames.ack()
        await typed
        await frames.ws.send_json({"envelope_id": frame["envelope_id"]})
        await workspace.until(lambda: len(workspace.violations) == 2)
    assert "was not given" in workspace.violations[0]
    assert "acked twice" in workspace.violations[1]


async def test_an_envelope_can_be_repeated(
    app_client: AsyncWebClient, server: SlackServer, ana: Person
) -> None:
    """The very same envelope_id and payload."""
    async with socket(app_client) as frames:
        await frames.next()
        typed = asyncio.create_task(ana.slash(CHANNEL, "/nsx-restore"))
        first = await frames.ack()
        again = asyncio.create_task(server.resend(await typed))
        assert await frames.ack() == first
        assert (await again).outcome is Outcome.ACKED


async def test_without_any_socket_nothing_arrives(ana: Person) -> None:
    """The person sees dispatch_failed at once."""
    delivery = await ana.slash(CHANNEL, "/nsx-restore")
    assert (delivery.error, delivery.seconds) == ("dispatch_failed", 0.0)


async def test_events_carry_their_retry_fields(app_client: AsyncWebClient, ana: Person) -> None:
    """`retry_attempt` and `retry_reason` are always there for events."""
    async with socket(app_client) as frames:
        await frames.next()
        opened = asyncio.create_task(ana.open_home())
        frame = await frames.ack()
        assert (await opened) is not None
    assert (frame["type"], frame["retry_attempt"], frame["retry_reason"]) == ("events_api", 0, "")
