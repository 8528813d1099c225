"""Judge what was seen before a restore, and make the plan of it. Nothing here is ever sent.

Source of the order: NSX-T 1.1 admin guide, Restore a cluster backup, step 1 ("Check the status
of the NSX Manager is STABLE before restoring the backup").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename
from typing import Final

from bot.domain.errors import Kind
from bot.domain.plan import BackupFile, FileBackup, Plan
from bot.domain.target import BackupLocation, Target
from bot.domain.values import Generation, Scope
from bot.runbooks import cluster_backup
from bot.runbooks.generations import wrong_generation
from bot.runbooks.observations import (
    BackupListing,
    ClusterStatus,
    ListedFile,
    ManagerFacts,
    Trouble,
)
from bot.runbooks.stability import STABLE

LATEST: Final = "latest"

ORDER: Final = (
    "You must restore a cluster backup before restoring a node backup "
    "(NSX-T 1.1 admin guide, Restore a cluster backup)."
)

CONTROL_EXPECTED: Final = (
    "The control cluster says NO_CONTROLLERS. That is normal: it does not connect to the manager "
    "until the node backup has been restored."
)

CONNECTED: Final = frozenset({STABLE, "UNSTABLE", "DEGRADED"})
"""What a control cluster says that is there, well or not."""

PASSING: Final = frozenset({Kind.UNREACHABLE, Kind.BUSY, Kind.MALFORMED, Kind.SESSION})
"""Trouble that may be over in a moment."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the preflight found outside; each part may be missing, with the trouble instead.

    `secrets` are the references of the restore request that lead nowhere.
    """

    facts: ManagerFacts | Trouble
    status: ClusterStatus | Trouble
    listing: BackupListing | Trouble
    secrets: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan that leads can judge, with `notes` that are worth knowing.

    `warnings` are what nobody may overlook who decides: the card shows them, and where one is new
    right before the start, people decide anew. Words tell it, not counts: see `bot.domain.warned`.
    """

    plan: Plan
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def worth_knowing(self) -> tuple[str, ...]:
        """All of it, the warnings first."""
        return (*self.warnings, *self.notes)


@dataclass(frozen=True, slots=True)
class NotReady:
    """Why there is no plan, each reason with what to do about it.

    `passing` says that all of it may be over in a moment: something was busy or out of reach.
    """

    reasons: tuple[str, ...]
    passing: bool = False


def _no(reason: str) -> NotReady:
    return NotReady((reason,))


def judge(
    target: Target, scope: Scope, backup: str, seen: Seen, policy_version: str
) -> Ready | NotReady:
    """Make the plan for a restore of `target` from `backup`, or say all reasons against it.

    `backup` is `latest`, the name of a file in the backup directory, or its absolute path.
    """
    files = _files(target.backup, scope, backup, seen.listing)
    reasons = [*_about_manager(seen.facts, seen.status)]
    if isinstance(files, NotReady):
        reasons.extend(files.reasons)
    reasons.extend(lost.text for lost in seen.secrets)
    if scope is Scope.CLUSTER_AND_NODE and not target.controllers:
        reasons.append(
            "The scope cluster+node needs the controllers of the target. "
            "List them in the configuration."
        )
    match seen, files:
        case Seen(
            ManagerFacts() as facts, ClusterStatus() as status, BackupListing() as listing
        ), FileBackup() if not reasons:
            plan = _plan(target, scope, facts, files, policy_version)
            return Ready(plan, _notes(status, listing))
        case _:
            return refused(reasons, (seen.facts, seen.status, seen.listing, *seen.secrets))


def refused(reasons: Iterable[str], parts: Iterable[object]) -> NotReady:
    """Say no for these reasons, each once.

    It passes by itself if nothing speaks against it but trouble, among the `parts` that were seen,
    of a kind that does. A password that leads nowhere stops the listing too: that is told once.
    """
    passing = {part.text for part in parts if isinstance(part, Trouble) and part.kind in PASSING}
    once = tuple(dict.fromkeys(reasons))
    return NotReady(once, passing=passing.issuperset(once))


def _about_manager(facts: ManagerFacts | Trouble, status: ClusterStatus | Trouble) -> Iterable[str]:
    match facts:
        case Trouble() as trouble:
            yield trouble.text
        case manager:
            if wrong := wrong_generation(manager.version, Generation.NSXT_1):
                yield wrong
    match status:
        case Trouble() as trouble if not isinstance(facts, Trouble):
            yield trouble.text
        case ClusterStatus() as words:
            yield from about_status(words)
            yield from _about_controllers(words)


def about_status(status: ClusterStatus) -> Iterable[str]:
    """Yield what speaks against a restore in a manager's status, of whatever generation."""
    if status.management != STABLE:
        yield (
            f"The manager's status is {status.management}; it must be STABLE before a restore. "
            "Wait until it is, or repair the manager, and file the request again."
        )
    if len(status.online_nodes) > 1:
        yield (
            f"The manager says that {len(status.online_nodes)} manager nodes are online. "
            "A backup is restored on one fresh node: power off the others first."
        )


def _about_controllers(status: ClusterStatus) -> Iterable[str]:
    if status.control in CONNECTED:
        yield (
            f"The control cluster says {status.control}, so this manager has controllers. One that "
            "is to be restored is fresh and says NO_CONTROLLERS: this is probably the manager in "
            "production. Check the address of the target."
        )


def _files(
    location: BackupLocation, scope: Scope, backup: str, listing: BackupListing | Trouble
) -> FileBackup | NotReady:
    if isinstance(listing, Trouble):
        return _no(listing.text)
    cluster = choose(location, backup, listing.entries)
    if isinstance(cluster, NotReady):
        return cluster
    node = (
        _node_file(location, cluster, listing.entries) if scope is Scope.CLUSTER_AND_NODE else None
    )
    if scope is Scope.CLUSTER_AND_NODE and node is None:
        return _no(
            f"There is no node backup ({location.node_files}) in {location.directory}, "
            "and the scope is cluster+node. Ask for scope=cluster, or put the file there."
        )
    empty = next((file for file in (cluster, node) if file and file.size == 0), None)
    if empty:
        return _no(
            f"{empty.path} is empty (0 bytes): that backup was not completed. Choose another one."
        )
    return FileBackup(
        server=location.server,
        port=location.port,
        protocol=location.protocol,
        fingerprint=location.fingerprint,
        host_key_sha256=listing.host_key.sha256,
        cluster=cluster,
        node=node,
    )


def names_no_file(backup: str) -> str | None:
    """Say why a wish cannot mean a file: it is blank, or a directory; `None` where it may."""
    wanted = backup.strip()
    if wanted and not wanted.endswith("/"):
        return None
    return (
        f"The backup {backup!r} names no file. Give the name of one file, or latest; "
        "see /nsx-restore backups."
    )


def choose(
    location: BackupLocation, backup: str, entries: Sequence[ListedFile]
) -> BackupFile | NotReady:
    """Resolve what was asked for to exactly one cluster backup file."""
    if wrong := names_no_file(backup):
        return _no(wrong)
    wanted = backup.strip()
    if wanted == LATEST:
        return _latest(location, entries)
    found = [e for e in entries if e.path == wanted] or [
        e for e in entries if basename(e.path) == wanted
    ]
    match found:
        case []:
            return _no(
                f"There is no backup {wanted} in {location.directory} on {location.server}. "
                "See /nsx-restore backups for what is there."
            )
        case [entry]:
            return _as_cluster_backup(location, entry)
        case _:
            return _no(
                f"{len(found)} files are called {wanted}: {', '.join(e.path for e in found)}. "
                "Give the whole path of one."
            )


def _as_cluster_backup(location: BackupLocation, entry: ListedFile) -> BackupFile | NotReady:
    name = basename(entry.path)
    if entry.is_directory:
        return _no(f"{entry.path} is a directory. Give the name of one file, or latest.")
    if fnmatchcase(name, location.node_files):
        return _no(f"{name} is a node backup. {ORDER}")
    if not fnmatchcase(name, location.cluster_files):
        return _no(
            f"{name} is not a cluster backup: those are named {location.cluster_files}. "
            "Choose one of them, or correct cluster_files in the configuration."
        )
    return BackupFile(entry.path, entry.size, entry.modified_at)


def cluster_backups(location: BackupLocation, entries: Iterable[ListedFile]) -> list[ListedFile]:
    """Return the cluster backups among the entries, newest first."""
    return [
        e
        for e in _matching(location.cluster_files, entries)
        if not fnmatchcase(basename(e.path), location.node_files)
    ]


def _matching(pattern: str, entries: Iterable[ListedFile]) -> list[ListedFile]:
    found = [e for e in entries if not e.is_directory and fnmatchcase(basename(e.path), pattern)]
    return sorted(found, key=lambda e: (e.modified_at, e.path), reverse=True)


def _latest(location: BackupLocation, entries: Sequence[ListedFile]) -> BackupFile | NotReady:
    newest = next(iter(cluster_backups(location, entries)), None)
    if newest is None:
        return _no(
            f"There is no cluster backup ({location.cluster_files}) in "
            f"{location.directory} on {location.server}. Check the directory and the "
            "name pattern."
        )
    return BackupFile(newest.path, newest.size, newest.modified_at)


def _node_file(
    location: BackupLocation, cluster: BackupFile, entries: Sequence[ListedFile]
) -> BackupFile | None:
    """The node backup that was taken closest to the cluster backup."""
    nearest = min(
        _matching(location.node_files, entries),
        key=lambda e: abs(e.modified_at - cluster.modified_at),
        default=None,
    )
    return BackupFile(nearest.path, nearest.size, nearest.modified_at) if nearest else None


def _plan(
    target: Target, scope: Scope, facts: ManagerFacts, backup: FileBackup, policy_version: str
) -> Plan:
    with_node = scope is Scope.CLUSTER_AND_NODE
    return Plan(
        target=target.key,
        environment=target.environment,
        manager_url=target.manager.url,
        manager_version=facts.version,
        manager_node=facts.node,
        generation=Generation.NSXT_1,
        runbook=cluster_backup.NAME,
        runbook_version=cluster_backup.VERSION,
        backup=backup,
        scope=scope,
        node_restore_path=target.node_restore_path if with_node else None,
        controllers=target.controllers,
        steps=cluster_backup.steps(backup, target.controllers),
        timing=target.timing,
        policy_version=policy_version,
    )


def _notes(status: ClusterStatus, listing: BackupListing) -> tuple[str, ...]:
    notes = [f"The manager is {status.management}."]
    if status.control == "NO_CONTROLLERS":
        notes.append(CONTROL_EXPECTED)
    else:
        notes.append(f"The control cluster says {status.control}.")
    key = listing.host_key
    notes.append(f"The backup server's {key.algorithm} key is the configured one ({key.sha256}).")
    return tuple(notes)
