"""Targets that point at the stand-ins, and the secrets behind them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.target import Target
from bot.domain.values import Component, Generation, SecretRef
from bot.nsx.client import HttpManagers
from bot.ports import BackupAccess, RestoreFile
from bot.sandbox.authority import Authority
from tests.builders import SHA256, a_manager_access, a_target, a_timing
from tests.fakes import FakeCredentials

PASSWORD = "canary-manager-4uhasWak"
SSH_PASSWORD = "canary-backup-Gek0nnt"
PASSPHRASE = "canary-passphrase-7Taspa5anecR"
CANARIES = (PASSWORD, SSH_PASSWORD, PASSPHRASE)

CLUSTER_RESTORE = "/api/v1/cluster/backups?action=restore"


def managers() -> HttpManagers:
    """The opener under test."""
    return HttpManagers(
        FakeCredentials(
            {
                "env:NSX_PASSWORD": PASSWORD,
                "env:BACKUP_PASSWORD": SSH_PASSWORD,
                "env:BACKUP_PASSPHRASE": PASSPHRASE,
            }
        )
    )


def a_place(url: str, ca_file: Path | None, *, seconds: float = 5.0, **access: Any) -> Target:
    """A target at this address."""
    return a_target(
        manager=a_manager_access(
            url=url,
            ca_file=str(ca_file) if ca_file else None,
            password=SecretRef("env:NSX_PASSWORD"),
            **access,
        ),
        timing=a_timing(request_timeout=timedelta(seconds=seconds)),
    )


def trusted(url: str, authority: Authority, *, seconds: float = 5.0) -> Target:
    """A target whose certificate the authority signed."""
    return a_place(url, authority.ca_pem, seconds=seconds)


def guided(target: Target, component: Component = Component.LOCAL) -> Target:
    """The same place, with a manager of 2.0 and later."""
    return replace(target, generation=Generation.NSX, component=component)


def a_backup_access(**changes: Any) -> BackupAccess:
    """A backup server as a manager is told of it."""
    values: dict[str, Any] = {
        "server": "192.0.2.20",
        "port": 22,
        "directory": "/vol0/backups",
        "fingerprint": SHA256,
        "username": "backup",
        "password": SSH_PASSWORD,
        "passphrase": PASSPHRASE,
    }
    return BackupAccess(**values | changes)


def a_restore_file(**changes: Any) -> RestoreFile:
    """What a restore request says."""
    values: dict[str, Any] = {
        "passphrase": PASSPHRASE,
        "server": "192.0.2.20",
        "port": 22,
        "uri": "/vol0/backups/backup-cluster-20170301.tar.gz",
        "protocol": "scp",
        "ssh_fingerprint": "b508dfc65562e46e95707c25baf246f1",
        "username": "backup",
        "password": SSH_PASSWORD,
    }
    return RestoreFile(**values | changes)
