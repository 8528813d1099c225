"""The slash command, over real sockets."""

from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from bot.domain.target import Group
from tests.builders import ANA, BEN, CHANNEL, PEOPLE, REQUEST_ID
from tests.handlers.world import ELSEWHERE, EVE, GUS, World, a_world

COMMAND = "/nsx-restore"
FILE = "request dc1-nsxt backup=latest incident=INC-1 reason=it lost its database"


async def test_a_typed_request_is_filed_posted_and_receipted(both: World) -> None:
    """One line files a request: the row, the card, and a private receipt; acked in time."""
    delivery = await both.ana.slash(CHANNEL, COMMAND, FILE)
    assert delivery.ok
    assert delivery.seconds < 3
    await both.told(ANA, "is filed")
    card = await both.until(both.card)
    assert "dc1-nsxt" in card.full_text
    assert (await both.ledger.get(REQUEST_ID)).wish.reason == "it lost its database"
    assert both.acks
    assert max(both.acks) < 3


async def test_the_form_opens_with_targets_and_backups(both: World) -> None:
    """The bare command opens a window at once, then shows the target and its live backups."""
    assert (await both.ana.slash(CHANNEL, COMMAND)).ok
    modal = await both.until(lambda: _form(both))
    assert modal["target"]["selected_option"]["value"] == "dc1-nsxt"
    assert "backup:dc1-nsxt" in {block["block_id"] for block in both.ana.modal().blocks}


def _form(world: World) -> dict[str, dict[str, dict[str, str]]]:
    view = world.ana.modal()
    return view.values["target"] if view.callback_id == "file_request" else {}


async def test_help_is_private_and_needs_nothing(both: World) -> None:
    """`help` is answered in the ack itself."""
    delivery = await both.ana.slash(CHANNEL, COMMAND, "help")
    assert "cancel ID" in delivery.text
    assert delivery.shown is not None
    assert delivery.shown.visible_to == ANA


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("targets", "dc1-nsxt"),
        ("backups dc1-nsxt", "backup-cluster-2026-03-14.tar"),
        ("backups nothing", "There is no target"),
        ("list", "no open request"),
        ("status", "no open request"),
        ("status R-222222", "There is no request"),
        ("history", "There is no request yet"),
        ("history dc1-nsxt", "There is no request yet"),
        ("history dc9-nsxt", "There is no target called dc9-nsxt. The targets are: dc1-nsxt."),
        ("plan dc1-nsxt", "Nothing is filed"),
        ("plan dc1-nsxt backup=nothing", "would be rejected"),
        ("plan nothing", "There is no target"),
        ("report R-222222", "There is no request"),
    ],
)
async def test_reads_are_answered_privately(heard: World, text: str, words: str) -> None:
    """Every read is acked at once and answered to the person who asked, alone."""
    assert (await heard.ana.slash(CHANNEL, COMMAND, text)).ok
    await heard.told(ANA, words)
    assert all(message.visible_to == ANA for message in heard.ana.sees(CHANNEL))


@pytest.mark.parametrize(
    ("text", "words"),
    [("status R-7QK2M9", "awaiting approval"), ("report r-7qk2m9", "The report of R-7QK2M9")],
)
async def test_a_request_can_be_looked_at(heard: World, text: str, words: str) -> None:
    """Status and report tell what there is."""
    await heard.planned()
    await heard.ana.slash(CHANNEL, COMMAND, text)
    await heard.told(ANA, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("request", "Name the target first"),
        ("request dc1-nsxt", "Say why"),
        ("request dc1-nsxt reason=", "Say why"),
        ("request DC1 reason=because", "small letters"),
        ("request dc1-nsxt scope=node reason=because", "You must restore a cluster backup before"),
        ("request dc1-nsxt scope=node+cluster reason=x", "You must restore a cluster backup"),
        ("request dc1-nsxt color=red reason=because", "not understood"),
        ("request dc1-nsxt backup=a backup=b reason=c", "given twice"),
        ("request dc1-nsxt reason=" + "x" * 301, "301 characters"),
        ("request dc1-nsxt incident=" + "x" * 81 + " reason=y", "1 to 80 characters"),
        ("request dc1-nsxt reason=a\u202eb", "U+202E"),
        ("frobnicate", "not a command"),
        ("list now", "Nothing is expected"),
        ("cancel that", "by its id"),
        ("x" * 2001, "2000 is the most"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_the_ack(
    heard: World, text: str, words: str
) -> None:
    """A command that cannot be read says why, privately, and stores nothing."""
    delivery = await heard.ana.slash(CHANNEL, COMMAND, text)
    assert words in delivery.text
    assert delivery.shown is not None
    assert delivery.shown.visible_to == ANA
    assert not await heard.ledger.requests()
    assert not await heard.inbox.unfinished(heard.clock.move(hours=1))


async def test_an_unknown_target_is_refused_by_the_service(heard: World) -> None:
    """A target that is not configured is refused with the ones that are."""
    await heard.ana.slash(CHANNEL, COMMAND, "request dc9-nsxt reason=because")
    await heard.told(ANA, "The targets are: dc1-nsxt")
    assert not await heard.ledger.requests()


async def test_another_channel_is_refused_and_nothing_is_stored(both: World) -> None:
    """A command in a channel that is not allowed says where to go."""
    delivery = await both.ana.slash(ELSEWHERE, COMMAND, FILE)
    assert delivery.ok
    assert f"<#{CHANNEL}>" in delivery.text
    assert not await both.inbox.unfinished(both.clock.move(hours=1))
    await both.background.settled()
    (row,) = await both.rows()
    assert (row["actor"], row["action"]) == (ANA, "refused")
    assert row["details"]["rule"] == "allowed_channel"
    assert (row["details"]["command"], row["details"]["channel"]) == ("command", ELSEWHERE)
    assert delivery.text == row["details"]["sentence"]


async def test_another_workspace_is_refused_and_nothing_is_stored(both: World) -> None:
    """A command from a person of another workspace is refused at the door; logged, by ids alone."""
    both.workspace.set_user(ANA, payload_team_id="T0ELSE")
    with structlog.testing.capture_logs() as logs:
        delivery = await both.ana.slash(CHANNEL, COMMAND, FILE)
    assert "another workspace" in delivery.text
    assert not await both.inbox.unfinished(both.clock.move(hours=1))
    await both.background.settled()
    assert not await both.rows()
    (line,) = [line for line in logs if line["event"] == "slack.refused"]
    assert line == {
        "event": "slack.refused",
        "log_level": "info",
        "kind": "command",
        "rule": "home_workspace",
        "user": ANA,
        "team": "T0ELSE",
        "channel": CHANNEL,
    }


@pytest.mark.parametrize("text", ["plan dc1-nsxt", "backups dc1-nsxt"])
async def test_a_guest_has_nothing_looked_at(heard: World, text: str) -> None:
    """Nobody logs in to the backup server for a guest; the attempt is audited."""
    await heard.slack.person(GUS).slash(CHANNEL, COMMAND, text)
    await heard.told(GUS, "You are a guest of this workspace")
    assert heard.backups.passwords_received == 0
    (row,) = await heard.rows()
    assert (row["actor"], row["details"]["rule"]) == (GUS, "full_member")
    assert row["details"]["command"] == text.split(maxsplit=1)[0].capitalize()


@pytest.mark.parametrize(("user", "logins"), [(ANA, 1), (BEN, 1), (EVE, 0)])
async def test_where_requesters_are_named_they_and_the_leads_look(
    database_file: Path, user: str, logins: int
) -> None:
    """Others are told whom to ask; reads of the bot's own rows stay open to them."""
    people = replace(PEOPLE, requesters=Group(None, frozenset({ANA})))
    async with a_world(database_file, people=people) as world, world.hearing("socket"):
        person = world.slack.person(user)
        await person.slash(CHANNEL, COMMAND, "backups dc1-nsxt")
        said = "backup-cluster-2026" if logins else "nothing is looked at for you"
        await world.told(user, said)
        assert world.backups.passwords_received == logins
        await person.slash(CHANNEL, COMMAND, "list")
        await world.told(user, "no open request")


async def test_another_app_is_refused(world: World) -> None:
    """Where the app is configured, a payload for another one is refused."""
    async with world.hearing("http", app_id="A0OTHER"):
        delivery = await world.ana.slash(CHANNEL, COMMAND, FILE)
    assert "another app" in delivery.text
    assert not await world.inbox.unfinished(world.clock.move(hours=1))


async def test_foreign_text_stays_text(heard: World) -> None:
    """Markup in a reason mentions nobody and links nowhere, on the card and in the receipt."""
    reason = "<!channel> & <https://evil.example|dc1> *bold* @ben"
    await heard.ana.slash(CHANNEL, COMMAND, f"request dc1-nsxt reason={reason}")
    card = await heard.until(heard.card)
    stored = (await heard.ledger.get(REQUEST_ID)).wish.reason
    assert stored == "<!channel> & <https://evil.example|dc1> *bold* @U0BEN"
    for text in (card.text, card.full_text):
        assert "<!channel>" not in text
        assert "<https" not in text
        assert "<@U0BEN" not in text


async def test_cancel_withdraws_before_the_approval(heard: World) -> None:
    """`cancel ID` takes the requester's own request back."""
    await heard.planned()
    await heard.ana.slash(CHANNEL, COMMAND, f"cancel {REQUEST_ID}")
    await heard.told(ANA, "is withdrawn")
    assert await heard.state() == "withdrawn"


async def test_somebody_else_cannot_cancel(heard: World) -> None:
    """`cancel ID` of another person's request is refused with the way that there is."""
    await heard.planned()
    await heard.chi.slash(CHANNEL, COMMAND, f"cancel {REQUEST_ID}")
    await heard.told("U0CHI", "A lead can deny it instead")
    assert await heard.state() == "awaiting_approval"
