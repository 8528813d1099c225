"""The rows: requests and their audit, and what people did before it is decided."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.commands import Command
from bot.domain.decide import Decision
from bot.domain.intents import Intent
from bot.domain.request import Place, Request, Wish
from bot.domain.standing import Finding
from bot.domain.values import Environment, PersonId, RequestId, UserId


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


Outcome = Literal["claimed", "accepted", "refused", "taken", "unknown"]
"""What became of an effect that must happen at most once; `taken` as in `StartReply`."""


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


@dataclass(frozen=True, slots=True)
class Looker:
    """For whom something is looked at: a person, the bot for a request, or the command line."""

    actor: str
    request_id: RequestId | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What a manager that knows no backup server is about to be told, without the secrets.

    `target` is its key in the configuration, `manager` its URL, `server` as `host:port/directory`;
    automatic backups are disabled by it.
    """

    target: str
    manager: str
    server: str
    fingerprint: str


Announce = Callable[[Looker, Telling], Awaitable[None]]
"""Audits, committed, what a manager is about to be told. No row, no telling: what it raises
(`StoreError`, `CredentialError`) stops it."""


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

    async def announce(self, looker: Looker, telling: Telling) -> None:
        """Audit that a manager is about to be told its backup server; a row for each time."""
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

    async def claimed(self, request_id: RequestId, kind: str) -> Claim | None:
        """Return the claim of an effect, never `mine`; `None` where nobody has claimed it."""
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
