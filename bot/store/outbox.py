"""What Slack must still show, as one loop delivers it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import events as e
from bot.domain.request import ACTIVE, Place, Question
from bot.domain.values import RequestId, UserId
from bot.ports import (
    CardItem,
    Clock,
    LineItem,
    OutboxItem,
    PrivateItem,
    QuestionItem,
    ReportItem,
)
from bot.store import requests
from bot.store.announce import UNDELIVERED, put, redraw_cards
from bot.store.database import Database
from bot.store.documents import event_from_json, question_from_json
from bot.store.rows import read
from bot.store.schema import outbox, posted, request

_MOST: Final = 200
"""Items handed out at once; the rest comes with the next call."""

_RANK: Final = sa.case(
    {"card": 0, "line": 1, "question": 1, "report": 2}, value=outbox.c.kind, else_=3
)
_earlier: Final = outbox.alias("earlier")
_WAITS_FOR_A_LINE: Final = (
    sa.exists()
    .where(_earlier.c.request_id == outbox.c.request_id, _earlier.c.kind == "line")
    .where(_earlier.c.delivered < _earlier.c.wanted)
    .where(sa.or_(outbox.c.kind == "report", _earlier.c.seq < outbox.c.seq))
)
_HAS_WHERE_TO_GO: Final = sa.or_(
    outbox.c.kind.in_(("card", "question", "private")),
    sa.exists().where(posted.c.request_id == outbox.c.request_id, posted.c.kind == "card"),
)
_ACTIVE_IDS: Final = sa.select(request.c.id).where(request.c.state.in_(ACTIVE))


class SqlOutbox:
    """The `Outbox` on a database. Every method raises `StoreError` if that cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep the parts."""
        self._database = database
        self._clock = clock

    async def due(self) -> Sequence[OutboxItem]:
        """Return what can be delivered now: cards, the thread, reports, private texts last.

        The oldest of each comes first. However many private texts wait, nobody's card waits for
        them. A row that cannot be read stays, for the release that can; so does what it is about.

        For each request: its card while it has none or is out of date; its oldest undelivered
        line, once the card stands; its report after the last line. A question that is over, once
        its own line stands. What only another item waits for stays back.
        """
        # Cleared before the rows are read: what is committed after that rings again.
        self._database.bell.clear()
        query = (
            sa.select(outbox)
            .where(UNDELIVERED, outbox.c.due_at <= self._clock.now())
            .where(_HAS_WHERE_TO_GO, ~_WAITS_FOR_A_LINE)
            .order_by(_RANK, outbox.c.since, outbox.c.id)
            .limit(_MOST)
        )
        async with self._database.reading() as tx:
            rows = (await tx.execute(query)).all()
            unreadable = await requests.unreadable(tx, {row.request_id for row in rows} - {None})
            items = [
                await _item(tx, row, content)
                for row in rows
                if row.request_id not in unreadable
                and (content := read("outbox", row.key, partial(_content, row))) is not None
            ]
        return [item for item in items if item is not None]

    async def begin(self, item: OutboxItem) -> None:
        """Note, committed, that a delivery is being tried: after a crash it is looked for first."""
        await self._update(item, attempts=outbox.c.attempts + 1)

    async def sent(self, item: OutboxItem, place: Place | None) -> None:
        """Note that an item stands in Slack, and where."""
        async with self._database.writing() as tx:
            if place is not None:
                await _note_place(tx, item, place)
            delivered = item.version if isinstance(item, CardItem) else 1
            await tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == item.id, outbox.c.delivered < delivered)
                .values(delivered=delivered, attempts=0, why=None)
            )
        self._database.bell.set()

    async def note_card(self, request_id: RequestId, place: Place) -> None:
        """Note that a request's card had to be posted anew: its buttons count there from now on."""
        async with self._database.writing() as tx:
            await requests.note_place(tx, request_id, "card", "", place)

    async def note_question(self, request_id: RequestId, key: str, place: Place) -> Place | None:
        """Note that answers to a question count here from now on; return where they did before."""
        async with self._database.writing() as tx:
            before = await requests.place_of(tx, request_id, "question", key)
            await requests.note_place(tx, request_id, "question", key, place)
        return before

    async def postpone(self, item: OutboxItem, until: datetime, why: str) -> None:
        """Try again later. `why` is kept for the logs, without secrets."""
        await self._update(item, due_at=until, why=why)

    async def tell(self, key: str, user: UserId, channel: str, text: str) -> None:
        """Queue a private text, once for each key."""
        body = {"user": user, "channel": channel, "text": text}
        async with self._database.writing() as tx:
            await put(tx, f"private:{key}", "private", at=self._clock.now(), body=body)
        self._database.bell.set()

    async def redraw(self) -> None:
        """Mark the cards of all active requests as out of date (after a start)."""
        async with self._database.writing() as tx:
            await redraw_cards(tx, outbox.c.request_id.in_(_ACTIVE_IDS), self._clock.now())
        self._database.bell.set()

    async def lag(self) -> float:
        """Return how many seconds the oldest undelivered item has been waiting; 0 if none is."""
        async with self._database.reading() as tx:
            oldest = await tx.scalar(sa.select(sa.func.min(outbox.c.since)).where(UNDELIVERED))
        return max((self._clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0

    async def changed(self, seconds: float) -> None:
        """Return when there may be something new, at the latest after so many seconds.

        What another process writes is not announced here: it is found when the time is over.
        """
        waits = (
            asyncio.ensure_future(self._database.bell.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)

    async def _update(self, item: OutboxItem, **values: Any) -> None:
        async with self._database.writing() as tx:
            await tx.execute(sa.update(outbox).where(outbox.c.id == item.id).values(values))


async def _note_place(tx: AsyncConnection, item: OutboxItem, place: Place) -> None:
    """Record the messages that buttons count on."""
    match item:
        case CardItem(request_id=request_id):
            await requests.note_place(tx, request_id, "card", "", place)
        case LineItem(request_id=request_id, event=e.QuestionAsked(question)):
            await requests.note_place(tx, request_id, "question", question.key, place)
        case _:
            pass


@dataclass(frozen=True, slots=True)
class _Private:
    user: UserId
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class _Question:
    question: Question
    answer: e.QuestionAnswered | None


@dataclass(frozen=True, slots=True)
class _Picture:
    """A card or a report: drawn from its request alone."""


_Content = _Private | _Question | _Picture | e.Event


def _content(row: sa.Row[Any]) -> _Content:
    """Read what a row is about. Raises what its body cannot be read by."""
    body = row.body
    match row.kind:
        case "private":
            return _Private(UserId(body["user"]), body["channel"], body["text"])
        case "question":
            return _Question(*question_from_json(body))
        case "card" | "report":
            return _Picture()
        case "line":
            if (event := event_from_json(body["action"], body["event"])) is not None:
                return event
    raise ValueError(f"the row {row.key} tells of no event")


async def _item(tx: AsyncConnection, row: sa.Row[Any], content: _Content) -> OutboxItem | None:
    """Return a row as an item, or `None` while its message has nowhere to stand."""
    if isinstance(content, _Private):
        return PrivateItem(
            row.id, content.user, content.channel, content.text, row.since, row.attempts
        )
    request_id = RequestId(row.request_id)
    if isinstance(content, _Question):
        question = content.question
        place = await requests.place_of(tx, request_id, "question", question.key)
        if place is None:
            return None
        return QuestionItem(row.id, request_id, place, question, content.answer, row.attempts)
    card = await requests.place_of(tx, request_id, "card", "")
    if row.kind == "card":
        return CardItem(row.id, request_id, card, row.attempts, row.wanted)
    if card is None:
        return None
    if isinstance(content, _Picture):
        return ReportItem(row.id, request_id, card, row.attempts)
    return LineItem(row.id, request_id, card, row.seq, content, row.since, row.attempts)
