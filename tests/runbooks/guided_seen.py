"""What a preflight of a guided restore sees on a good day."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.domain.errors import Kind
from bot.domain.plan import Plan
from bot.domain.target import Target
from bot.domain.values import Generation, Scope
from bot.runbooks.guided_backups import ManagerSeen
from bot.runbooks.guided_preflight import Seen, judge
from bot.runbooks.observations import (
    BackupPlace,
    Census,
    ClusterStatus,
    HostKey,
    ListedRestore,
    ManagerFacts,
    Trouble,
)
from bot.runbooks.preflight import NotReady, Ready
from bot.runbooks.restoring import RestoreStatus
from tests.builders import NODE_ID, NOON, SHA256, a_backup_location, a_target
from tests.runbooks.guided_driver import VERSION

IP: Final = "10.0.0.5"
FQDN: Final = "nsx.example.com"
KEY: Final = HostKey("ecdsa-sha2-nistp256", "0" * 32, SHA256)
OTHER_KEY: Final = "SHA256:P1ZVstg445oCk/YMVqLiiYUt5dGPCQfID37bcj+UJLY"
PLACE: Final = BackupPlace("backup.example.com", 22, "/vol0/backups", SHA256)
SILENT: Final = Trouble(Kind.UNREACHABLE, "The manager does not answer.", "Check its address.")
LOST: Final = Trouble(Kind.MISSING, "env:BACKUP_PASSWORD is not set.", "Set it.")


def at(hours_ago: int) -> int:
    """A moment before noon in ms since 1970."""
    return int((NOON - timedelta(hours=hours_ago)).timestamp() * 1000)


def listed(hours_ago: int = 9, address: str = IP, **changes: Any) -> ListedRestore:
    """A backup in the manager's list."""
    values: dict[str, Any] = {"node_id": NODE_ID, "timestamp": at(hours_ago), "address": address}
    return ListedRestore(**values | changes)


NEW: Final = listed(3)
OLD: Final = listed(9)
FOREIGN: Final = listed(1, "10.0.0.9", node_id="another-node")
LISTING: Final = (OLD, FOREIGN, NEW)


def the_target(**changes: Any) -> Target:
    """A manager of 2.0 and later in a lab."""
    values: dict[str, Any] = {
        "generation": Generation.NSX,
        "scope": Scope.CLUSTER_AND_NODE,
        "backup": a_backup_location(protocol="sftp", fingerprint=SHA256),
    }
    return a_target(**values | changes)


def manager(**changes: Any) -> ManagerSeen:
    """A fresh manager, alone, which knows the backup server already."""
    values: dict[str, Any] = {
        "facts": ManagerFacts(VERSION, "node-1", FQDN),
        "status": ClusterStatus("STABLE", "STABLE", ("node-1",), (IP,)),
        "publishes_fqdn": False,
        "restore": RestoreStatus("INITIAL"),
        "census": Census(0, 0),
        "key": SHA256,
        "place": PLACE,
    }
    return ManagerSeen(**values | changes)


GOOD: Final = Seen(manager(), KEY, LISTING)


def judged(backup: str = "latest", target: Target | None = None, **seen: Any) -> Ready | NotReady:
    """What comes of what was seen; all is well unless it is said."""
    return judge(target or the_target(), backup, replace(GOOD, **seen), "policy-1")


def the_plan(backup: str = "latest", **seen: Any) -> Plan:
    """The plan that is made of what was seen."""
    ready = judged(backup, **seen)
    assert isinstance(ready, Ready), ready
    return ready.plan


def reasons(backup: str = "latest", **seen: Any) -> tuple[str, ...]:
    """All that speaks against it."""
    no = judged(backup, **seen)
    assert isinstance(no, NotReady), no
    return no.reasons
