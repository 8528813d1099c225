"""The door to the database: which URLs, which guarantees, and what is said when it is shut."""

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.domain.errors import Kind, OutsideError, StoreError
from bot.store import schema
from bot.store.database import Database
from bot.store.revisions import check, migrate
from tests.builders import NOON
from tests.postgres import Server


def file_of(url: str) -> Path:
    """The file of a SQLite URL."""
    return Path(make_url(url).database or "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root:hunter2@db/x", "DATABASE_URL is for mysql, which is not supported."),
        ("sqlite://", "DATABASE_URL names no file."),
        ("sqlite:///:memory:", "DATABASE_URL names no file."),
        (
            "sqlite:///x.db?timeout=5",
            "DATABASE_URL has options after its file (from ? on), which SQLite takes none of.",
        ),
        ("postgres://u@db/x", "DATABASE_URL is for postgres, which is not supported."),
        ("hunter2", "DATABASE_URL is not a database URL."),
        ("postgresql://u:hunter2@db:port/x", "DATABASE_URL is not a database URL."),
        ("sqlite:///hunter2%00b", "DATABASE_URL names a file with %00 in it, which no file has."),
        ("postgresql://u:x@hunter2@db/x", "DATABASE_URL has more than one @."),
        ("postgresql://u:x@k/hunter2@db/x", "DATABASE_URL has more than one @."),
        (
            "postgresql://u:x@db?hunter2@db/x",
            "DATABASE_URL is not an address that PostgreSQL understands.",
        ),
        (
            "postgresql://u:hunter2/x@db/x",
            "DATABASE_URL is not an address that PostgreSQL understands.",
        ),
        (
            "postgresql://u:hunter2%ZZ@db/x",
            "DATABASE_URL is not an address that PostgreSQL understands.",
        ),
        (
            "postgresql://u@db/x?hunter2=1",
            "DATABASE_URL has an option (from ? on) that PostgreSQL does not know.",
        ),
        *(
            (
                f"postgresql://u@db/x?{name}=hunter2",
                f"DATABASE_URL has {name} among its options (from ? on).",
            )
            for name in ("password", "sslpassword", "passfile", "oauth_client_secret")
        ),
    ],
)
def test_other_urls_are_refused_in_one_sentence(url: str, said: str) -> None:
    """With advice, and without whatever secret may be in them."""
    with pytest.raises(StoreError) as caught:
        Database.open(url)
    assert (caught.value.said, caught.value.kind) == (said, Kind.MALFORMED)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_databases_name_has_no_password(scheme: str) -> None:
    """It is what logs and errors show: the place alone, without user and options."""
    database = Database.open(
        f"{scheme}://bot:hunter2@db.example.com:5433/nsx?sslmode=require&application_name=hunter2"
    )
    assert database.name == "postgresql://db.example.com:5433/nsx"
    assert "hunter2" not in repr(vars(database))


async def test_a_relative_url_is_a_file_beside_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three slashes are relative, four are absolute, as SQLAlchemy has it."""
    monkeypatch.chdir(tmp_path)
    await migrate("sqlite:///here.db")
    async with Database.open(f"sqlite:////{(tmp_path / 'here.db').relative_to('/')}") as database:
        await check(database)


async def test_odd_characters_in_a_path_are_kept(tmp_path: Path) -> None:
    """The file is opened by the very name that was given."""
    path = tmp_path / "bot 100% #1.db"
    await migrate(f"sqlite:///{path}")
    async with Database.open(f"sqlite:///{path}") as database:
        await check(database)
    assert path.exists()


async def test_the_files_of_sqlite_are_for_their_owner_alone(sqlite_url: str) -> None:
    """The database and what SQLite writes beside it: mode 0600, also if it was wider before."""
    path = file_of(sqlite_url)
    path.touch(mode=0o644)
    await migrate(sqlite_url)
    async with Database.open(sqlite_url) as database, database.writing() as tx:
        await tx.execute(sa.delete(schema.inbox))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {f"nsx-restore.db{end}": 0o600 for end in ("", "-wal", "-shm")}


async def test_sqlite_survives_power_cuts_and_keeps_its_references(sqlite_url: str) -> None:
    """Write-ahead log, every commit synced, foreign keys enforced."""
    await migrate(sqlite_url)
    async with Database.open(sqlite_url) as database, database.reading() as tx:
        found = [
            await tx.scalar(sa.text(f"PRAGMA {pragma}"))
            for pragma in ("journal_mode", "synchronous", "foreign_keys")
        ]
    full = 2
    assert found == ["wal", full, 1]


async def test_opening_creates_nothing(sqlite_url: str) -> None:
    """A typing error in the URL leaves no empty file behind."""
    async with Database.open(sqlite_url) as database:
        with pytest.raises(StoreError, match=r"has not been set up\. Run `nsx-restore migrate`"):
            await check(database)
    assert not file_of(sqlite_url).exists()


async def test_a_file_that_is_no_database_is_told(sqlite_url: str) -> None:
    """One sentence, no traceback, and no connection is left open."""
    file_of(sqlite_url).write_text("this is not a database, whatever its name says" * 100)
    async with Database.open(sqlite_url) as database:
        with pytest.raises(StoreError, match="file is not a database"):
            await check(database)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "directory"])
async def test_what_is_no_regular_file_keeps_its_mode(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """A device, a pipe or a directory is not the bot's: refused in one sentence, and untouched."""
    path = tmp_path / "not-ours"
    make(path)
    path.chmod(0o640)
    with pytest.raises(StoreError, match=f"names {path}, which is not a regular file"):
        await migrate(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


async def test_a_directory_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    """As is a file that belongs to somebody else."""
    async with Database.open(f"sqlite:///{tmp_path}") as database:
        with pytest.raises(StoreError, match="which is not a regular file"):
            await check(database)


async def test_a_directory_that_does_not_exist_is_told(tmp_path: Path) -> None:
    """Nothing is created on the way."""
    with pytest.raises(StoreError, match="cannot be written: No such file or directory"):
        await migrate(f"sqlite:///{tmp_path}/none/x.db")


async def test_a_server_that_is_not_there_is_told_without_the_password(unused_port: int) -> None:
    """What the driver says, what to check, and no secret."""
    url = f"postgresql://bot:hunter2@127.0.0.1:{unused_port}/nsx"
    async with Database.open(url) as database:
        with pytest.raises(StoreError) as caught:
            await check(database)
    error: BaseException | None = caught.value
    assert "cannot be used: connection failed" in str(error)
    assert "accepting TCP/IP connections? Check DATABASE_URL." in str(error)
    assert isinstance(error, OutsideError)
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__


async def test_a_database_without_tables_is_told(empty_url: str) -> None:
    """Also where somebody did not ask first."""
    if empty_url.startswith("sqlite"):
        file_of(empty_url).touch()
    async with Database.open(empty_url) as database:
        with pytest.raises(StoreError, match="has not been set up"):
            await check(database)
        with pytest.raises(StoreError, match="has not been set up") as caught:
            async with database.reading() as tx:
                await tx.execute(sa.select(schema.inbox))
    assert caught.value.kind is Kind.MISSING


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    """Whatever was written before the error is gone."""
    row = {"key": "k", "intent": {}, "stored_at": NOON}

    async def write_half() -> None:
        async with database.writing() as tx:
            await tx.execute(sa.insert(schema.inbox).values(row))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await write_half()
    async with database.reading() as tx:
        assert (await tx.execute(sa.select(schema.inbox))).all() == []


async def test_a_reader_sees_one_moment(database: Database) -> None:
    """What is committed while it reads does not mix in."""
    row = {"key": "k", "intent": {}, "stored_at": NOON}
    async with database.reading() as tx:
        before = (await tx.execute(sa.select(schema.inbox))).all()
        async with database.writing() as other:
            await other.execute(sa.insert(schema.inbox).values(row))
        assert (await tx.execute(sa.select(schema.inbox))).all() == before


async def test_a_reader_cannot_write_on_postgresql(postgres_url: str) -> None:
    """Reading is reading."""
    await migrate(postgres_url)
    async with Database.open(postgres_url) as database:
        with pytest.raises(StoreError, match="read-only transaction"):
            async with database.reading() as tx:
                await tx.execute(sa.delete(schema.inbox))


async def test_a_short_writer_in_another_process_is_waited_for(sqlite_url: str) -> None:
    """SQLite lets one process write at a time; the next one waits its turn."""
    await migrate(sqlite_url)
    with sqlite3.connect(file_of(sqlite_url), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        async with Database.open(sqlite_url) as database:

            async def write() -> None:
                async with database.writing() as tx:
                    await tx.execute(sa.delete(schema.inbox))

            writing = asyncio.ensure_future(write())
            done, _ = await asyncio.wait({writing}, timeout=0.1)
            assert not done
            other.execute("COMMIT")
            await writing
    other.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_writer_that_never_ends_is_not_waited_for_without_end(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the deadline the caller is told, and the next transaction works."""
    monkeypatch.setattr("bot.store.patience.TRANSACTION", 0.5)
    monkeypatch.setattr("bot.store.patience.SQLITE", 0.1)
    url = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[kind])
    await migrate(url)
    lock = sa.select(schema.audit_head).with_for_update()
    async with Database.open(url) as first, Database.open(url) as second:
        async with first.writing() as tx:
            await tx.execute(lock)
            with pytest.raises(StoreError, match=r"was busy for 0 seconds. Try again in a moment"):
                async with second.writing() as late:
                    await late.execute(lock)
        async with second.writing() as late:
            assert (await late.execute(lock)).one().seq == 0


async def test_a_dropped_connection_is_told_and_the_next_transaction_works(
    postgres_url: str,
) -> None:
    """A server that was restarted costs one transaction at most."""
    await migrate(postgres_url)
    end = sa.text("SELECT pg_terminate_backend(:pid)")

    async def write_cut_off(database: Database, other: Database) -> None:
        async with database.writing() as tx:
            pid = await tx.scalar(sa.text("SELECT pg_backend_pid()"))
            async with other.writing() as admin:
                await admin.execute(end, {"pid": pid})
            await tx.execute(sa.delete(schema.inbox))

    async with Database.open(postgres_url) as database, Database.open(postgres_url) as other:
        with pytest.raises(StoreError, match="terminating connection"):
            await write_cut_off(database, other)
        await check(database)


async def test_what_somebody_waits_for_is_written_ahead_of_the_queue(sqlite_url: str) -> None:
    """On SQLite writers take turns; `writing_next` waits for the one at work and for no other."""
    await migrate(sqlite_url)
    order: list[str] = []
    async with Database.open(sqlite_url) as database:

        async def queued(name: str) -> None:
            async with database.writing():
                order.append(name)

        async def ahead() -> None:
            async with database.writing_next():
                order.append("ahead")

        async with asyncio.TaskGroup() as group, database.writing():
            group.create_task(queued("first"))
            group.create_task(queued("second"))
            await asyncio.sleep(0)
            group.create_task(ahead())
            await asyncio.sleep(0)
    assert order == ["ahead", "first", "second"]


async def test_a_role_that_may_not_create_is_told_so(
    postgres_server: Server, postgres_url: str
) -> None:
    """Migrating in somebody else's schema names the right that is missing."""
    denied = pytest.raises(StoreError, match="permission denied for schema public")
    with postgres_server.guest(postgres_url) as url, denied as caught:
        await migrate(url)
    assert caught.value.kind is Kind.AUTH
    assert caught.value.advice == "Grant the role of DATABASE_URL USAGE and CREATE on that schema."


async def test_a_role_that_sees_no_schema_is_told_so(
    postgres_server: Server, postgres_url: str
) -> None:
    """Its search path leads nowhere."""
    with postgres_server.guest(postgres_url) as url, psycopg.connect(postgres_url) as owner:
        owner.execute("ALTER ROLE guest SET search_path = nowhere")
        owner.commit()
        with pytest.raises(StoreError, match="no schema has been selected") as caught:
            await migrate(url)
    assert "USAGE and CREATE on a schema of its search_path" in caught.value.advice


async def test_a_role_that_may_not_read_is_told_so(
    postgres_server: Server, postgres_url: str
) -> None:
    """The tables belong to another role."""
    await migrate(postgres_url)
    with postgres_server.guest(postgres_url) as url:
        async with Database.open(url) as database:
            with pytest.raises(StoreError, match="permission denied for table") as caught:
                await check(database)
    assert "SELECT, INSERT, UPDATE and DELETE on the bot's tables" in caught.value.advice


async def test_only_what_never_began_is_told_as_such(
    postgres_server: Server, postgres_url: str
) -> None:
    """A connection that breaks inside a transaction leaves open whether it was committed."""
    await migrate(postgres_url)
    async with Database.open(postgres_url) as database:
        with pytest.raises(StoreError) as broken:
            await _write_while_cut_off(database, postgres_server)
    async with Database.open("postgresql://nobody@127.0.0.1:1/nothing") as nowhere:
        with pytest.raises(StoreError) as unreached:
            await nowhere.writing().__aenter__()
    assert not broken.value.never_began
    assert unreached.value.never_began


async def _write_while_cut_off(database: Database, server: Server) -> None:
    async with database.writing() as tx:
        pid = await tx.scalar(sa.text("SELECT pg_backend_pid()"))
        with psycopg.connect(server.url("postgres"), autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        await tx.execute(sa.text("SELECT 1"))


async def test_closing_waits_for_a_transaction_that_was_cut_off(tmp_path: Path) -> None:
    """Its thread would otherwise answer to a loop that is gone, and die of that."""
    url = f"sqlite:///{tmp_path / 'nsx-restore.db'}"
    await migrate(url)
    before = set(threading.enumerate())
    database, counting = Database.open(url), asyncio.Event()
    working = asyncio.create_task(_count(database, counting))
    await counting.wait()
    while not working.done():
        # Once for the work, once for its orderly end.
        working.cancel()
        await asyncio.sleep(0)
    await database.close()

    assert not [thread for thread in set(threading.enumerate()) - before if _works(thread)]


async def _count(database: Database, counting: asyncio.Event) -> None:
    """Have the driver busy for a while."""
    async with database.writing() as tx:
        counting.set()
        await tx.exec_driver_sql(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) "
            "SELECT max(x) FROM c"
        )


def _works(thread: threading.Thread) -> bool:
    return "_connection_worker_thread" in thread.name and thread.is_alive()


@pytest.mark.parametrize("turns", range(0, 24, 2))
async def test_closing_waits_for_a_connection_that_was_called_off(
    tmp_path: Path, turns: int
) -> None:
    """Wherever it is by then, also before it has come about."""
    url = f"sqlite:///{tmp_path / 'nsx-restore.db'}"
    await migrate(url)
    before = set(threading.enumerate())
    database = Database.open(url)
    working = asyncio.create_task(_count(database, asyncio.Event()))
    for _ in range(turns):
        await asyncio.sleep(0)
    while not working.done():
        working.cancel()
        await asyncio.sleep(0)
    await database.close()

    assert not [thread for thread in set(threading.enumerate()) - before if _works(thread)]
