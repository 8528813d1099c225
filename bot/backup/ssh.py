"""The backup server: its host key first, then its directory. No password goes to a stranger.

Nothing of this machine's own SSH set-up is used: no configuration, no agent, no keys, no list of
known hosts.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final

import asyncssh

from bot.backup.words import (
    backup_error,
    fingerprint_error,
    listing_error,
    no_ecdsa_error,
)
from bot.domain.errors import BackupError, Kind
from bot.domain.target import BackupLocation
from bot.ports import Credentials
from bot.runbooks.observations import BackupListing, HostKey, ListedFile

HOST_KEY_ALGORITHMS: Final = (
    "ecdsa-sha2-nistp256",
    "ssh-ed25519",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""The order in which a 1.x manager prefers host keys; the first that the server has is the one.

Source: NSX-T 1.1 admin guide, Find the SSH Fingerprint of a Remote Server (ECDSA with 256 bits,
ED25519, RSA, DSA). DSA is not offered: SSH libraries have dropped it.
"""

ECDSA_ALGORITHMS: Final = (
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
)
"""The host keys that a manager of 2.0 and later can use (3.2.0: only the first).

Source: NSX API, BackupConfiguration (ECDSA, hashed with SHA-256); NSX administration guide, List
the Available Backups.
"""

_ENTRY_LIMIT: Final = 100_000
_FAILURES: Final = (OSError, asyncssh.Error, TimeoutError)


class SshBackupServer:
    """Reads directories, from the server that was configured and no other.

    Args:
        credentials: resolves the password when it is needed, and not before.
        timeout: the time for one call as a whole.
    """

    def __init__(
        self, credentials: Credentials, *, timeout: timedelta = timedelta(seconds=30)
    ) -> None:
        self._credentials = credentials
        self._seconds = timeout.total_seconds()
        # It writes a line for every connection, with user names.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)

    async def listing(self, location: BackupLocation) -> BackupListing:
        """List regular files and directories in the backup directory; see the port.

        Raises:
            BackupError: unreachable, another host key (naming both), refused, no such directory.
            CredentialError: the password's reference leads nowhere.
        """
        gate = _Gate(location)
        password = self._credentials.resolve(location.password)
        try:
            async with (
                asyncio.timeout(self._seconds),
                _connected(location, gate, password) as connection,
            ):
                entries = await _to_the_end(connection, _entries(connection, location))
        except asyncssh.HostKeyNotVerifiable:
            raise fingerprint_error(location, gate.seen) from None
        except asyncssh.SFTPError as error:
            raise listing_error(error, location) from None
        except _FAILURES as error:
            raise backup_error(error, location) from None
        if gate.seen is None:
            raise fingerprint_error(location, None)
        return BackupListing(gate.seen, tuple(entries))

    async def host_key(self, location: BackupLocation) -> HostKey:
        """Return the ECDSA host key, without a login; see the port.

        Raises:
            BackupError: unreachable, or a server without an ECDSA key (naming what it has).
        """
        try:
            async with asyncio.timeout(self._seconds):
                key = await _shown(location)
        except _FAILURES as error:
            raise backup_error(error, location) from None
        if key.algorithm not in ECDSA_ALGORITHMS:
            raise no_ecdsa_error(location, key)
        return key


async def _shown(location: BackupLocation) -> HostKey:
    """Return the key with which the server has signed the key exchange; then leave."""
    key = await asyncssh.get_server_host_key(
        location.server,
        location.port,
        # The first of these that the server has is the one (RFC 4253, 7.1). The others are there
        # because a server that shows one has no ECDSA key: without them it would only break off.
        server_host_key_algs=(*ECDSA_ALGORITHMS, *HOST_KEY_ALGORITHMS),
        config=None,
        options=asyncssh.SSHClientConnectionOptions(config=None, client_keys=None, agent_path=None),
    )
    if key is None:
        raise asyncssh.KeyExchangeFailed("no host key was shown")
    return facts(key)


class _Gate(asyncssh.SSHClient):
    """Compares the host key with the configured fingerprints, before the login begins."""

    def __init__(self, location: BackupLocation) -> None:
        self._location = location
        self.seen: HostKey | None = None

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 (the library's signature)
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        """Say whether this is the configured key."""
        self.seen = facts(key)
        return is_configured(self.seen, self._location)


def facts(key: asyncssh.SSHKey) -> HostKey:
    """Return a key's type and fingerprints."""
    return HostKey(
        algorithm=key.get_algorithm(),
        md5=hashlib.md5(key.public_data, usedforsecurity=False).hexdigest(),
        sha256=key.get_fingerprint("sha256"),
    )


def is_configured(key: HostKey, location: BackupLocation) -> bool:
    """Tell whether a key is the one that was configured, by each fingerprint that was given."""
    known = {key.md5, key.sha256}
    return location.fingerprint in known and location.host_key_sha256 in {None, key.sha256}


@asynccontextmanager
async def _connected(
    location: BackupLocation, gate: _Gate, password: str
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    options: dict[str, Any] = {
        # No key is trusted beforehand, so that the gate is asked about each. (`None` would trust
        # every key, and something empty would be replaced by the user's own file.)
        "known_hosts": ([], [], []),
        "server_host_key_algs": HOST_KEY_ALGORITHMS,
        "x509_trusted_certs": None,
        "config": None,
        "client_keys": None,
        "agent_path": None,
        "gss_host": None,
        "preferred_auth": "password",
        "public_key_auth": False,
        "kbdint_auth": False,
        "host_based_auth": False,
    }
    connection = await asyncssh.connect(
        location.server,
        location.port,
        username=location.username,
        password=password,
        client_factory=lambda: gate,
        **options,
    )
    try:
        yield connection
        connection.close()
        await connection.wait_closed()
    finally:
        # Not a polite end: a server that hangs would not let us go.
        connection.abort()


async def _to_the_end(
    connection: asyncssh.SSHClientConnection, work: Coroutine[None, None, list[ListedFile]]
) -> list[ListedFile]:
    """Await work on a connection; if we are called off, end the connection under it.

    Cancelled itself, it would wait for the server once more, to close what it has opened there.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            connection.abort()
            await asyncio.gather(task, return_exceptions=True)
    return task.result()


async def _entries(
    connection: asyncssh.SSHClientConnection, location: BackupLocation
) -> list[ListedFile]:
    sftp = await connection.start_sftp_client()
    entries: list[ListedFile | None] = []
    async for entry in sftp.scandir(location.directory.encode()):
        entries.append(_listed(entry, location))
        if len(entries) > _ENTRY_LIMIT:
            raise BackupError(
                Kind.REFUSED,
                f"{location.directory} has more than {_ENTRY_LIMIT} entries.",
                "Give this manager's backups a directory of their own.",
            )
    return [entry for entry in entries if entry is not None]


def _listed(entry: asyncssh.SFTPName, location: BackupLocation) -> ListedFile | None:
    """Return a file or directory; `None` for what cannot be a backup.

    A backup's path is sent as JSON text, so a name that is not UTF-8, or not printable, cannot be
    one. Neither can a link, whose own size and time say nothing about the file behind it.
    """
    name = _text(entry.filename)
    attrs = entry.attrs
    kinds = {asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_DIRECTORY}
    if name is None or name in {".", ".."} or attrs.type not in kinds:
        return None
    if attrs.size is None or attrs.mtime is None:
        raise BackupError(
            Kind.MALFORMED,
            f"{location.server} tells no sizes and times of files.",
            "Use an SFTP server that does, such as OpenSSH's.",
        )
    return ListedFile(
        path=str(PurePosixPath(location.directory) / name),
        size=attrs.size,
        modified_at=datetime.fromtimestamp(attrs.mtime, UTC),
        is_directory=attrs.type == asyncssh.FILEXFER_TYPE_DIRECTORY,
    )


def _text(name: bytes | str) -> str | None:
    try:
        text = name if isinstance(name, str) else name.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
