"""The backups on the stage's server: a week of each kind, that can be lost and put back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.listed_backup import REGULAR, ListedBackup
from bot.sandbox.nsx.guided_profile import Profile

GUIDED_NODE: Final = "86f7ec49-6a5b-542a-800c-5cf478b844b4"
OTHER_NODE: Final = "0d1c2f7e-3b54-4a6e-9f11-2f6a7c1d9e30"
GUIDED_ADDRESS: Final = "10.20.0.5"

_WEEK: Final = range(7)


class Stock:
    """What lies on a backup server. All of it has the passphrase that the configuration names."""

    def __init__(self, server: SshBackupServer, passphrase: str) -> None:
        self._server = server
        self._passphrase = passphrase
        self._newest = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)  # noqa: TID251
        self._stocked: dict[str, datetime] = {}

    def lay_in(self) -> None:
        """Put a week of backups on the server: a cluster and a node backup each."""
        for days in _WEEK:
            at = self._newest - timedelta(days=days)
            for kind in ("cluster", "node"):
                name = f"backup-{kind}-{at:%Y%m%d-%H%M%S}.tar.gz"
                self._stocked[name] = at
                self._put(name)

    def lay_in_listed(self, profile: Profile) -> tuple[ListedBackup, ...]:
        """Put a week of backups there that the manager of 2.0 and later lists, and one of another.

        `profile` is that manager's, whose words they are listed in.
        """
        own = [
            ListedBackup(
                GUIDED_NODE,
                int((self._newest - timedelta(days=days)).timestamp()) * 1000 + 217,
                GUIDED_ADDRESS,
                (REGULAR,) if profile.has(Profile.V4) else None,
                self._passphrase,
            )
            for days in _WEEK
        ]
        other = replace(own[0], node_id=OTHER_NODE, address="10.20.0.99")
        self._server.stock(*own, other)
        return (*own, other)

    @property
    def missing(self) -> list[str]:
        """The backups that were there in the beginning and are no more."""
        there = set(self._server.backup_names())
        return [name for name in self._stocked if name not in there]

    def remove_newest(self) -> None:
        """Delete the newest cluster backup, as a clean-up job might at the wrong moment."""
        cluster = [name for name in self._server.backup_names() if "cluster" in name]
        if cluster:
            self._server.remove(cluster[-1])

    def put_back(self) -> None:
        """Put every backup back that was there in the beginning: same name, size and time."""
        for name in self.missing:
            self._put(name)

    def _put(self, name: str) -> None:
        self._server.add_backup(name, self._passphrase, self._stocked[name])
