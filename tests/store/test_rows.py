"""A row that this release cannot read, such as a newer one's, holds up no other row."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.domain import commands as c
from bot.domain.errors import Kind, StoreError
from bot.domain.intents import CancelIntent
from bot.domain.standing import Finding
from bot.domain.values import RequestId
from bot.ports import CardItem, PrivateItem
from bot.store import schema
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.requests import place_of
from tests.builders import (
    ANA,
    CHANNEL,
    REQUEST_ID,
    a_digest,
    a_filing,
    a_plan,
    a_signature,
    a_wish,
)
from tests.hand_clock import HandClock
from tests.store.desk import Desk

OTHER = RequestId("R-ABCDEF")
NEWER = {"kind": "of_a_newer_release", "text": "canary"}


@pytest.fixture
def desk(database: Database, clock: HandClock) -> Desk:
    """A desk on each kind of database."""
    return Desk(database, clock)


async def spoil(desk: Desk, statement: sa.Update) -> None:
    """Change a row as another release would have written it."""
    async with desk.database.writing() as tx:
        assert (await tx.execute(statement)).rowcount == 1


async def spoil_request(desk: Desk) -> None:
    """Make the first request unreadable."""
    row = schema.request
    await spoil(desk, sa.update(row).where(row.c.id == REQUEST_ID).values(document=NEWER))


async def test_an_unreadable_request_is_passed_over(desk: Desk) -> None:
    """The others are listed; it is told of once, by its id and without what it holds."""
    await desk.file()
    await desk.file(OTHER, "dc2-nsxt")
    await spoil_request(desk)

    with capture_logs() as logs:
        found = [await desk.ledger.requests(active=True) for _ in range(2)]

    assert [[request.id for request in each] for each in found] == [[OTHER], [OTHER]]
    told = [log for log in logs if log["event"] == "row.unreadable"]
    assert len(told) <= 1
    assert "canary" not in repr(logs)


async def test_what_is_wrong_with_a_row_is_logged_once(desk: Desk) -> None:
    """By table and key; the loops look several times a second."""
    key = f"once-{desk.database.dialect}"
    inbox = SqlInbox(desk.database, desk.clock)
    await inbox.store(key, CancelIntent(ANA, CHANNEL, REQUEST_ID))
    await spoil(desk, sa.update(schema.inbox).values(intent=NEWER))
    later = desk.clock.now() + timedelta(seconds=1)

    with capture_logs() as logs:
        assert [await inbox.unfinished(later) for _ in range(2)] == [[], []]

    assert logs == [
        {
            "event": "row.unreadable",
            "log_level": "error",
            "table": "inbox",
            "key": key,
            "why": "ValidationError",
        }
    ]


async def test_an_unreadable_request_cannot_be_had_or_moved(desk: Desk) -> None:
    """Whoever asks for it alone is told what helps."""
    await desk.file()
    await spoil_request(desk)

    with pytest.raises(StoreError, match="Install the release that wrote it") as caught:
        await desk.ledger.get(REQUEST_ID)
    assert caught.value.said == f"The row of {REQUEST_ID} cannot be read by this release."
    assert caught.value.kind is Kind.MALFORMED
    with pytest.raises(StoreError, match="cannot be read"):
        await desk.give(c.CompletePlan(a_plan(), a_digest(), ()))


async def test_an_unreadable_request_still_holds_its_target(desk: Desk) -> None:
    """Whatever it is, it may be running."""
    await desk.file()
    await spoil_request(desk)

    second = await desk.ledger.file(a_filing(id=OTHER, wish=a_wish()), a_signature("second"))

    assert isinstance(second, Finding)
    assert second.sentence == (
        f"dc1-nsxt already has an active request, {REQUEST_ID}, which this release cannot read. "
        "Ask the owner of the bot to install the release that wrote it."
    )


async def test_an_unreadable_intent_is_passed_over(desk: Desk) -> None:
    """The one behind it is picked up."""
    inbox = SqlInbox(desk.database, desk.clock)
    intent = CancelIntent(ANA, CHANNEL, REQUEST_ID)
    for key in ("a", "b"):
        await inbox.store(key, intent)
    row = schema.inbox
    await spoil(desk, sa.update(row).where(row.c.key == "a").values(intent=NEWER))

    kept = await inbox.unfinished(desk.clock.now() + timedelta(seconds=1))

    assert kept == [("b", intent)]


@pytest.mark.parametrize("body", [NEWER, {"action": "a_newer_event", "event": {}}, None, []])
async def test_an_unreadable_line_is_passed_over(desk: Desk, body: object) -> None:
    """Its thread waits for the release that can read it; everything else is shown."""
    await desk.file()
    await desk.post_card()
    row = schema.outbox
    line = sa.update(row).where(row.c.kind == "line").values(body=sa.literal(body, sa.JSON))
    await spoil(desk, line)
    await desk.file(OTHER, "dc2-nsxt")
    await desk.outbox.tell("k", ANA, CHANNEL, "hello")

    due = await desk.outbox.due()

    assert [type(item) for item in due] == [CardItem, PrivateItem]


async def test_nothing_of_an_unreadable_request_is_handed_out(desk: Desk) -> None:
    """Its card could not be drawn, and others would wait for the attempt."""
    await desk.file()
    await desk.file(OTHER, "dc2-nsxt")
    await spoil_request(desk)

    (card,) = await desk.outbox.due()

    assert isinstance(card, CardItem)
    assert card.request_id == OTHER
    async with desk.database.reading() as tx:
        assert await place_of(tx, REQUEST_ID, "card", "") is None
