"""Contact with Slack: what the last call told, until another one tells otherwise."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from bot.sandbox.slack import api_error, http_status, not_json, rate_limited, slow
from bot.slack import contact
from bot.slack.failures import CALL_FAILED
from tests.builders import BEN, CHANNEL
from tests.handlers.world import World


async def attempt(call: Awaitable[Any]) -> None:
    """Make a call that may fail."""
    try:
        await call
    except CALL_FAILED:
        return


async def test_without_a_call_there_is_no_contact(world: World) -> None:
    """Asked for it, a call is made."""
    assert not world.clients.contact.is_good
    assert await world.clients.contact.now(world.clients.reads)
    assert len(world.workspace.calls("auth.test")) == 1


@pytest.mark.parametrize(
    ("fault", "is_good"),
    [
        (http_status(503), False),
        (not_json(), False),
        (api_error("token_revoked"), False),
        (api_error("internal_error"), False),
        (api_error("channel_not_found"), True),
        (rate_limited(1), True),
    ],
    ids=str,
)
async def test_the_last_call_counts(world: World, fault: Any, *, is_good: bool) -> None:
    """A refusal is an answer too, unless it is the token that is refused."""
    clients = world.clients
    await clients.reads.users_info(user=BEN)
    assert clients.contact.is_good
    world.workspace.faults.always("chat.postMessage", fault)
    await attempt(clients.posts.chat_postMessage(channel=CHANNEL, text="hello"))
    assert clients.contact.is_good is is_good
    await clients.reads.users_info(user=BEN)
    assert clients.contact.is_good


async def test_slack_is_asked_anew_after_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at once, and not by everybody who asks: some time must have passed."""
    clients = world.clients
    world.workspace.faults.always("users.info", http_status(503))
    await attempt(clients.reads.users_info(user=BEN))
    assert not await clients.contact.now(clients.reads)
    assert world.workspace.calls("auth.test") == []
    monkeypatch.setattr(contact, "AGAIN", 0.0)
    assert await clients.contact.now(clients.reads)


async def test_a_slack_that_does_not_answer_holds_nobody_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness is asked by machines that do not wait."""
    monkeypatch.setattr(contact, "WITHIN", 0.05)
    world.workspace.faults.next("auth.test", slow(1))
    async with asyncio.timeout(0.9):
        assert not await world.clients.contact.now(world.clients.reads)
