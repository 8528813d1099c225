"""The outside in memory: full stand-ins for the ports, which meet the same contract tests."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.credentials.memory import Memory
from bot.domain.errors import (
    BackupError,
    CredentialError,
    Kind,
    ManagerError,
    PlaceSetError,
    StoreError,
)
from bot.domain.standing import Account, Unreadable
from bot.domain.target import BackupLocation, Group, Target
from bot.domain.values import RequestId, SecretRef, UserId
from bot.ports import (
    BackupAccess,
    Channel,
    GuidedManager,
    Looker,
    NsxManager,
    RestoreFile,
    StartReply,
    Telling,
)
from bot.runbooks.actions import Selection
from bot.runbooks.observations import (
    BackupListing,
    BackupPlace,
    BackupRun,
    Census,
    ClusterStatus,
    HostKey,
    ListedFile,
    ListedRestore,
    ManagerFacts,
    Reply,
    Schedule,
)
from bot.runbooks.restoring import Order, Phase, Resource, RestoreStatus
from tests.builders import MD5, NOON, SHA256

FRESH_NODE: Final = "422e901f-b167-da0a-951f-c0278ca8a4ba"
FRESH_FACTS: Final = ManagerFacts("1.1.0.0.0.4788147", FRESH_NODE, "nsx-manager.example.com")
FRESH_STATUS: Final = ClusterStatus("STABLE", "NO_CONTROLLERS", (FRESH_NODE,), ("10.0.0.5",))
GUIDED_FACTS: Final = ManagerFacts("4.2.1.0.0.24304122", FRESH_NODE, "nsx.example.com")
GUIDED_STATUS: Final = ClusterStatus("STABLE", "STABLE", (FRESH_NODE,), ("10.20.0.5",))
NO_RESTORE: Final = RestoreStatus("INITIAL")
EMPTY: Final = Census(transport_nodes=0, alarms=0)
HOST_KEY: Final = HostKey("ecdsa-sha2-nistp256", MD5, SHA256)


class FakeClock:
    """A clock that jumps: whoever sleeps is awake at once, and that much later.

    `on_sleep` is called with the seconds of each sleep, after the jump.
    """

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self.slept: list[float] = []
        self.on_sleep: Callable[[float], None] = lambda _: None

    def now(self) -> datetime:
        """Return the present moment."""
        return self._now

    def jump(self, by: timedelta) -> None:
        """Let time pass of which nobody slept."""
        self._now += by

    async def sleep(self, seconds: float) -> None:
        """Let so much time be over."""
        self._now += timedelta(seconds=seconds)
        self.slept.append(seconds)
        self.on_sleep(seconds)


class FakeCredentials:
    """Secrets by reference."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._memory = Memory()

    def resolve(self, ref: SecretRef) -> str:
        """Return a secret, or raise `CredentialError`."""
        if ref not in self._secrets:
            raise CredentialError(Kind.MISSING, f"{ref} is not there.", "Set it.")
        self._memory.keep(self._secrets[ref])
        return self._secrets[ref]

    def known(self) -> Iterable[str]:
        """Return what was resolved so far."""
        return self._memory


@dataclass
class FakeReads:
    """What every manager can be asked, answered from attributes.

    `trouble` is raised by every read and write of the schedule, `uptime_trouble` by the uptime
    alone. `stuck_schedule` keeps what is written from taking effect.
    """

    facts_now: ManagerFacts = FRESH_FACTS
    status: ClusterStatus = FRESH_STATUS
    uptime_ms: int | None = 7_200_000
    backups_enabled: bool = False
    stuck_schedule: bool = False
    trouble: ManagerError | None = None
    uptime_trouble: ManagerError | None = None

    async def facts(self) -> ManagerFacts:
        """Return version and identity."""
        self._fail_if_told()
        return self.facts_now

    async def cluster_status(self) -> ClusterStatus:
        """Return the status words."""
        self._fail_if_told()
        return self.status

    async def uptime(self) -> int | None:
        """Return the uptime."""
        self._fail_if_told()
        if self.uptime_trouble is not None:
            raise self.uptime_trouble
        return self.uptime_ms

    async def schedule(self) -> Schedule:
        """Return whether automatic backups are enabled."""
        self._fail_if_told()
        return Schedule(self.backups_enabled)

    async def set_schedule(self, *, enabled: bool) -> Schedule:
        """Switch automatic backups and read again."""
        self._fail_if_told()
        if not self.stuck_schedule:
            self.backups_enabled = enabled
        return await self.schedule()

    def _fail_if_told(self) -> None:
        if self.trouble is not None:
            raise self.trouble


@dataclass
class FakeManager(FakeReads):
    """A manager of 1.x.

    `replies` are given to restore requests one after the other, and after the last all are
    accepted. `restores` are the requests that came, as (path, file). An accepted restore brings
    back a schedule that is enabled. `restore_bug` is raised by a restore request once it came,
    against the port's promise.
    """

    replies: list[Reply] = field(default_factory=list)
    restores: list[tuple[str, RestoreFile]] = field(default_factory=list)
    restore_bug: Exception | None = None

    async def restore(self, path: str, file: RestoreFile) -> Reply:
        """Take a restore request."""
        if not file.server.strip() or file.uri.endswith("/"):
            return Reply("refused", "Nothing was sent: server or uri is not complete.")
        self.restores.append((path, file))
        if self.restore_bug is not None:
            raise self.restore_bug
        reply = self.replies.pop(0) if self.replies else Reply("accepted", "Accepted (HTTP 200).")
        if reply.outcome == "accepted":
            self.backups_enabled = True
        return reply


@dataclass
class FakeGuidedManager(FakeReads):
    """A manager of 2.0 and later whose restore and backups are over at once.

    `listed` is what it lists once it knows where backups are. `orders` are those that came.
    `comes_first` is a restore of others that begins right before a start arrives.
    """

    facts_now: ManagerFacts = GUIDED_FACTS
    status: ClusterStatus = GUIDED_STATUS
    publishes: bool = False
    listed: list[ListedRestore] = field(default_factory=list)
    restore_now: RestoreStatus = NO_RESTORE
    comes_first: RestoreStatus | None = None
    starts: int = 0
    counts: Census = EMPTY
    place: BackupPlace | None = None
    key: str | None = SHA256
    about: list[Resource] = field(default_factory=list)
    orders: list[tuple[Order, tuple[Selection, ...]]] = field(default_factory=list)
    last_backup: int | None = None

    async def publishes_fqdn(self) -> bool:
        """Return whether the FQDN is published."""
        self._fail_if_told()
        return self.publishes

    async def backup_place(self) -> BackupPlace | None:
        """Return where backups are kept."""
        self._fail_if_told()
        return self.place

    async def keep_backups(self, access: BackupAccess) -> None:
        """Take the place, with automatic backups disabled."""
        self._fail_if_told()
        self.place = access.place
        self.backups_enabled = self.stuck_schedule and self.backups_enabled

    async def keep_backups_unless_set(self, access: BackupAccess) -> bool:
        """Take the place where there is none yet."""
        self._fail_if_told()
        if self.place == access.place:
            return False
        if self.place is not None:
            raise PlaceSetError("A place is set.")
        await self.keep_backups(access)
        return True

    async def ssh_fingerprint(self, server: str, port: int) -> str | None:
        """Return the key that it sees, of whichever server."""
        del server, port
        self._fail_if_told()
        return self.key

    async def backups(self) -> Sequence[ListedRestore]:
        """Return the list; of a place that it does not know there is none."""
        self._fail_if_told()
        return tuple(self.listed) if self.place else ()

    async def restore_status(self) -> RestoreStatus:
        """Return how the restore stands."""
        self._fail_if_told()
        return self.restore_now

    async def resources(self, instruction: str, fields: Sequence[str]) -> Sequence[Resource]:
        """Return the same resources for every instruction."""
        del instruction, fields
        self._fail_if_told()
        return tuple(self.about)

    async def start(self, node_id: str, timestamp: int) -> StartReply:
        """Restore at once what is listed."""
        self.starts += 1
        self.restore_now = self.comes_first or self.restore_now
        if self.restore_now.phase is not Phase.IDLE:
            return StartReply("taken", "The manager has a restore already.", self.restore_now)
        if (node_id, timestamp) not in {(one.node_id, one.timestamp) for one in self.listed}:
            return StartReply("refused", "The manager refused: no such backup.")
        self.restore_now = RestoreStatus("SUCCESS", id="1", backup_timestamp=timestamp)
        self.backups_enabled = True
        return StartReply("accepted", "Accepted (HTTP 200).", self.restore_now)

    async def order(self, order: Order, answers: Sequence[Selection]) -> Reply:
        """Take what the status offers."""
        if order not in self.restore_now.offered:
            return Reply("refused", f"The manager refused: {self.restore_now.where()}.")
        self.orders.append((order, tuple(answers)))
        return Reply("accepted", "Accepted (HTTP 200).")

    async def census(self) -> Census:
        """Return the counts."""
        self._fail_if_told()
        return self.counts

    async def make_backup(self) -> None:
        """Make one at once."""
        self._fail_if_told()
        self.last_backup = (self.last_backup or 0) + 1

    async def backup_run(self) -> BackupRun:
        """Return how the last one ended."""
        self._fail_if_told()
        success = None if self.last_backup is None else True
        return BackupRun(running=False, ended_at=self.last_backup, success=success, said="")


@dataclass
class FakeAnnouncer:
    """Keeps what is announced; `trouble` is raised instead, if set."""

    announced: list[tuple[Looker, Telling]] = field(default_factory=list)
    trouble: StoreError | None = None

    async def __call__(self, looker: Looker, telling: Telling) -> None:
        """Keep it."""
        if self.trouble is not None:
            raise self.trouble
        self.announced.append((looker, telling))


class FakeManagers:
    """Opens the one manager of its generation for every target; `unopened` is raised instead."""

    def __init__(
        self, manager: NsxManager | None = None, guided_manager: GuidedManager | None = None
    ) -> None:
        self.manager = manager or FakeManager()
        self.guided_manager = guided_manager or FakeGuidedManager()
        self.unopened: CredentialError | ManagerError | None = None

    @asynccontextmanager
    async def __call__(self, target: Target) -> AsyncIterator[NsxManager]:
        """Open it."""
        del target
        if self.unopened is not None:
            raise self.unopened
        yield self.manager

    @asynccontextmanager
    async def guided(self, target: Target) -> AsyncIterator[GuidedManager]:
        """Open the other one."""
        del target
        if self.unopened is not None:
            raise self.unopened
        yield self.guided_manager


@dataclass
class FakeBackupServer:
    """A backup server with a host key and entries; `trouble` is raised by every call, if set."""

    credentials: FakeCredentials
    password: str
    key: HostKey = HOST_KEY
    directory: str = "/vol0/backups"
    entries: list[ListedFile] = field(default_factory=list)
    trouble: BackupError | None = None
    passwords_received: int = 0

    def add(self, name: str, modified_at: datetime = NOON, size: int = 65_536) -> str:
        """Put a file there and return its path."""
        path = f"{self.directory}/{name}"
        self.entries.append(ListedFile(path, size, modified_at, is_directory=False))
        return path

    def rotate_host_key(self) -> None:
        """Show another key from now on."""
        another = hashlib.sha256(self.key.md5.encode()).hexdigest()
        self.key = HostKey(self.key.algorithm, another[:32], f"SHA256:{another[:43]}")

    async def listing(self, location: BackupLocation) -> BackupListing:
        """List the directory, for who knows the key and the password."""
        if self.trouble is not None:
            raise self.trouble
        seen = self.key
        password = self.credentials.resolve(location.password)
        pinned = location.host_key_sha256 in {None, seen.sha256}
        if location.fingerprint != seen.md5 or not pinned:
            said = f"Configured is {location.fingerprint}, seen was {seen.md5} ({seen.sha256})."
            raise BackupError(Kind.FINGERPRINT, said, "Find out why; no password was sent.")
        self.passwords_received += 1
        if password != self.password:
            raise BackupError(Kind.AUTH, "The login was refused.", "Check the password.")
        if location.directory != self.directory:
            raise BackupError(
                Kind.MISSING, f"There is no {location.directory}.", "Correct backup.directory."
            )
        return BackupListing(seen, tuple(self.entries))

    async def host_key(self, location: BackupLocation) -> HostKey:
        """Show the key to anybody."""
        if self.trouble is not None:
            raise self.trouble
        if not self.key.algorithm.startswith("ecdsa-"):
            said = f"{location.server} has no ECDSA host key; it showed {self.key.algorithm}."
            advice = f"Give it one, then ssh-keyscan -t ecdsa {location.server} must print it."
            raise BackupError(Kind.REFUSED, said, advice)
        return self.key


@dataclass
class FakeDirectory:
    """A workspace's people and channels; what is not there cannot be read."""

    accounts: dict[UserId, Account] = field(default_factory=dict)
    usergroups: dict[str, frozenset[UserId]] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    unreadable: Unreadable | None = None
    slow: list[asyncio.Event] = field(default_factory=list)
    """Each keeps one question about an account waiting until it is set."""

    async def account(self, user: UserId) -> Account | Unreadable:
        """Return the flags of one account."""
        if self.slow:
            await self.slow.pop(0).wait()
        return self.unreadable or self.accounts.get(user) or Unreadable("user_not_found")

    async def members(self, group: Group) -> frozenset[UserId] | Unreadable:
        """Return the union of a user group's members and the named ones."""
        if group.usergroup is None:
            return group.members
        if self.unreadable is not None:
            return self.unreadable
        if group.usergroup not in self.usergroups:
            return Unreadable("no_such_subteam")
        return group.members | self.usergroups[group.usergroup]

    async def channel(self, channel: str) -> Channel | Unreadable:
        """Return what a channel is."""
        return self.unreadable or self.channels.get(channel) or Unreadable("channel_not_found")


class FakeEngine:
    """Notes what was to be started."""

    def __init__(self) -> None:
        self.started: list[RequestId] = []
        self.given_up: list[tuple[RequestId, str]] = []

    async def start(self, request_id: RequestId) -> None:
        """Start a run, once."""
        if request_id not in self.started:
            self.started.append(request_id)

    async def stranded(self) -> list[tuple[RequestId, str]]:
        """Return the runs that were given up."""
        return self.given_up
