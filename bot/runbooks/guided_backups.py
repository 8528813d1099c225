"""The backups that a manager of 2.0 and later lists: which are its own, and which one is meant.

The list mixes all managers that ever wrote to that directory. `node_id` and `timestamp` together
are a backup's identity, and are copied exactly.
Sources: NSX 9 admin guide, List the Available Backups and Restore a Backup; NSX API,
ClusterBackupInfo.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.plan import ListedBackup, at_milliseconds
from bot.domain.target import Target
from bot.runbooks.observations import (
    BackupPlace,
    Census,
    ClusterStatus,
    ListedRestore,
    ManagerFacts,
    OfferedBackup,
)
from bot.runbooks.preflight import LATEST, NotReady
from bot.runbooks.restoring import RestoreStatus

FULL: Final = "REGULAR_RESTORE"
"""The kind of restore that brings everything back; a list without words hides no backup."""

KEY_SIZE: Final = (
    "The server's ECDSA key must have the size it had when the backup was made (NSX 3.2.0 reads "
    "256 bits only), or the manager silently lists nothing. Check key size, directory and login; "
    "no restore was started."
)

_SAME: Final = (
    "The new node must be the one that was backed up: same IP, or same lower-case FQDN, published."
)

_SECONDS: Final = re.compile(r"[0-9]{9,11}")
_MILLISECONDS: Final = re.compile(r"[0-9]{12,14}")


@dataclass(frozen=True, slots=True)
class ManagerSeen:
    """What the manager says of itself. `key` is `None` where it cannot look at a server's key."""

    facts: ManagerFacts
    status: ClusterStatus
    publishes_fqdn: bool
    restore: RestoreStatus
    census: Census
    key: str | None
    place: BackupPlace | None

    @property
    def names(self) -> frozenset[str]:
        """The addresses by which a backup of this manager can be listed, in lower case."""
        told = (*self.status.addresses, self.facts.fqdn)
        return frozenset(name.lower() for name in told if name)


def offered(manager: ManagerSeen, listing: Iterable[ListedRestore]) -> tuple[OfferedBackup, ...]:
    """Return the backups of this manager that a full restore can use, newest first."""
    return tuple(
        OfferedBackup(_id(one), one.address, at_milliseconds(one.timestamp))
        for one in _newest_first(_own(manager, listing))
        if _is_full(one)
    )


def choose(
    target: Target, manager: ManagerSeen, backup: str, listing: Sequence[ListedRestore]
) -> ListedBackup | NotReady:
    """Resolve what was asked for to exactly one backup of this manager."""
    if not listing:
        return _no(f"The manager lists no backup on {target.backup.server}. {KEY_SIZE}")
    own = _newest_first(_own(manager, listing))
    if not own:
        others = ", ".join(sorted({_of(one) for one in listing}))
        names = ", ".join(sorted(manager.names)) or "a manager that tells no address"
        return _no(
            f"The manager lists {len(listing)} backups, and none of them is its own: they are "
            f"of {others}. {_SAME} It is {names}."
        )
    found = _found(backup.strip(), own, listing)
    if isinstance(found, str):
        return _no(found)
    if not _is_full(found):
        return _no(
            f"The backup {_id(found)} is good for {', '.join(found.kinds)} only, not for a "
            "full restore. Choose another one."
        )
    if wrong := _wrong_name(manager, found.address):
        return _no(wrong)
    return ListedBackup(
        server=target.backup.server,
        port=target.backup.port,
        directory=target.backup.directory,
        fingerprint=target.backup.fingerprint,
        node_id=found.node_id,
        timestamp=found.timestamp,
        address=found.address,
    )


def _found(
    wanted: str, own: Sequence[ListedRestore], listing: Sequence[ListedRestore]
) -> ListedRestore | str:
    """Return the backup that is meant, or why there is none."""
    if wanted == LATEST:
        full = [one for one in own if _is_full(one)]
        return full[0] if full else own[0]
    if _SECONDS.fullmatch(wanted.rpartition(":")[2]):
        return (
            f"The backup {wanted} has a timestamp in seconds. The manager lists milliseconds; "
            "copy it exactly from /nsx-restore backups."
        )
    found = [one for one in own if _is_called(one, wanted)]
    match found:
        case [one]:
            return one
        case []:
            others = sorted({_of(one) for one in listing if _is_called(one, wanted)})
            whose = f" It is of {', '.join(others)}. {_SAME}" if others else ""
            return (
                f"The manager lists no backup {wanted} of its own.{whose} "
                "See /nsx-restore backups for those that there are."
            )
        case _:
            return f"{len(found)} backups are called {wanted}. Give NODE:TIMESTAMP as listed."


def wrong_id(backup: str) -> str | None:
    """Say why a wish cannot mean a backup of this generation; `None` where it may."""
    wanted = backup.strip()
    node, colon, timestamp = wanted.rpartition(":")
    if wanted == LATEST or (_MILLISECONDS.fullmatch(timestamp) and bool(node) == bool(colon)):
        return None
    if _SECONDS.fullmatch(timestamp):
        return f"{wanted} is in seconds. The manager lists milliseconds: copy it exactly."
    return "Give latest, or a backup as /nsx-restore backups lists it: NODE:TIMESTAMP."


def _own(manager: ManagerSeen, listing: Iterable[ListedRestore]) -> list[ListedRestore]:
    once = dict.fromkeys(listing)
    return [one for one in once if one.address.lower() in manager.names and _has_time(one)]


def _is_called(one: ListedRestore, wanted: str) -> bool:
    return wanted in {_id(one), str(one.timestamp)}


def _of(one: ListedRestore) -> str:
    return one.address or "a manager without address"


def _has_time(one: ListedRestore) -> bool:
    try:
        at_milliseconds(one.timestamp)
    except OverflowError:
        return False
    return True


def _newest_first(found: Iterable[ListedRestore]) -> list[ListedRestore]:
    return sorted(found, key=lambda one: (one.timestamp, one.node_id), reverse=True)


def _is_full(one: ListedRestore) -> bool:
    return not one.kinds or FULL in one.kinds


def _id(one: ListedRestore) -> str:
    return f"{one.node_id}:{one.timestamp}"


def _wrong_name(manager: ManagerSeen, address: str) -> str | None:
    """Say why a manager must first be called as its backup is: by IP, or by its published FQDN."""
    if _is_ip(address):
        if manager.publishes_fqdn:
            return (
                f"The backup is listed by its IP {address}, and the manager publishes its FQDN. "
                "Switch that off (PUT /api/v1/configs/management, publish_fqdns false) and file "
                "the request again."
            )
        return None
    if address != address.lower():
        return (
            f"The backup is listed as {address}. Only a lower-case FQDN can be restored: choose a "
            "backup that is listed in lower case."
        )
    if manager.facts.fqdn != manager.facts.fqdn.lower():
        return (
            f"The manager's own FQDN is {manager.facts.fqdn}. Only a lower-case FQDN can be "
            "restored: give the new node its name in lower case and file the request again."
        )
    if not manager.publishes_fqdn:
        return (
            f"The backup is listed by its FQDN {address}, and the manager does not publish its "
            "own. Switch that on (PUT /api/v1/configs/management, publish_fqdns true) and file "
            "the request again."
        )
    return None


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def _no(reason: str) -> NotReady:
    return NotReady((reason,))
