"""Judge what was seen before a guided restore, and make the plan of it.

Sources: NSX 9 admin guide, Restore a Backup (prerequisites) and List the Available Backups; NSX
API, ClusterBackupInfo and InitiateClusterRestore.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.errors import Kind
from bot.domain.plan import GuidedTerms, ListedBackup, Plan
from bot.domain.target import Target
from bot.domain.values import Component, Generation
from bot.runbooks import guided
from bot.runbooks.generations import names_its_waiting, wrong_generation
from bot.runbooks.guided_backups import ManagerSeen, choose, offered
from bot.runbooks.observations import HostKey, ListedRestore, Trouble
from bot.runbooks.preflight import NotReady, Ready, about_status, refused
from bot.runbooks.restoring import Phase

TOLD: Final = (
    "The manager knew no backup server; it was told the configured one, with automatic backups "
    "disabled."
)

TOLD_PERHAPS: Final = (
    "The manager knew no backup server and was to be told the configured one, with automatic "
    "backups disabled; it did not confirm that it took it."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found outside; `listing` is `None` where a check before it forbade to ask.

    `told` says that the manager was told its backup server, which it did not know.
    """

    manager: ManagerSeen | Trouble
    host_key: HostKey | Trouble
    listing: tuple[ListedRestore, ...] | Trouble | None
    secrets: tuple[Trouble, ...] = ()
    told: str | None = None


def judge(target: Target, backup: str, seen: Seen, policy_version: str) -> Ready | NotReady:
    """Make the plan for a restore of `target` from `backup`, or say all reasons against it.

    `backup` is `latest`, `NODE:TIMESTAMP` as listed, or the timestamp alone, in ms since 1970.
    """
    judged = _judged(target, backup, seen, policy_version)
    if seen.told is None:
        return judged
    if isinstance(judged, Ready):
        return replace(judged, notes=(seen.told, *judged.notes))
    return replace(judged, reasons=(*judged.reasons, seen.told))


def _judged(target: Target, backup: str, seen: Seen, policy_version: str) -> Ready | NotReady:
    reasons = list(against(target, seen))
    match seen:
        case Seen(ManagerSeen() as manager, HostKey() as key, tuple() as listing) if not reasons:
            chosen = choose(target, manager, backup, listing)
            if isinstance(chosen, NotReady):
                return chosen
            plan = _plan(target, manager, chosen, policy_version)
            notes = tuple(_notes(target, manager, key, listing))
            return Ready(plan, notes, tuple(_warnings(target, manager)))
        case _:
            parts = (seen.manager, seen.host_key, seen.listing, *seen.secrets, _UNCOUNTED)
            return refused(reasons, parts)


def against(target: Target, seen: Seen) -> Iterator[str]:
    """Yield everything that speaks against a restore, or against asking for the backups."""
    match seen.manager:
        case Trouble() as trouble:
            yield trouble.text
        case manager:
            yield from _about_manager(manager)
            yield from _about_server(target, manager)
    yield from _about_key(target, seen.host_key)
    yield from (lost.text for lost in seen.secrets)
    if isinstance(seen.listing, Trouble):
        yield seen.listing.text


def _about_manager(manager: ManagerSeen) -> Iterator[str]:
    if wrong := wrong_generation(manager.facts.version, Generation.NSX):
        yield wrong
    yield from about_status(manager.status)
    restore = manager.restore
    if restore.phase is not Phase.IDLE:
        yield (
            f"The manager says of its restore: {restore.where()}. A restore starts only where "
            "there is none: INITIAL, NOT_STARTED or NOT_AVAILABLE. Bring that one to its end, or "
            "deploy a fresh manager."
        )


def _about_server(target: Target, manager: ManagerSeen) -> Iterator[str]:
    wanted, place = target.backup, manager.place
    if manager.key is not None and manager.key != wanted.fingerprint:
        yield (
            f"The manager sees another key of the backup server ({manager.key}) than the "
            f"configured one ({wanted.fingerprint}). Find out why before anything else; no "
            "password was sent."
        )
    if place is None:
        yield from _against_telling(target, manager)
        return
    if (place.server, place.port, place.directory) != (
        wanted.server,
        wanted.port,
        wanted.directory,
    ):
        yield (
            f"The manager keeps its backups at {place.server}:{place.port}{place.directory}, and "
            f"the target is configured with {wanted.server}:{wanted.port}{wanted.directory}. "
            "Correct the configuration, or the manager by hand; the bot does not overwrite it."
        )
    elif place.fingerprint != wanted.fingerprint:
        yield (
            f"The manager knows the backup server by the key {place.fingerprint}, and the "
            f"configuration by {wanted.fingerprint}. Correct the one that is wrong."
        )


_BY_HAND: Final = (
    "name the backup server on the manager by hand (System > Backup & Restore), and file the "
    "request again."
)
_UNCOUNTED: Final = Trouble(
    # What kept it from counting is not told; it may just have started.
    Kind.UNREACHABLE,
    "The manager knows no backup server, and how many transport nodes it knows could not be read, "
    "so it cannot be told whether it is a fresh one. So it was not told ours.",
    f"Give the account the right to read transport nodes, or {_BY_HAND}",
)


def _against_telling(target: Target, manager: ManagerSeen) -> Iterator[str]:
    """Yield what forbids to tell a manager its backup server: only a fresh one is told.

    A Global Manager has no transport nodes of its own to tell by.
    """
    match manager.census.transport_nodes:
        case None if target.component is Component.LOCAL:
            yield _UNCOUNTED.text
        case int(nodes) if nodes:
            yield (
                "The manager knows no backup server, and it is not a fresh one: it knows "
                f"{_counted(nodes)}. So it was not told ours. If it is the right manager, "
                f"{_BY_HAND}"
            )


def _about_key(target: Target, key: HostKey | Trouble) -> Iterator[str]:
    match key:
        case Trouble() as trouble:
            yield trouble.text
        case HostKey(sha256=seen) if seen != target.backup.fingerprint:
            yield (
                f"The backup server shows the key {seen}, and the configured fingerprint is "
                f"{target.backup.fingerprint}. It may be another server: find out why before "
                "anything else; no password was sent."
            )


# -- the plan -----------------------------------------------------------------------------------


def _plan(target: Target, manager: ManagerSeen, backup: ListedBackup, policy_version: str) -> Plan:
    return Plan(
        target=target.key,
        environment=target.environment,
        manager_url=target.manager.url,
        manager_version=manager.facts.version,
        manager_node=manager.facts.node,
        generation=Generation.NSX,
        runbook=guided.NAME,
        runbook_version=guided.VERSION,
        backup=backup,
        scope=target.scope,
        node_restore_path=None,
        controllers=(),
        steps=guided.steps(),
        timing=target.timing,
        policy_version=policy_version,
        guided=GuidedTerms(target.component, _unasked(target, manager)),
    )


def _unasked(target: Target, manager: ManagerSeen) -> tuple[str, ...]:
    """Return what nobody is asked about: nothing where people would be asked all the same."""
    return target.advance_unasked if names_its_waiting(manager.facts.version) else ()


def _notes(
    target: Target, manager: ManagerSeen, key: HostKey, listing: Sequence[ListedRestore]
) -> Iterator[str]:
    yield f"The manager is {manager.status.management} and says {manager.restore.word}."
    told = "the manager sees the same" if manager.key else "the manager cannot tell which it sees"
    yield f"The backup server's {key.algorithm} key is the configured one ({key.sha256}); {told}."
    own = len(offered(manager, listing))
    yield f"The manager lists {len(listing)} backups; {own} are its own and good for this."
    if target.advance_unasked and not _unasked(target, manager):
        yield (
            "The configuration names instructions that nobody is asked about (advance_unasked): "
            f"{', '.join(target.advance_unasked)}. Here that has no effect: a manager of version "
            f"{manager.facts.version} may have one word for both kinds of a suspension, so every "
            "instruction is asked about."
        )


def _warnings(target: Target, manager: ManagerSeen) -> Iterator[str]:
    match manager.census.transport_nodes:
        case None if target.component is Component.LOCAL:
            yield f"How many transport nodes the manager knows could not be read. {_FRESH}"
        case int(nodes) if nodes:
            yield f"The manager knows {_counted(nodes)}. {_FRESH}"


def _counted(nodes: int) -> str:
    return f"{nodes} transport node{'' if nodes == 1 else 's'}"


_FRESH: Final = "A fresh one has none: is this the manager in production?"
