"""One entry of the backup list of an NSX 2.0 to 9.x Manager, and where its file lies."""

import datetime as dt
from dataclasses import dataclass, field

REGULAR = "REGULAR_RESTORE"
POLICY_ONLY = "POLICY_ONLY_RESTORE"

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class ListedBackup:
    """A backup as a Manager lists it.

    `timestamp` is in epoch milliseconds; with `node_id` it is the backup's identity. `address` is
    the IP address or the FQDN of the node that made it. `restore_type` is `None` if the entry says
    nothing about it. `key_bits` is the size of the server's ECDSA host key when the backup was
    made: a server with another size hides the entry. `version` is the one that made it.
    """

    node_id: str
    timestamp: int
    address: str
    restore_type: tuple[str, ...] | None
    passphrase: str = field(repr=False)
    key_bits: int = 256
    version: str = "4.2.1.0.0.24304122"

    @property
    def made_at(self) -> dt.datetime:
        """When the backup was made, in UTC."""
        return _EPOCH + dt.timedelta(milliseconds=self.timestamp)

    @property
    def name(self) -> str:
        """The file's name below the backup directory.

        NSX writes below `cluster-node-backups`, one folder for each node that ever made a backup.
        """
        made = f"{self.made_at:%Y-%m-%dT%H_%M_%S}_{self.timestamp % 1_000:03}UTC"
        folder = f"{self.version}-{self.node_id}-{self.address}"
        return f"cluster-node-backups/{folder}/backup-{made}.tar.gz"
