"""The plan: everything that a lead approves, and the digest that binds an approval to it.

No secret and no secret reference is ever part of a plan.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from posixpath import basename
from typing import Annotated, Any, Final, Literal, NewType

import rfc8785
from pydantic import Field, TypeAdapter

from bot.domain.target import Timing
from bot.domain.values import Component, Environment, Generation, Scope

Digest = NewType("Digest", str)
"""SHA-256 in 64 lower-case hex digits over the canonical JSON (RFC 8785) of a plan."""

ShortDigest = NewType("ShortDigest", str)
"""The first eight digits as people read them: `7F3C-91AB`."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One backup file as the backup server lists it: absolute path, size in bytes, time in UTC."""

    path: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class FileBackup:
    """The backup of an NSX-T 1.x restore: exact files on a server known by its host key.

    `fingerprint` is what the manager is told (MD5, 32 hex digits); `host_key_sha256` is computed
    from the same key as it was seen, so that the weaker form does not stand alone.
    """

    server: str
    port: int
    protocol: str
    fingerprint: str
    host_key_sha256: str
    cluster: BackupFile
    node: BackupFile | None
    kind: Literal["files"] = "files"

    @property
    def id(self) -> str:
        """What a request names exactly this one by."""
        return self.cluster.path

    @property
    def name(self) -> str:
        """What people call it."""
        return basename(self.cluster.path)

    @property
    def made_at(self) -> datetime:
        """When it was made; whatever was changed after that is lost."""
        return self.cluster.modified_at


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListedBackup:
    """The backup of an orchestrated restore, exactly as the manager lists it.

    `node_id` and `timestamp` (ms since 1970) together are its identity; `address` is the IP or the
    FQDN of the manager that made it. `fingerprint` is the SSH server's ECDSA key as both the
    manager and the bot saw it. Source: NSX API, ClusterBackupInfo.
    """

    server: str
    port: int
    directory: str
    fingerprint: str
    node_id: str
    timestamp: int
    address: str
    kind: Literal["listed"] = "listed"

    @property
    def id(self) -> str:
        """What a request names exactly this one by."""
        return self.name

    @property
    def name(self) -> str:
        """What people call it, and ask for it by."""
        return f"{self.node_id}:{self.timestamp}"

    @property
    def made_at(self) -> datetime:
        """When it was made; whatever was changed after that is lost."""
        return at_milliseconds(self.timestamp)


def at_milliseconds(timestamp: int) -> datetime:
    """Return the moment that a manager writes as ms since 1970. Raises `OverflowError`."""
    return EPOCH + timedelta(milliseconds=timestamp)


@dataclass(frozen=True, slots=True)
class GuidedTerms:
    """What a guided restore goes by besides its backup.

    `component` is which manager is restored; `unasked` are the names of the manager's instructions
    that the bot may go on from by itself, since the target's configuration lists them.
    """

    component: Component
    unasked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step as a lead reads it. `no_return` marks the first one that cannot be undone."""

    key: str
    title: str
    no_return: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, to what, from what. Equal plans have equal digests."""

    target: str
    environment: Environment
    manager_url: str
    manager_version: str
    manager_node: str
    generation: Generation
    runbook: str
    runbook_version: int
    backup: Annotated[FileBackup | ListedBackup, Field(discriminator="kind")]
    scope: Scope
    node_restore_path: str | None
    controllers: tuple[str, ...]
    steps: tuple[PlannedStep, ...]
    timing: Timing
    policy_version: str
    guided: GuidedTerms | None = None

    def step_number(self, key: str) -> int:
        """Return the place of a step, counted from 1; raises `ValueError` for an unknown key."""
        return [step.key for step in self.steps].index(key) + 1


_JSON = TypeAdapter(Plan)


def to_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values (times in ISO 8601, UTC)."""
    values: dict[str, Any] = _JSON.dump_python(plan, mode="json")
    return values


def from_json(values: object) -> Plan:
    """Read a plan back; raises `pydantic.ValidationError` for anything that is not one."""
    return _JSON.validate_python(values)


def digest(plan: Plan) -> Digest:
    """Return the digest that approvals are bound to (RFC 8785, then SHA-256)."""
    return Digest(hashlib.sha256(rfc8785.dumps(to_json(plan))).hexdigest())


def short(full: Digest) -> ShortDigest:
    """Return the short code that people compare: `7F3C-91AB`."""
    code = full[:8].upper()
    return ShortDigest(f"{code[:4]}-{code[4:]}")


def differences(before: Plan, after: Plan) -> tuple[str, ...]:
    """Say in words what differs between two plans, one entry for each value, in plan order."""
    return tuple(_differences("", to_json(before), to_json(after)))


def _differences(path: str, before: object, after: object) -> list[str]:
    match before, after:
        case dict(), dict():
            return [
                line
                for key in before
                for line in _differences(f"{path}.{key}".lstrip("."), before[key], after.get(key))
            ]
        case _ if before == after:
            return []
        case [dict(), *_], [dict(), *_] if len(before) == len(after):
            return [
                line
                for number, (old, new) in enumerate(zip(before, after, strict=True), start=1)
                for line in _differences(f"{path}.{number}", old, new)
            ]
        case _:
            return [
                f"{path.replace('_', ' ').replace('.', ' ')}: {_words(before)}, now {_words(after)}"
            ]


def _words(value: object) -> str:
    match value:
        case None:
            return "none"
        case list() if all(isinstance(entry, str) for entry in value):
            return ", ".join(value) or "none"
        case list():
            return f"{len(value)} entries"
        case dict():
            return ", ".join(
                f"{key.replace('_', ' ')} {_words(each)}" for key, each in value.items()
            )
        case _:
            return str(value)
