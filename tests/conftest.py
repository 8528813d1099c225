"""Databases for every test that wants one: SQLite in a file, and a real PostgreSQL."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from bot.store.database import Database
from bot.store.revisions import migrate
from tests.hand_clock import HandClock
from tests.postgres import Server, running_server

# No test depends on how fast a machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: tests wait for other processes a third of the time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands at noon."""
    return HandClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One PostgreSQL for the whole run."""
    with running_server() as server:
        yield server


@dataclass(frozen=True)
class Reused:
    """One database that tests use one after the other, and what it is filled with each time."""

    name: str
    dump: str


@pytest.fixture(scope="session")
def postgres_reused(postgres_server: Server) -> Reused:
    """A database, and the statements of a migrated one."""
    name = postgres_server.new_database()
    asyncio.run(migrate(postgres_server.url(name)))
    return Reused(name, postgres_server.dump(name))


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database."""
    name = postgres_server.new_database()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that is copied for each test."""
    path = tmp_path_factory.mktemp("template") / "nsx-restore.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database whose file does not exist yet."""
    return f"sqlite:///{tmp_path / 'nsx-restore.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without a schema; the test runs once for each kind."""
    kind = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(kind)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database; the test runs once for each kind."""
    if request.param == "sqlite":
        path = tmp_path / "nsx-restore.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    server: Server = request.getfixturevalue("postgres_server")
    reused: Reused = request.getfixturevalue("postgres_reused")
    server.refill(reused.name, reused.dump)
    return server.url(reused.name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated database; the test runs once for each kind."""
    async with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def unused_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
