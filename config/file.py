"""The configuration file: read strictly, and every mistake named with its line."""

import hashlib
from pathlib import Path
from typing import Final, assert_never

import rfc8785
from pydantic import ValidationError

from bot.domain import target as domain
from bot.domain.values import Generation, PersonId, Scope, SecretRef, UserId
from config import models, targets
from config.complaints import complaints, printed
from config.errors import ConfigError
from config.tree import Complaint, read_tree

_SIZE_LIMIT: Final = 1_000_000
_VERSION_DIGITS: Final = 12


def load(path: Path) -> domain.Configuration:
    """Read the configuration file.

    Raises:
        ConfigError: every mistake on a line of its own: `file:line: key.path: what is wrong`.
    """
    return parse(_text(path), name=str(path), folder=path.parent)


def parse(text: str, *, name: str, folder: Path) -> domain.Configuration:
    """Read a configuration; `name` is shown in complaints, paths are relative to `folder`.

    Raises:
        ConfigError: every mistake on a line of its own.
    """
    tree = read_tree(text)
    found = list(tree.complaints)
    if tree.values is None:
        empty = Complaint(1, (), "is empty; see config/nsx-restore.example.yaml")
        raise ConfigError(tuple(printed(name, each) for each in found or [empty]))
    try:
        file = models.ConfigurationFile.model_validate(tree.values, context={"folder": folder})
    except ValidationError as error:
        found += complaints(error, tree, models.ConfigurationFile)
    if found:
        found.sort(key=lambda each: each.line)
        raise ConfigError(tuple(printed(name, each) for each in found))
    return _configuration(file)


def policy_version(file: models.ConfigurationFile) -> str:
    """Return the name of the rules: 12 hex digits of SHA-256 over policy and people (RFC 8785).

    Defaults are part of it; the order of keys and of people is not.
    """
    rules = {"policy": models.values(file.policy), "people": models.values(file.people)}
    return hashlib.sha256(rfc8785.dumps(rules)).hexdigest()[:_VERSION_DIGITS]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        advice = (
            "copy config/nsx-restore.example.yaml there, or set NSX_RESTORE_CONFIG to where the "
            "file is"
        )
        line = f"{path}: cannot be read ({error.strerror}); {advice}"
        raise ConfigError((line,)) from None
    if len(content) > _SIZE_LIMIT:
        raise ConfigError((f"{path}: is larger than {_SIZE_LIMIT} bytes",))
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigError((f"{path}: is not UTF-8 text",)) from None


def _configuration(file: models.ConfigurationFile) -> domain.Configuration:
    return domain.Configuration(
        team_id=file.slack.team_id,
        channels=frozenset(file.slack.channels),
        people=_people(file.people),
        policy=_policy(file),
        targets={key: _target(key, target) for key, target in file.targets.items()},
    )


def _people(people: models.People) -> domain.People:
    return domain.People(
        requesters=_group(people.requesters) if people.requesters else None,
        leads=_group(people.leads),
        aliases={UserId(user): PersonId(person) for user, person in people.aliases.items()},
    )


def _group(group: models.Group) -> domain.Group:
    return domain.Group(group.usergroup, frozenset(map(UserId, group.members)))


def _policy(file: models.ConfigurationFile) -> domain.Policy:
    policy = file.policy
    return domain.Policy(
        approvals=policy.approvals,
        request_ttl=policy.request_ttl,
        start_ttl=policy.start_ttl,
        start_delay=policy.start_delay,
        remind_after=tuple(policy.remind_after),
        typed_confirmation=policy.typed_confirmation,
        version=policy_version(file),
    )


def _target(key: str, target: targets.Nsxt1Target | targets.NsxTarget) -> domain.Target:
    match target:
        case targets.Nsxt1Target():
            return _nsxt1(key, target)
        case targets.NsxTarget():
            return _nsx(key, target)
        case never:
            assert_never(never)


def _nsxt1(key: str, target: targets.Nsxt1Target) -> domain.Target:
    return domain.Target(
        key=key,
        environment=target.environment,
        generation=Generation.NSXT_1,
        manager=_manager(target.manager),
        backup=_found_by_name(target.backup),
        scope=target.scope,
        node_restore_path=target.node_restore_path,
        controllers=tuple(target.controllers),
        timing=_timing(target.timing),
    )


def _nsx(key: str, target: targets.NsxTarget) -> domain.Target:
    return domain.Target(
        key=key,
        environment=target.environment,
        generation=Generation.NSX,
        manager=_manager(target.manager),
        backup=_listed(target.backup),
        scope=Scope.CLUSTER_AND_NODE,
        node_restore_path="",
        controllers=(),
        timing=_timing(target.timing),
        component=target.component,
        # In one order, so that it is the same plan in whatever order they are written.
        advance_unasked=tuple(sorted(target.advance_unasked)),
    )


def _manager(manager: targets.Manager) -> domain.ManagerAccess:
    return domain.ManagerAccess(
        url=manager.url,
        username=manager.username,
        password=SecretRef(manager.password),
        ca_file=manager.ca_file,
        also_accept_sha256=tuple(manager.also_accept_sha256),
    )


def _found_by_name(backup: targets.Nsxt1Backup) -> domain.BackupLocation:
    return domain.BackupLocation(
        server=backup.server,
        port=backup.port,
        directory=backup.directory,
        protocol=backup.protocol,
        fingerprint=backup.fingerprint,
        host_key_sha256=backup.host_key_sha256,
        username=backup.username,
        password=SecretRef(backup.password),
        passphrase=SecretRef(backup.passphrase),
        cluster_files=backup.cluster_files,
        node_files=backup.node_files,
    )


def _listed(backup: targets.NsxBackup) -> domain.BackupLocation:
    return domain.BackupLocation(
        server=backup.server,
        port=backup.port,
        directory=backup.directory,
        protocol=backup.protocol,
        fingerprint=backup.fingerprint,
        host_key_sha256=None,
        username=backup.username,
        password=SecretRef(backup.password),
        passphrase=SecretRef(backup.passphrase),
        cluster_files="",
        node_files="",
    )


def _timing(timing: targets.Timing) -> domain.Timing:
    return domain.Timing(
        poll=timing.poll,
        stable_polls=timing.stable_polls,
        settle=timing.settle,
        stable_timeout=timing.stable_timeout,
        request_timeout=timing.request_timeout,
    )
