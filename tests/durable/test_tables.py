"""The engine's tables: `migrate` prepares them, and a missing right is named."""

import psycopg
import pytest

from bot.domain.errors import Kind, StoreError
from bot.durable import tables
from bot.durable.engine import DbosEngine
from bot.durable.work import Hands
from tests.postgres import Server

SCHEMA = "dbos"
FOR_THE_BOT = (
    "GRANT USAGE ON SCHEMA dbos TO guest",
    "GRANT ALL ON ALL TABLES IN SCHEMA dbos TO guest",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA dbos TO guest",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA dbos TO guest",
)


async def _launched(url: str) -> None:
    """Launch an engine that has nothing to do, and close it."""
    nothing: Hands = Hands(None, None, None, None, {})  # type: ignore[arg-type]
    engine = DbosEngine(url, nothing)
    try:
        await engine.launch()
    finally:
        await engine.close()


async def test_a_role_that_may_create_nothing_is_told_what_to_grant(
    postgres_server: Server, postgres_url: str
) -> None:
    """One sentence with the server's words, no traceback; and nothing is half created."""
    with postgres_server.guest(postgres_url) as url:
        for work in (tables.migrate(url), _launched(url)):
            with pytest.raises(StoreError, match="permission denied") as caught:
                await work
            assert "USAGE on the schema dbos" in caught.value.advice
            assert caught.value.kind is Kind.AUTH


async def test_a_role_without_rights_launches_what_another_has_migrated(
    postgres_server: Server, postgres_url: str
) -> None:
    """With exactly the grants that the advice names; `migrate` may be repeated."""
    await tables.migrate(postgres_url)
    await tables.migrate(postgres_url)
    with (
        postgres_server.guest(postgres_url) as url,
        psycopg.connect(postgres_url, autocommit=True) as owner,
    ):
        for grant in FOR_THE_BOT:
            owner.execute(grant.encode())
        try:
            await _launched(url)
        finally:
            owner.execute("DROP OWNED BY guest")
