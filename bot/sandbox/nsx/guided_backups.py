"""Backups that a 2.0 to 9.x Manager makes on demand, and those it remembers."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.listed_backup import REGULAR, ListedBackup
from bot.sandbox.nsx.errors import BACKUP, ApiError
from bot.sandbox.nsx.guided_backup_config import GuidedBackupConfiguration
from bot.sandbox.nsx.guided_listing import Listing, connect
from bot.sandbox.nsx.guided_profile import Profile

_SIZE = 64 * 1024
_NODE_SHARE = 1_000


class Backups:
    """The backup that runs, and the history. `wall` tells epoch milliseconds."""

    def __init__(self, *, profile: Profile, listing: Listing, wall: Callable[[], int]) -> None:
        self._profile = profile
        self._listing = listing
        self._wall = wall
        self.forget()

    def forget(self) -> None:
        """Be freshly deployed: nothing is remembered."""
        self._history: list[dict[str, Any]] = []
        self._current: dict[str, Any] | None = None

    def remember(self, backup: ListedBackup) -> None:
        """Take over the memory that comes with a restored backup: that backup itself."""
        self._history = [_past(backup, backup.timestamp)]

    @property
    def running(self) -> bool:
        """Whether a backup is being made."""
        return self._current is not None

    def begin(
        self, configuration: GuidedBackupConfiguration, node_id: str, address: str, version: str
    ) -> ListedBackup:
        """Begin a backup and return what it will be; raise `ApiError` if that cannot be."""
        if self.running:
            raise ApiError(409, 29_230, BACKUP, "A backup is in progress.")
        place, passphrase = configuration.place, configuration.passphrase
        if place is None or passphrase is None:
            raise ApiError(400, 29_231, BACKUP, "No backup server or passphrase is configured.")
        connect(self._listing.server, place)
        started = self._wall()
        backup = ListedBackup(
            node_id=node_id,
            timestamp=started,
            address=address,
            restore_type=(REGULAR,) if self._profile.has(Profile.V4) else None,
            passphrase=passphrase,
            key_bits=self._listing.server.ecdsa_bits or 0,
            version=version,
        )
        self._current = {
            "operation_type": "BACKUP",
            "backup_id": _id(backup),
            "current_step": "BACKUP_CREATING_CLUSTER_BACKUP",
            "current_step_message": "Creating the cluster backup",
            "start_time": started,
        }
        return backup

    def finish(self, configuration: GuidedBackupConfiguration, backup: ListedBackup) -> None:
        """Put the backup on the server and into the history."""
        self._current = None
        place = configuration.place
        if place is not None:
            path = f"{place.directory}/{backup.name}"
            files = self._listing.server.files
            files.write(path, backup.passphrase, backup.made_at, _SIZE)
            self._listing.backups.append(backup)
        self._history.insert(0, _past(backup, self._wall()))

    def status(self) -> dict[str, Any]:
        """Return the CurrentBackupOperationStatus."""
        return self._current or {"operation_type": "NONE"}

    def history(self) -> dict[str, Any]:
        """Return the BackupOperationHistory, the newest first."""
        told: dict[str, Any] = {
            "cluster_backup_statuses": list(self._history),
            "node_backup_statuses": list(self._history),
            "inventory_backup_statuses": [],
        }
        if self._profile.has(Profile.V4):
            told["overall_backup_status"] = self._overall()
        return told

    def _overall(self) -> str:
        if self.running:
            return "IN_PROGRESS"
        return "SUCCESS" if self._history else "NOT_AVAILABLE"


def _past(backup: ListedBackup, ended: int) -> dict[str, Any]:
    return {
        "backup_id": _id(backup),
        "start_time": backup.timestamp,
        "end_time": max(ended, backup.timestamp + _NODE_SHARE),
        "success": True,
    }


def _id(backup: ListedBackup) -> str:
    return f"{backup.node_id}-{backup.timestamp}"
