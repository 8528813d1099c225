"""The backup configuration of a 2.0 to 9.x Manager: `/cluster/backups/config`.

NSX-T 2.0, 2.5.1 and NSX 9.1 API, BackupConfiguration: secrets are write-only, a secret that a PUT
leaves out keeps its value, and there is no `_revision`. The administration guide adds that the
directory exists and is not `/`, and what a new passphrase must be like.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from bot.sandbox.backup_source import RemoteDirectory
from bot.sandbox.nsx.backup_config_parts import (
    EVERY_NIGHT,
    SCHEDULE,
    SERVER,
    checked_schedule,
    keep_secrets,
)
from bot.sandbox.nsx.body_checks import members, text, truth, whole, word
from bot.sandbox.nsx.errors import field_error
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.recording import without_secrets

_PROTOCOL = f"{SERVER}.protocol"
_LOGIN = f"{_PROTOCOL}.authentication_scheme"
_DIRECTORY = re.compile(r"/[\w\-.+~/]+")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_USERNAME = re.compile(r"([a-zA-Z][a-zA-Z0-9-.]*[a-zA-Z]\\){0,1}\w[\w.-]+")
_KINDS_OF_CHARACTER = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^\sA-Za-z0-9]")
_SHORTEST = 8


class GuidedBackupConfiguration:
    """The stored configuration with its secrets; a fresh appliance names no server."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._stored: dict[str, Any] = {"backup_enabled": False, "inventory_summary_interval": 240}

    def shown(self) -> dict[str, Any]:
        """Return what GET answers: everything but the secrets."""
        shown: dict[str, Any] = without_secrets(self._stored)
        return shown

    def shown_for_restore(self) -> dict[str, Any]:
        """Return what GET of the older `/cluster/restore/config` answers."""
        return {key: value for key, value in self.shown().items() if key == SERVER}

    @property
    def enabled(self) -> bool:
        """Whether backups are made by schedule."""
        return bool(self._stored["backup_enabled"])

    @property
    def passphrase(self) -> str | None:
        """The stored passphrase, if there is one."""
        return self._stored.get("passphrase")

    @property
    def place(self) -> RemoteDirectory | None:
        """Where the backups are, `None` as long as no server was named."""
        return place_of(self._stored)

    def checked(self, body: Any) -> dict[str, Any]:
        """Return the configuration that this body asks for, with the secrets that it keeps.

        Raises `ApiError` with 400 that names the first bad field.
        """
        new = _checked(body, self._profile)
        keep_secrets(new, self._stored)
        return new

    def checked_for_restore(self, body: Any) -> dict[str, Any]:
        """Do the same for the body of the older `/cluster/restore/config`."""
        outer = members(body, "RestoreConfiguration", required=(SERVER,), optional=("passphrase",))
        return self.checked(without_secrets_of(self._stored) | outer)

    def store(self, configuration: Mapping[str, Any]) -> None:
        """Replace the configuration."""
        self._stored = deepcopy(dict(configuration))

    def keep_enabled(self, configuration: Mapping[str, Any]) -> None:
        """Replace everything except `backup_enabled`, which silently stays what it was."""
        self.store({**configuration, "backup_enabled": self.enabled})

    def restored(self, passphrase: str) -> None:
        """Become the configuration that comes with a backup: same server, every night, on."""
        self._stored |= {
            "backup_enabled": True,
            SCHEDULE: dict(EVERY_NIGHT),
            "inventory_summary_interval": 240,
            "passphrase": passphrase,
        }


def without_secrets_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top level of a configuration without server and passphrase."""
    return {key: value for key, value in stored.items() if key not in {SERVER, "passphrase"}}


def place_of(configuration: Mapping[str, Any]) -> RemoteDirectory | None:
    """Return where a checked configuration's backups are."""
    server = configuration.get(SERVER)
    if server is None:
        return None
    login = server["protocol"]["authentication_scheme"]
    return RemoteDirectory(
        server=server["server"],
        port=server["port"],
        directory=server["directory_path"],
        fingerprint=server["protocol"]["ssh_fingerprint"],
        username=login["username"],
        password=login.get("password"),
    )


def _checked(body: Any, profile: Profile) -> dict[str, Any]:
    known = (
        "backup_enabled",
        SERVER,
        "inventory_summary_interval",
        "after_inventory_update_interval",
        SCHEDULE,
        "passphrase",
    )
    outer = members(body, "BackupConfiguration", required=_required(profile), optional=known)
    truth(outer.setdefault("backup_enabled", False), "backup_enabled")
    interval = outer.setdefault("inventory_summary_interval", 240)
    whole(interval, "inventory_summary_interval", 30, 3_600)
    if "after_inventory_update_interval" in outer:
        interval = outer["after_inventory_update_interval"]
        whole(interval, "after_inventory_update_interval", 300, 86_400)
    if "passphrase" in outer:
        _check_passphrase(outer["passphrase"], strong=outer["backup_enabled"])
    if SCHEDULE in outer:
        outer[SCHEDULE] = checked_schedule(outer[SCHEDULE])
    if SERVER in outer:
        outer[SERVER] = _checked_server(outer[SERVER], profile)
    return outer


def _required(profile: Profile) -> tuple[str, ...]:
    if profile.has(Profile.V4):
        return ()
    if profile.has(Profile.V2_5):
        return (SERVER,)
    return ("backup_enabled", SERVER, "inventory_summary_interval")


def _check_passphrase(value: Any, *, strong: bool) -> None:
    """Refuse a weak passphrase only for new backups: an old backup's may be anything."""
    passphrase = text(value, "passphrase")
    kinds = all(re.search(kind, passphrase) for kind in _KINDS_OF_CHARACTER)
    if strong and not (kinds and len(passphrase) >= _SHORTEST):
        raise field_error(
            "passphrase",
            "needs 8 characters, among them lower case, upper case, a digit and a special one",
        )


def _checked_server(value: Any, profile: Profile) -> dict[str, Any]:
    server = members(
        value, SERVER, required=("server", "directory_path", "protocol"), optional=("port",)
    )
    text(server["server"], f"{SERVER}.server")
    whole(server.setdefault("port", 22), f"{SERVER}.port", 1, 65_535)
    directory = text(server["directory_path"], f"{SERVER}.directory_path")
    if not _DIRECTORY.fullmatch(directory) or not directory.strip("/"):
        raise field_error(f"{SERVER}.directory_path", "is not an absolute path below /")
    server["protocol"] = _checked_protocol(server["protocol"], profile)
    return server


def _checked_protocol(value: Any, profile: Profile) -> dict[str, Any]:
    protocol = members(
        value,
        _PROTOCOL,
        required=("protocol_name", "ssh_fingerprint", "authentication_scheme"),
        # In the vendor's 9.1 client, "used during internal data transfers only".
        optional=("host_key_algorithm",) if profile.has(Profile.V9_1) else (),
    )
    if "host_key_algorithm" in protocol:
        text(protocol["host_key_algorithm"], f"{_PROTOCOL}.host_key_algorithm")
    word(protocol["protocol_name"], f"{_PROTOCOL}.protocol_name", ("sftp",))
    fingerprint = text(protocol["ssh_fingerprint"], f"{_PROTOCOL}.ssh_fingerprint")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise field_error(f"{_PROTOCOL}.ssh_fingerprint", "is not a SHA256 fingerprint")
    protocol["authentication_scheme"] = _checked_login(protocol["authentication_scheme"], profile)
    return protocol


def _checked_login(value: Any, profile: Profile) -> dict[str, Any]:
    late = profile.has(Profile.V4)
    login = members(
        value,
        _LOGIN,
        required=("scheme_name", "username"),
        optional=("password", "identity_file") if late else ("password",),
    )
    schemes = ("PASSWORD", "KEY") if late else ("PASSWORD",)
    scheme = word(login["scheme_name"], f"{_LOGIN}.scheme_name", schemes)
    if not _USERNAME.fullmatch(text(login["username"], f"{_LOGIN}.username")):
        raise field_error(f"{_LOGIN}.username", "is not a user's name")
    secret = "password" if scheme == "PASSWORD" else "identity_file"
    if secret in login:
        text(login[secret], f"{_LOGIN}.{secret}")
    return login
