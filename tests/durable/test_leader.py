"""One active worker for each database, by whatever name the database is called."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import psycopg
import pytest

from bot.durable.leader import KEY, LOST, AlreadyRunningError, FileLock, lock_of_file
from bot.durable.tables import journal_url, migrate
from bot.store import revisions


def test_a_file_has_one_lock_by_all_its_names(tmp_path: Path) -> None:
    """Through a link it is the same file, so the second worker is refused there too."""
    file = tmp_path / "nsx-restore.db"
    file.touch()
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(file)
    held = FileLock(file)
    with pytest.raises(AlreadyRunningError):
        FileLock(link)
    held.release()
    FileLock(link).release()


def test_a_file_has_one_journal_by_all_its_names(tmp_path: Path) -> None:
    """A run that was begun under one name is continued under the other."""
    file, link = tmp_path / "nsx-restore.db", tmp_path / "link.db"
    file.touch()
    link.symlink_to(file)
    assert journal_url(f"sqlite:///{link}") == journal_url(f"sqlite:///{file}")


async def test_a_spelling_of_a_name_is_no_other_name(tmp_path: Path) -> None:
    """`%20` in a URL is a space in the file's name: one lock, one journal, for its owner alone."""
    (tmp_path / "p q").mkdir()
    plain, quoted = (f"sqlite:///{tmp_path}/{name}/x.db" for name in ("p q", "p%20q"))
    await revisions.migrate(quoted)
    await migrate(quoted)
    held = lock_of_file(quoted)
    assert held is not None
    with pytest.raises(AlreadyRunningError):
        lock_of_file(plain)
    held.release()
    assert journal_url(plain) == journal_url(quoted)
    made = {entry.name for entry in os.scandir(tmp_path / "p q")}
    assert {"x.db", "x.db.journal"} <= made
    assert [entry.name for entry in os.scandir(tmp_path)] == ["p q"]
    assert stat.S_IMODE((tmp_path / "p q" / "x.db.journal").stat().st_mode) == 0o600


LEADER = """
import asyncio, sys
from bot.durable.leader import lead

async def main():
    held = await lead(sys.argv[1], waiting=lambda place: None)
    print("leads", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_leader_whose_session_ends_is_gone_at_once(postgres_url: str) -> None:
    """Another one may lead already: it ends with the status that operators are told of."""
    leader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LEADER, postgres_url, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert leader.stdout is not None
        while (line := await leader.stdout.readline()) and line != b"leads\n":
            pass
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND objid = %s",
                (KEY,),
            )
        async with asyncio.timeout(30):
            assert await leader.wait() == LOST
    finally:
        if leader.returncode is None:
            leader.kill()
            await leader.wait()
