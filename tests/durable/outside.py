"""What a guided restore works with: a simulator, a backup server, and clients for both."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.backup.ssh import SshBackupServer as SshBackups
from bot.credentials.references import References
from bot.domain.target import Configuration, Target
from bot.domain.values import Component, Environment, Generation, Scope, SecretRef
from bot.nsx.client import HttpManagers
from bot.ports import Announce
from bot.preflight import Preflight
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.guided import GuidedManager
from bot.sandbox.nsx.guided_durations import Durations
from tests.builders import (
    a_backup_location,
    a_configuration,
    a_manager_access,
    a_policy,
    a_target,
    a_timing,
)
from tests.fakes import FakeAnnouncer

SPEED = 200.0
PASSPHRASE = "7Taspa5anecR"
OWN = "86f7ec49-6a5b-542a-800c-5cf478b844b4"
ADDRESS = "10.20.0.5"
NEWEST = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything outside of the bot, and what leads there.

    `secrets` are what the bot's references lead to; they may be changed at any time.
    """

    manager: GuidedManager
    backups: SshBackupServer
    target: Target
    configuration: Configuration
    secrets: dict[str, str]
    references: References
    managers: HttpManagers
    preflight: Preflight
    announcer: FakeAnnouncer

    def looking(self, announce: Announce) -> Preflight:
        """Return a preflight that announces in another way."""
        backups = SshBackups(self.references)
        return Preflight(self.configuration, self.managers, backups, self.references, announce)


def a_listed(**changes: Any) -> ListedBackup:
    """A backup of the simulator's own node, the newest unless it is said otherwise."""
    return replace(ListedBackup(OWN, NEWEST, ADDRESS, None, PASSPHRASE), **changes)


@contextlib.asynccontextmanager
async def an_outside(
    tmp_path: Path,
    *,
    changes: dict[str, Any] | None = None,
    listed: tuple[ListedBackup, ...] | None = None,
    component: Component = Component.LOCAL,
    unasked: tuple[str, ...] = (),
    timing: dict[str, Any] | None = None,
    access: dict[str, Any] | None = None,
    location: dict[str, Any] | None = None,
    **manager: Any,
) -> AsyncIterator[Outside]:
    """Simulators at a speed of 200, and a target that is configured for them.

    `changes` are secrets that the bot believes instead of the right ones; `access` and `location`
    are keys of the target's manager and backup that are configured otherwise.
    """
    right = {"manager": "Manager1!", "backup": "Backup1!", "passphrase": PASSPHRASE}
    secrets = {name.upper(): value for name, value in (right | (changes or {})).items()}
    references = References(secrets)
    wanted = (a_listed(),) if listed is None else listed
    authority = Authority(tmp_path)
    async with (
        SshBackupServer(tmp_path / "backups", password=right["backup"]) as backups,
        GuidedManager(
            authority=authority,
            password=right["manager"],
            backups=backups.facts,
            listed=wanted,
            speed=SPEED,
            component=component.value,
            **{"durations": quick(), **manager},
        ) as simulator,
    ):
        backups.stock(*wanted)
        target = a_target(
            key="sandbox",
            environment=Environment.SANDBOX,
            generation=Generation.NSX,
            manager=_access(simulator, authority, access or {}),
            backup=_location(backups, location or {}),
            scope=Scope.CLUSTER_AND_NODE,
            controllers=(),
            timing=a_timing(**TIMING | (timing or {})),
            component=component,
            advance_unasked=unasked,
        )
        policy = a_policy(start_delay=timedelta(0))
        configuration = a_configuration(targets={target.key: target}, policy=policy)
        managers = HttpManagers(references)
        announcer = FakeAnnouncer()
        preflight = Preflight(
            configuration, managers, SshBackups(references), references, announcer
        )
        yield Outside(
            simulator,
            backups,
            target,
            configuration,
            secrets,
            references,
            managers,
            preflight,
            announcer,
        )


def quick(**changes: float) -> Durations:
    """Durations of a manager that makes a test no longer than it must be."""
    least = {"away": 10.0, "bad_gateway": 3.0, "starting_json": 3.0, "starting_text": 3.0}
    return Durations(**{"step": 8.0, "nothing_mapped": 3.0, "backup": 10.0, **least, **changes})


TIMING: dict[str, Any] = {
    "poll": timedelta(milliseconds=25),
    "settle": timedelta(milliseconds=300),
    "stable_timeout": timedelta(seconds=20),
    "request_timeout": timedelta(seconds=5),
}


def _access(manager: GuidedManager, authority: Authority, changes: dict[str, Any]) -> Any:
    there = {"url": manager.url, "ca_file": str(authority.ca_pem)}
    return a_manager_access(password=SecretRef("env:MANAGER"), **there | changes)


def _location(backups: SshBackupServer, changes: dict[str, Any]) -> Any:
    there = {
        "server": backups.host,
        "port": backups.port,
        "directory": backups.directory,
        "protocol": "sftp",
        "fingerprint": backups.fingerprint_sha256(),
        "host_key_sha256": None,
        "username": backups.username,
    }
    secrets = {"password": SecretRef("env:BACKUP"), "passphrase": SecretRef("env:PASSPHRASE")}
    return a_backup_location(**there | secrets | changes)
