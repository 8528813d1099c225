"""The rows that a bot has left, read without it."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bot.clock import SystemClock
from bot.domain.values import RequestId
from bot.ports import AuditEntry
from bot.sandbox.stage import Stage
from bot.store.audit import Verdict, verify
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from config import file


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of a story's one request, and whether the chain holds."""

    entries: Sequence[AuditEntry]
    verdict: Verdict


def select(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    """Read rows of the bot's database."""
    if stage.setting.database_url is not None:
        with psycopg.connect(stage.setting.database_url) as postgres:
            return postgres.execute(query.encode()).fetchall()
    uri = f"file:{stage.directory / 'nsx-restore.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        return connection.execute(query).fetchall()


async def audit(stage: Stage) -> Audit:
    """Read the audit of the request, and verify its chain with the bot's key."""
    ((request_id,),) = select(stage, "SELECT id FROM request")
    configuration = file.load(stage.directory / "nsx-restore.yaml")
    key = (stage.directory / "audit").read_bytes()
    async with Database.open(stage.environment()["DATABASE_URL"]) as database:
        people = configuration.people
        ledger = SqlLedger(database, SystemClock(), configuration.policy, key, people=people)
        story = await ledger.story(RequestId(request_id))
        return Audit(story, await verify(database, key))
