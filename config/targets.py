"""The sections below `targets`: what is restored, from where, and how patiently.

Which keys a target has depends on its `generation`. A key of the other one is refused with the
reason, since whoever wrote it expects something of it.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, model_validator

from bot.domain.values import Component, Environment, Generation, Scope
from config import fingerprints, forms
from config.section import (
    MISPLACED,
    Duration,
    Host,
    Login,
    PositiveDuration,
    Secret,
    Section,
    Sha256Fingerprint,
    misplaced,
)


def _ca_file(value: object, info: ValidationInfo) -> str:
    context: dict[str, Path] = info.context or {}
    path = context["folder"] / str(value)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        forms.refuse(f"cannot be read: {path} (a path is relative to the configuration file)")
    if "-----BEGIN CERTIFICATE-----" not in text:
        forms.refuse("holds no certificate in PEM form")
    return str(path.resolve())


class Manager(Section):
    """`manager`: how to reach and to know an NSX Manager."""

    url: Annotated[str, BeforeValidator(forms.manager_url)]
    username: Login
    password: Secret
    ca_file: Annotated[str, BeforeValidator(_ca_file)] | None = None
    also_accept_sha256: list[Annotated[str, BeforeValidator(fingerprints.certificate)]] = []


def _scp_or_sftp(value: object) -> str:
    if value not in ("scp", "sftp"):
        forms.refuse("must be scp or sftp")
    return str(value)


def _sftp(value: object) -> str:
    if value != "sftp":
        forms.refuse("must be sftp: managers of NSX-T 2.0 and later use nothing else")
    return str(value)


class Backup(Section):
    """`backup`: where the backups are, and the key by which their server is known."""

    server: Host
    port: Annotated[int, BeforeValidator(forms.port)] = 22
    directory: Annotated[str, BeforeValidator(forms.directory)]
    username: Login
    password: Secret
    passphrase: Secret


class Nsxt1Backup(Backup):
    """`backup` of an NSX-T 1.x target: its files are found by their names."""

    protocol: Annotated[str, BeforeValidator(_scp_or_sftp)] = "scp"
    fingerprint: Annotated[str, BeforeValidator(fingerprints.nsxt1)]
    host_key_sha256: Sha256Fingerprint | None = None
    cluster_files: Annotated[str, BeforeValidator(forms.file_pattern)] = "backup-cluster-*"
    node_files: Annotated[str, BeforeValidator(forms.file_pattern)] = "backup-node-*"

    @model_validator(mode="after")
    def _kinds_differ(self) -> Self:
        if self.cluster_files == self.node_files:
            raise misplaced("node_files", "must differ from cluster_files")
        return self


_LISTED: Final = (
    "is for nsxt-1 only: a manager of NSX-T 2.0 and later lists its backups itself; leave it out"
)


class NsxBackup(Backup):
    """`backup` of a target of NSX-T 2.0 and later: the manager itself lists what is there."""

    protocol: Annotated[str, BeforeValidator(_sftp)] = "sftp"
    fingerprint: Annotated[str, BeforeValidator(fingerprints.nsx)]

    refused: ClassVar[Mapping[str, str]] = {
        "host_key_sha256": (
            "is for nsxt-1 only: for nsx, fingerprint is the SHA-256 of the host key already; "
            "leave it out"
        ),
        "cluster_files": _LISTED,
        "node_files": _LISTED,
    }


class Timing(Section):
    """`timing`: how patiently a manager is watched."""

    poll: PositiveDuration = timedelta(seconds=5)
    stable_polls: Annotated[int, BeforeValidator(forms.count)] = 3
    settle: Duration = timedelta(seconds=60)
    stable_timeout: PositiveDuration = timedelta(minutes=60)
    request_timeout: PositiveDuration = timedelta(seconds=30)

    @model_validator(mode="after")
    def _can_become_stable(self) -> Self:
        if self.settle + self.stable_polls * self.poll >= self.stable_timeout:
            raise misplaced(
                "stable_timeout", "must be longer than settle and stable_polls polls together"
            )
        return self


class NsxTiming(Timing):
    """`timing` of NSX-T 2.0 and later, whose restores are longer: it is looked at less often."""

    poll: PositiveDuration = timedelta(seconds=10)


def _environment(value: object) -> Environment:
    if value not in set(Environment):
        forms.refuse(f"must be one of {', '.join(Environment)}")
    return Environment(str(value))


class _Target(Section):
    environment: Annotated[Environment, BeforeValidator(_environment)]
    manager: Manager
    backup: Backup
    timing: Timing = Timing()

    @model_validator(mode="after")
    def _sandbox_is_loopback(self) -> Self:
        sandbox = self.environment is Environment.SANDBOX
        places = {
            "manager.url": forms.url_host(self.manager.url),
            "backup.server": self.backup.server,
        }
        for key, host in places.items():
            if sandbox and not forms.is_loopback(host):
                raise misplaced(key, "must be on the loopback (127.0.0.1), as in every sandbox")
            if not sandbox and forms.is_loopback(host):
                raise misplaced(key, "is on the loopback, which is for environment: sandbox only")
        return self


def _scope(value: object) -> Scope:
    if value not in set(Scope):
        forms.refuse(f"must be one of {', '.join(Scope)}")
    return Scope(str(value))


class Nsxt1Target(_Target):
    """`targets.<key>` with `generation: nsxt-1`: a manager of NSX-T 1.x that may be restored."""

    generation: Generation = Generation.NSXT_1
    backup: Nsxt1Backup
    scope: Annotated[Scope, BeforeValidator(_scope)] = Scope.CLUSTER
    node_restore_path: Annotated[str, BeforeValidator(forms.api_path)] = (
        "/api/v1/node/backups?action=restore"
    )
    controllers: list[Host] = []

    refused: ClassVar[Mapping[str, str]] = {
        "component": "is for nsx only: NSX-T 1.x has no Global Manager; leave it out",
        "advance_unasked": (
            "is for nsx only: a manager of NSX-T 1.x gives no instructions; leave it out"
        ),
    }


def _component(value: object) -> Component:
    if value not in set(Component):
        forms.refuse(f"must be one of {', '.join(Component)}")
    return Component(str(value))


class NsxTarget(_Target):
    """`targets.<key>` with `generation: nsx`: a manager of NSX-T 2.0 to NSX 9.x.

    `advance_unasked` are the exact names of those of its instructions that the bot may go on from
    without asking anybody. No public document lists such names: they are learnt from a rehearsal.
    """

    generation: Generation
    backup: NsxBackup
    timing: NsxTiming = NsxTiming()
    component: Annotated[Component, BeforeValidator(_component)] = Component.LOCAL
    advance_unasked: list[Annotated[str, BeforeValidator(forms.instruction)]] = []

    refused: ClassVar[Mapping[str, str]] = {
        "scope": (
            "is for nsxt-1 only: a restore of nsx is always of cluster and node; leave it out"
        ),
        "node_restore_path": (
            "is for nsxt-1 only: a restore of nsx brings the node back by itself; leave it out"
        ),
        "controllers": (
            "is for nsxt-1 only: a manager of NSX-T 2.0 and later asks for what it needs on the "
            "way; leave it out"
        ),
    }

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(set(self.advance_unasked)) < len(self.advance_unasked):
            raise misplaced("advance_unasked", "names an instruction twice")
        return self


def _generation(target: Any) -> str | None:
    """Return the tag of a target's model: of 1.x where no generation is named."""
    if not isinstance(target, dict) or "generation" not in target:
        return Generation.NSXT_1
    named = target["generation"]
    return str(named) if named in set(Generation) else None


Target = Annotated[
    Annotated[Nsxt1Target, Tag(Generation.NSXT_1)] | Annotated[NsxTarget, Tag(Generation.NSX)],
    Discriminator(
        _generation,
        custom_error_type=MISPLACED,
        custom_error_message="{sentence}",
        custom_error_context={
            "key": "generation",
            "sentence": "must be nsxt-1 (NSX-T 1.x) or nsx (NSX-T 2.0 and later)",
        },
    ),
]
"""A target, by its generation. Without a valid one, nothing else of it can be judged."""

Targets = Annotated[
    dict[Annotated[str, BeforeValidator(forms.target_key)], Target], Field(min_length=1)
]
"""`targets`: every manager that may be restored, by the key that people call it by."""
