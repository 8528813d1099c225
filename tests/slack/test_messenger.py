"""Delivery: complete, in order, without doubles, at Slack's pace, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain import commands as c
from bot.domain.errors import StoreError
from bot.domain.request import Place
from bot.domain.values import RequestId
from bot.ports import OutboxItem, Signature
from bot.sandbox.slack import (
    AppCredentials,
    RateLimits,
    api_error,
    drop_after_effect,
    drop_before_effect,
    http_status,
    not_json,
    rate_limited,
    slow,
)
from bot.slack.messenger import Pace
from bot.slack.pace import Rate
from bot.store.outbox import SqlOutbox
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CHANNEL,
    CHI,
    REQUEST_ID,
    a_press,
    a_question,
    a_standing,
    an_answer,
)
from tests.handlers.world import BOT, QUICK, World, a_world
from tests.store.places import request_at

SECOND = RequestId("R-222222")


async def _story(world: World) -> Place:
    """Bring a request from its filing to its end, with a question on the way."""
    await world.planned()
    place = Place(CHANNEL, (await world.in_time(world.card)).ts)
    await world.in_time(lambda: world.ben.sees(CHANNEL))
    while not await _recorded(world, place):
        world.clock.move(seconds=1)
    await world.running(place)
    await world.give(c.Ask(a_question()))
    await world.in_time(lambda: "continue" in _thread(world, place)[-1].action_ids)
    question = _thread(world, place)[-1].ts
    while not await _recorded(world, Place(CHANNEL, question)):
        world.clock.move(seconds=1)
    await world.give(_answer(Place(CHANNEL, question)))
    await world.give(c.CompleteStep("restore", "The manager took it."))
    await world.give(c.Succeed(("The manager says STABLE.",)))
    return place


def _answer(place: Place) -> c.Answer:
    return an_answer(press=a_press(place))


async def _recorded(world: World, place: Place) -> bool:
    await asyncio.sleep(0.01)
    return await request_at(world.database, place) is not None


def _thread(world: World, place: Place) -> list[Any]:
    return world.workspace.thread(CHANNEL, place.ts, viewer=ANA)


async def _told_whole(world: World, place: Place) -> None:
    """Wait for the report, then see that the thread is complete, in order and without doubles."""
    await world.in_time(lambda: _files(world, place))
    seqs = world.seqs()
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(world.cards()) == 1
    assert _files(world, place) == ["R-7QK2M9-report.md", "R-7QK2M9-report.json"]
    await world.in_time(lambda: "succeeded" in world.card().text)
    assert not world.card().action_ids


def _files(world: World, place: Place) -> list[str]:
    return [file.name for message in _thread(world, place) for file in message.files]


async def test_a_whole_story(world: World) -> None:
    """Card, lines, question, end and report: complete, in order, once, with their metadata."""
    async with world.telling():
        place = await _story(world)
        await _told_whole(world, place)
    for message in _thread(world, place)[1:]:
        assert message.thread_ts == place.ts
    broadcast = [one.text for one in _thread(world, place) if one.broadcast]
    assert any("has started" in text for text in broadcast)
    question = next(m for m in _thread(world, place) if "Answered by" in m.text)
    assert not question.action_ids


@pytest.mark.parametrize(
    "method",
    [
        "chat.postMessage",
        "chat.update",
        "files.getUploadURLExternal",
        "upload",
        "files.completeUploadExternal",
    ],
)
async def test_every_kind_of_break_at_every_call(world: World, method: str) -> None:
    """Connections that break before or after the effect, errors and nonsense double nothing."""
    breaks = [drop_after_effect(), drop_before_effect(), http_status(503), not_json()]
    well = slow(0)
    rounds = 3 if method == "chat.postMessage" else 1
    for _ in range(rounds):
        for fault in breaks:
            world.workspace.faults.next(method, fault, well)
    async with world.telling():
        place = await _story(world)
        await _told_whole(world, place)


@pytest.mark.parametrize("fault", [drop_after_effect(), drop_before_effect()], ids=str)
async def test_every_single_post_may_break(world: World, fault: Any) -> None:
    """Each post breaks the first time it is tried; every line stands once, in order."""
    await world.planned()
    for _ in range(3):
        world.workspace.faults.next("chat.postMessage", fault)
        async with world.telling():
            await world.in_time(lambda: world.workspace.faults.pending("chat.postMessage") == 0)
    async with world.telling():
        await world.in_time(lambda: world.seqs() == [1, 2])
    assert len(world.cards()) == 1


class Dying:
    """The outbox of a process that dies before it records more than `records` deliveries."""

    def __init__(self, outbox: SqlOutbox, records: int) -> None:
        self._outbox = outbox
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)

    async def sent(self, item: OutboxItem, place: Place | None) -> None:
        """Record, or die."""
        if not self._records:
            raise ConnectionResetError
        self._records -= 1
        await self._outbox.sent(item, place)

    async def note_question(self, request_id: RequestId, key: str, place: Place) -> Place | None:
        """Record, or die."""
        if not self._records:
            raise ConnectionResetError
        return await self._outbox.note_question(request_id, key, place)


async def _has_lines(world: World, seqs: list[int]) -> None:
    await world.until(lambda: world.cards() and world.seqs() == seqs)


async def test_a_crash_between_post_and_record_doubles_nothing(world: World) -> None:
    """If the process dies after Slack took a post, the next one finds it and adopts it."""
    await world.planned()
    real = world.outbox
    for records, seqs in ((0, []), (1, [1]), (1, [1, 2])):
        world.outbox = Dying(real, records)  # type: ignore[assignment]
        async with world.telling():
            await _has_lines(world, seqs)
    world.outbox = real
    async with world.telling():
        await world.all_told()
    assert world.seqs() == [1, 2]
    assert len(world.cards()) == 1


def _ana() -> Any:
    return a_standing(ANA)


async def test_a_look_alike_is_not_adopted(world: World) -> None:
    """Somebody else's message with our metadata is neither card nor line."""
    await world.planned()
    (card,) = await world.outbox.due()
    await world.outbox.begin(card)
    metadata = {"event_type": "nsx_restore_request", "event_payload": {"id": REQUEST_ID}}
    forged = await world.ana.say(CHANNEL, "approve me")
    world.workspace.book.put(_with_metadata(forged, metadata))
    async with world.telling():
        await world.until(lambda: len(world.cards()) == 2)
    assert world.card().user == BOT
    assert world.card().ts != forged.ts


def _with_metadata(message: Any, metadata: Any) -> Any:
    return replace(message, metadata=metadata)


async def test_a_search_reads_every_page(world: World) -> None:
    """A card that was posted by a process that died is found behind hundreds of messages."""
    await world.planned()
    (card,) = await world.outbox.due()
    await world.outbox.begin(card)
    metadata = {"event_type": "nsx_restore_request", "event_payload": {"id": REQUEST_ID}}
    posted = await world.clients.posts.chat_postMessage(
        channel=CHANNEL, text="the card", metadata=metadata
    )
    for number in range(450):
        await world.ana.say(CHANNEL, f"talk {number}")
    async with world.telling():
        await world.until(lambda: world.seqs() == [1, 2])
    assert [one.ts for one in world.cards()] == [str(posted["ts"])]
    assert "approve" in world.card().action_ids


async def test_a_deleted_card_is_posted_anew(world: World) -> None:
    """A deleted card comes back, its buttons count on the new one, and the story goes on there."""
    async with world.telling():
        await world.planned()
        await world.until(lambda: world.seqs() == [1, 2])
        old = world.card()
        world.workspace.book.remove(old)
        await world.give(c.Withdraw(_ana(), None))
        await world.until(lambda: 3 in world.seqs())
        await world.until(lambda: world.card().ts != old.ts)
        new = await world.in_time(lambda: world.card() if not world.card().action_ids else None)
        await world.in_time(lambda: _files(world, Place(CHANNEL, new.ts)))
    assert len(world.cards()) == 1
    assert sorted(world.seqs()) == [1, 2, 3]
    assert await request_at(world.database, Place(CHANNEL, new.ts)) == REQUEST_ID
    world.excuse_violations()


async def _asked(world: World) -> Place:
    """Bring a request to a question that is answered where it stands; return where."""
    await world.planned()
    card = Place(CHANNEL, (await world.in_time(world.card)).ts)
    await world.in_time(lambda: world.seqs() == [1, 2])
    while not await _recorded(world, card):
        world.clock.move(seconds=1)
    await world.running(card)
    await world.give(c.Ask(a_question()))
    return await _question(world)


async def _question(world: World) -> Place:
    """Wait until the newest message asks, and counts; return where it stands."""
    newest = await world.in_time(lambda: _asking(world)[-1:])
    place = Place(CHANNEL, newest[0].ts)
    while not await _recorded(world, place):
        world.clock.move(seconds=1)
    return place


def _asking(world: World) -> list[Any]:
    return [m for m in world.workspace.book.everything(CHANNEL) if "continue" in m.action_ids]


async def _reminded(world: World) -> None:
    """Let time pass until people are reminded of the question, and the thread says so."""
    lines = len(world.seqs())
    world.clock.move(minutes=2)
    assert (await world.give(c.Expire())).reminders == 1
    await world.in_time(lambda: len(world.seqs()) > lines)


async def test_a_reminder_asks_the_question_again(world: World) -> None:
    """It has the buttons, the channel hears it, and answers count there and nowhere else."""
    async with world.telling():
        first = await _asked(world)
        await _reminded(world)
        again = await _question(world)
        await world.in_time(lambda: len(_asking(world)) == 1)
        assert again != first
        shown = _asking(world)[0]
        assert shown.text.startswith("Reminder 1")
        assert shown.broadcast
        old = world.workspace.book.get(CHANNEL, first.ts)
        assert "asked again" in old.text
        refused = (await world.ledger.apply(REQUEST_ID, _answer(first), _signed("old"))).decision
        assert refused.refusal is not None
        assert refused.refusal.rule == "on_message"
        await world.give(_answer(again))
        await world.in_time(lambda: not _asking(world))
        assert "Answered by" in world.workspace.book.get(CHANNEL, again.ts).text
    assert await world.state() == "running"


async def test_a_question_whose_message_is_gone_is_answered_at_its_reminder(world: World) -> None:
    """Nobody is stuck because somebody deleted a message."""
    async with world.telling():
        first = await _asked(world)
        world.workspace.book.remove(world.workspace.book.get(CHANNEL, first.ts))
        await _reminded(world)
        await world.give(_answer(await _question(world)))
        await world.in_time(lambda: not _asking(world))
    assert await world.state() == "running"
    world.excuse_violations()


async def test_a_reminder_after_the_answer_asks_nothing(world: World) -> None:
    """A reminder that Slack got late is a line like others; older ones do not ask either."""
    async with world.telling():
        first = await _asked(world)
    for minutes in (2, 3):
        world.clock.move(minutes=minutes)
        await world.give(c.Expire())
    async with world.telling():
        await world.in_time(lambda: _asking(world)[-1].text.startswith("Reminder 2"))
        second = await _question(world)
        await world.in_time(lambda: len(_asking(world)) == 1)
    texts = [m.text for m in world.workspace.book.everything(CHANNEL) if "Reminder" in m.text]
    assert [text.split(".")[0] for text in texts] == ["Reminder 1", "Reminder 2"]
    assert second != first
    world.clock.move(minutes=5)
    await world.give(c.Expire())
    await world.give(_answer(second))
    async with world.telling():
        await world.in_time(lambda: not _asking(world))
        await world.in_time(lambda: "Reminder 3" in " ".join(m.text for m in _lines(world)))


async def test_a_reminder_that_a_crash_left_is_found_and_counts(world: World) -> None:
    """If the process dies after Slack took it, its buttons count with the next one."""
    real = world.outbox
    async with world.telling():
        await _asked(world)
        # A question counts a moment before its line is noted: ended in between, the loop that
        # cannot note anything would be at that line for ever, and never come to the reminder.
        await world.all_told()
    world.outbox = Dying(real, 0)  # type: ignore[assignment]
    world.clock.move(minutes=2)
    await world.give(c.Expire())
    async with world.telling():
        await world.until(lambda: len(_asking(world)) == 2)
    world.outbox = real
    async with world.telling():
        await world.in_time(lambda: len(_asking(world)) == 1)
        await world.give(_answer(await _question(world)))
    assert await world.state() == "running"
    assert len(world.seqs()) == len(set(world.seqs()))


async def test_a_line_and_a_question_take_turns(world: World) -> None:
    """Both are due when a question is answered; however long the line takes, it stands once."""
    async with world.telling():
        place = await _asked(world)
    await world.give(_answer(place))
    world.workspace.faults.next("chat.postMessage", slow(0.5))
    async with world.telling():
        await world.in_time(lambda: "Answered by" in _text_at(world, place))
        await world.all_told()
    assert world.seqs() == list(range(1, len(world.seqs()) + 1))


def _text_at(world: World, place: Place) -> str:
    return str(world.workspace.book.get(CHANNEL, place.ts).text)


def _lines(world: World) -> list[Any]:
    return [m for m in world.workspace.book.everything(CHANNEL) if m.thread_ts]


def _signed(key: str) -> Signature:
    return Signature(key, BEN)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
async def test_a_line_that_slack_will_never_show_is_told_plainly(world: World, code: str) -> None:
    """Its words alone are posted, under its number, and what comes after it is not held up."""
    async with world.telling():
        await world.planned()
        await world.in_time(lambda: world.seqs() == [1, 2])
        world.workspace.faults.next("chat.postMessage", api_error(code))
        await world.give(c.Withdraw(_ana(), None))
        await world.in_time(lambda: world.seqs() == [1, 2, 3])
    line = next(m for m in _lines(world) if "*withdrawn*" in m.text)
    assert not line.blocks or line.action_ids
    world.excuse_violations()


async def test_a_question_that_slack_will_not_show_keeps_its_buttons(world: World) -> None:
    """Only its words are cut: without buttons nobody could answer."""
    async with world.telling():
        await world.planned()
        card = Place(CHANNEL, (await world.in_time(world.card)).ts)
        await world.in_time(lambda: world.seqs() == [1, 2])
        while not await _recorded(world, card):
            world.clock.move(seconds=1)
        await world.running(card)
        await world.in_time(lambda: len(world.seqs()) == 6)
        world.workspace.faults.next("chat.postMessage", api_error("invalid_blocks"))
        await world.give(c.Ask(a_question()))
        await world.give(_answer(await _question(world)))
    assert await world.state() == "running"
    world.excuse_violations()


async def test_an_archived_channel_holds_the_thread_back_until_it_is_unarchived(
    world: World,
) -> None:
    """Nothing is lost: what people must be asked is asked as soon as it can be."""
    async with world.telling():
        await _asked(world)
        world.workspace.set_channel(CHANNEL, is_archived=True)
        world.clock.move(minutes=2)
        await world.give(c.Expire())
        await world.in_time(lambda: _refused(world) >= 3)
        world.workspace.set_channel(CHANNEL, is_archived=False)
        await world.in_time(lambda: _asking(world)[-1].text.startswith("Reminder 1"))
        await world.give(_answer(await _question(world)))
    assert await world.state() == "running"
    world.excuse_violations()


def _refused(world: World) -> int:
    """Count the posts that the archived channel did not take."""
    calls = world.workspace.calls("chat.postMessage")
    return sum(call.outcome == "is_archived" for call in calls)


async def test_a_busy_database_is_tried_again_soon(world: World) -> None:
    """What cannot be recorded is tried again after a second, doubling, as with Slack itself."""
    begin = world.outbox.begin
    left = [StoreError("The database is busy.", "Wait.")] * 2

    async def busy(item: OutboxItem) -> None:
        if left:
            raise left.pop()
        await begin(item)

    world.outbox.begin = busy  # type: ignore[method-assign]
    began = world.clock.now()
    await world.outbox.tell("k", BEN, CHANNEL, "for you")
    async with world.telling():
        await world.in_time(lambda: world.private(BEN), 10)
    assert not left
    assert (world.clock.now() - began).total_seconds() <= 10


async def test_private_texts_fall_back_to_a_direct_message(world: World) -> None:
    """Who is not in the channel is told directly."""
    world.workspace.leave(CHANNEL, BEN)
    await world.outbox.tell("k", BEN, CHANNEL, "for you alone")
    async with world.telling():
        await world.until(lambda: world.workspace.direct_messages(BEN))
        await world.all_told()
    assert [one.text for one in world.workspace.direct_messages(BEN)] == ["for you alone"]


async def test_a_person_that_is_gone_holds_nothing_up(world: World) -> None:
    """A text for nobody is given up, and logged."""
    await world.outbox.tell("k", BEN_TWO, CHANNEL, "for nobody")
    await world.outbox.tell("l", CHI, CHANNEL, "for you")
    async with world.telling():
        await world.told(CHI, "for you")
        await world.all_told()


async def test_a_private_text_that_cannot_be_delivered_is_given_up(world: World) -> None:
    """It answered something of a quarter of an hour ago; said once in the logs, then it is over."""
    world.workspace.faults.always("chat.postEphemeral", api_error("restricted_action"))
    await world.outbox.tell("k", BEN, CHANNEL, "for you alone")
    with capture_logs() as logs:
        async with world.telling():
            await world.in_time(lambda: _given_up(logs), 1200)
            await world.all_told()
    assert len(world.workspace.calls("chat.postEphemeral")) > 5
    assert len(_given_up(logs)) == 1
    assert await world.outbox.lag() == 0


def _given_up(logs: list[Any]) -> list[Any]:
    return [one for one in logs if one["event"] == "slack.private_text_given_up"]


async def test_taking_old_buttons_away_counts_as_an_edit(world: World) -> None:
    """With two edits allowed, there are two: that one, and one of the card."""

    def edits() -> int:
        return len(world.workspace.calls("chat.update")) - before

    two = Rate(burst=2, per_second=0.001)
    async with world.telling():
        first = await _asked(world)
        await world.all_told()
    before = len(world.workspace.calls("chat.update"))
    async with world.telling(replace(QUICK, updates=two)):
        world.clock.move(minutes=2)
        await world.give(c.Expire())
        await world.until(lambda: "asked again" in world.workspace.book.get(CHANNEL, first.ts).text)
        for _ in range(2):
            await world.outbox.redraw()
            with suppress(TimeoutError):
                await world.until(lambda: edits() > 2, 0.3)
    assert edits() == 2


async def test_a_retry_after_is_kept(world: World) -> None:
    """After a 429 nothing is posted until the time that Slack named is over."""
    world.workspace.faults.next("chat.postMessage", rate_limited(7))
    await world.planned()
    async with world.telling():
        await world.until(lambda: _posts(world) == 1)
        world.clock.move(seconds=6)
        with pytest.raises(TimeoutError):
            await world.until(lambda: _posts(world) > 1, 0.2)
        await world.in_time(lambda: world.seqs() == [1, 2], 5)
    assert len(world.cards()) == 1


def _posts(world: World) -> int:
    return len(world.workspace.calls("chat.postMessage"))


async def test_trouble_backs_off_doubling(world: World) -> None:
    """After each of five failures in a row, at least 1, 2, 4, 8 and 16 seconds pass."""
    world.workspace.faults.next("chat.postMessage", *[http_status(500)] * 5)
    await world.planned()
    async with world.telling(replace(QUICK, longest_wait=60)):
        await world.in_time(world.card)
    times = [call.at for call in world.workspace.calls("chat.postMessage")][:6]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= least for gap, least in zip(gaps, (1, 2, 4, 8, 16), strict=True))


async def test_what_only_people_can_repair_is_retried_slowly_and_not_lost(world: World) -> None:
    """A card for a channel that the bot was thrown out of waits until it is invited again."""
    world.workspace.leave(CHANNEL, BOT)
    await world.planned()
    async with world.telling():
        await world.until(lambda: _posts(world) == 1)
        world.clock.move(seconds=30)
        with pytest.raises(TimeoutError):
            await world.until(lambda: _posts(world) > 1, 0.2)
        world.workspace.join(CHANNEL, BOT)
        await world.in_time(world.card, 90)


async def test_one_request_in_trouble_holds_up_no_other(world: World) -> None:
    """While one call hangs, another request and another person are told."""
    world.workspace.faults.next("chat.postMessage", slow(2))
    await world.planned()
    async with world.telling():
        await world.in_time(lambda: world.workspace.faults.pending("chat.postMessage") == 0)
        await world.filed(SECOND, target="dc2-nsxt")
        await world.outbox.tell("k", BEN, CHANNEL, "for you")
        await world.until(lambda: world.card(SECOND), 1)
        await world.told(BEN, "for you")
        assert not world.seqs()


async def test_an_unexpected_error_of_one_item_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in drawing one line is logged; everything else is delivered."""
    monkeypatch.setattr("bot.slack.delivery.thread.line", _broken)
    await world.planned()
    await world.outbox.tell("k", BEN, CHANNEL, "for you")
    async with world.telling():
        await world.until(world.card)
        await world.told(BEN, "for you")
        await world.until(lambda: "approve" in world.card().action_ids)
        monkeypatch.undo()
        await world.in_time(lambda: world.seqs() == [1, 2], 90)


def _broken(*_: Any, **__: Any) -> Any:
    raise KeyError("a bug")


async def test_a_database_that_is_away_is_waited_out(world: World) -> None:
    """If the outbox cannot be read for a while, the loop goes on afterwards."""
    due = world.outbox.due
    left = [ConnectionError("away"), ConnectionError("away")]

    async def away() -> Any:
        if left:
            raise left.pop()
        return await due()

    world.outbox.due = away  # type: ignore[method-assign]
    await world.planned()
    async with world.telling():
        await world.in_time(world.card, 30)


async def test_edits_of_a_card_are_coalesced(world: World) -> None:
    """A card is edited at once, three times, then every three seconds, with the newest state."""
    await world.planned()
    pace = Pace(posts_in_channel=Pace().posts)

    async def edits(wanted: int, patience: float = 10) -> None:
        await world.until(lambda: len(world.workspace.calls("chat.update")) == wanted, patience)

    async with world.telling(pace):
        await world.in_time(lambda: world.seqs() == [1, 2])
        await world.in_time(lambda: "approve" in world.card().action_ids)
        world.clock.move(seconds=10)
        before = len(world.workspace.calls("chat.update"))
        for count in range(1, 4):
            await world.outbox.redraw()
            await edits(before + count)
        for _ in range(10):
            await world.outbox.redraw()
        with pytest.raises(TimeoutError):
            await edits(before + 4, 0.2)
        world.clock.move(seconds=3)
        await edits(before + 4)
        with pytest.raises(TimeoutError):
            await edits(before + 5, 0.2)


@asynccontextmanager
async def _crowd(path: Path) -> AsyncIterator[World]:
    async with a_world(path, limits=RateLimits()) as world:
        for number in range(2, 8):
            await world.filed(RequestId(f"R-{str(number) * 6}"), target=f"dc{number}-nsxt")
        yield world


async def test_slacks_own_limits_are_never_met(database_file: Path) -> None:
    """Six requests at once in one channel: all are told, and Slack never has to say 429."""
    async with _crowd(database_file) as world, world.telling(Pace()):
        ids = [RequestId(f"R-{str(number) * 6}") for number in range(2, 8)]
        await world.in_time(lambda: all(world.seqs(one) == [1] for one in ids))
        outcomes = {call.outcome for call in world.workspace.requests}
    assert outcomes == {"ok"}


async def test_missing_scopes_stop_doubles(database_file: Path) -> None:
    """Without the right to look for it, an unclear post is not made again."""
    scopes = AppCredentials().scopes - {"channels:history"}
    app = AppCredentials(scopes=scopes)
    async with a_world(database_file, app=app) as world:
        world.workspace.faults.next("chat.postMessage", drop_after_effect())
        await world.planned()
        async with world.telling():
            await world.until(lambda: len(world.cards()) == 1)
            for _ in range(20):
                world.clock.move(seconds=10)
                await asyncio.sleep(0.01)
        assert len(world.cards()) == 1
        assert not world.seqs()
        assert set(world.excuse_violations()) == {"conversations.history: missing_scope"}


async def test_posts_say_how_they_are_to_be_shown(world: World) -> None:
    """No unfurling, blocks and text together, metadata with ids alone."""
    await world.planned()
    async with world.telling():
        await world.until(lambda: world.seqs() == [1, 2])
    for call in world.workspace.calls("chat.postMessage"):
        assert call.args["unfurl_links"] is False
        assert call.args["unfurl_media"] is False
        assert call.args["text"]
        assert call.args["blocks"]
        assert set(call.args["metadata"]["event_payload"]) <= {"id", "seq"}
