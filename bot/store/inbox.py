"""What people did, as it came in."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.intents import Intent
from bot.ports import Clock
from bot.store.database import Database
from bot.store.documents import intent_from_json, intent_to_json
from bot.store.once import insert_once
from bot.store.schema import inbox


class SqlInbox:
    """The `Inbox` on a database. Every method raises `StoreError` if that cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep the parts."""
        self._database = database
        self._clock = clock

    async def store(self, key: str, intent: Intent) -> bool:
        """Keep an intent under a key that is unique for each thing done; say whether it is new."""
        async with self._database.writing() as tx:
            return await insert_once(
                tx,
                inbox,
                key=key,
                intent=intent_to_json(intent),
                stored_at=self._clock.now(),
            )

    async def done(self, key: str) -> None:
        """Note that an intent has been dealt with; the first time counts."""
        async with self._database.writing() as tx:
            await tx.execute(
                sa.update(inbox)
                .where(inbox.c.key == key, inbox.c.done_at.is_(None))
                .values(done_at=self._clock.now())
            )

    async def unfinished(self, before: datetime) -> Sequence[tuple[str, Intent]]:
        """Return intents stored before a moment and not dealt with, oldest first."""
        query = (
            sa.select(inbox.c.key, inbox.c.intent)
            .where(inbox.c.done_at.is_(None), inbox.c.stored_at < before)
            .order_by(inbox.c.stored_at, inbox.c.key)
        )
        async with self._database.reading() as tx:
            return [(row.key, intent_from_json(row.intent)) for row in await tx.execute(query)]
