"""Socket Mode: connected again after everything, and no click lost while a socket is replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.background import Background
from bot.domain.errors import Kind, SlackError
from bot.domain.intents import Intent
from bot.sandbox.slack import api_error, http_status, not_json, slow
from bot.slack.bolt import build_bolt
from bot.slack.socket import Patience, SocketMode
from handlers import register
from tests.builders import CHANNEL
from tests.handlers.world import World

COMMAND = "/nsx-restore"
PATIENT = Patience(first_wait=0.01, longest_wait=0.05, grace=0.3, hello=2)


@asynccontextmanager
async def _connecting(world: World, patience: Patience = PATIENT) -> AsyncIterator[SocketMode]:
    app = world.slack.app
    bolt = build_bolt(app.bot_token, None, world.clients.reads)
    register(bolt, world.desk())
    socket = SocketMode(bolt, app.app_token, world.clients.session, world.slack.api_url, patience)
    runner = Background()
    runner.spawn(socket.run(), "socket")
    try:
        yield socket
    finally:
        await runner.close()


async def _works(world: World) -> None:
    delivery = await world.ana.slash(CHANNEL, COMMAND, "help")
    assert delivery.ok
    assert "cancel ID" in delivery.text


@pytest.mark.parametrize(
    "fault",
    [
        http_status(500),
        http_status(404),
        not_json(),
        not_json(""),
        not_json("[]"),
        not_json('{"ok": true}'),
        not_json('{"ok": true, "url": "ws://127.0.0.1:1/link"}'),
        not_json('{"ok": true, "url": "nonsense"}'),
        api_error("internal_error"),
    ],
    ids=str,
)
async def test_odd_answers_at_the_start_are_waited_out(world: World, fault: object) -> None:
    """Whatever `apps.connections.open` answers first, the bot connects in the end."""
    world.workspace.faults.next("apps.connections.open", fault, fault)  # type: ignore[arg-type]
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        await _works(world)


async def test_a_token_that_is_refused_at_the_start_is_named(world: World) -> None:
    """It will be refused again: `serve` ends with the variable that is to be set."""
    world.workspace.faults.always("apps.connections.open", api_error("invalid_auth"))
    socket = SocketMode(
        build_bolt(world.slack.app.bot_token, None, world.clients.reads),
        world.slack.app.app_token,
        world.clients.session,
        world.slack.api_url,
        PATIENT,
    )
    with pytest.raises(SlackError, match="Slack refuses SLACK_APP_TOKEN: invalid_auth") as caught:
        await asyncio.wait_for(socket.run(), 5)
    assert caught.value.kind is Kind.AUTH


async def test_a_token_that_is_refused_later_is_waited_out(world: World) -> None:
    """A restore may be under way, which needs no socket."""
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        refused = api_error("invalid_auth")
        world.workspace.faults.next("apps.connections.open", refused, refused)
        world.slack.sockets.drop()
        await world.until(lambda: len(world.workspace.calls("apps.connections.open")) == 4)
        await world.until(lambda: socket.is_connected)
        await _works(world)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_socket_that_slack_closes_first_is_no_trouble(world: World, reason: str) -> None:
    """Slack does not wait for our grace: commands still go through, over the next socket."""
    world.slack.sockets.last_words = world.slack.sockets.after_warning = 0.02
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        [first] = world.slack.sockets.sockets
        await world.slack.sockets.disconnect(reason)
        await world.until(lambda: first not in world.slack.sockets.sockets)
        await world.until(lambda: len(world.slack.sockets.sockets) == 1)
        await world.until(lambda: socket.is_connected)
        await _works(world)


async def test_a_socket_is_replaced_without_a_gap(world: World) -> None:
    """When Slack warns that it will close a socket, commands go through before, during and after.

    The new connection takes its time; the old socket still takes what comes meanwhile.
    """
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        await _works(world)
        world.workspace.faults.next("apps.connections.open", slow(0.3))
        await world.slack.sockets.disconnect("warning")
        await world.until(lambda: len(world.workspace.calls("apps.connections.open")) == 2)
        assert len(world.slack.sockets.sockets) == 1
        await _works(world)
        await world.until(lambda: socket.is_connected)
        await _works(world)


async def test_a_socket_that_slack_takes_away_is_replaced(world: World) -> None:
    """To a socket that is to be refreshed Slack itself sends nothing more; the next one serves."""
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        await _works(world)
        await world.slack.sockets.disconnect("refresh_requested")
        await world.until(lambda: len(world.workspace.calls("apps.connections.open")) == 2)
        await world.until(lambda: socket.is_connected)
        await _works(world)


async def test_a_dropped_socket_is_replaced(world: World) -> None:
    """A connection that breaks is made again."""
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        world.slack.sockets.drop()
        await world.until(lambda: not socket.is_connected)
        await world.until(lambda: socket.is_connected)
        await _works(world)


async def test_a_silent_socket_is_replaced(world: World) -> None:
    """A socket that stays open and brings nothing is replaced after a while."""
    async with _connecting(world, replace(PATIENT, quiet=0.2)) as socket:
        await world.until(lambda: socket.is_connected)
        world.slack.sockets.silence()
        await world.until(lambda: len(world.workspace.calls("apps.connections.open")) >= 2)
        await world.until(lambda: world.workspace.calls("auth.test"))
        await world.until(lambda: socket.is_connected)
        await _works(world)


async def test_a_slow_handler_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Envelopes run at the same time."""
    held = asyncio.Event()
    receive = world.service.receive

    async def slowly(key: str, intent: Intent) -> bool:
        await held.wait()
        return await receive(key, intent)

    monkeypatch.setattr(world.service, "receive", slowly)
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
        waiting = asyncio.create_task(
            world.ana.slash(CHANNEL, COMMAND, "request dc1-nsxt reason=because")
        )
        await _works(world)
        held.set()
        assert (await waiting).ok


async def test_it_ends_when_it_is_told_to(world: World) -> None:
    """Cancelled, it closes its socket."""
    async with _connecting(world) as socket:
        await world.until(lambda: socket.is_connected)
    await world.until(lambda: not world.slack.sockets.sockets)
