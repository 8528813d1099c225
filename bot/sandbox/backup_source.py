"""How an NSX Manager stand-in gets at the backup file that a restore request names."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from bot.sandbox.backup_files import BackupDirectory, BackupKind, Seal
from bot.sandbox.host_keys import HostKeys, md5_of


@dataclass(frozen=True, slots=True)
class RestoreFile:
    """The checked content of a 1.x `restore_file`: which file, where, and how to get in."""

    server: str
    port: int
    uri: str
    protocol: str
    fingerprint: str
    username: str
    password: str = field(repr=False)
    passphrase: str = field(repr=False)


class BackupRefused(Exception):  # noqa: N818 (the product's word for it)
    """The file cannot be restored; `field` is the part of the request that is at fault."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field = field_name


class BackupSource(Protocol):
    """Copies a backup from the server that the request names."""

    async def check(self, wanted: RestoreFile, kind: BackupKind) -> None:
        """Copy and open the file, or raise `BackupRefused`."""
        ...


def check_seal(head: bytes, wanted: RestoreFile, kind: BackupKind) -> None:
    """Raise `BackupRefused` unless this is a backup of that kind and the passphrase opens it."""
    try:
        seal = Seal.read(head)
    except ValueError as error:
        raise BackupRefused("restore_file.uri", str(error)) from error
    if seal.kind is not kind:
        raise BackupRefused("restore_file.uri", f"this is a {seal.kind} backup, not a {kind} one")
    if not seal.opens(wanted.passphrase):
        raise BackupRefused("restore_file.passphrase", "it does not open this backup")


@dataclass(frozen=True, slots=True)
class KnownServer:
    """Judges a request by what is known of one backup server, without a connection.

    It checks in the order in which a real copy would fail: address, host key, login, file, content.
    """

    hosts: Collection[str]
    port: int
    username: str
    password: str = field(repr=False)
    keys: HostKeys = field(repr=False)
    files: BackupDirectory = field(repr=False)

    async def check(self, wanted: RestoreFile, kind: BackupKind) -> None:
        """Raise `BackupRefused` for the first thing that is wrong."""
        if wanted.server not in self.hosts or wanted.port != self.port:
            raise BackupRefused("restore_file.server", "the server cannot be reached")
        if wanted.fingerprint != md5_of(self.keys.key()):
            raise BackupRefused(
                "restore_file.protocol.ssh_fingerprint", "the server has another host key"
            )
        if (wanted.username, wanted.password) != (self.username, self.password):
            raise BackupRefused(
                "restore_file.protocol.authentication_scheme", "the server refused the login"
            )
        try:
            head = self.files.head(wanted.uri)
        except FileNotFoundError as error:
            raise BackupRefused("restore_file.uri", "no such file on the server") from error
        check_seal(head, wanted, kind)
