"""What a preflight sees on a good day."""

from datetime import timedelta
from typing import Any

from bot.domain.errors import Kind
from bot.domain.plan import BackupFile
from bot.runbooks.observations import (
    ClusterStatus,
    HostKey,
    ListedFile,
    ManagerFacts,
    Trouble,
)
from tests.builders import MD5, NOON, SHA256, a_backup_location

FOLDER = "/vol0/backups"
KEY = HostKey("ecdsa-sha2-nistp256", MD5, SHA256)
FACTS = ManagerFacts("1.1.0.0.0.4788147", "node-1")
FRESH = ClusterStatus("STABLE", "NO_CONTROLLERS", ("node-1",))
SILENT = Trouble(Kind.UNREACHABLE, "The manager does not answer.", "Check its address.")
OTHER_KEY = Trouble(
    Kind.FINGERPRINT,
    "The backup server shows another host key than the configured one.",
    "Nothing was sent to it. Find out why before anything else.",
)
LOCATION = a_backup_location()
NONE_THERE = (
    "There is no cluster backup (backup-cluster-*) in /vol0/backups on backup.example.com. "
    "Check the directory and the name pattern."
)


def a_file(name: str, hours_ago: float = 1, **changes: Any) -> ListedFile:
    """A file in the backup directory."""
    values: dict[str, Any] = {
        "path": f"{FOLDER}/{name}",
        "size": 1000,
        "modified_at": NOON - timedelta(hours=hours_ago),
        "is_directory": False,
    }
    return ListedFile(**values | changes)


OLD = a_file("backup-cluster-1.tar", 30)
NEW = a_file("backup-cluster-2.tar", 3)
NODE_OLD = a_file("backup-node-1.tar", 29)
NODE_NEW = a_file("backup-node-2.tar", 2)
ALL = (OLD, NODE_OLD, NEW, NODE_NEW)


def as_backup(entry: ListedFile) -> BackupFile:
    """A listed file as a plan names it."""
    return BackupFile(entry.path, entry.size, entry.modified_at)
