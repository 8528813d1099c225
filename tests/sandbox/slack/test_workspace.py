"""Waiting, describing, and the state that tests change under the app."""

import asyncio
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import NotVisible, Person, Workspace

CHANNEL = "C0INCIDENT"


async def test_waiting_ends_with_the_change(workspace: Workspace, ana: Person) -> None:
    """The truthy value is returned; an index that is not there yet means "not yet"."""
    waiting = asyncio.create_task(workspace.until(lambda: ana.sees(CHANNEL)[0].text))
    await ana.say(CHANNEL, "hello")
    assert await waiting == "hello"


async def test_waiting_too_long_tells_what_is_there(
    workspace: Workspace, client: AsyncWebClient, ana: Person
) -> None:
    """Messages, calls and broken rules are in a note to the TimeoutError, which is one line."""
    await ana.say(CHANNEL, "hello")
    with pytest.raises(Exception, match="unknown_method"):
        await client.api_call("pins.add")
    with pytest.raises(TimeoutError) as caught:
        await workspace.until(lambda: False, timeout=0.01)
    assert str(caught.value) == "nothing of the kind happened within 0.01 s"
    [text] = caught.value.__notes__
    assert "ana: hello" in text
    assert "call: pins.add -> unknown_method" in text
    assert "violation: pins.add: unknown_method" in text


async def test_waiting_can_be_called_off_at_the_moment_of_a_change(workspace: Workspace) -> None:
    """Whoever is called off goes on to its end, and does not wait once more."""
    waiting: asyncio.Task[bool] = asyncio.create_task(workspace.until(lambda: False, timeout=5))
    await asyncio.sleep(0)
    workspace.changed()
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_other_errors_are_not_waited_for(workspace: Workspace, ana: Person) -> None:
    """A channel the viewer cannot see will not appear by waiting."""
    with pytest.raises(NotVisible):
        await workspace.until(lambda: ana.sees("C0NOWHERE"))


async def test_stamps_grow_while_time_stands_still(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    """Every `ts` is unique and later than the one before, even if the clock goes back."""
    stamps = [(await client.chat_postMessage(channel=CHANNEL, text="x"))["ts"] for _ in range(5)]
    assert len(set(stamps)) == 5
    assert sorted(stamps) == stamps
    assert all(len(stamp.split(".")[1]) == 6 for stamp in stamps)
    assert workspace.violations == []


async def test_people_leave_and_come_back(workspace: Workspace, clock: Any) -> None:
    """Membership of a channel decides who receives and who may write."""
    workspace.leave(CHANNEL, "U0ANA")
    assert "U0ANA" not in workspace.channels.get(CHANNEL).members
    workspace.join(CHANNEL, "U0ANA")
    assert "U0ANA" in workspace.channels.get(CHANNEL).members
    assert clock() > 0


def test_ids_are_taken_once(workspace: Workspace) -> None:
    """A second account or channel with the same id is a mistake of the test."""
    with pytest.raises(ValueError, match="U0ANA"):
        workspace.add_user("U0ANA", "ana")
    with pytest.raises(ValueError, match=CHANNEL):
        workspace.add_channel(CHANNEL, "incident", [])
    with pytest.raises(TypeError):
        workspace.set_user("U0ANA", is_admiral=True)
