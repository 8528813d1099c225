"""What goes over the wire about where a manager of 2.0 and later keeps backups, and makes them.

Sources: NSX-T 2.5.1 API, BackupConfiguration, BackupOperationHistory, and the vendor's binding.
"""

import re
from typing import Any, Final

from pydantic import Field, ValidationError

from bot.nsx.models import Items, Name, Text, Whole, Wire
from bot.nsx.words import Redaction, malformed
from bot.ports import BackupAccess, BackupRun
from bot.runbooks.observations import BackupPlace

_SSH_PORT: Final = 22
_SUMMARY_INTERVAL: Final = 240
"""Seconds: the API's default of a key that 1.1 to 2.0 require."""
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_DIRECTORY: Final = re.compile(r"/[\w\-.+~/%]*[\w\-.+~%][\w\-.+~/%]*")
_IDLE: Final = "NONE"


class ProtocolDocument(Wire):
    """How the server is spoken to; of that, the key by which it is known."""

    ssh_fingerprint: Name = ""


class FileServerDocument(Wire):
    """The server with the backups (RemoteFileServer)."""

    server: Name = ""
    port: Whole | None = None
    directory_path: Text = ""
    protocol: ProtocolDocument | None = None


class PlaceDocument(Wire):
    """`GET /cluster/backups/config`: where backups are; nothing on a fresh manager."""

    remote_file_server: FileServerDocument | None = None

    def place(self) -> BackupPlace | None:
        """Return the place, if one is set."""
        found = self.remote_file_server
        if found is None or not found.server.strip():
            return None
        return BackupPlace(
            server=found.server,
            port=_SSH_PORT if found.port is None else found.port,
            directory=found.directory_path,
            fingerprint=(found.protocol or ProtocolDocument()).ssh_fingerprint,
        )


class FingerprintDocument(Wire):
    """`POST /cluster/backups?action=retrieve_ssh_fingerprint` (RemoteServerFingerprint)."""

    ssh_fingerprint: str = Field(min_length=1, max_length=255)


class ManagementDocument(Wire):
    """`GET /api/v1/configs/management` (ManagementConfig)."""

    publish_fqdns: bool = Field(strict=True)


class CurrentBackupDocument(Wire):
    """`GET /cluster/backups/status` (CurrentBackupOperationStatus); one key when idle."""

    operation_type: Text = _IDLE
    current_step: Text = ""
    current_step_message: Text = ""


class PastBackupDocument(Wire):
    """A backup in the history (BackupOperationStatus)."""

    end_time: Whole | None = None
    success: bool | None = Field(default=None, strict=True)
    error_code: Text = ""
    error_message: Text = ""


class HistoryDocument(Wire):
    """`GET /cluster/backups/history`; of that, the cluster's backups (BackupOperationHistory)."""

    cluster_backup_statuses: Items[PastBackupDocument] = ()

    def newest(self) -> PastBackupDocument | None:
        """Return the backup that ended last, whatever the order of the list."""
        ended = [past for past in self.cluster_backup_statuses if past.end_time is not None]
        return max(ended, key=lambda past: past.end_time or 0, default=None)


def backup_run(
    current: CurrentBackupDocument, history: HistoryDocument, redaction: Redaction
) -> BackupRun:
    """Return whether a backup is being made, and how the last one ended."""
    past = history.newest() or PastBackupDocument()
    running = current.operation_type not in {_IDLE, ""}
    if running:
        said = current.current_step_message or current.current_step or current.operation_type
    else:
        said = ": ".join(text for text in (past.error_code, past.error_message) if text)
    return BackupRun(running, past.end_time, past.success, redaction(said))


def place_flaw(access: BackupAccess) -> str | None:
    """Return what is wrong with a place before a manager is told of it, naming the field.

    Nothing is repaired: a fingerprint of another form is another fingerprint.
    """
    if not access.server.strip():
        return "server is blank"
    if _DIRECTORY.fullmatch(access.directory) is None:
        return "directory_path must be an absolute path, and not /"
    if _FINGERPRINT.fullmatch(access.fingerprint) is None:
        return "ssh_fingerprint must be SHA256: and 43 base64 digits for NSX 2.0 and later"
    return None


def place_of(configuration: dict[str, Any]) -> BackupPlace | None:
    """Return the place in a backup configuration, if one is set.

    Raises `ManagerError` (`malformed`) where it cannot be told whether one is.
    """
    try:
        return PlaceDocument.model_validate(configuration).place()
    except ValidationError:
        raise malformed("backup configuration") from None


def with_place(configuration: dict[str, Any], access: BackupAccess) -> dict[str, Any]:
    """Return a backup configuration with this place in it, secrets included, backups disabled.

    Schedule, intervals and keys that we do not know stay as they are. Note `protocol_name` and the
    upper-case `PASSWORD`, unlike in the restore request of 1.x.
    """
    interval = configuration.get("inventory_summary_interval")
    return configuration | {
        "backup_enabled": False,
        "inventory_summary_interval": _SUMMARY_INTERVAL if interval is None else interval,
        "passphrase": access.passphrase,
        "remote_file_server": {
            "server": access.server,
            "port": access.port,
            "directory_path": access.directory,
            "protocol": {
                "protocol_name": "sftp",
                "ssh_fingerprint": access.fingerprint,
                "authentication_scheme": {
                    "scheme_name": "PASSWORD",
                    "username": access.username,
                    "password": access.password,
                },
            },
        },
    }
