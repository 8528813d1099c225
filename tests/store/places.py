"""Which request a message belongs to, read from the rows as they are."""

import sqlalchemy as sa

from bot.domain.request import Place
from bot.domain.values import RequestId
from bot.store.database import Database
from bot.store.schema import posted


async def request_at(database: Database, place: Place) -> RequestId | None:
    """Return which request's card or question stands at a place."""
    query = sa.select(posted.c.request_id).where(
        posted.c.channel == place.channel, posted.c.ts == place.ts
    )
    async with database.reading() as tx:
        found = await tx.scalar(query)
    return RequestId(found) if found else None
