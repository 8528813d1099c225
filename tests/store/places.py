"""What belongs to a message, and what has none yet, read from the rows as they are."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.request import Place
from bot.domain.values import RequestId
from bot.store.announce import UNDELIVERED
from bot.store.database import Database
from bot.store.schema import outbox, posted


async def request_at(database: Database, place: Place) -> RequestId | None:
    """Return which request's card or question stands at a place."""
    query = sa.select(posted.c.request_id).where(
        posted.c.channel == place.channel, posted.c.ts == place.ts
    )
    async with database.reading() as tx:
        found = await tx.scalar(query)
    return RequestId(found) if found else None


async def undelivered(database: Database, now: datetime) -> set[str]:
    """Return the keys of what is due and does not stand in Slack yet."""
    query = sa.select(outbox.c.key).where(UNDELIVERED, outbox.c.due_at <= now)
    async with database.reading() as tx:
        return set(await tx.scalars(query))
