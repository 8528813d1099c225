"""NSX managers, the backup server, and the credentials that they want."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.domain.target import BackupLocation, Target
from bot.domain.values import SecretRef
from bot.runbooks.actions import Selection
from bot.runbooks.observations import (
    BackupListing,
    BackupPlace,
    BackupRun,
    Census,
    ClusterStatus,
    HostKey,
    ListedRestore,
    ManagerFacts,
    Reply,
    Schedule,
)
from bot.runbooks.restoring import Order, Resource, RestoreStatus


class Credentials(Protocol):
    """Secret references in, secrets out; each is resolved anew."""

    def resolve(self, ref: SecretRef) -> str:
        """Return the secret behind a reference.

        Raises:
            CredentialError: the reference leads nowhere; the text names it, never a value.
        """
        ...

    def known(self) -> Iterable[str]:
        """Return every secret that was resolved since the process began, replaced ones too.

        Only to take them out of texts from outside. What is returned grows with each secret that is
        resolved later, and shows none of them by itself.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class RestoreFile:
    """The `restore_file` of an NSX-T 1.x restore, secrets included; hence without a repr.

    Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 2.
    """

    passphrase: str
    server: str
    port: int
    uri: str
    protocol: str
    ssh_fingerprint: str
    username: str
    password: str


class Manager(Protocol):
    """What every NSX Manager can be asked. Reads may be repeated."""

    async def facts(self) -> ManagerFacts:
        """Return version and identity. Raises `ManagerError`."""
        ...

    async def cluster_status(self) -> ClusterStatus:
        """Return the status words of `GET /api/v1/cluster/status`. Raises `ManagerError`."""
        ...

    async def uptime(self) -> int | None:
        """Return milliseconds since the system started, or `None` where it is not told."""
        ...

    async def schedule(self) -> Schedule:
        """Return whether automatic backups are enabled. Raises `ManagerError`."""
        ...

    async def set_schedule(self, *, enabled: bool) -> Schedule:
        """Switch automatic backups, leave the rest as it is, read again, return what is so now.

        Where they are as wanted already nothing is written. Raises `ManagerError`.
        """
        ...


class NsxManager(Manager, Protocol):
    """One NSX Manager of the 1.x generation. `restore` is never repeated."""

    async def restore(self, path: str, file: RestoreFile) -> Reply:
        """Send one restore request, once, with no retry, and say what became of it.

        Never raises for what happens on the wire: that is what `Reply` tells.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class BackupAccess:
    """The backup server as the configuration of a manager names it, secrets included.

    Source: NSX API, BackupConfiguration.
    """

    server: str
    port: int
    directory: str
    fingerprint: str
    username: str
    password: str
    passphrase: str

    @property
    def place(self) -> BackupPlace:
        """What a manager says of it once it was told."""
        return BackupPlace(self.server, self.port, self.directory, self.fingerprint)


@dataclass(frozen=True, slots=True)
class StartReply:
    """What became of the request to start a restore.

    `taken`: the manager has one already, in `status`. Otherwise as in `Reply`.
    """

    outcome: Literal["accepted", "refused", "taken", "unknown"]
    said: str
    status: RestoreStatus | None = None


class GuidedManager(Manager, Protocol):
    """One NSX Manager of 2.0 and later, which restores by itself once it is started.

    Every method may raise `ManagerError`, except those that send a restore or an order: what
    happens to those on the wire is what they return.
    """

    async def publishes_fqdn(self) -> bool:
        """Return whether the manager publishes its FQDN (`GET /configs/management`)."""
        ...

    async def backup_place(self) -> BackupPlace | None:
        """Return where backups are kept, or `None` on a manager that was not told yet."""
        ...

    async def keep_backups(self, access: BackupAccess) -> None:
        """Tell the manager where backups are, with automatic backups disabled; safe to repeat.

        Whatever it was told before is overwritten.
        """
        ...

    async def keep_backups_unless_set(self, access: BackupAccess) -> bool:
        """Tell a manager the same that names no backup server yet; return whether it was told.

        One that names this very place already is as it should be, and is not written to.

        Raises:
            PlaceSetError: it names another, or somebody wrote in between; nothing was written.
        """
        ...

    async def ssh_fingerprint(self, server: str, port: int) -> str | None:
        """Return the SSH server's key as the manager sees it; `None` before 2.5, which has none."""
        ...

    async def backups(self) -> Sequence[ListedRestore]:
        """Return every backup that the manager finds there, of all managers, all pages."""
        ...

    async def restore_status(self) -> RestoreStatus:
        """Return how the restore stands."""
        ...

    async def resources(self, instruction: str, fields: Sequence[str]) -> Sequence[Resource]:
        """Return all resources of an instruction, each with those of its fields that are named."""
        ...

    async def start(self, node_id: str, timestamp: int) -> StartReply:
        """Start the restore of a backup, once, with no retry, and say what became of it."""
        ...

    async def order(self, order: Order, answers: Sequence[Selection]) -> Reply:
        """Tell the restore to do something, once; `answers` go with `advance`."""
        ...

    async def census(self) -> Census:
        """Count transport nodes and alarms."""
        ...

    async def make_backup(self) -> None:
        """Begin a backup."""
        ...

    async def backup_run(self) -> BackupRun:
        """Return what became of it."""
        ...


class Managers(Protocol):
    """Opens the manager of a target; credentials are resolved here, for each opening anew."""

    def guided(self, target: Target) -> AbstractAsyncContextManager[GuidedManager]:
        """Open a client for this target's manager of 2.0 and later; otherwise as a call does."""
        ...

    def __call__(self, target: Target) -> AbstractAsyncContextManager[NsxManager]:
        """Open a client for this target's manager.

        Entering raises `CredentialError`, or `ManagerError` if the authority's file cannot be used.
        """
        ...


class BackupServer(Protocol):
    """The server with the backup files."""

    async def listing(self, location: BackupLocation) -> BackupListing:
        """List the backup directory.

        The host key is compared with the configured fingerprint before any password is sent.

        Raises:
            BackupError: unreachable, another host key (naming both), refused, no such directory.
            CredentialError: the password's reference leads nowhere.
        """
        ...

    async def host_key(self, location: BackupLocation) -> HostKey:
        """Return the ECDSA host key, which is the one that a manager of 2.0 and later chooses.

        Nobody logs in and no password is sent. The server has proved that it has the key; whether
        it is the configured one is for the caller to compare.

        Raises:
            BackupError: unreachable, or a server without an ECDSA key.
        """
        ...
