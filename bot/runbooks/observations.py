"""What the outside was seen to be. Runbooks read these and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.errors import Kind, OutsideError
from bot.domain.request import Choice, Entry
from bot.domain.values import UserId
from bot.runbooks.restoring import Followed, Resources, RestoreStatus, Started


@dataclass(frozen=True, slots=True)
class ManagerFacts:
    """Version and identity of a manager; `fqdn` is empty where it is not told."""

    version: str
    node: str
    fqdn: str = ""


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """The status words of a manager, as it says them, and its online nodes' ids and addresses."""

    management: str
    control: str
    online_nodes: tuple[str, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Whether automatic backups are enabled."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a restore request.

    `accepted`: the manager said yes. `refused`: it said no, or it was provably never reached.
    `taken`: it said no, since it has a restore already. `unknown`: it may or may not have begun.
    """

    outcome: Literal["accepted", "refused", "taken", "unknown"]
    said: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A restore request that was sent, or claimed, at this moment, and what became of it."""

    outcome: Literal["accepted", "refused", "taken", "unknown"]
    said: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HostKey:
    """An SSH host key: its type, and its fingerprints in both forms in use.

    `md5` is 32 hex digits over the decoded key (NSX-T 1.1 admin guide, Find the SSH Fingerprint
    of a Remote Server); `sha256` is `SHA256:` and 43 base64 digits.
    """

    algorithm: str
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ListedFile:
    """An entry of the backup directory; `size` in bytes."""

    path: str
    size: int
    modified_at: datetime
    is_directory: bool


@dataclass(frozen=True, slots=True)
class BackupListing:
    """The backup directory, read from a server whose host key was verified first."""

    host_key: HostKey
    entries: tuple[ListedFile, ...]


@dataclass(frozen=True, slots=True)
class ListedRestore:
    """A backup as a manager of 2.0 and later lists it, of itself or of another manager.

    `timestamp` in ms since 1970; `address` is an IP or an FQDN; `kinds` are the restores that it is
    good for, empty where that is not told. Source: NSX API, ClusterBackupInfo.
    """

    node_id: str
    timestamp: int
    address: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """Where a manager keeps its backups, as it says; never its secrets."""

    server: str
    port: int
    directory: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class OfferedBackup:
    """A backup that can be asked for, of any generation, as people choose among them.

    `id` is what a request names it by; `size` in bytes where it is known.
    """

    id: str
    name: str
    made_at: datetime
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """The backups that a request can name, newest first, with `notes` that are worth knowing."""

    backups: tuple[OfferedBackup, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """An action could not be done. `said` tells what was seen, `advice` what helps."""

    kind: Kind
    said: str
    advice: str

    @classmethod
    def of(cls, error: OutsideError) -> "Trouble":
        """Return what an error of the outside is to a runbook."""
        return cls(error.kind, error.said, error.advice)

    @property
    def text(self) -> str:
        """What was seen and what helps, as a person reads it."""
        return f"{self.said} {self.advice}"


@dataclass(frozen=True, slots=True)
class Stable:
    """The manager is stable again: after `seconds`, with or without an outage being seen."""

    status: ClusterStatus
    at: datetime
    seconds: float
    outage_seen: bool


@dataclass(frozen=True, slots=True)
class NotStable:
    """The deadline passed; `last` is what the manager said last."""

    seconds: float
    last: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered a question; `entries` fill its form."""

    choice: Choice
    by: UserId
    at: datetime
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Census:
    """How much a manager knows of; `None` for what it does not tell."""

    transport_nodes: int | None
    alarms: int | None


@dataclass(frozen=True, slots=True)
class Proof:
    """The end state, read once more; `census` where the generation tells one."""

    facts: ManagerFacts
    status: ClusterStatus
    schedule: Schedule
    census: Census | None = None


@dataclass(frozen=True, slots=True)
class BackupRun:
    """Whether a manager makes a backup now, and how its last one ended (ms since 1970)."""

    running: bool
    ended_at: int | None
    success: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class FreshBackup:
    """A backup that was asked for at `at`, and what became of it within its time."""

    made: bool
    said: str
    at: datetime


Observation = (
    ClusterStatus
    | Schedule
    | Sent
    | Stable
    | NotStable
    | Answered
    | Census
    | Proof
    | BackupRun
    | FreshBackup
    | RestoreStatus
    | Resources
    | Started
    | Followed
    | Trouble
)
"""What an action can bring back."""
