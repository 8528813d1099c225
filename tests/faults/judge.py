"""What must hold of every story, whichever runbook it follows: the thread, the card, the audit."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.ports import AuditEntry
from bot.sandbox.slack import Message
from bot.sandbox.stage import CHANNEL, Stage
from tests.faults.rows import Audit, select


@dataclass(frozen=True, slots=True)
class End:
    """Where the bot was killed (empty: nowhere), and what its request ended as."""

    point: str
    state: str


def wrong(stage: Stage, audit: Audit) -> Iterator[str]:
    """Yield what is wrong with the picture in Slack, and with the audit behind it."""
    yield from _thread_faults(stage)
    yield from _picture_faults(stage)
    yield from stage.workspace.violations
    if not audit.verdict.intact:
        yield f"the audit chain is broken: {audit.verdict.fault}"
    yield from doubled_progress(audit.entries)


def doubled_progress(entries: Sequence[AuditEntry]) -> Iterator[str]:
    """What the manager says of its progress is told when it changes, and not again.

    Only people's answers stand between two lines that are the same.
    """
    kinds = {"progress_noted", "question_answered"}
    told = [entry for entry in entries if entry.action in kinds]
    for before, after in pairwise(told):
        if before.action == after.action == "progress_noted" and _said(before) == _said(after):
            yield f"progress told twice: {_said(after)}"


def _said(entry: AuditEntry) -> object:
    return entry.details["said"]


def _picture_faults(stage: Stage) -> Iterator[str]:
    """One card, one report, and nothing left to press but "File it again"."""
    shown = stage.workspace.book.everything(CHANNEL)
    cards = sum(_kind(message) == "nsx_restore_request" for message in shown)
    if cards != 1:
        yield f"there are {cards} cards"
    reports = sum(bool(message.files) for message in shown)
    if reports != 1:
        yield f"there are {reports} reports"
    left = {button for message in shown for button in message.action_ids} - {"resubmit"}
    if left:
        yield f"buttons are left after the end: {sorted(left)}"


def _kind(message: Message) -> str:
    return str((message.metadata or {}).get("event_type"))


def _thread_faults(stage: Stage) -> Iterator[str]:
    seqs = [
        int(message.metadata["event_payload"]["seq"])
        for message in stage.workspace.book.everything(CHANNEL)
        if message.metadata and message.metadata["event_type"] == "nsx_restore_event"
    ]
    wanted = [seq for (seq,) in select(stage, "SELECT seq FROM outbox WHERE kind = 'line'")]
    if sorted(seqs) != sorted(wanted):
        yield f"thread lines are not the ones that were wanted: {sorted(wanted)}"
    doubled = [seq for seq, count in Counter(seqs).items() if count > 1]
    if doubled:
        yield f"thread lines doubled: {doubled}"
    if sorted(set(seqs)) != list(range(1, max(seqs, default=0) + 1)):
        yield f"thread lines missing: there are {sorted(set(seqs))}"
    if seqs != sorted(seqs):
        yield f"thread lines out of order: {seqs}"
