"""What Slack must still show, as one loop delivers it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import events as e
from bot.domain.request import ACTIVE, Place
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
from bot.store.schema import outbox, posted, request

_MOST: Final = 200
"""Items handed out at once; the rest comes with the next call."""

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
        """Return what can be delivered now, oldest first.

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
            .order_by(outbox.c.since, outbox.c.id)
            .limit(_MOST)
        )
        async with self._database.reading() as tx:
            rows = (await tx.execute(query)).all()
            items = [await _item(tx, row) for row in rows]
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


async def _item(tx: AsyncConnection, row: sa.Row[Any]) -> OutboxItem | None:
    """Return a row as an item, or `None` while its message has nowhere to stand."""
    if row.kind == "private":
        body = row.body
        return PrivateItem(
            row.id, UserId(body["user"]), body["channel"], body["text"], row.attempts
        )
    request_id = RequestId(row.request_id)
    if row.kind == "question":
        question, answer = question_from_json(row.body)
        place = await requests.place_of(tx, request_id, "question", question.key)
        if place is None:
            return None
        return QuestionItem(row.id, request_id, place, question, answer, row.attempts)
    card = await requests.place_of(tx, request_id, "card", "")
    if row.kind == "card":
        return CardItem(row.id, request_id, card, row.attempts, row.wanted)
    if card is None:
        return None
    if row.kind == "report":
        return ReportItem(row.id, request_id, card, row.attempts)
    event = event_from_json(row.body["action"], row.body["event"])
    if event is None:
        raise ValueError(f"the line {row.key} tells of no event")
    return LineItem(row.id, request_id, card, row.seq, event, row.since, row.attempts)
