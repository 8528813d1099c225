"""Which backup is meant: exactly one file, or the reason why none."""

from typing import Any

import pytest

from bot.domain.plan import BackupFile
from bot.runbooks.observations import (
    ListedFile,
)
from bot.runbooks.preflight import choose, cluster_backups
from tests.builders import a_backup_location
from tests.runbooks.seen import (
    ALL,
    FOLDER,
    LOCATION,
    NEW,
    NODE_NEW,
    NONE_THERE,
    OLD,
    a_file,
    as_backup,
)


def chosen(backup: str, *entries: ListedFile, **location: Any) -> BackupFile | str:
    """The file that is meant, or why none is."""
    found = choose(a_backup_location(**location), backup, entries or ALL)
    if isinstance(found, BackupFile):
        return found
    assert len(found.reasons) == 1
    return found.reasons[0]


# -- which file is meant ------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [(OLD, NEW), (NEW, OLD)])
def test_latest_is_the_newest(entries: tuple[ListedFile, ...]) -> None:
    """By time, not by name and not by the order of the listing."""
    assert chosen("latest", *entries) == as_backup(NEW)
    assert chosen(" latest ", *entries) == as_backup(NEW)


@pytest.mark.parametrize("swap", [False, True])
def test_of_two_equally_new_ones_it_is_always_the_same(*, swap: bool) -> None:
    """The later name wins, so that the plan does not change by itself."""
    ties = [a_file("backup-cluster-a.tar", 3), a_file("backup-cluster-b.tar", 3)]

    assert chosen("latest", *(reversed(ties) if swap else ties)) == as_backup(ties[1])


def test_latest_is_never_a_directory_nor_a_node_backup() -> None:
    """Even if it is newer, and even where the patterns overlap."""
    folder = a_file("backup-cluster-3", 0, is_directory=True)

    assert chosen("latest", OLD, folder, NODE_NEW) == as_backup(OLD)
    assert chosen("latest", OLD, NODE_NEW, cluster_files="backup-*") == as_backup(OLD)
    assert chosen("latest", folder, NODE_NEW) == NONE_THERE


@pytest.mark.parametrize("backup", ["backup-cluster-1.tar", f"{FOLDER}/backup-cluster-1.tar"])
def test_a_backup_is_meant_by_name_or_by_path(backup: str) -> None:
    """What one copies from a listing."""
    assert chosen(backup) == as_backup(OLD)
    assert chosen(f"  {backup}\n") == as_backup(OLD)


@pytest.mark.parametrize(
    "backup", ["", "   ", "\t", "/", "/vol0/backups/", "backup-cluster-1.tar/"]
)
def test_a_blank_or_a_directory_is_never_sent(backup: str) -> None:
    """The guide's example lost its file name; that is no legal value."""
    assert chosen(backup) == (
        f"The backup {backup!r} names no file. Give the name of one file, or latest; "
        "see /nsx-restore backups."
    )


@pytest.mark.parametrize(
    "backup",
    [
        "backup-cluster-9.tar",
        "BACKUP-CLUSTER-1.TAR",
        "backup-cluster-*",
        "../backup-cluster-1.tar",
        "/other/backup-cluster-1.tar",
        "Latest",
    ],
)
def test_what_is_not_there_is_not_restored(backup: str) -> None:
    """Names are compared as they are: no pattern, no case, no way around."""
    assert chosen(backup) == (
        f"There is no backup {backup} in /vol0/backups on backup.example.com. "
        "See /nsx-restore backups for what is there."
    )


def test_a_directory_without_a_slash_is_one_all_the_same() -> None:
    """The listing knows what it is."""
    folder = a_file("backup-cluster-3", is_directory=True)

    assert chosen("backup-cluster-3", folder) == (
        "/vol0/backups/backup-cluster-3 is a directory. Give the name of one file, or latest."
    )


def test_a_node_backup_is_refused_with_the_order() -> None:
    """The rule of the guide, in its own words."""
    assert chosen("backup-node-1.tar") == (
        "backup-node-1.tar is a node backup. You must restore a cluster backup before restoring a "
        "node backup (NSX-T 1.1 admin guide, Restore a cluster backup)."
    )


def test_a_file_of_another_name_is_refused() -> None:
    """What is restored is recognized by its name."""
    assert chosen("inventory.tar", a_file("inventory.tar")) == (
        "inventory.tar is not a cluster backup: those are named backup-cluster-*. "
        "Choose one of them, or correct cluster_files in the configuration."
    )


def test_a_name_in_two_folders_is_ambiguous() -> None:
    """The path says which; a guess would restore the wrong one."""
    monday = a_file("monday/backup-cluster-1.tar")
    sunday = a_file("sunday/backup-cluster-1.tar")

    assert chosen("backup-cluster-1.tar", monday, sunday) == (
        "2 files are called backup-cluster-1.tar: /vol0/backups/monday/backup-cluster-1.tar, "
        "/vol0/backups/sunday/backup-cluster-1.tar. Give the whole path of one."
    )
    assert chosen(sunday.path, monday, sunday) == as_backup(sunday)


def test_people_are_shown_cluster_backups_newest_first() -> None:
    """And nothing that could not be chosen."""
    folder = a_file("backup-cluster-3", is_directory=True)

    assert cluster_backups(LOCATION, (*ALL, folder)) == [NEW, OLD]
