"""What can be restored, and the rules under which: the configuration as the core sees it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.values import (
    Component,
    Environment,
    Generation,
    PersonId,
    Scope,
    SecretRef,
    UserId,
)


@dataclass(frozen=True, slots=True)
class ManagerAccess:
    """How to reach an NSX Manager.

    `ca_file` is a PEM file that signs its certificate (absent: the system's trust store);
    `also_accept_sha256` are certificate fingerprints (64 hex digits) accepted besides, since a
    restored manager may come back with another certificate.
    """

    url: str
    username: str
    password: SecretRef
    ca_file: str | None
    also_accept_sha256: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BackupLocation:
    """Where the backup files lie, and the key by which their server is known.

    `fingerprint` is the form that goes to the manager: 32 hex digits (MD5) for NSX-T 1.x,
    `SHA256:...` from 2.0 on. `host_key_sha256` pins the same key by SHA-256 where given; it and the
    two patterns of file names are of 1.x (`None` and empty from 2.0 on).
    """

    server: str
    port: int
    directory: str
    protocol: str
    fingerprint: str
    host_key_sha256: str | None
    username: str
    password: SecretRef
    passphrase: SecretRef
    cluster_files: str
    node_files: str


_SETTLES: Final = 10
"""How many settle times a failed step is waited out."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How patiently a manager is watched.

    Stable means `stable_polls` good answers in a row, one every `poll`, after an outage was seen
    or `settle` has passed; after `stable_timeout` people are asked. For `settle`, too, is borne in
    silence what a single read meets that passes by waiting, and what a status cannot mean of ours.
    """

    poll: timedelta
    stable_polls: int
    settle: timedelta
    stable_timeout: timedelta
    request_timeout: timedelta

    @property
    def second_look(self) -> timedelta:
        """For how long people may wait out a step that failed, before they are asked again.

        Time for a manager to restart, though not for as long as a restore may stand still.
        """
        return min(_SETTLES * self.settle, self.stable_timeout)


@dataclass(frozen=True, slots=True)
class Target:
    """One NSX Manager that may be restored.

    `scope`, `node_restore_path` and `controllers` are of NSX-T 1.x; `component` and
    `advance_unasked` (names of instructions that nobody is asked about) are of 2.0 and later, whose
    restore is always of cluster and node.
    """

    key: str
    environment: Environment
    generation: Generation
    manager: ManagerAccess
    backup: BackupLocation
    scope: Scope
    node_restore_path: str
    controllers: tuple[str, ...]
    timing: Timing
    component: Component = Component.LOCAL
    advance_unasked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """People by Slack user group, by name, or both: the union counts."""

    usergroup: str | None
    members: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class People:
    """Who may ask, who may approve, and which accounts are the same human.

    `requesters` of `None` means every full member of the workspace.
    """

    requesters: Group | None
    leads: Group
    aliases: dict[UserId, PersonId]

    def person(self, user: UserId) -> PersonId:
        """Return the human behind an account."""
        return self.aliases.get(user, PersonId(user))


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of approval. `version` names them in every audit row and every plan."""

    approvals: int
    request_ttl: timedelta
    start_ttl: timedelta
    start_delay: timedelta
    remind_after: tuple[timedelta, ...]
    typed_confirmation: bool
    version: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the configuration file says, as values."""

    team_id: str
    channels: frozenset[str]
    people: People
    policy: Policy
    targets: dict[str, Target]
