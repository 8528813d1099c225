"""The form: choosing, refilling, refusing, filing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import BackupError, Kind
from bot.sandbox.slack import View, delivery
from bot.sandbox.slack.delivery import Outbound
from tests.builders import ANA, CHANNEL, REQUEST_ID, a_target
from tests.handlers.world import GUS, World, a_world

COMMAND = "/nsx-restore"
REASON = "its database is gone"


@pytest.fixture
async def two(database_file: Path) -> AsyncIterator[World]:
    """A world with two targets."""
    targets = {key: a_target(key=key) for key in ("dc1-nsxt", "dc2-nsxt")}
    async with (
        a_world(database_file, targets=targets) as world,
        world.hearing("socket"),
        world.telling(),
    ):
        yield world


async def _opened(world: World) -> View:
    await world.ana.slash(CHANNEL, COMMAND)
    return await world.until(lambda: _form(world))


async def _choose(world: World, modal: View, key: str) -> None:
    await world.ana.choose(modal.id, "target", "target", key)
    await world.until(lambda: f"backup:{key}" in str(world.ana.modal().blocks))


def _form(world: World) -> View | None:
    view = world.ana.modal()
    return view if view.callback_id == "file_request" else None


async def test_the_form_files_a_request(both: World) -> None:
    """A filled form is a request: stored, acked in time, closed, receipted."""
    modal = await _opened(both)
    sent = await both.ana.submit(modal.id, {"reason": REASON, "incident": "INC-1"})
    assert sent.ok
    assert sent.seconds < 3
    await both.told(ANA, "is filed")
    wish = (await both.ledger.get(REQUEST_ID)).wish
    assert (wish.target, wish.backup, wish.reason, wish.incident) == (
        "dc1-nsxt",
        "latest",
        REASON,
        "INC-1",
    )
    assert not both.workspace.views(ANA)


async def test_a_submission_sent_twice_is_one_request(both: World) -> None:
    """The same submission again is acked and does nothing more."""
    modal = await _opened(both)
    sent = await both.ana.submit(modal.id, {"reason": REASON})
    for _ in range(3):
        assert (await both.slack.resend(sent)).outcome == "acked"
    await both.told(ANA, "is filed")
    assert len(await both.ledger.requests()) == 1
    assert len(both.private(ANA)) == 1


async def test_another_target_shows_its_backups(two: World) -> None:
    """Choosing a target refills the form with the backups of that one."""
    modal = await _opened(two)
    assert not any(one["block_id"].startswith("backup:dc") for one in modal.blocks)
    for key in ("dc1-nsxt", "dc2-nsxt"):
        await _choose(two, modal, key)
    await two.ana.submit(modal.id, {"reason": REASON})
    await two.told(ANA, "is filed")
    assert (await two.ledger.get(REQUEST_ID)).wish.target == "dc2-nsxt"


async def test_the_last_choice_wins(two: World) -> None:
    """Two quick choices end with the second one's backups, whichever was read first."""
    modal = await _opened(two)
    await asyncio.gather(
        two.ana.choose(modal.id, "target", "target", "dc1-nsxt"),
        two.ana.choose(modal.id, "target", "target", "dc2-nsxt"),
    )
    await two.until(lambda: "backup:dc2-nsxt" in str(two.ana.modal().blocks))


async def test_backups_that_cannot_be_listed_are_said_so(heard: World) -> None:
    """The form works without the list, and says why there is none."""
    heard.backups.trouble = BackupError(Kind.UNREACHABLE, "No answer.", "Check the server.")
    await _opened(heard)
    assert "No answer. Check the server." in str(heard.ana.modal().blocks)


async def test_the_form_of_a_guest_lists_nothing(heard: World) -> None:
    """It says why where the backups would be; nobody logs in to the backup server for them."""
    gus = heard.slack.person(GUS)
    await gus.slash(CHANNEL, COMMAND)
    await heard.until(lambda: "You are a guest of this workspace" in str(gus.modal().blocks))
    assert heard.backups.passwords_received == 0
    (row,) = await heard.rows()
    assert (row["actor"], row["details"]["command"]) == (GUS, "Backups")


async def test_what_is_wrong_is_said_under_its_field(heard: World) -> None:
    """Errors stand under their fields; the form stays open and can be corrected."""
    modal = await _opened(heard)
    reason = "hidden\u200b characters"
    sent = await heard.ana.submit(modal.id, {"reason": reason, "incident": "INC\u202e1"})
    assert "U+200B" in sent.errors["reason"]
    assert "U+202E" in sent.errors["incident"]
    sent = await heard.ana.submit(modal.id, {"reason": REASON, "incident": ""})
    assert sent.ok
    await heard.told(ANA, "is filed")


def _changed(payload: dict[str, Any], **view: Any) -> dict[str, Any]:
    return {**payload, "view": {**payload["view"], **view}}


@pytest.mark.parametrize(
    ("block", "entered", "words"),
    [
        ("target", "DC1", "small letters"),
        ("target", "dc9-nsxt", "The targets are"),
        ("backup:other", "latest", "another target"),
        ("backup:dc1-nsxt", "two words", "without spaces"),
        ("scope:dc1-nsxt", "node", "You must restore"),
        ("scope:dc1-nsxt", "node+cluster", "You must restore"),
    ],
)
async def test_forged_fields_are_refused(
    heard: World, block: str, entered: str, words: str
) -> None:
    """What Slack's own form cannot send is refused under the field that it claims to be."""
    modal = await _opened(heard)
    sent = await heard.ana.submit(modal.id, {"reason": "   " + " " * 10})
    field = block.split(":", maxsplit=1)[0]
    others = {
        name: fields
        for name, fields in sent.payload["view"]["state"]["values"].items()
        if name.split(":")[0] != field
    }
    forged = {block: {field: {"selected_option": {"value": entered}}}}
    payload = _changed(sent.payload, state={"values": others | forged})
    receipt = await heard.slack.deliver(_submission(payload))
    assert isinstance(receipt.body, dict)
    assert words in receipt.body["errors"][block]


@pytest.mark.parametrize(
    "metadata", ["", "null", "[1]", "{", '{"channel": 5}', '{"channel": "C0ELSEWHERE"}']
)
async def test_forged_metadata_is_refused(heard: World, metadata: str) -> None:
    """A form whose hidden part is not ours says so in the window, and stores nothing."""
    modal = await _opened(heard)
    sent = await heard.ana.submit(modal.id, {"reason": " " * 12})
    payload = _changed(sent.payload, private_metadata=metadata)
    receipt = await heard.slack.deliver(_submission(payload))
    assert isinstance(receipt.body, dict)
    assert receipt.body["response_action"] == "update"
    assert not await heard.inbox.unfinished(heard.clock.move(minutes=1))


def _submission(payload: dict[str, Any]) -> Outbound:
    return Outbound(delivery.Kind.INTERACTIVE, payload, accepts_response=True)
