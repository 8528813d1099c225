"""What people did, as it came in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.intents import Intent
from bot.ports import Clock
from bot.store.database import Database
from bot.store.documents import intent_from_json, intent_to_json
from bot.store.once import insert_once
from bot.store.schema import inbox


@dataclass(slots=True, eq=False)
class _Incoming:
    """A row on its way in; `is_new` is known once it is committed."""

    values: dict[str, Any]
    is_new: bool | None = None


class SqlInbox:
    """The `Inbox` on a database. Every method raises `StoreError` if that cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep the parts."""
        self._database = database
        self._clock = clock
        self._incoming: list[_Incoming] = []
        self._turn = asyncio.Lock()

    async def store(self, key: str, intent: Intent) -> bool:
        """Keep an intent under a key that is unique for each thing done; say whether it is new.

        What comes in while a commit is under way shares the next one: Slack waits for each ack,
        and in a rush a commit for each would make everybody late.
        """
        mine = _Incoming(
            {"key": key, "intent": intent_to_json(intent), "stored_at": self._clock.now()}
        )
        self._incoming.append(mine)
        try:
            async with self._turn:
                # Whoever had the turn before may have stored this one along with its own.
                return await self._store() if mine.is_new is None else mine.is_new
        finally:
            self._incoming.remove(mine)

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
