"""What cannot be read or shown is said so: nobody is left before a window that only loads."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from structlog.testing import capture_logs

from bot.domain.errors import Kind, SlackError, StoreError
from bot.sandbox.slack import Message, http_status
from bot.slack.bolt import build_bolt
from handlers import register
from handlers.answers import trouble
from tests.builders import ANA, BEN, CHANNEL, REQUEST_ID
from tests.handlers.test_intake import BrokenInbox
from tests.handlers.world import World

COMMAND = "/nsx-restore"
OF_THE_DRIVER = "connection to server at 10.1.2.3 failed for user nsxbot"


def _bug(*_: Any, **__: Any) -> Any:
    raise KeyError("a bug")


def _no_database(*_: Any, **__: Any) -> Any:
    raise StoreError(f"The database cannot be used: {OF_THE_DRIVER}.", "Check DATABASE_URL.")


@pytest.fixture
async def card(heard: World) -> Message:
    """The card of a request that awaits approval."""
    await heard.planned()
    return await heard.until(lambda: heard.card() if "approve" in heard.card().action_ids else None)


async def test_a_window_that_slack_does_not_fill_is_answered(heard: World) -> None:
    """It would say "Loading" for ever; the person learns what to type instead."""
    heard.workspace.faults.next("views.update", http_status(502), http_status(502))
    await heard.ana.slash(CHANNEL, COMMAND)
    told = await heard.told(ANA, "did not show in the window")
    assert "`/nsx-restore request TARGET reason=…`" in told


async def test_details_that_slack_does_not_show_are_answered(heard: World, card: Message) -> None:
    """With the command that tells the same."""
    heard.workspace.faults.next("views.update", http_status(502), http_status(502))
    await heard.ben.click(CHANNEL, card.ts, "details")
    assert f"`/nsx-restore report {REQUEST_ID}`" in await heard.told(BEN, "did not show")


@pytest.mark.parametrize(
    ("breaks", "words"), [(_bug, "could not be read"), (_no_database, "cannot be read now")]
)
async def test_what_breaks_is_shown_in_the_window(
    heard: World,
    card: Message,
    breaks: Callable[..., Any],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the form and in the details; what a driver says stays in the logs."""
    monkeypatch.setattr(heard.service, "backups", breaks)
    monkeypatch.setattr(heard.service, "story", breaks)
    with capture_logs() as logs:
        await heard.ana.slash(CHANNEL, COMMAND)
        await heard.until(lambda: words in str(heard.ana.modal().blocks))
        await heard.ben.click(CHANNEL, card.ts, "details")
        await heard.until(lambda: words in str(heard.ben.modal().blocks))
    assert OF_THE_DRIVER not in str(heard.ana.modal().blocks) + str(heard.ben.modal().blocks)
    assert sum(one["log_level"] == "error" for one in logs) == 2


@pytest.mark.parametrize(
    ("breaks", "words"), [(_bug, "could not be read"), (_no_database, "cannot be read now")]
)
async def test_a_read_that_breaks_is_answered(
    heard: World, breaks: Callable[..., Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has been acked, so silence would be all that the person gets."""
    monkeypatch.setattr(heard.service, "requests", breaks)
    assert (await heard.ana.slash(CHANNEL, COMMAND, "list")).ok
    told = await heard.told(ANA, words)
    assert "the logs name the cause. Try again" in told
    assert OF_THE_DRIVER not in told


async def test_a_button_whose_request_cannot_be_read_is_answered(
    heard: World, card: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deny asks for a reason only about a request that can be read."""
    monkeypatch.setattr(heard.service, "request", _no_database)
    await heard.ben.click(CHANNEL, card.ts, "deny")
    assert OF_THE_DRIVER not in await heard.told(BEN, "cannot be read now")


def test_what_is_told_of_the_outside_is_in_the_logs_too() -> None:
    """Whoever looks for the cause later finds it, without a traceback."""
    with capture_logs() as logs:
        said = trouble(SlackError(Kind.UNREACHABLE, "Slack did not answer.", "Try again."))
    assert said == ("Slack did not answer.", "Try again.")
    [line] = logs
    assert (line["event"], line["said"]) == ("slack.not_read", "Slack did not answer.")


async def test_a_home_that_cannot_be_read_says_so(
    heard: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of showing what was there an hour ago."""
    monkeypatch.setattr(heard.service, "requests", _no_database)
    await heard.ana.open_home()
    view = await heard.until(lambda: heard.workspace.home(ANA))
    assert "cannot be read now" in str(view.blocks)
    assert OF_THE_DRIVER not in str(view.blocks)


async def test_a_commit_without_an_answer_is_not_said_to_be_undone(world: World) -> None:
    """It may have landed; only what was not even begun is said not to have been done."""
    world.service._inbox = BrokenInbox(never_began=False)
    async with world.hearing("http"):
        assert not (await world.ana.slash(CHANNEL, COMMAND, "request dc1-nsxt reason=lost")).ok
        await world.told(ANA, "It is not certain that this was taken")
    assert world.excuse_violations()


async def test_a_malformed_event_is_logged_and_nothing_else(world: World) -> None:
    """Bolt has acked it already and expects no answer; no task dies of that unheard."""
    bolt = build_bolt("xoxb-1", None, world.clients.reads)
    register(bolt, world.desk())
    body = {
        "type": "event_callback",
        "team_id": world.configuration.team_id,
        "event_id": "Ev1",
        "event": {"type": "app_home_opened", "user": "no such id!", "tab": "home"},
    }
    before = asyncio.all_tasks()
    with capture_logs() as logs:
        reply = await bolt.async_dispatch(
            AsyncBoltRequest(body=json.dumps(body), mode="socket_mode")
        )
        ended = await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)
    assert reply.status == 200
    assert [one for one in ended if isinstance(one, BaseException)] == []
    assert [one["event"] for one in logs] == ["slack.malformed"]
