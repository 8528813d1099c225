"""What the command line writes and reads without a running bot."""

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import records
from bot.clock import SystemClock
from bot.domain.errors import CredentialError, StoreError
from bot.domain.values import SecretRef
from bot.ports import Announce, Looker, Telling
from bot.store.audit import Verdict, verify
from bot.store.database import Database
from config.settings import Settings
from tests.builders import a_configuration
from tests.fakes import FakeCredentials

KEYS = {"env:KEY": "an audit key of thirty-two bytes", "env:OTHER": "another audit key, also long"}
TELLING = Telling("dc3-nsx", "https://nsx.example.com", "backup.example.com:22/b", "SHA256:x")
LOOKER = Looker("command line")


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    """A database of this release."""
    return Path(shutil.copy(sqlite_template, tmp_path / "bot.db"))


def announcing(path: Path, key: str | None = "env:KEY") -> Announce:
    """The way to the audit that `plan` has."""
    settings = Settings(
        DATABASE_URL=SecretStr(f"sqlite:///{path}"), AUDIT_KEY=SecretRef(key) if key else None
    )
    return records.announcing(settings, a_configuration(), SystemClock(), FakeCredentials(KEYS))


async def verdict(path: Path) -> Verdict:
    """What comes of verifying the chain."""
    async with Database.open(f"sqlite:///{path}") as database:
        return await verify(database, KEYS["env:KEY"].encode())


async def test_the_command_line_audits_into_the_chain_of_the_bot(path: Path) -> None:
    """Row after row, and the chain verifies."""
    announce = announcing(path)
    await announce(LOOKER, TELLING)
    await announce(LOOKER, TELLING)

    found = await verdict(path)
    assert (found.intact, found.rows) == (True, 2)


async def test_without_the_key_of_this_chain_nothing_is_written(path: Path) -> None:
    """A row that is sealed with another key would break it."""
    await announcing(path)(LOOKER, TELLING)
    with pytest.raises(StoreError, match="is not the key"):
        await announcing(path, "env:OTHER")(LOOKER, TELLING)
    with pytest.raises(CredentialError, match="AUDIT_KEY is missing"):
        await announcing(path, None)(LOOKER, TELLING)

    found = await verdict(path)
    assert (found.intact, found.rows) == (True, 1)


async def test_a_database_that_was_never_migrated_is_told_as_such(tmp_path: Path) -> None:
    """And no row means that the manager is told nothing."""
    with pytest.raises(StoreError):
        await announcing(tmp_path / "new.db")(LOOKER, TELLING)
