"""Where buttons count, when a message had to be posted anew."""

import pytest

from bot.domain.request import Place
from bot.store.database import Database
from tests.builders import CARD, CHANNEL, QUESTION_PLACE, REQUEST_ID, a_press, a_question, an_answer
from tests.hand_clock import HandClock
from tests.store.desk import Desk
from tests.store.places import request_at

MOVED = Place(CHANNEL, "99.0")


@pytest.fixture
def desk(database: Database, clock: HandClock) -> Desk:
    """A desk on each kind of database."""
    return Desk(database, clock)


async def test_a_card_that_was_posted_anew_counts_there_alone(desk: Desk) -> None:
    """The place that is gone counts for nothing any more."""
    await desk.awaiting_approval()
    await desk.outbox.note_card(REQUEST_ID, MOVED)
    assert await request_at(desk.database, MOVED) == REQUEST_ID
    assert await request_at(desk.database, CARD) is None


async def test_a_question_is_answered_where_it_was_asked_last(desk: Desk) -> None:
    """Whoever moves it learns where it stood; noting the same place twice is the same."""
    await desk.asking()
    key = a_question().key
    assert await desk.outbox.note_question(REQUEST_ID, key, MOVED) == QUESTION_PLACE
    assert await desk.outbox.note_question(REQUEST_ID, key, MOVED) == MOVED
    old = await desk.give(an_answer())
    assert old.decision.refusal is not None
    assert old.decision.refusal.rule == "on_message"
    assert (await desk.give(an_answer(press=a_press(MOVED)))).decision.refusal is None
