"""One active worker for each database, by whatever name the database is called."""

from pathlib import Path

import pytest

from bot.durable.leader import AlreadyRunningError, FileLock
from bot.durable.tables import journal_url


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
