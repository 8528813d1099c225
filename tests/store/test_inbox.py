"""What a person did is kept until it has been dealt with."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.intents import (
    AnswerIntent,
    CancelIntent,
    DenyIntent,
    FileIntent,
    Intent,
    PressIntent,
    Verb,
)
from bot.domain.request import Choice, Entry
from bot.ports import Inbox
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.revisions import migrate
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHANNEL,
    NOON,
    QUESTION_PLACE,
    REQUEST_ID,
    a_wish,
    the_short_digest,
)
from tests.hand_clock import HandClock

INTENTS: list[Intent] = [
    FileIntent(ANA, CHANNEL, a_wish()),
    PressIntent(BEN, CARD, Verb.APPROVE, REQUEST_ID, the_short_digest(), "dc1-nsxt"),
    DenyIntent(BEN, CARD, REQUEST_ID, None, "not „now“ 🚫"),
    AnswerIntent(BEN, QUESTION_PLACE, REQUEST_ID, the_short_digest(), Choice.RETRY),
    PressIntent(BEN, CARD, Verb.SUSPEND, REQUEST_ID, the_short_digest()),
    AnswerIntent(
        BEN,
        QUESTION_PLACE,
        REQUEST_ID,
        the_short_digest(),
        Choice.CONTINUE,
        (Entry("nodes", ("a", "„b“ 🚫")), Entry("empty", ())),
        "follow:1",
    ),
    CancelIntent(ANA, CHANNEL, REQUEST_ID),
]


@pytest.fixture
def inbox(database: Database, clock: HandClock) -> Inbox:
    """An inbox on each kind of database."""
    return SqlInbox(database, clock)


async def test_intents_come_back_as_they_went_in_oldest_first(
    inbox: Inbox, clock: HandClock
) -> None:
    """Every kind of intent survives."""
    for number, intent in enumerate(INTENTS):
        assert await inbox.store(f"key-{9 - number}", intent)
        clock.move(seconds=1)
    kept = await inbox.unfinished(clock.now())
    assert [intent for _, intent in kept] == INTENTS


async def test_a_delivery_that_comes_twice_is_kept_once(inbox: Inbox) -> None:
    """Slack repeats what it got no answer to; the first one counts."""
    assert await inbox.store("key", INTENTS[0])
    assert not await inbox.store("key", INTENTS[1])
    assert await inbox.unfinished(NOON + timedelta(seconds=1)) == [("key", INTENTS[0])]


async def test_what_has_been_dealt_with_does_not_come_back(inbox: Inbox) -> None:
    """Neither as unfinished, nor as new."""
    await inbox.store("key", INTENTS[0])
    await inbox.done("key")
    await inbox.done("key")
    assert await inbox.unfinished(NOON + timedelta(hours=1)) == []
    assert not await inbox.store("key", INTENTS[0])


async def test_what_came_in_just_now_is_left_to_whoever_took_it(
    inbox: Inbox, clock: HandClock
) -> None:
    """Only intents stored before the moment given are unfinished business."""
    await inbox.store("old", INTENTS[0])
    clock.move(seconds=10)
    await inbox.store("new", INTENTS[1])
    assert [key for key, _ in await inbox.unfinished(clock.now())] == ["old"]


async def test_a_rush_is_kept_whole_and_each_thing_once(inbox: Inbox, clock: HandClock) -> None:
    """Of deliveries that come at the same time, all are kept; of two with one key, one is new."""
    keys = [f"key-{number % 10}" for number in range(20)]
    new = await asyncio.gather(*(inbox.store(key, INTENTS[0]) for key in keys))
    assert sorted(key for key, is_new in zip(keys, new, strict=True) if is_new) == sorted(set(keys))
    clock.move(seconds=1)
    assert len(await inbox.unfinished(clock.now())) == 10


async def test_who_gives_up_waiting_takes_nobody_along(sqlite_url: str, clock: HandClock) -> None:
    """The deadline of one delivery keeps no other from being stored."""
    await migrate(sqlite_url)
    async with Database.open(sqlite_url) as database:
        inbox = SqlInbox(database, clock)
        async with database.writing():
            tasks = [asyncio.create_task(inbox.store(key, INTENTS[0])) for key in "abc"]
            await _all_wait(inbox, 3)
            tasks[0].cancel()
            tasks[1].cancel()
            await _all_wait(inbox, 1)
        assert await tasks[2]
        clock.move(seconds=1)
        assert [key for key, _ in await inbox.unfinished(clock.now())] == ["c"]


async def _all_wait(inbox: SqlInbox, number: int) -> None:
    while len(inbox._incoming) != number:  # noqa: ASYNC110 - each turn of the loop counts
        await asyncio.sleep(0)
