"""The backup configuration of a 1.x Manager: `/api/v1/cluster/backups/config`.

NSX-T 1.1 API, `PUT /cluster/backups/config`: `backup_enabled`, `remote_file_server` and
`inventory_summary_interval` are required, secrets are write-only, and a secret that a PUT leaves
out keeps its value. Here it is `protocol_name` and `PASSWORD`, unlike in the restore request.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from bot.sandbox.backup_source import RestoreFile
from bot.sandbox.nsx.backup_config_parts import (
    EVERY_NIGHT,
    SCHEDULE,
    SERVER,
    checked_schedule,
    keep_secrets,
)
from bot.sandbox.nsx.body_checks import members, text, truth, whole, word
from bot.sandbox.nsx.errors import field_error
from bot.sandbox.nsx.recording import without_secrets

_PROTOCOL = f"{SERVER}.protocol"
_LOGIN = f"{_PROTOCOL}.authentication_scheme"
_DIRECTORY = re.compile(r"/[\w\-.+~/]+")
# 1.1 writes 32 hex digits, 2.0 and later write SHA256:..., and no public page shows 1.1's own form.
_FINGERPRINT = re.compile(r"[0-9a-f]{32}|SHA256:[A-Za-z0-9+/]{43}")


class BackupConfiguration:
    """The stored configuration with its secrets; a fresh appliance names no server yet."""

    def __init__(self) -> None:
        self._stored: dict[str, Any] = {"backup_enabled": False, "inventory_summary_interval": 240}

    def shown(self) -> dict[str, Any]:
        """Return what GET answers: everything but the secrets."""
        shown: dict[str, Any] = without_secrets(self._stored)
        return shown

    def put(self, body: Any) -> None:
        """Replace the configuration; raise `ApiError` with 400 that names the first bad field."""
        checked = _checked(body)
        keep_secrets(checked, self._stored)
        self._stored = checked

    def put_all_but_enabled(self, body: Any) -> None:
        """Replace everything except `backup_enabled`, which silently stays what it was."""
        enabled = self._stored["backup_enabled"]
        self.put(body)
        self._stored["backup_enabled"] = enabled

    def restore(self, configuration: Mapping[str, Any]) -> None:
        """Take over the configuration that came with a backup."""
        self._stored = deepcopy(dict(configuration))


def backed_up_configuration(file: RestoreFile) -> dict[str, Any]:
    """Return the configuration inside a backup: to the same server every night, and switched on."""
    return {
        "backup_enabled": True,
        "backup_schedule": deepcopy(EVERY_NIGHT),
        "inventory_summary_interval": 240,
        "passphrase": file.passphrase,
        SERVER: {
            "server": file.server,
            "port": file.port,
            "directory_path": file.uri.rpartition("/")[0],
            "protocol": {
                "protocol_name": "sftp",
                "ssh_fingerprint": file.fingerprint,
                "authentication_scheme": {
                    "scheme_name": "PASSWORD",
                    "username": file.username,
                    "password": file.password,
                },
            },
        },
    }


def _checked(body: Any) -> dict[str, Any]:
    outer = members(
        body,
        "BackupConfiguration",
        required=("backup_enabled", SERVER, "inventory_summary_interval"),
        optional=(SCHEDULE, "passphrase"),
    )
    truth(outer["backup_enabled"], "backup_enabled")
    whole(outer["inventory_summary_interval"], "inventory_summary_interval", 30, 3_600)
    if "passphrase" in outer:
        text(outer["passphrase"], "passphrase")
    if SCHEDULE in outer:
        outer[SCHEDULE] = checked_schedule(outer[SCHEDULE])
    outer[SERVER] = _checked_server(outer[SERVER])
    return outer


def _checked_server(value: Any) -> dict[str, Any]:
    server = members(
        value, SERVER, required=("server", "directory_path", "protocol"), optional=("port",)
    )
    text(server["server"], f"{SERVER}.server")
    whole(server.setdefault("port", 22), f"{SERVER}.port", 1, 65_535)
    if not _DIRECTORY.fullmatch(text(server["directory_path"], f"{SERVER}.directory_path")):
        raise field_error(f"{SERVER}.directory_path", "is not an absolute path below /")
    server["protocol"] = _checked_protocol(server["protocol"])
    return server


def _checked_protocol(value: Any) -> dict[str, Any]:
    protocol = members(
        value, _PROTOCOL, required=("protocol_name", "ssh_fingerprint", "authentication_scheme")
    )
    word(protocol["protocol_name"], f"{_PROTOCOL}.protocol_name", ("scp", "sftp"))
    if not _FINGERPRINT.fullmatch(
        text(protocol["ssh_fingerprint"], f"{_PROTOCOL}.ssh_fingerprint")
    ):
        raise field_error(f"{_PROTOCOL}.ssh_fingerprint", "is not an SSH fingerprint")
    login = members(
        protocol["authentication_scheme"],
        _LOGIN,
        required=("scheme_name", "username"),
        optional=("password",),
    )
    word(login["scheme_name"], f"{_LOGIN}.scheme_name", ("PASSWORD",))
    text(login["username"], f"{_LOGIN}.username")
    if "password" in login:
        text(login["password"], f"{_LOGIN}.password")
    protocol["authentication_scheme"] = login
    return protocol
