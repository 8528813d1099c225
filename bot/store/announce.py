"""What Slack has to show after something has happened: the outbox rows the ledger writes."""

from datetime import datetime
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.blocks import thread
from bot.domain import events as e
from bot.domain.request import Request
from bot.store.documents import Json, action_of, event_to_json, question_to_json
from bot.store.once import insert_once
from bot.store.schema import outbox

ItemKind = Literal["card", "line", "question", "private", "report"]

UNDELIVERED: Final = outbox.c.delivered < outbox.c.wanted


async def announce(
    tx: AsyncConnection, before: Request, after: Request, event: e.Event, at: datetime
) -> None:
    """Queue what one event means for the card, the thread, a question and the report."""
    await redraw_card(tx, after.id, at)
    if thread.has_line(event):
        await _add_line(tx, after.id, event, at)
    if before.question is not None and after.question is None:
        answer = event if isinstance(event, e.QuestionAnswered) else None
        body = question_to_json(before.question, answer)
        key = f"question:{after.id}:{before.question.key}"
        await put(tx, key, "question", at=at, request_id=after.id, body=body)
    if before.is_active and not after.is_active:
        await put(tx, f"report:{after.id}", "report", at=at, request_id=after.id)


async def put(
    tx: AsyncConnection,
    key: str,
    kind: ItemKind,
    *,
    at: datetime,
    request_id: str | None = None,
    body: Json | None = None,
    seq: int | None = None,
) -> bool:
    """Queue something to deliver, once for each key; return whether it is new."""
    return await insert_once(
        tx,
        outbox,
        key=key,
        kind=kind,
        request_id=request_id,
        seq=seq,
        body=body or {},
        wanted=1,
        delivered=0,
        attempts=0,
        since=at,
        due_at=at,
    )


async def redraw_card(tx: AsyncConnection, request_id: str, at: datetime) -> None:
    """Want the card once more; a card that is out of date already stays one item."""
    key = f"card:{request_id}"
    if not await put(tx, key, "card", at=at, request_id=request_id):
        await redraw_cards(tx, outbox.c.key == key, at)


async def redraw_cards(tx: AsyncConnection, which: sa.ColumnElement[bool], at: datetime) -> None:
    """Want some cards once more; what waits already keeps its age."""
    await tx.execute(
        sa.update(outbox)
        .where(outbox.c.kind == "card", which)
        .values(
            wanted=outbox.c.wanted + 1,
            since=sa.case((UNDELIVERED, outbox.c.since), else_=sa.literal(at, outbox.c.since.type)),
        )
    )


async def _add_line(tx: AsyncConnection, request_id: str, event: e.Event, at: datetime) -> None:
    newest = await tx.scalar(
        sa.select(sa.func.max(outbox.c.seq)).where(outbox.c.request_id == request_id)
    )
    seq = (newest or 0) + 1
    body = {"action": action_of(type(event)), "event": event_to_json(event)}
    key = f"line:{request_id}:{seq}"
    await put(tx, key, "line", at=at, request_id=request_id, body=body, seq=seq)
