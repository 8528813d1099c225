"""The judge of the guided story: it notices orders without an answer, and doubled lines."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot.ports import AuditEntry
from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.recording import RecordedRequest
from bot.sandbox.stage import Stage
from tests.faults import guided
from tests.faults.judge import End, doubled_progress

KILLED = End("restore claimed 1", "succeeded")


@dataclass
class Seen:
    """What a manager of the story has seen, where all went well and nobody suspended it."""

    start_posts: int = 1
    orders: Counter[str] = field(default_factory=lambda: Counter(start=1, advance=2, retry=1))
    advances: list[dict[str, Any]] = field(
        default_factory=lambda: [{"data": [1, 2]}, {"data": [1]}]
    )
    requests: list[RecordedRequest] = field(default_factory=list)
    phase: RestoreState = RestoreState.SUCCESS


@dataclass
class Scenery:
    """A stage, as far as the judge looks at it."""

    guided: Seen


def entry(action: str, **details: Any) -> AuditEntry:
    """A row of the audit."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return AuditEntry(1, at, "run", action, "R-7QK2M9", details, None, "1", None, "0" * 64)


def answered(key: str, choice: str) -> AuditEntry:
    """An answer."""
    return entry("question_answered", key=key, choice=choice)


ANSWERS = [
    answered("restore:asks:1", "continue"),
    answered("restore:asks:2", "continue_without"),
    answered("restore:failed:3", "retry"),
    entry("run_succeeded"),
]


def wrong(seen: Seen, entries: list[AuditEntry], end: End = KILLED) -> list[str]:
    """What the judge says."""
    return list(guided.wrong(cast("Stage", Scenery(seen)), entries, end))


def test_a_story_without_fault_is_good() -> None:
    """As many orders as answers; with a kill a wish to suspend may come to nothing."""
    assert wrong(Seen(), ANSWERS) == []


@pytest.mark.parametrize("left_out", range(3))
def test_an_order_without_its_answer_is_noticed(left_out: int) -> None:
    """Each order obeys one answer to a question of its own kind."""
    entries = [one for place, one in enumerate(ANSWERS) if place != left_out]
    assert any("orders sent twice" in fault for fault in wrong(Seen(), entries))


def test_a_suspension_needs_a_wish() -> None:
    """It answers no question, but somebody asked for it."""
    seen = Seen(orders=Counter(start=1, advance=2, retry=1, suspend=1))
    assert any("suspend 1 times, for 0" in fault for fault in wrong(seen, ANSWERS))


def test_a_second_start_is_noticed() -> None:
    """Whatever came of it."""
    assert any("restores sent twice" in fault for fault in wrong(Seen(start_posts=2), ANSWERS))


def test_a_start_after_a_kill_behind_its_claim_is_noticed() -> None:
    """What was claimed and not sent is asked about, and sent by nobody."""
    end = End("start claimed 1", "succeeded")
    assert any("sent after it" in fault for fault in wrong(Seen(), ANSWERS, end))


def test_a_backup_without_an_answer_is_noticed() -> None:
    """One for each time that people wanted one."""
    made = RecordedRequest("POST", "/api/v1/cluster?action=backup_to_remote", 0.0, None)
    assert any("1 backups, for 0" in fault for fault in wrong(Seen(requests=[made]), ANSWERS))
    wanted = [*ANSWERS, answered("fresh_backup", "continue")]
    assert wrong(Seen(requests=[made]), wanted) == []


def test_a_success_that_lacks_something_is_noticed() -> None:
    """A prompt that was not answered in full, a step that was not retried, no proof."""
    assert wrong(Seen(advances=[{"data": [1]}, {"data": [1]}]), ANSWERS)
    assert wrong(Seen(orders=Counter(start=1, advance=2)), ANSWERS)
    assert wrong(Seen(), ANSWERS[:-1])
    assert wrong(Seen(phase=RestoreState.RUNNING), ANSWERS)
    assert wrong(Seen(), ANSWERS, End("", "succeeded")), "the run without a kill has it all"


def test_progress_that_is_told_twice_is_noticed() -> None:
    """The same again right after it; after an answer it is no double."""
    first, other = entry("progress_noted", said="step 3"), entry("progress_noted", said="step 4")
    assert list(doubled_progress([first, other, first])) == []
    assert list(doubled_progress([first, answered("restore:late:1", "retry"), first])) == []
    assert list(doubled_progress([first, entry("outage_noticed"), first]))
