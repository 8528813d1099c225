"""A plan as plain text, for a terminal and for a block of fixed width."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.blocks.backup import apart
from bot.blocks.plan import component, environment, scope
from bot.blocks.text import plain, size, stamp
from bot.domain.plan import BackupFile, Digest, FileBackup, GuidedTerms, ListedBackup, Plan, short
from bot.domain.target import Timing

_MINUTE: Final = 60.0


def plan_text(plan: Plan, digest: Digest, notes: Sequence[str]) -> str:
    """Return everything that a lead would approve, and its digest, one fact a line."""
    return plain("\n".join(_lines(plan, digest, notes)))


def _lines(plan: Plan, digest: Digest, notes: Sequence[str]) -> Iterator[str]:
    yield f"Restore {plan.target} ({environment(plan.environment)})"
    yield f"Plan code:   {short(digest)}"
    yield f"Digest:      {digest}"
    yield f"Manager:     {plan.manager_url}, NSX {plan.manager_version}, node {plan.manager_node}"
    if plan.guided:
        yield f"Component:   {component(plan.guided.component)}"
    yield f"Restores:    {scope(plan.scope, plan.generation)}"
    backup = plan.backup
    yield from _files(plan, backup) if isinstance(backup, FileBackup) else _listed(backup)
    if plan.guided:
        yield f"Not asked:   {_unasked(plan.guided)}"
    yield f"Runbook:     {plan.runbook}, version {plan.runbook_version} ({plan.generation})"
    yield f"Timing:      {_timing(plan.timing)}"
    yield f"Policy:      {plan.policy_version}"
    yield "Steps:"
    for number, step in enumerate(plan.steps, start=1):
        yield f"  {number:>2}. {step.title}{'  [point of no return]' if step.no_return else ''}"
    if notes:
        yield "Worth knowing:"
        yield from (f"  - {note}" for note in notes)


def _files(plan: Plan, backup: FileBackup) -> Iterator[str]:
    yield f"Backup:      {_file(backup.cluster)}"
    if backup.node:
        yield f"Node backup: {_file(backup.node)}"
        yield f"             made {apart(backup.node.modified_at, backup.made_at)}"
    yield f"             changes made after {stamp(backup.made_at)} will be lost"
    yield f"From:        {backup.server}:{backup.port} by {backup.protocol}"
    yield f"Host key:    {backup.host_key_sha256}"
    yield f"             sent to the manager as {backup.fingerprint}"
    if plan.node_restore_path:
        yield f"Node URL:    {plan.node_restore_path}"
    yield f"Controllers: {', '.join(plan.controllers) or 'not named'}"


def _listed(backup: ListedBackup) -> Iterator[str]:
    yield f"Backup:      {stamp(backup.made_at)}, made by the manager {backup.address}"
    yield f"             {backup.name}"
    yield f"             changes made after {stamp(backup.made_at)} will be lost"
    yield f"From:        {backup.server}:{backup.port}, directory {backup.directory}"
    yield f"Host key:    {backup.fingerprint}, as the manager and the bot see it"


def _unasked(terms: GuidedTerms) -> str:
    return ", ".join(terms.unasked) or "nothing; every instruction of the manager is asked about"


def _file(file: BackupFile) -> str:
    return f"{file.path}, {size(file.size)}, {stamp(file.modified_at)}"


def _timing(timing: Timing) -> str:
    return (
        f"one look every {_span(timing.poll)}; stable means {timing.stable_polls} good answers in "
        f"a row after an outage, or after {_span(timing.settle)} without one; people are asked "
        f"after {_span(timing.stable_timeout)}; requests time out after "
        f"{_span(timing.request_timeout)}"
    )


def _span(delta: timedelta) -> str:
    """A configured duration, exactly."""
    seconds = delta.total_seconds()
    whole = seconds >= _MINUTE and seconds % _MINUTE == 0
    return f"{seconds / _MINUTE:g} min" if whole else f"{seconds:g} s"
