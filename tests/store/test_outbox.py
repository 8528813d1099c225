"""The outbox hands out what can be shown now: complete, in order, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.request import Choice, Place
from bot.domain.values import RequestId
from bot.ports import CardItem, LineItem, Outbox, PrivateItem, QuestionItem, ReportItem
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from tests.builders import (
    BEN,
    CARD,
    CHANNEL,
    CHI,
    NOON,
    QUESTION_PLACE,
    REQUEST_ID,
    a_digest,
    a_filed,
    a_plan,
    a_question,
    a_withdrawal,
    an_answer,
    an_approval,
)
from tests.hand_clock import HandClock
from tests.store.desk import Desk
from tests.store.places import request_at

OTHER = RequestId("R-ABCDEF")


@pytest.fixture
def desk(database: Database, clock: HandClock) -> Desk:
    """A desk on each kind of database."""
    return Desk(database, clock)


async def due(desk: Desk, kind: type) -> list[object]:
    """Return what of one kind is due."""
    return [item for item in await desk.outbox.due() if isinstance(item, kind)]


async def the_card(desk: Desk) -> CardItem:
    """Return the only card that is due."""
    (card,) = await due(desk, CardItem)
    assert isinstance(card, CardItem)
    return card


async def test_first_comes_the_card_then_the_thread(desk: Desk) -> None:
    """Lines wait until the card stands, and know where."""
    await desk.file()
    (card,) = await desk.outbox.due()
    assert card == CardItem(card.id, REQUEST_ID, place=None, attempts=0, version=1)
    await desk.outbox.sent(card, CARD)
    (line,) = await desk.outbox.due()
    assert line == LineItem(line.id, REQUEST_ID, CARD, 1, a_filed(), at=NOON, attempts=0)


async def test_many_changes_are_one_card(desk: Desk) -> None:
    """Whatever happened while Slack was slow, one picture shows it."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    await desk.give(an_approval(CHI))
    card = await the_card(desk)
    assert (card.place, card.version) == (CARD, 5)
    await desk.outbox.sent(card, CARD)
    assert await due(desk, CardItem) == []


async def test_a_card_that_changed_while_it_was_sent_stays_out_of_date(desk: Desk) -> None:
    """Delivering an older picture does not hide what came after it."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    older = await the_card(desk)
    await desk.outbox.begin(older)
    await desk.give(an_approval(CHI))
    await desk.outbox.sent(older, CARD)
    newer = await the_card(desk)
    assert newer.version > older.version
    await desk.outbox.sent(newer, CARD)
    await desk.outbox.sent(older, CARD)
    assert await due(desk, CardItem) == []


async def test_lines_come_in_order_one_at_a_time(desk: Desk) -> None:
    """The numbers have no gaps and no doubles."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    await desk.give(an_approval(CHI))
    (first,) = await due(desk, LineItem)
    assert isinstance(first, LineItem)
    assert first.seq == 1
    lines = await desk.post_lines()
    assert [line.seq for line in lines] == [1, 2, 3, 4, 5]
    assert [type(line.event).__name__ for line in lines] == [
        "RequestFiled",
        "PlanReady",
        "ApprovalRecorded",
        "ApprovalRecorded",
        "ApprovalCompleted",
    ]


async def test_a_postponed_line_holds_back_those_after_it(desk: Desk) -> None:
    """Order goes before speed; other requests do not wait."""
    await desk.awaiting_approval()
    await desk.awaiting_approval(OTHER, "dc2-nsxt", Place(CHANNEL, "2.0"))
    first = next(item for item in await due(desk, LineItem) if isinstance(item, LineItem))
    assert first.request_id == REQUEST_ID
    await desk.outbox.postpone(first, NOON + timedelta(seconds=30), "ratelimited")
    assert [item.request_id for item in await due(desk, LineItem)] == [OTHER]  # type: ignore[attr-defined]
    desk.clock.move(seconds=30)
    assert replace(first, attempts=0) in await due(desk, LineItem)


async def test_an_attempt_is_recorded_before_it_is_made(desk: Desk) -> None:
    """After a crash the next one sees it, and looks before it posts again."""
    await desk.awaiting_approval()
    (line,) = await due(desk, LineItem)
    assert isinstance(line, LineItem)
    await desk.outbox.begin(line)
    assert await due(desk, LineItem) == [replace(line, attempts=1)]
    assert line.attempts == 0


async def test_a_cards_attempts_start_again_with_each_delivery(desk: Desk) -> None:
    """What was tried for an older picture says nothing about the next one."""
    await desk.file()
    card = await the_card(desk)
    await desk.outbox.begin(card)
    assert (await the_card(desk)).attempts == 1
    await desk.outbox.sent(card, CARD)
    await desk.give(a_withdrawal())
    assert (await the_card(desk)).attempts == 0


async def test_a_card_can_move(desk: Desk) -> None:
    """A card that had to be posted anew counts where it stands now, and only there."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    moved = Place(CHANNEL, "99.0")
    await desk.outbox.sent(await the_card(desk), moved)
    assert await request_at(desk.database, moved) == REQUEST_ID
    assert await request_at(desk.database, CARD) is None


async def test_an_answered_question_loses_its_buttons(desk: Desk) -> None:
    """Where it was asked, with who answered what."""
    asked = await desk.asking()
    answered = await desk.give(an_answer())
    (item,) = await due(desk, QuestionItem)
    assert isinstance(item, QuestionItem)
    assert (item.request_id, item.place, item.question) == (
        REQUEST_ID,
        QUESTION_PLACE,
        asked.question,
    )
    assert item.answer == answered.decision.events[0]
    await desk.outbox.sent(item, None)
    assert await due(desk, QuestionItem) == []


async def test_a_question_whose_run_ended_loses_its_buttons_too(desk: Desk) -> None:
    """There is nothing left to answer."""
    await desk.asking()
    await desk.give(c.Fail("The engine gave up.", "Look at the manager."))
    (item,) = await due(desk, QuestionItem)
    assert isinstance(item, QuestionItem)
    assert item.answer is None


async def test_a_question_is_changed_only_after_it_was_posted(desk: Desk) -> None:
    """While its own line waits, there is no message to change."""
    await desk.running()
    await desk.give(c.Ask(a_question()))
    await desk.give(c.Fail("The engine gave up.", "Look at the manager."))
    assert await due(desk, QuestionItem) == []
    await desk.post_lines()
    assert len(await due(desk, QuestionItem)) == 1


async def test_each_question_of_a_run_has_a_place_of_its_own(desk: Desk) -> None:
    """An answer to the first is not an answer to the second."""
    await desk.asking()
    await desk.give(an_answer())
    await desk.give(c.Ask(a_question(key="second")))
    stale = await desk.give(an_answer(choice=Choice.CONTINUE))
    assert stale.decision.refusal is not None
    assert stale.decision.refusal.rule == "on_message"


async def test_a_report_comes_last_and_once(desk: Desk) -> None:
    """After the last line of a request that has ended, however it ended."""
    await desk.running()
    await desk.give(c.Succeed(("The manager says STABLE.",)))
    assert await due(desk, ReportItem) == []
    await desk.post_lines()
    (report,) = await due(desk, ReportItem)
    assert isinstance(report, ReportItem)
    assert report == ReportItem(report.id, REQUEST_ID, CARD, attempts=0)
    await desk.outbox.sent(report, None)
    assert await due(desk, ReportItem) == []


async def test_a_private_text_is_queued_once_for_each_key(desk: Desk) -> None:
    """A click that is performed twice is answered once."""
    await desk.outbox.tell("click-1", BEN, CHANNEL, "You approved R-7QK2M9.")
    await desk.outbox.tell("click-1", BEN, CHANNEL, "You approved already.")
    (item,) = await desk.outbox.due()
    assert item == PrivateItem(item.id, BEN, CHANNEL, "You approved R-7QK2M9.", NOON, attempts=0)
    await desk.outbox.sent(item, None)
    await desk.outbox.tell("click-1", BEN, CHANNEL, "Again.")
    assert await desk.outbox.due() == []


async def test_after_a_start_the_cards_of_active_requests_are_drawn_again(desk: Desk) -> None:
    """Ended requests are left as they are; what waits already is not asked for twice."""
    await desk.awaiting_approval(OTHER, "dc2-nsxt", Place(CHANNEL, "2.0"))
    await desk.give(a_withdrawal(), OTHER)
    await desk.post_card(OTHER, Place(CHANNEL, "2.0"))
    await desk.awaiting_approval()
    await desk.outbox.redraw()
    assert (await the_card(desk)).request_id == REQUEST_ID


async def test_the_lag_is_the_age_of_the_oldest_item(desk: Desk) -> None:
    """Zero when everything is shown; a card that changes again stays as old as its first change."""
    assert await desk.outbox.lag() == 0
    await desk.file()
    desk.clock.move(seconds=20)
    assert await desk.outbox.lag() == 20
    await desk.post_card()
    await desk.post_lines()
    assert await desk.outbox.lag() == 0
    await desk.give(c.CompletePlan(a_plan(), a_digest(), ()))
    desk.clock.move(seconds=5)
    await desk.give(a_withdrawal())
    desk.clock.move(seconds=5)
    assert await desk.outbox.lag() == 10


async def test_waiting_for_a_change_ends_with_the_change(desk: Desk) -> None:
    """The loop is woken by the commit, not by the clock."""
    await desk.outbox.due()
    waiting = asyncio.ensure_future(desk.outbox.changed(3600))
    await desk.file()
    await asyncio.wait_for(waiting, 5)
    assert desk.clock.sleepers == 1


async def test_a_change_before_the_waiting_is_not_missed(desk: Desk) -> None:
    """What is committed between looking and waiting ends the waiting at once."""
    await desk.outbox.due()
    await desk.file()
    await asyncio.wait_for(desk.outbox.changed(3600), 5)


async def test_waiting_for_a_change_ends_with_the_time_given(desk: Desk) -> None:
    """Another process may have written: then the rows are looked at again."""
    await desk.outbox.due()
    waiting = asyncio.ensure_future(desk.outbox.changed(2))
    await desk.clock.asleep()
    desk.clock.move(seconds=1)
    await asyncio.sleep(0)
    assert not waiting.done()
    desk.clock.move(seconds=1)
    await asyncio.wait_for(waiting, 5)


async def test_a_delivery_and_a_change_at_once_do_not_block_each_other(desk: Desk) -> None:
    """The loop that records places and the ledger may meet at the same rows."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    for number in range(10):
        card = await the_card(desk)
        command = an_approval((BEN, CHI)[number % 2])
        await asyncio.gather(desk.outbox.sent(card, CARD), desk.give(command), desk.outbox.redraw())
    assert (await desk.ledger.get(REQUEST_ID)).votes != ()


def test_the_outbox_is_the_outbox_of_the_ports(desk: Desk) -> None:
    """The type checker is the judge."""
    outbox: Outbox = desk.outbox
    assert isinstance(outbox, SqlOutbox)


async def test_private_texts_never_crowd_out_the_thread(desk: Desk) -> None:
    """Three hundred answers wait for Slack; cards, lines and reports are handed out first."""
    for number in range(300):
        await desk.outbox.tell(f"{number}", BEN, CHANNEL, "You are not a lead.")
    desk.clock.move(seconds=60)
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    await desk.file(OTHER, "dc2-nsxt")

    kinds = [type(item) for item in await desk.outbox.due()]

    assert kinds[:3] == [CardItem, CardItem, LineItem]
    assert set(kinds[3:]) == {PrivateItem}
