"""A plan as plain text, for a terminal and for a block of fixed width."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.blocks.plan import apart, environment, scope
from bot.blocks.text import plain, size, stamp
from bot.domain.plan import BackupFile, Digest, Plan, short
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
    yield f"Restores:    {scope(plan.scope)}"
    yield f"Backup:      {_file(plan.backup.cluster)}"
    if plan.backup.node:
        node, cluster = plan.backup.node, plan.backup.cluster
        yield f"Node backup: {_file(node)}"
        yield f"             made {apart(node.modified_at, cluster.modified_at)}"
    yield f"             changes made after {stamp(plan.backup.cluster.modified_at)} will be lost"
    yield f"From:        {plan.backup.server}:{plan.backup.port} by {plan.backup.protocol}"
    yield f"Host key:    {plan.backup.host_key_sha256}"
    yield f"             sent to the manager as {plan.backup.fingerprint}"
    if plan.node_restore_path:
        yield f"Node URL:    {plan.node_restore_path}"
    yield f"Controllers: {', '.join(plan.controllers) or 'not named'}"
    yield f"Runbook:     {plan.runbook}, version {plan.runbook_version} ({plan.generation})"
    yield f"Timing:      {_timing(plan.timing)}"
    yield f"Policy:      {plan.policy_version}"
    yield "Steps:"
    for number, step in enumerate(plan.steps, start=1):
        yield f"  {number:>2}. {step.title}{'  [point of no return]' if step.no_return else ''}"
    if notes:
        yield "Worth knowing:"
        yield from (f"  - {note}" for note in notes)


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
