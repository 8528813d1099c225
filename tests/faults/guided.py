"""The story of 2.0 and later: a restore that asks twice, fails once, is suspended, and a backup."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.ports import AuditEntry
from bot.sandbox.nsx.guided_faults import Failure
from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, OTHER_MANAGERS, TRANSPORT_NODES
from bot.sandbox.stage import Stage
from tests.faults.guided_people import People
from tests.faults.judge import End

__all__ = ["PROMPTS", "People", "prepare", "wrong"]

PROMPTS: Final = (COMPUTE_MANAGERS.at(3), TRANSPORT_NODES.at(3), OTHER_MANAGERS.at(5))
"""Two at once, which are answered with a form; and one that is gone on without."""

FAILS: Final = Failure(step=7)

_GOES_ON: Final = frozenset({"continue", "continue_without"})

_ANSWERED: Final = {
    "advance": (("asks", "paused", "unclear"), _GOES_ON),
    "retry": (("failed",), frozenset({"retry", "retry_updated"})),
    "retry_with_updated_config": (("failed",), frozenset({"retry_updated"})),
    "cancel": (("asks", "paused", "failed", "unclear"), frozenset({"cancel_restore"})),
}
"""By which answers to which questions an order is allowed."""


def prepare(stage: Stage) -> None:
    """Let one step fail once."""
    stage.guided.faults.failures = (FAILS,)


def wrong(stage: Stage, entries: Sequence[AuditEntry], end: End) -> Iterator[str]:
    """Yield what the manager has seen that it must not see."""
    manager = stage.guided
    if manager.start_posts > 1 or manager.orders["start"] > 1:
        yield f"restores sent twice: {manager.start_posts} starts"
    if end.point == "start claimed 1" and manager.start_posts:
        yield "restores sent twice: what was claimed before the kill was sent after it"
    yield from _unanswered(stage, entries)
    if end.state == "succeeded":
        yield from _incomplete(stage, entries, killed=bool(end.point))


def _unanswered(stage: Stage, entries: Sequence[AuditEntry]) -> Iterator[str]:
    """No order without the answer that it obeys, and one for each answer at the most."""
    allowed = {order: _answers(entries, *by) for order, by in _ANSWERED.items()}
    allowed["suspend"] = sum(entry.action == "suspend_asked" for entry in entries)
    allowed["start"] = 1
    for order, count in stage.guided.orders.items():
        if count > allowed[order]:
            yield f"orders sent twice: {order} {count} times, for {allowed[order]} answers"
    made = _backups(stage)
    wanted = sum(
        entry.action == "question_answered"
        and str(entry.details["key"]).startswith("fresh_backup")
        and entry.details["choice"] in {"continue", "retry"}
        for entry in entries
    )
    if made > wanted:
        yield f"orders sent twice: {made} backups, for {wanted} answers"


def _answers(
    entries: Sequence[AuditEntry], questions: tuple[str, ...], choices: frozenset[str]
) -> int:
    return sum(
        entry.action == "question_answered"
        and str(entry.details["key"]).split(":")[:2] in [["restore", name] for name in questions]
        and entry.details["choice"] in choices
        for entry in entries
    )


def _backups(stage: Stage) -> int:
    return sum(
        request.method == "POST" and "action=backup_to_remote" in request.path
        for request in stage.guided.requests
    )


def _incomplete(stage: Stage, entries: Sequence[AuditEntry], *, killed: bool) -> Iterator[str]:
    """What a success must have in it: each question answered once, in full; a retry; a backup."""
    manager = stage.guided
    if manager.phase is not RestoreState.SUCCESS:
        yield f"lost: the manager says {manager.phase}"
    sent = sorted(len(item["data"]) for item in manager.advances)
    if sent != [*([0] * manager.orders["suspend"]), 1, 2]:
        yield f"advanced otherwise than answered, with so many instructions each: {sent}"
    if manager.orders["retry"] != 1:
        yield f"retried {manager.orders['retry']} times"
    proofs = [entry for entry in entries if entry.action == "run_succeeded"]
    if len(proofs) != 1:
        yield f"{len(proofs)} proofs"
    if not killed and (manager.orders["suspend"], _backups(stage)) != (1, 1):
        yield f"the run without a kill had {dict(manager.orders)}, {_backups(stage)} backups"
