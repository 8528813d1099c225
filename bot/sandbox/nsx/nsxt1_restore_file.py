"""The body of a 1.x restore request, checked as strictly as an appliance could.

NSX-T 1.1 admin guide, "Restore a cluster backup", gives the fields and the form of the fingerprint;
the NSX-T 2.0 API (BackupFile, RemoteFileServer) says which of them are required.
"""

import re
from typing import Any

from bot.sandbox.backup_source import RestoreFile
from bot.sandbox.nsx.body_checks import members, text, whole, word
from bot.sandbox.nsx.errors import field_error

_FILE = "restore_file"
_PROTOCOL = f"{_FILE}.protocol"
_LOGIN = f"{_PROTOCOL}.authentication_scheme"
_MD5 = re.compile(r"[0-9a-f]{32}")
_SSH_PORT = 22


def parse_restore_request(body: Any) -> RestoreFile:
    """Return the request's content; raise `ApiError` with 400 that names the first bad field."""
    outer = members(body, "RestoreRequest", required=("restore_file",))
    file = members(
        outer["restore_file"],
        _FILE,
        required=("file_store", "passphrase", "server", "uri", "protocol"),
        optional=("port",),
    )
    if word(file["file_store"], f"{_FILE}.file_store", ("local", "remote")) == "local":
        raise field_error(f"{_FILE}.uri", "names no file in the file store of this appliance")
    protocol = members(
        file["protocol"],
        _PROTOCOL,
        required=("name", "ssh_fingerprint", "authentication_scheme"),
    )
    login = members(
        protocol["authentication_scheme"],
        _LOGIN,
        required=("scheme_name", "username", "password"),
    )
    word(login["scheme_name"], f"{_LOGIN}.scheme_name", ("password",))
    return RestoreFile(
        server=text(file["server"], f"{_FILE}.server"),
        port=whole(file.get("port", _SSH_PORT), f"{_FILE}.port", 1, 65_535),
        uri=_uri(file["uri"]),
        protocol=word(protocol["name"], f"{_PROTOCOL}.name", ("scp", "sftp")),
        fingerprint=_fingerprint(protocol["ssh_fingerprint"]),
        username=text(login["username"], f"{_LOGIN}.username"),
        password=text(login["password"], f"{_LOGIN}.password"),
        passphrase=text(file["passphrase"], f"{_FILE}.passphrase"),
    )


def _uri(value: Any) -> str:
    uri = text(value, f"{_FILE}.uri")
    if uri.endswith("/"):
        raise field_error(f"{_FILE}.uri", "is a directory, not a file")
    return uri


def _fingerprint(value: Any) -> str:
    fingerprint = text(value, f"{_PROTOCOL}.ssh_fingerprint")
    if not _MD5.fullmatch(fingerprint):
        raise field_error(f"{_PROTOCOL}.ssh_fingerprint", "is not 32 lower-case hex digits")
    return fingerprint
