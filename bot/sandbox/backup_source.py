"""How an NSX Manager stand-in gets at a backup server and at the backup files there."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.sandbox.backup_files import BackupDirectory, BackupKind, Seal
from bot.sandbox.host_keys import HostKeys, md5_of, sha256_of
from bot.sandbox.ssh_sessions import SshFault

_AT_BANNER = {
    SshFault.HANG_AT_BANNER: "BACKUP_TIMEOUT",
    SshFault.CLOSE_AT_BANNER: "BACKUP_SERVER_UNREACHABLE",
}
_AFTER_BANNER = {
    SshFault.HANG_AT_LOGIN: "BACKUP_TIMEOUT",
    SshFault.REFUSE_LOGIN: "BACKUP_AUTHENTICATION_FAILURE",
    SshFault.HANG_IN_LISTING: "BACKUP_TIMEOUT",
    SshFault.CLOSE_IN_LISTING: "BACKUP_SERVER_UNREACHABLE",
}


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


@dataclass(frozen=True, slots=True)
class RemoteDirectory:
    """Where a 2.0 to 9.x backup configuration sends a Manager: a directory, and how to get in."""

    server: str
    port: int
    directory: str
    fingerprint: str
    username: str
    password: str | None = field(repr=False)


class ServerRefused(Exception):  # noqa: N818 (the product's word for it)
    """The directory cannot be used; `word` is NSX's word for why, such as `BACKUP_TIMEOUT`."""

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(f"{word}: {reason}")
        self.word = word


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
    `fault` tells what is wrong with the server at the moment; only `connect` asks for it.
    """

    hosts: Collection[str]
    port: int
    username: str
    password: str = field(repr=False)
    keys: HostKeys = field(repr=False)
    files: BackupDirectory = field(repr=False)
    fault: Callable[[], SshFault] = lambda: SshFault.NONE

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

    @property
    def ecdsa_bits(self) -> int | None:
        """The size of the ECDSA host key, the only one that 2.0 to 9.x use; `None` without one."""
        return self.keys.ecdsa_bits

    def ecdsa_fingerprint(self, server: str, port: int) -> str:
        """Ask a server for its key, as SHA256; raise `ServerRefused` if there is none to be had."""
        if server not in self.hosts or port != self.port:
            raise ServerRefused("BACKUP_SERVER_UNREACHABLE", f"{server}:{port} does not answer")
        self._refuse(_AT_BANNER)
        key = self.keys.ecdsa
        if key is None:
            raise ServerRefused("BACKUP_GENERIC_ERROR", "no matching host key type found")
        return sha256_of(key)

    def connect(self, place: RemoteDirectory) -> None:
        """Get at a directory; raise `ServerRefused` for the first thing that is wrong."""
        if place.fingerprint != self.ecdsa_fingerprint(place.server, place.port):
            raise ServerRefused("BACKUP_BAD_FINGERPRINT", "the server has another host key")
        self._refuse(_AFTER_BANNER)
        if (place.username, place.password) != (self.username, self.password):
            raise ServerRefused("BACKUP_AUTHENTICATION_FAILURE", "the server refused the login")
        if not self.files.has_directory(place.directory):
            raise ServerRefused("BACKUP_PERMISSION_ERROR", f"no such directory {place.directory}")

    def _refuse(self, words: Mapping[SshFault, str]) -> None:
        fault = self.fault()
        if fault in words:
            raise ServerRefused(words[fault], f"the server does this: {fault}")
