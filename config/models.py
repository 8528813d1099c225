"""The sections of the configuration file: which keys there are, their forms and their defaults."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bot.domain.values import TARGET_KEY, Environment, Generation, Scope
from config import forms

Duration = Annotated[timedelta, BeforeValidator(forms.duration)]
PositiveDuration = Annotated[timedelta, BeforeValidator(forms.positive_duration)]
User = Annotated[str, BeforeValidator(forms.user)]
Secret = Annotated[str, BeforeValidator(forms.secret_reference)]
Login = Annotated[str, BeforeValidator(forms.login)]
Host = Annotated[str, BeforeValidator(forms.host)]
Sha256Fingerprint = Annotated[str, BeforeValidator(forms.sha256_fingerprint)]

MISPLACED: Final = "misplaced"
"""The type of an error that several keys share: it names the `key` under which it is shown."""


def _misplaced(key: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError(MISPLACED, "{sentence}", {"key": key, "sentence": sentence})


class Section(BaseModel):
    """A part of the file: an unknown key is refused, and no error repeats a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Slack(Section):
    """`slack`: the workspace and the channels where the command works."""

    team_id: Annotated[str, BeforeValidator(forms.team)]
    channels: Annotated[list[Annotated[str, BeforeValidator(forms.channel)]], Field(min_length=1)]


class Group(Section):
    """People by Slack user group, by name, or both: the union counts."""

    usergroup: Annotated[str, BeforeValidator(forms.usergroup)] | None = None
    members: list[User] = []

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.usergroup is None and not self.members:
            raise _misplaced("", "names nobody: give usergroup, members, or both")
        return self


def _not_blank(value: object) -> object:
    if value is None:
        forms.refuse("names nobody: leave the key out if every full member may ask")
    return value


class People(Section):
    """`people`: who may ask, who may approve, and which accounts are the same human."""

    requesters: Annotated[Group | None, BeforeValidator(_not_blank)] = None
    leads: Group
    aliases: dict[User, User] = {}

    @model_validator(mode="after")
    def _aliases_end_at_a_person(self) -> Self:
        for account, person in self.aliases.items():
            if person in self.aliases:
                raise _misplaced(
                    f"aliases.{account}", "must point at a person's main account, not at an alias"
                )
        return self


class Policy(Section):
    """`policy`: the rules of approval. Two people is the floor."""

    approvals: Annotated[int, BeforeValidator(forms.approvals)] = 2
    request_ttl: PositiveDuration = timedelta(minutes=30)
    start_ttl: PositiveDuration = timedelta(minutes=10)
    start_delay: Duration = timedelta(seconds=10)
    remind_after: list[PositiveDuration] = [
        timedelta(minutes=2),
        timedelta(minutes=5),
        timedelta(minutes=10),
    ]
    typed_confirmation: Annotated[bool, BeforeValidator(forms.truth)] = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.remind_after != sorted(set(self.remind_after)):
            raise _misplaced("remind_after", "must ascend: each reminder later than the one before")
        if self.start_delay >= self.start_ttl:
            raise _misplaced(
                "start_delay", "must be shorter than start_ttl, or every approval would lapse"
            )
        return self


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
    also_accept_sha256: list[Annotated[str, BeforeValidator(forms.certificate_pin)]] = []


def _protocol(value: object) -> str:
    if value not in ("scp", "sftp"):
        forms.refuse("must be scp or sftp")
    return str(value)


class Backup(Section):
    """`backup`: where the backup files lie, and the key by which their server is known."""

    server: Host
    port: Annotated[int, BeforeValidator(forms.port)] = 22
    directory: Annotated[str, BeforeValidator(forms.directory)]
    protocol: Annotated[str, BeforeValidator(_protocol)] = "scp"
    fingerprint: Annotated[str, BeforeValidator(forms.md5_fingerprint)]
    host_key_sha256: Sha256Fingerprint | None = None
    username: Login
    password: Secret
    passphrase: Secret
    cluster_files: Annotated[str, BeforeValidator(forms.file_pattern)] = "backup-cluster-*"
    node_files: Annotated[str, BeforeValidator(forms.file_pattern)] = "backup-node-*"

    @model_validator(mode="after")
    def _kinds_differ(self) -> Self:
        if self.cluster_files == self.node_files:
            raise _misplaced("node_files", "must differ from cluster_files")
        return self


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
            raise _misplaced(
                "stable_timeout", "must be longer than settle and stable_polls polls together"
            )
        return self


def _generation(value: object) -> Generation:
    if value == Generation.NSX:
        forms.refuse(
            "nsx (NSX-T 2.0 and later) cannot be restored by this release; it restores nsxt-1 only"
        )
    if value != Generation.NSXT_1:
        forms.refuse("must be nsxt-1")
    return Generation.NSXT_1


def _environment(value: object) -> Environment:
    if value not in set(Environment):
        forms.refuse(f"must be one of {', '.join(Environment)}")
    return Environment(str(value))


def _scope(value: object) -> Scope:
    if value not in set(Scope):
        forms.refuse(f"must be one of {', '.join(Scope)}")
    return Scope(str(value))


class Target(Section):
    """`targets.<key>`: one NSX Manager that may be restored."""

    environment: Annotated[Environment, BeforeValidator(_environment)]
    generation: Annotated[Generation, BeforeValidator(_generation)] = Generation.NSXT_1
    manager: Manager
    backup: Backup
    scope: Annotated[Scope, BeforeValidator(_scope)] = Scope.CLUSTER
    node_restore_path: Annotated[str, BeforeValidator(forms.api_path)] = (
        "/api/v1/node/backups?action=restore"
    )
    controllers: list[Host] = []
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
                raise _misplaced(key, "must be on the loopback (127.0.0.1), as in every sandbox")
            if not sandbox and forms.is_loopback(host):
                raise _misplaced(key, "is on the loopback, which is for environment: sandbox only")
        return self


def _target_key(value: object) -> str:
    if TARGET_KEY.fullmatch(str(value)) is None:
        forms.refuse("must be a key of a-z, 0-9 and -, at most 40 characters, as in dc1-nsxt")
    return str(value)


class ConfigurationFile(Section):
    """The whole file."""

    slack: Slack
    people: People
    policy: Policy = Policy()
    targets: Annotated[
        dict[Annotated[str, BeforeValidator(_target_key)], Target], Field(min_length=1)
    ]

    @model_validator(mode="after")
    def _enough_leads(self) -> Self:
        leads = self.people.leads
        persons = {self.people.aliases.get(user, user) for user in leads.members}
        if leads.usergroup is None and len(persons) < self.policy.approvals:
            raise _misplaced(
                "people.leads",
                f"names {len(persons)} persons, and {self.policy.approvals} approvals are needed",
            )
        return self

    @model_validator(mode="after")
    def _a_manager_has_one_target(self) -> Self:
        owners: dict[tuple[str, int], str] = {}
        for key, target in self.targets.items():
            owner = owners.setdefault(forms.url_place(target.manager.url), key)
            if owner != key:
                raise _misplaced(
                    f"targets.{key}.manager.url",
                    f"is the manager of {owner} too; a manager has one target, or it could be "
                    "restored twice at once",
                )
        return self


def values(section: Section) -> Any:
    """Return a section as JSON values, lists of people sorted: the same rules, the same values."""
    return _sorted(section.model_dump(mode="json"))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(value)
    return value
