"""The backups that a 2.0 to 9.x Manager finds in the directory of its configuration."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from bot.sandbox.backup_files import Seal
from bot.sandbox.backup_source import KnownServer, RemoteDirectory, ServerRefused
from bot.sandbox.listed_backup import POLICY_ONLY, ListedBackup
from bot.sandbox.nsx.errors import BACKUP, ApiError
from bot.sandbox.nsx.guided_faults import Faults
from bot.sandbox.nsx.guided_profile import Profile

LARGEST_PAGE = 1_000


class Listing:
    """Which backups there are, and what is shown of them.

    `backups` are those that may be in the directory; one is shown if its file is there and the
    server's ECDSA key has the size that it had then. `largest_page` may be changed at any time.
    """

    def __init__(
        self,
        *,
        server: KnownServer,
        backups: Iterable[ListedBackup],
        profile: Profile,
        faults: Faults,
    ) -> None:
        self.server = server
        self.backups = list(backups)
        self.largest_page = LARGEST_PAGE
        self._profile = profile
        self._faults = faults

    def visible(self, place: RemoteDirectory | None) -> list[ListedBackup]:
        """Return the backups of every node that ever wrote there, none without a configuration.

        Raises `ApiError` with 400 if the server is not to be reached any more.
        """
        if place is None or self._faults.list_empty:
            return []
        connect(self.server, place)
        return [
            backup
            for backup in self.backups
            if backup.key_bits == self.server.ecdsa_bits
            and self.server.files.has_file(f"{place.directory}/{backup.name}")
        ]

    def find(self, place: RemoteDirectory, node_id: str, timestamp: int) -> ListedBackup:
        """Return the backup with this identity; raise `ApiError` with 400 if none is listed."""
        for backup in self.visible(place):
            if (backup.node_id, backup.timestamp) == (node_id, timestamp):
                return backup
        raise ApiError(
            400, 29_210, BACKUP, f"There is no backup of node {node_id} with timestamp {timestamp}."
        )

    def seal(self, place: RemoteDirectory, backup: ListedBackup) -> Seal:
        """Read the beginning of the backup's file; raise `ApiError` with 400 if it is no backup."""
        try:
            return Seal.read(self.server.files.head(f"{place.directory}/{backup.name}"))
        except (FileNotFoundError, ValueError) as error:
            raise ApiError(400, 29_211, BACKUP, "The backup file cannot be read.") from error

    def address(self, backup: ListedBackup) -> str:
        """Return the address as it is listed."""
        if self._faults.list_upper_case and not is_ip(backup.address):
            return backup.address.upper()
        return backup.address

    def entry(self, backup: ListedBackup) -> dict[str, Any]:
        """Return the backup's ClusterBackupInfo."""
        shown: dict[str, Any] = {
            "node_id": backup.node_id,
            "timestamp": backup.timestamp,
            "ip_address": self.address(backup),
        }
        kinds = (POLICY_ONLY,) if self._faults.list_policy_only else backup.restore_type
        if self._profile.has(Profile.V4) and kinds is not None:
            shown["restore_type"] = list(kinds)
        return shown

    def policy_only(self, backup: ListedBackup) -> bool:
        """Say whether the backup is no good for a full restore."""
        return self.entry(backup).get("restore_type") == [POLICY_ONLY]


def connect(server: KnownServer, place: RemoteDirectory) -> None:
    """Get at a directory; raise `ApiError` with 400 and NSX's own word for what is wrong."""
    try:
        server.connect(place)
    except ServerRefused as refused:
        raise ApiError(400, 29_220, BACKUP, str(refused)) from refused


def is_ip(address: str) -> bool:
    """Say whether this is an IP address and not a name."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
