"""Which schema a database has, and how it gets the newest one."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from bot.store.address import parse_url
from bot.store.database import Database
from bot.store.database_errors import not_migrated, outdated, too_new
from bot.store.database_file import private_file


class Migrated(StrEnum):
    """What `migrate` did to the schema of a database."""

    CREATED = "created"
    UPGRADED = "upgraded"
    CURRENT = "current"
    """Nothing: it was up to date."""


_LOCK: Final = 0x6E73785F72657374
"""The advisory lock under which one process at a time migrates PostgreSQL ("nsx_rest")."""


async def migrate(url: str) -> Migrated:
    """Create the schema, or bring it up to date. Safe to repeat, and for two processes at once.

    Returns what was to be done.

    Raises:
        StoreError: not a URL we know, unreachable, or the schema is newer than this release.
    """
    private_file(parse_url(url))
    async with Database.open(url) as database, database.writing() as tx:
        if database.dialect == "postgresql":
            await tx.exec_driver_sql("SET LOCAL lock_timeout = 0")
            await tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        before = _known(await tx.run_sync(_revision), database.name)
        if before == _newest():
            return Migrated.CURRENT
        await tx.run_sync(_upgrade)
    return Migrated.CREATED if before is None else Migrated.UPGRADED


async def check(database: Database) -> None:
    """Return if the database can be used.

    Raises:
        StoreError: unreachable, not set up, or the schema of another release; each with advice.
    """
    async with database.reading() as tx:
        revision = _known(await tx.run_sync(_revision), database.name)
    if revision is None:
        raise not_migrated(database.name)
    if revision != _newest():
        raise outdated(database.name)


def _known(revision: str | None, name: str) -> str | None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise too_new(name)
    return revision


def _config() -> Config:
    config = Config()
    scripts = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _newest() -> str | None:
    return _scripts().get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
