"""The one delivery loop: from the outbox into Slack, complete, in order, without doubles.

It runs on the leader alone. Each request has at most one item of a kind on its way, so
nothing overtakes; none of them waits for another one's channel or trouble.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog

from bot.domain.errors import OutsideError
from bot.domain.events import QuestionAsked
from bot.domain.target import Group
from bot.ports import (
    CardItem,
    Clock,
    Ledger,
    LineItem,
    Outbox,
    OutboxItem,
    PrivateItem,
    QuestionItem,
    ReportItem,
)
from bot.slack.clients import SlackClients
from bot.slack.delivery import Delivery, Sent
from bot.slack.failures import CALL_FAILED, Failure, failure
from bot.slack.pace import Pace, Pacer

__all__ = ["Messenger", "Pace"]

log = structlog.get_logger()

_LOOK: Final = 1.0
"""Seconds after which the outbox is looked into even if nobody rang: others write to it too."""

_AFTER_TROUBLE: Final = 5.0

_STALE: Final = timedelta(minutes=15)
"""A private text that cannot be delivered is given up after this: it answered something that its
person did then. Cards and threads are never given up."""

_AT_ONCE: Final = 50
"""Deliveries under way at the same time; half of what the session has connections for."""


Checkpoint = Callable[[str, str], None]
"""Called with what is delivered and a position (`begun`, `posted`, `noted`): the seam at which the
fault tests stop the process. In the product it does nothing."""


def unwatched(what: str, position: str) -> None:
    """Do nothing: nobody watches a delivery in the product."""


class Messenger:
    """Delivers what the outbox holds, for as long as `run` runs."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        outbox: Outbox,
        slack: SlackClients,
        clock: Clock,
        leads: Group,
        typed_confirmation: bool = False,
        pace: Pace | None = None,
        checkpoint: Checkpoint = unwatched,
    ) -> None:
        self._checkpoint = checkpoint
        self._ledger = ledger
        self._outbox = outbox
        self._clock = clock
        self._pace = pace or Pace()
        self._pacer = Pacer(self._pace)
        self._delivery = Delivery(ledger, slack, clock, leads, typed=typed_confirmation)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, int] = {}
        self._not_before: dict[str, datetime] = {}
        self._landed = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled; no error of Slack, of a row or of the database ends it."""
        try:
            while True:
                try:
                    pause = await self._round()
                except Exception:
                    # Border: the thread must catch up, whatever broke; logged, and tried again.
                    log.exception("messenger.round_broke")
                    pause = _AFTER_TROUBLE
                await self._wait(pause)
        finally:
            await self._close()

    async def _round(self) -> float:
        """Send off what can be sent now; return the seconds until more can be."""
        self._landed.clear()
        # What lands while the rows are read may still be among them, as if it had not been sent.
        under_way = set(self._under_way)
        due = await self._outbox.due()
        now = self._clock.now()
        soonest = now + timedelta(seconds=_LOOK)
        for item in due:
            name = _name(item)
            if name in under_way or len(self._under_way) >= _AT_ONCE:
                continue
            channel = await self._channel(item)
            ready = max(self._ready_at(item, channel, now), self._not_before.get(name, now))
            if ready <= now:
                self._send_off(item, name, channel)
                under_way.add(name)
            else:
                soonest = min(soonest, ready)
        return max((soonest - now).total_seconds(), 0.0)

    async def _channel(self, item: OutboxItem) -> str:
        if isinstance(item, CardItem) and item.place is None:
            return (await self._ledger.get(item.request_id)).channel
        return _channel(item)

    def _ready_at(self, item: OutboxItem, channel: str, now: datetime) -> datetime:
        return self._pacer.ready_at(_method(item), channel, _edited(item), now)

    def _send_off(self, item: OutboxItem, name: str, channel: str) -> None:
        self._pacer.take(_method(item), channel, _edited(item))
        task = asyncio.create_task(self._attempt(item, name), name=f"deliver {name}")
        self._under_way[name] = task
        task.add_done_callback(lambda done: self._done(name, done))

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(name, None)
        self._landed.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("messenger.item_broke", item=name, exc_info=error)
            self._not_before[name] = self._clock.now() + timedelta(seconds=self._pace.slow)

    async def _attempt(self, item: OutboxItem, name: str) -> None:
        try:
            await self._outbox.begin(item)
            self._checkpoint(_point(item), "begun")
            try:
                sent = await self._delivery.deliver(item)
            except CALL_FAILED as error:
                await self._later(item, name, failure(error))
                return
            self._checkpoint(_point(item), "posted")
            await self._note(item, sent)
            self._checkpoint(_point(item), "noted")
        except OutsideError as error:
            seconds = self._seconds_after(item, name, Failure("database"))
            log.warning("messenger.not_recorded", item=name, said=error.said, seconds=seconds)
            self._not_before[name] = self._clock.now() + timedelta(seconds=seconds)
            return
        self._failed.pop(name, None)
        self._not_before.pop(name, None)

    async def _note(self, item: OutboxItem, sent: Sent) -> None:
        """Record where things stand now, the places of buttons first."""
        if isinstance(item, LineItem):
            await self._note_buttons(item, sent)
        await self._outbox.sent(item, sent.place)

    async def _note_buttons(self, item: LineItem, sent: Sent) -> None:
        if sent.card is not None:
            await self._outbox.note_card(item.request_id, sent.card)
        if sent.question is None or sent.place is None:
            return
        key = sent.question.key
        before = await self._outbox.note_question(item.request_id, key, sent.place)
        if before is not None and before != sent.place:
            self._pacer.take("chat.update", before.channel, None)
            await self._delivery.retire(before, sent.question)

    async def _later(self, item: OutboxItem, name: str, why: Failure) -> None:
        if why.retry_after is None and self._is_stale(item):
            log.warning("slack.private_text_given_up", item=name, code=why.code)
            await self._outbox.sent(item, None)
            return
        seconds = self._seconds_after(item, name, why)
        until = self._clock.now() + timedelta(seconds=seconds)
        if why.retry_after is not None:
            self._pacer.hold(_method(item), until)
        log.warning("slack.not_delivered", item=name, code=why.code, seconds=seconds)
        await self._outbox.postpone(item, until, why.code)

    def _is_stale(self, item: OutboxItem) -> bool:
        return isinstance(item, PrivateItem) and self._clock.now() - item.since >= _STALE

    def _seconds_after(self, item: OutboxItem, name: str, why: Failure) -> float:
        if why.retry_after is not None:
            return why.retry_after
        if why.refused:
            return self._pace.slow
        tries = max(self._failed.get(name, 0), item.attempts)
        self._failed[name] = tries + 1
        return self._pace.wait_after(tries)

    async def _wait(self, pause: float) -> None:
        """Wait for something new, for something that landed, or for the time to be over."""
        waits = {
            asyncio.ensure_future(self._outbox.changed(pause)),
            asyncio.ensure_future(self._landed.wait()),
        }
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        for wait in done:
            if error := wait.exception():
                log.error("messenger.wait_broke", exc_info=error)
                await self._clock.sleep(_AFTER_TROUBLE)

    async def _close(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _name(item: OutboxItem) -> str:
    """What at most one delivery at a time may be under way for."""
    match item:
        case CardItem():
            return f"card {item.request_id}"
        case LineItem() | QuestionItem():
            # A line may ask the question again elsewhere while it is answered.
            return f"thread {item.request_id}"
        case PrivateItem():
            return f"private {item.id}"
        case ReportItem():
            return f"report {item.request_id}"
        case _:
            assert_never(item)


def _point(item: OutboxItem) -> str:
    """What an item is to a checkpoint, in one word."""
    match item:
        case CardItem():
            return "show:card_edit" if item.place else "show:card_post"
        case LineItem(event=QuestionAsked()):
            return "show:question_post"
        case LineItem():
            return "show:line"
        case QuestionItem():
            return "show:question_close"
        case ReportItem():
            return "show:report"
        case PrivateItem():
            return "show:private"
        case _:
            assert_never(item)


def _method(item: OutboxItem) -> str:
    """The Web API method that the item mostly needs, as far as rate limits go."""
    match item:
        case CardItem():
            return "chat.update" if item.place else "chat.postMessage"
        case LineItem():
            return "chat.postMessage"
        case QuestionItem():
            return "chat.update"
        case PrivateItem():
            return "chat.postEphemeral"
        case ReportItem():
            return "files.completeUploadExternal"
        case _:
            assert_never(item)


def _edited(item: OutboxItem) -> str | None:
    """Which card the item edits, if it does."""
    return item.request_id if isinstance(item, CardItem) and item.place else None


def _channel(item: OutboxItem) -> str:
    match item:
        case CardItem():
            return item.place.channel if item.place else ""
        case LineItem() | ReportItem():
            return item.card.channel
        case QuestionItem():
            return item.place.channel
        case PrivateItem():
            return item.channel
        case _:
            assert_never(item)
