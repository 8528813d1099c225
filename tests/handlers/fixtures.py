"""A world for each test, and both ways in."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.handlers.world import Mode, World, a_world


@pytest.fixture
def database_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file."""
    return Path(shutil.copy(sqlite_template, tmp_path / "nsx-restore.db"))


@pytest.fixture
async def world(database_file: Path) -> AsyncIterator[World]:
    """Slack, the rows, and the service; nobody listens yet."""
    async with a_world(database_file) as raised:
        yield raised


@pytest.fixture
async def heard(world: World) -> AsyncIterator[World]:
    """A world in which the bot hears Slack over a socket and tells it things."""
    async with world.hearing("socket"), world.telling():
        yield world


@pytest.fixture(params=["http", "socket"])
async def both(world: World, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The same, once for each way in."""
    mode: Mode = request.param
    async with world.hearing(mode), world.telling():
        yield world
