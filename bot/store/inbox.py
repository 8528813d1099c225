"""What people did, as it came in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.domain.intents import Intent
from bot.ports import Clock
from bot.store.database import Database
from bot.store.documents import intent_from_json, intent_to_json
from bot.store.once import insert_once
from bot.store.rows import read
from bot.store.schema import inbox


@dataclass(slots=True, eq=False)
class _Incoming:
    """A row on its way in; the rest is known once it is committed."""

    key: str
    values: dict[str, Any]
    is_stored: bool = False
    is_new: bool = False


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
        values = {"intent": intent_to_json(intent), "stored_at": self._clock.now()}
        mine = _Incoming(key, values)
        self._incoming.append(mine)
        try:
            async with self._turn:
                # Whoever had the turn before may have stored this one along with its own.
                if not mine.is_stored:
                    await self._store_incoming()
        finally:
            self._incoming.remove(mine)
        return mine.is_new

    async def _store_incoming(self) -> None:
        async with self._database.writing_next() as tx:
            # In one order everywhere: two processes may be given the same keys at the same time.
            waiting = sorted((one for one in self._incoming if not one.is_stored), key=_key)
            new = [await insert_once(tx, inbox, key=one.key, **one.values) for one in waiting]
        for one, is_new in zip(waiting, new, strict=True):
            one.is_stored, one.is_new = True, is_new

    async def done(self, key: str) -> None:
        """Note that an intent has been dealt with; the first time counts."""
        async with self._database.writing() as tx:
            await tx.execute(
                sa.update(inbox)
                .where(inbox.c.key == key, inbox.c.done_at.is_(None))
                .values(done_at=self._clock.now())
            )

    async def unfinished(self, before: datetime) -> Sequence[tuple[str, Intent]]:
        """Return intents stored before a moment and not dealt with, oldest first.

        One that cannot be read stays, for the release that can.
        """
        query = (
            sa.select(inbox.c.key, inbox.c.intent)
            .where(inbox.c.done_at.is_(None), inbox.c.stored_at < before)
            .order_by(inbox.c.stored_at, inbox.c.key)
        )
        async with self._database.reading() as tx:
            rows = (await tx.execute(query)).all()
        intents = (
            (row.key, read("inbox", row.key, partial(intent_from_json, row.intent))) for row in rows
        )
        return [(key, intent) for key, intent in intents if intent is not None]


def _key(incoming: _Incoming) -> str:
    return incoming.key
