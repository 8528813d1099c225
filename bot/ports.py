"""What the core asks of the outside, as protocols. Every implementation meets the same tests.

Errors are those of `bot.domain.errors`; a port that reads never changes anything.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.commands import Command
from bot.domain.decide import Decision
from bot.domain.events import Event, QuestionAnswered
from bot.domain.intents import Intent
from bot.domain.request import Place, Question, Request, Wish
from bot.domain.standing import Account, Finding, Unreadable
from bot.domain.target import BackupLocation, Group, Target
from bot.domain.values import Environment, PersonId, RequestId, SecretRef, UserId
from bot.runbooks.actions import Selection
from bot.runbooks.observations import (
    BackupListing,
    Census,
    ClusterStatus,
    ListedRestore,
    ManagerFacts,
    Reply,
    Schedule,
)
from bot.runbooks.restoring import Order, Resource, RestoreStatus


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class Credentials(Protocol):
    """Secret references in, secrets out; nothing is kept."""

    def resolve(self, ref: SecretRef) -> str:
        """Return the secret behind a reference.

        Raises:
            CredentialError: the reference leads nowhere; the text names it, never a value.
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


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """Where a manager keeps its backups, as it says; never its secrets."""

    server: str
    port: int
    directory: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StartReply:
    """What became of the request to start a restore.

    `taken`: the manager has one already, in `status`. Otherwise as in `Reply`.
    """

    outcome: Literal["accepted", "refused", "taken", "unknown"]
    said: str
    status: RestoreStatus | None = None


@dataclass(frozen=True, slots=True)
class BackupRun:
    """Whether a manager makes a backup now, and how its last one ended (ms since 1970)."""

    running: bool
    ended_at: int | None
    success: bool | None
    said: str


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
        """Tell the manager where backups are, with automatic backups disabled; safe to repeat."""
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


@dataclass(frozen=True, slots=True)
class Channel:
    """A Slack channel as `conversations.info` shows it."""

    id: str
    name: str
    is_archived: bool
    is_ext_shared: bool
    is_member: bool


class Directory(Protocol):
    """Who is who in Slack, read fresh each time; what cannot be read is `Unreadable`."""

    async def account(self, user: UserId) -> Account | Unreadable:
        """Return the flags of one account."""
        ...

    async def members(self, group: Group) -> frozenset[UserId] | Unreadable:
        """Return the union of a user group's members and those named in the configuration."""
        ...

    async def channel(self, channel: str) -> Channel | Unreadable:
        """Return what a channel is."""
        ...


@dataclass(frozen=True, slots=True)
class Applied:
    """What `Ledger.apply` did: the request as it is now, and the decision that made it so.

    `repeated` is true when this command had been applied before; nothing was done again.
    """

    request: Request
    decision: Decision
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """By whom a command comes and where it was given: what the audit keeps.

    `key` is unique for each command: a repeat under the same key gets the first decision back.
    """

    key: str
    actor: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """A new request, before it has a row."""

    id: RequestId
    wish: Wish
    environment: Environment
    requester: UserId
    requester_person: PersonId
    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit. `mac` is 64 hex digits over this row and the one before it."""

    seq: int
    at: datetime
    actor: str
    action: str
    request_id: str | None
    details: dict[str, object]
    digest: str | None
    policy_version: str
    place: Place | None
    mac: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest link of the chain: kept outside (card, report), it proves that none is missing."""

    seq: int
    mac: str


Outcome = Literal["claimed", "accepted", "refused", "unknown"]
"""What became of an effect that must happen at most once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed effect: `mine` is true for the one caller that may send it. `said` tells more."""

    mine: bool
    outcome: Outcome
    said: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody tried that never became a command: its name, where, and for what."""

    what: str
    channel: str | None
    wish: Wish | None = None


class Ledger(Protocol):
    """The rows. `file` and `apply` are the only writers of what happens to a request."""

    async def file(self, filing: Filing, signature: Signature) -> Applied | Finding:
        """Write a new request in `planning`, unless its target has an active one (a finding)."""
        ...

    async def apply(self, request_id: RequestId, command: Command, signature: Signature) -> Applied:
        """Judge a command and write all that follows from it in one transaction, or nothing.

        Raises:
            NotFoundError: no such request.
            ValueError: the signature's key was used for something else.
        """
        ...

    async def refuse(
        self,
        request_id: RequestId | None,
        finding: Finding,
        signature: Signature,
        tried: Tried | None = None,
    ) -> Applied | Finding:
        """Audit an attempt that was refused before it became a command.

        `tried` is kept with it; without it, the request's id as it was given.
        Returns what was decided first under the key: the finding, unless it was something else.
        """
        ...

    async def get(self, request_id: RequestId) -> Request:
        """Return one request. Raises `NotFoundError`."""
        ...

    async def requests(
        self, *, active: bool = False, target: str | None = None, limit: int = 100
    ) -> Sequence[Request]:
        """Return requests, newest first."""
        ...

    async def story(self, request_id: RequestId) -> Sequence[AuditEntry]:
        """Return the audit rows of one request, oldest first."""
        ...

    async def head(self) -> AuditHead | None:
        """Return the newest link of the audit chain."""
        ...

    async def claim(self, request_id: RequestId, kind: str) -> Claim:
        """Claim an effect that must happen at most once; committed when this returns.

        Only a running request can claim, and the restore that passes the point of no return only
        until its approval lapses: else the answer is `refused`, not `mine`, and audited.
        Raises `NotFoundError`.
        """
        ...

    async def settle(self, request_id: RequestId, kind: str, outcome: Outcome, said: str) -> None:
        """Record what became of a claimed effect; only forward, never back to `claimed`.

        Raises `NotFoundError` where nothing was claimed.
        """
        ...


class Inbox(Protocol):
    """What people did, stored before Slack hears "ok", so that a crash loses nothing."""

    async def store(self, key: str, intent: Intent) -> bool:
        """Keep an intent under a key that is unique for each thing done; say whether it is new."""
        ...

    async def done(self, key: str) -> None:
        """Note that an intent has been dealt with."""
        ...

    async def unfinished(self, before: datetime) -> Sequence[tuple[str, Intent]]:
        """Return intents stored before a moment and not dealt with, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class CardItem:
    """The card of a request is out of date. `place` is where it stands, once posted.

    `version` counts what happened to the request: read the request after `due` gave the item, so
    that the card shows at least this; what happens later makes it out of date again.
    """

    id: int
    request_id: RequestId
    place: Place | None
    attempts: int
    version: int = 0


@dataclass(frozen=True, slots=True)
class LineItem:
    """A line of a request's thread is to be posted; `seq` counts them from 1 without gaps."""

    id: int
    request_id: RequestId
    card: Place
    seq: int
    event: Event
    at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """A question was answered or its run has ended: its message loses the buttons."""

    id: int
    request_id: RequestId
    place: Place
    question: Question
    answer: QuestionAnswered | None
    attempts: int


@dataclass(frozen=True, slots=True)
class PrivateItem:
    """A text for one person alone, queued at `since`."""

    id: int
    user: UserId
    channel: str
    text: str
    since: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class ReportItem:
    """The report files of an ended request are to be put into its thread."""

    id: int
    request_id: RequestId
    card: Place
    attempts: int


OutboxItem = CardItem | LineItem | QuestionItem | PrivateItem | ReportItem


class Outbox(Protocol):
    """What Slack must still show. Rows are written by the ledger; one loop delivers them."""

    async def due(self) -> Sequence[OutboxItem]:
        """Return what can be delivered now.

        For each request: its card while it has none or is out of date; its oldest undelivered
        line, once the card stands; what only that line waits for stays back. So a thread is
        complete and in order.
        """
        ...

    async def begin(self, item: OutboxItem) -> None:
        """Note, committed, that a delivery is being tried: after a crash it is looked for first."""
        ...

    async def sent(self, item: OutboxItem, place: Place | None) -> None:
        """Note that an item stands in Slack, and where."""
        ...

    async def note_card(self, request_id: RequestId, place: Place) -> None:
        """Note that a request's card had to be posted anew: its buttons count there from now on."""
        ...

    async def note_question(self, request_id: RequestId, key: str, place: Place) -> Place | None:
        """Note that answers to a question count here from now on; return where they did before."""
        ...

    async def postpone(self, item: OutboxItem, until: datetime, why: str) -> None:
        """Try again later. `why` is kept for the logs, without secrets."""
        ...

    async def tell(self, key: str, user: UserId, channel: str, text: str) -> None:
        """Queue a private text, once for each key."""
        ...

    async def redraw(self) -> None:
        """Mark the cards of all active requests as out of date (after a start)."""
        ...

    async def lag(self) -> float:
        """Return how many seconds the oldest undelivered item has been waiting; 0 if none is."""
        ...

    async def changed(self, seconds: float) -> None:
        """Return when there may be something new, at the latest after so many seconds."""
        ...


class Engine(Protocol):
    """Carries runs over crashes and restarts."""

    async def start(self, request_id: RequestId) -> None:
        """Start the run of a request; starting it twice is starting it once."""
        ...

    async def stranded(self) -> Sequence[tuple[RequestId, str]]:
        """Return runs that the engine has given up, with the reason, for people to look at.

        All of them, each time: whose request has ended, the ledger knows.
        """
        ...
