"""The rules for what a person may ask for, the same for the command and for the form."""

import re
from collections.abc import Collection
from typing import Final

from bot.blocks.text import JOINERS
from bot.domain.target import Target
from bot.domain.values import INCIDENT_LIMIT, REASON_LIMIT, TARGET_KEY, Generation, Scope
from bot.runbooks.preflight import LATEST, ORDER, names_no_file
from handlers.slack_text import hidden

BACKUP_LIMIT: Final = 1024
"""Characters of a backup's name or path."""

SCOPES: Final = frozenset(str(scope) for scope in Scope)

NO_SCOPE: Final = (
    "A scope is for NSX-T 1.x only: this manager restores cluster and node itself, always both. "
    "Leave scope= out."
)

_LISTED: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,64}:)?[1-9][0-9]{12}")
"""A backup of 2.0 and later: its node and the time in ms, or the time alone (13 digits)."""

_SECONDS: Final = re.compile(r"(?:.*:)?[0-9]{10}")


_SEE_BACKUPS: Final = "Take it from /nsx-restore backups."


def wrong_target(key: str) -> str | None:
    """Return what is wrong with a target's key, or `None`. Look-alike letters are refused here."""
    if TARGET_KEY.fullmatch(key):
        return None
    return "A target's name has small letters a to z, digits and hyphens only."


def wrong_backup(backup: str) -> str | None:
    """Return what is wrong with a backup's name, or `None`."""
    if wrong := names_no_file(backup):
        return wrong
    if len(backup) > BACKUP_LIMIT or any(c.isspace() for c in backup):
        return f"A backup is `latest`, or a name of 1 to {BACKUP_LIMIT} characters without spaces."
    return _unseen("backup's name", backup)


def wrong_backup_of(target: Target, backup: str) -> str | None:
    """Return what is wrong with a backup's name at this target, or `None`.

    From 2.0 on it is what the manager lists: a node and the moment in ms since 1970, and nothing
    is guessed from a moment in seconds. Source: NSX API, ClusterBackupInfo.timestamp.
    """
    if target.generation is not Generation.NSX or backup == LATEST or _LISTED.fullmatch(backup):
        return None
    if _SECONDS.fullmatch(backup):
        return (
            "This timestamp has 10 digits, so it counts seconds; the manager lists its backups by "
            f"milliseconds, with 13. {_SEE_BACKUPS}"
        )
    return (
        "A backup of this target is latest, NODE:TIMESTAMP, or the timestamp alone, which has "
        f"13 digits. {_SEE_BACKUPS}"
    )


def scope_of(target: Target | None, wished: Scope | None) -> Scope:
    """Return the scope of a wish; from 2.0 on it is always both (see `NO_SCOPE`)."""
    if target is not None and target.generation is Generation.NSX:
        return Scope.CLUSTER_AND_NODE
    return wished or (target.scope if target else Scope.CLUSTER)


def wrong_scope(scope: str) -> str | None:
    """Return what is wrong with a scope, or `None`. A node never comes first, or alone."""
    if scope in SCOPES:
        return None
    return f"{ORDER} The scope is cluster or cluster+node."


def wrong_reason(reason: str) -> str | None:
    """Return what is wrong with a reason, or `None`."""
    if not reason.strip():
        return "Say why: a blank reason tells nobody anything."
    if len(reason) > REASON_LIMIT:
        return f"The reason has {len(reason)} characters; {REASON_LIMIT} is the most."
    return _unseen("reason", reason, JOINERS)


def wrong_incident(incident: str) -> str | None:
    """Return what is wrong with an incident's id, or `None`."""
    if not incident or len(incident) > INCIDENT_LIMIT or "\n" in incident:
        return f"An incident's id is one line of 1 to {INCIDENT_LIMIT} characters."
    return _unseen("incident's id", incident)


def _unseen(name: str, text: str, allowed: Collection[str] = ()) -> str | None:
    code = hidden(text, allowed)
    if code is None:
        return None
    return f"The {name} has a character that nobody can see ({code}). Type it without it."
