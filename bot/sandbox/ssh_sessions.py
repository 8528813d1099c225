"""What happens on one SSH connection to the backup server: the login and the file access."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import asyncssh


class SshFault(StrEnum):
    """Where the server misbehaves; it can be changed at any time."""

    NONE = "none"
    HANG_AT_BANNER = "hang at banner"
    """The connection is accepted and nothing is ever said."""
    CLOSE_AT_BANNER = "close at banner"
    """The connection is accepted and dropped, as an overloaded sshd does."""
    HANG_AT_LOGIN = "hang at login"
    """The host key is shown, the login never gets an answer."""
    REFUSE_LOGIN = "refuse login"
    """Every password is refused, the right one too."""
    HANG_IN_LISTING = "hang in listing"
    """Listing a directory never ends."""
    CLOSE_IN_LISTING = "close in listing"
    """The connection is cut when a directory is listed."""


@dataclass(slots=True)
class Desk:
    """What the connections of one server share: its accounts, its fault, and what was counted."""

    username: str
    password: str = field(repr=False)
    root: Path
    fault: SshFault = SshFault.NONE
    passwords_received: int = 0
    connections: int = 0
    open: set[asyncssh.SSHServerConnection] = field(default_factory=set)


class Login(asyncssh.SSHServer):
    """Asks for a password and nothing else."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Note the connection, so that it can be ended with the server."""
        self._connection = conn
        self._desk.open.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (library's signature)
        """Forget the connection."""
        if self._connection is not None:
            self._desk.open.discard(self._connection)

    async def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        """Require a login from everybody."""
        if self._desk.fault is SshFault.HANG_AT_LOGIN:
            await asyncio.Event().wait()
        return True

    def password_auth_supported(self) -> bool:
        """Offer passwords."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Offer no keys."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """Offer no dialogue either, so that each password counts once."""
        return False

    def validate_password(self, username: str, password: str) -> bool:
        """Compare, after the attempt was counted."""
        self._desk.passwords_received += 1
        if self._desk.fault is SshFault.REFUSE_LOGIN:
            return False
        return (username, password) == (self._desk.username, self._desk.password)


class Files(asyncssh.SFTPServer):
    """The files below the server's root."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], desk: Desk) -> None:
        super().__init__(channel, chroot=str(desk.root).encode())
        self._desk = desk

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """List a directory, or fail on the way as the fault says."""
        if self._desk.fault is SshFault.HANG_IN_LISTING:
            await asyncio.Event().wait()
        if self._desk.fault is SshFault.CLOSE_IN_LISTING:
            self.connection.abort()
        async for entry in super().scandir(path):
            yield entry
