"""The rows of requests, of their votes, and of where they stand in Slack."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approval import Posted
from bot.domain.errors import Kind, NotFoundError, StoreError
from bot.domain.request import ACTIVE, Place, Request
from bot.domain.values import RequestId
from bot.store.documents import Json, request_from_json, request_to_json
from bot.store.rows import read
from bot.store.schema import posted, request, vote

PostedKind = Literal["card", "question"]


async def insert(tx: AsyncConnection, new: Request) -> None:
    """Write the row of a new request."""
    await tx.execute(
        sa.insert(request).values(
            id=new.id,
            requester=new.requester,
            requester_person=new.requester_person,
            created_at=new.created_at,
            **_changing(new),
        )
    )


async def save(tx: AsyncConnection, before: Request, after: Request) -> None:
    """Write what a request has become, its votes first."""
    await _save_votes(tx, before, after)
    await tx.execute(sa.update(request).where(request.c.id == after.id).values(**_changing(after)))


def _changing(current: Request) -> dict[str, object]:
    return {
        "target": current.wish.target,
        "state": current.state.value,
        "expires_at": current.expires_at,
        "document": request_to_json(current),
    }


async def _save_votes(tx: AsyncConnection, before: Request, after: Request) -> None:
    for gone in set(before.votes) - set(after.votes):
        await tx.execute(
            sa.update(vote)
            .where(vote.c.request_id == after.id, vote.c.person == gone.person)
            .where(vote.c.voided_at.is_(None))
            .values(voided_at=after.updated_at)
        )
    for new in after.votes:
        if new not in before.votes:
            await tx.execute(
                sa.insert(vote).values(
                    request_id=after.id,
                    person=new.person,
                    user_id=new.user,
                    requester_person=after.requester_person,
                    digest=new.digest,
                    at=new.at,
                )
            )


async def get(tx: AsyncConnection, request_id: str) -> Request:
    """Return one request. Raises `NotFoundError`, and `StoreError` if it cannot be read."""
    return await _one(tx, request_id, _of(request_id))


async def find(tx: AsyncConnection, request_id: str) -> Request | None:
    """Return one request, or `None` if there is none. Raises `StoreError`: it cannot be read."""
    document = await tx.scalar(_of(request_id))
    return None if document is None else _read(request_id, document)


async def lock(tx: AsyncConnection, request_id: str) -> Request:
    """Return one request, locked until the transaction ends.

    Raises:
        NotFoundError: no such request.
        StoreError: it is there, and cannot be read.
    """
    # Foreign keys may still look at the row, or a delivery that records a place would wait for
    # the ledger while the ledger waits for the delivery's row.
    return await _one(tx, request_id, _of(request_id).with_for_update(key_share=True))


def _of(request_id: str) -> sa.Select[tuple[Any]]:
    return sa.select(request.c.document).where(request.c.id == request_id)


async def _one(tx: AsyncConnection, request_id: str, query: sa.Select[tuple[Any]]) -> Request:
    document = await tx.scalar(query)
    if document is None:
        raise NotFoundError(f"There is no request {request_id}.")
    return _read(request_id, document)


def _read(request_id: str, document: Json) -> Request:
    found = read("request", request_id, partial(request_from_json, document))
    if found is None:
        raise StoreError(
            f"The row of {request_id} cannot be read by this release.",
            "Install the release that wrote it.",
            Kind.MALFORMED,
        )
    return found


async def select(
    tx: AsyncConnection, *, active: bool, target: str | None, limit: int
) -> Sequence[Request]:
    """Return requests that can be read, newest first."""
    query = sa.select(request.c.id, request.c.document).order_by(
        request.c.created_at.desc(), request.c.id
    )
    if active:
        query = query.where(request.c.state.in_(ACTIVE))
    if target is not None:
        query = query.where(request.c.target == target)
    return readable(await tx.execute(query.limit(limit)))


def readable(rows: Iterable[sa.Row[tuple[str, Json]]]) -> list[Request]:
    """Return the requests of rows; one that cannot be read holds up no other."""
    found = (read("request", row.id, partial(request_from_json, row.document)) for row in rows)
    return [each for each in found if each is not None]


async def active_of(tx: AsyncConnection, target: str) -> RequestId | None:
    """Return which request holds a target, whether it can be read or not."""
    return await tx.scalar(
        sa.select(request.c.id).where(request.c.target == target, request.c.state.in_(ACTIVE))
    )


async def unreadable(tx: AsyncConnection, ids: Collection[str]) -> frozenset[str]:
    """Return which of these requests cannot be read."""
    query = sa.select(request.c.id, request.c.document).where(request.c.id.in_(ids))
    known = {each.id for each in readable(await tx.execute(query))}
    return frozenset(ids) - known


async def posted_of(tx: AsyncConnection, current: Request) -> Posted:
    """Return where the card and the open question of a request stand."""
    key = current.question.key if current.question else None
    return Posted(
        card=await place_of(tx, current.id, "card", ""),
        question=await place_of(tx, current.id, "question", key) if key else None,
    )


async def place_of(
    tx: AsyncConnection, request_id: str, kind: PostedKind, key: str
) -> Place | None:
    """Return where a card or question stands, once it is posted."""
    row = (
        await tx.execute(
            sa.select(posted.c.channel, posted.c.ts)
            .where(posted.c.request_id == request_id)
            .where(posted.c.kind == kind, posted.c.key == key)
        )
    ).first()
    return Place(row.channel, row.ts) if row else None


async def note_place(
    tx: AsyncConnection, request_id: str, kind: PostedKind, key: str, place: Place
) -> None:
    """Record where a card or question stands; a message posted anew replaces the one before."""
    this = (posted.c.request_id == request_id, posted.c.kind == kind, posted.c.key == key)
    await tx.execute(sa.delete(posted).where(*this))
    await tx.execute(
        sa.insert(posted).values(
            request_id=request_id, kind=kind, key=key, channel=place.channel, ts=place.ts
        )
    )
