"""The schema comes and grows by itself, safely."""

import asyncio
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

from bot.domain.errors import Kind, StoreError
from bot.store import schema
from bot.store.database import Database
from bot.store.revisions import check, migrate


async def test_migrating_makes_the_schema_current(empty_url: str) -> None:
    """Before it is not, afterwards it is."""
    await migrate(empty_url)
    async with Database.open(empty_url) as database:
        await check(database)


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    """Rows stay."""
    await migrate(empty_url)
    async with Database.open(empty_url) as database:
        async with database.writing() as tx:
            await tx.execute(sa.update(schema.audit_head).values(seq=1, mac="1" * 64))
        await migrate(empty_url)
        async with database.reading() as tx:
            assert await tx.scalar(sa.select(schema.audit_head.c.seq)) == 1


async def test_the_migrations_and_the_tables_agree(empty_url: str) -> None:
    """What the code believes is what the migrations make."""

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), schema.metadata)

    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.reading() as tx:
        assert await tx.run_sync(differences) == []


async def test_processes_that_migrate_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    """All succeed; the schema is made once."""
    code = "import asyncio, sys; from bot.store.revisions import migrate; "
    code += "asyncio.run(migrate(sys.argv[1]))"
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, empty_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in processes:
        _, errors = await process.communicate()
        assert (process.returncode, errors.decode()) == (0, "")
    async with Database.open(empty_url) as database:
        await check(database)


async def test_tasks_that_migrate_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    """Within one process too."""
    await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    async with Database.open(empty_url) as database:
        await check(database)


async def test_the_schema_of_a_newer_release_is_left_alone(empty_url: str) -> None:
    """Neither used nor changed; the text says what to do."""
    await migrate(empty_url)
    async with Database.open(empty_url) as database:
        async with database.writing() as tx:
            await tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match="newer than this release") as caught:
            await check(database)
    assert caught.value.kind is Kind.MALFORMED
    with pytest.raises(StoreError, match="newer than this release"):
        await migrate(empty_url)


async def test_the_schema_of_an_older_release_asks_for_migration(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs on a schema that lacks something."""
    await migrate(empty_url)
    monkeypatch.setattr("bot.store.revisions._newest", lambda: "0002")
    async with Database.open(empty_url) as database:
        with pytest.raises(
            StoreError, match=r"older than this release\. Run `nsx-restore migrate`"
        ):
            await check(database)
