"""Insert a row unless its key is taken."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_once(tx: AsyncConnection, table: sa.Table, **values: Any) -> bool:
    """Insert a row; return whether it is new. A taken key changes nothing."""
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(values).on_conflict_do_nothing()
    # Row counts are only reliable for UPDATE and DELETE (SQLAlchemy: CursorResult.rowcount).
    inserted = await tx.execute(statement.returning(*table.primary_key.columns))
    return inserted.first() is not None
