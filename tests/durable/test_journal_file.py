"""The file of the journal: ours alone, and named when it cannot be used."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.durable.tables import prepare


async def test_a_new_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds what runs have seen. Preparing it twice is preparing it once."""
    path = tmp_path / "bot.db.journal"
    for _ in range(2):
        await prepare(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _a_directory(path: Path) -> None:
    path.mkdir()


def _something_else(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


def _a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "none" / "such")


@pytest.mark.parametrize("spoil", [_a_directory, _something_else, _a_link_to_nowhere])
async def test_a_journal_that_cannot_be_used_is_named(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """With what is wrong, and where it comes back from."""
    path = tmp_path / "bot.db.journal"
    spoil(path)
    with pytest.raises(StoreError) as caught:
        await prepare(f"sqlite:///{path}")
    assert caught.value.said.startswith(f"The journal of runs {path} cannot be used: ")
    assert "from the same backup" in caught.value.advice
