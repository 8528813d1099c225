"""A backup in the words of a card: which one, how old, by whom it was made, what will be lost."""

import re
from datetime import datetime, timedelta
from posixpath import basename
from typing import Final

from bot.blocks.plan import component, is_global, reached, scope
from bot.blocks.text import ago, code, escape, fit, moment, size, stamp
from bot.domain.plan import BackupFile, FileBackup, ListedBackup, Plan, at_milliseconds
from bot.domain.request import Request, State
from bot.domain.values import Component, Scope

_TIMESTAMP: Final = re.compile(r"(?:[\w.-]{1,64}:)?([1-9][0-9]{12})")
"""How a backup of 2.0 and later is asked for: by node and time, or by the time (ms) alone."""

_ADDRESS: Final = 60
"""Characters of an address in a dialog, where there is room for little."""


def backup(request: Request) -> str:
    """Return which backup, its age, and what it predates."""
    plan = request.plan
    if plan is None:
        both = request.wish.scope is not Scope.CLUSTER
        wanted = "cluster and node" if both else scope(request.wish.scope)
        return f"*Backup asked for:* {asked_for(request.wish.backup)}, {wanted}"
    lines = _files(plan.backup) if isinstance(plan.backup, FileBackup) else _listed(plan.backup)
    where = f"On {escape(plan.backup.server)}; {_restores(plan)}"
    return "\n".join((*lines, _age(request, plan.backup.made_at), where))


def asked_for(wish: str) -> str:
    """Return a backup as somebody named it; where the name holds its time, that comes first."""
    found = _TIMESTAMP.fullmatch(wish)
    return f"{moment(at_milliseconds(int(found[1])))} ({code(wish)})" if found else code(wish)


def in_short(plan: Plan) -> str:
    """Return the backup of a plan without markup, for a dialog: `Backup x.tar of 2017-03-01 ...`.

    The id of a listed one stands on the card; the dialog has room for what tells it from others.
    """
    made = stamp(plan.backup.made_at)
    if isinstance(plan.backup, FileBackup):
        return f"Backup {plan.backup.name} of {made}"
    which = f"{component(Component.GLOBAL)}. " if is_global(plan) else ""
    address = fit(plan.backup.address, _ADDRESS)
    return f"{which}Backup of {made}, made by {address}; the manager restores cluster and node"


def restored_from(plan: Plan) -> str:
    """Return the backup of a plan in a few words: its time first, where its name is not told."""
    if isinstance(plan.backup, FileBackup):
        return code(plan.backup.name)
    return f"the backup of {moment(plan.backup.made_at)} ({code(plan.backup.name)})"


def _files(backup: FileBackup) -> list[str]:
    lines = [_file("Backup", backup.cluster)]
    if backup.node:
        made = backup.node.modified_at
        lines.append(_file("Node backup", backup.node))
        lines.append(f"Made {moment(made)}, {apart(made, backup.made_at)}")
    return lines


def _listed(backup: ListedBackup) -> list[str]:
    # A name of fifty characters breaks twice on a phone, so it does not stand before the time.
    made = moment(backup.made_at)
    return [
        f"*Backup:* {made}, made by the manager {code(backup.address)}",
        code(backup.name),
    ]


def _restores(plan: Plan) -> str:
    if isinstance(plan.backup, FileBackup):
        return f"restores the {scope(plan.scope)}"
    return "the manager restores cluster and node itself"


def _file(label: str, file: BackupFile) -> str:
    return f"*{label}:* {code(basename(file.path))}, {size(file.size)}"


def apart(node: datetime, cluster: datetime) -> str:
    """Return how far a node backup is from the cluster backup: they belong together, or do not."""
    if node == cluster:
        return "at the same time as the cluster backup"
    direction = "after" if node > cluster else "before"
    return f"{ago(abs(node - cluster))} {direction} the cluster backup"


def _age(request: Request, made: datetime) -> str:
    """What the backup predates. The age is relative to the request, so that it stays true."""
    age = request.created_at - made
    relative = (
        f"{ago(age)} before this request"
        if age >= timedelta()
        else f"{ago(-age)} after this request was made"
    )
    match request.state:
        case State.SUCCEEDED:
            lost = "are lost"
        case State.FAILED if reached(request):
            lost = "may be lost"
        case _ if request.is_active:
            lost = "will be lost"
        case _:
            return f"Made {moment(made)}, {relative}"
    return f"*Changes made after {moment(made)} {lost}.* That is {relative}."
