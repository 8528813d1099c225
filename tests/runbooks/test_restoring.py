"""The words of a restore, of every generation, and what they mean."""

from dataclasses import replace
from typing import Any

import pytest

from bot.runbooks.restoring import Instruction, Phase, RestoreStatus

LEGACY = {
    "NOT_AVAILABLE": Phase.IDLE,
    "NOT_STARTED": Phase.IDLE,
    "SUCCESS": Phase.SUCCEEDED,
    "ERROR": Phase.FAILED,
    "RUNNING": Phase.RUNNING,
    "SUSPENDING": Phase.RUNNING,
    "SUSPENDED": Phase.PAUSED,
    "ABORTED": Phase.ABORTED,
}
MODERN = {
    "INITIAL": Phase.IDLE,
    "SUCCESS": Phase.SUCCEEDED,
    "FAILED": Phase.FAILED,
    "RUNNING": Phase.RUNNING,
    "SUSPENDED_BY_USER": Phase.PAUSED,
    "SUSPENDED_FOR_USER_ACTION": Phase.ASKING,
    "SUSPENDED": Phase.PAUSED,
    "ABORTED": Phase.ABORTED,
}


@pytest.mark.parametrize(("word", "phase"), LEGACY.items(), ids=LEGACY)
def test_every_word_of_2_0_to_2_3_is_understood(word: str, phase: Phase) -> None:
    """Source: NSX-T 2.2 API, GlobalRestoreStatus."""
    assert RestoreStatus(word).phase is phase


@pytest.mark.parametrize(("word", "phase"), MODERN.items(), ids=MODERN)
def test_every_word_of_2_5_and_later_is_understood(word: str, phase: Phase) -> None:
    """Source: NSX-T 2.5.1 API and later, GlobalRestoreStatus."""
    assert RestoreStatus(word).phase is phase


@pytest.mark.parametrize("word", ["", "success", "RESTARTING", " RUNNING"])
def test_a_word_of_no_list_is_unknown(word: str) -> None:
    """It is never guessed at, nor read without its case."""
    assert RestoreStatus(word).phase is Phase.UNKNOWN


@pytest.mark.parametrize("word", ["SUSPENDED", "SUSPENDED_BY_USER"])
def test_a_suspension_with_instructions_asks(word: str) -> None:
    """In 2.2 one word stands for both kinds."""
    assert RestoreStatus(word, instructions=(Instruction("i-1", "Look"),)).phase is Phase.ASKING


@pytest.mark.parametrize("word", ["RUNNING", "FAILED", "SUCCESS"])
def test_instructions_change_no_other_word(word: str) -> None:
    """A restore that runs does not wait because it lists what it asked."""
    with_them = RestoreStatus(word, instructions=(Instruction("i-1", "Look"),))

    assert with_them.phase is RestoreStatus(word).phase


@pytest.mark.parametrize(
    ("status", "where"),
    [
        (RestoreStatus("INITIAL"), "INITIAL"),
        (RestoreStatus("RUNNING", step=5), "step 5 (RUNNING)"),
        (RestoreStatus("RUNNING", step=5, total=11), "step 5 of 11 (RUNNING)"),
        (
            RestoreStatus("RUNNING", step=1, total=11, step_name="RESTORE_INITIATED"),
            "step 1 of 11: RESTORE_INITIATED (RUNNING)",
        ),
        (
            RestoreStatus("FAILED", step=5, total=11, step_name="X", step_said="Restoring Node"),
            "step 5 of 11: Restoring Node (FAILED)",
        ),
        (RestoreStatus("RUNNING", total=11, step_said="Restoring Node"), "RUNNING"),
    ],
    ids=["bare", "no total", "no name", "name", "description", "no number"],
)
def test_where_it_is_is_told_in_its_own_words(status: RestoreStatus, where: str) -> None:
    """Anything may be missing but the word."""
    assert status.where() == where


def test_a_restore_is_of_the_backup_with_this_timestamp_alone() -> None:
    """Without a timestamp it is of none that is known."""
    assert RestoreStatus("RUNNING", backup_timestamp=1712345678901).is_of(1712345678901)
    assert not RestoreStatus("RUNNING", backup_timestamp=1712345678901).is_of(1712345678902)
    assert not RestoreStatus("RUNNING").is_of(1712345678901)


@pytest.mark.parametrize(
    ("started_at", "ended_at", "seconds"),
    [
        (1_712_350_000_000, 1_712_352_400_500, 2400.5),
        (1_712_350_000_000, 1_712_350_000_000, 0.0),
        (1_712_350_000_000, None, None),
        (None, 1_712_352_400_500, None),
        (None, None, None),
        (1_712_352_400_500, 1_712_350_000_000, None),
        (0, 1_712_352_400_500, None),
    ],
)
def test_the_managers_own_time_needs_both_of_its_ends(
    started_at: int | None, ended_at: int | None, seconds: float | None
) -> None:
    """And in that order; nothing is made up."""
    status = RestoreStatus("SUCCESS", started_at=started_at, ended_at=ended_at)

    assert status.seconds_taken() == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"said": "Waiting", "step_said": "3 of 40 hosts"}, True),
        ({"word": "FAILED"}, False),
        ({"step": 4}, False),
        ({"id": "another"}, False),
        ({"instructions": (Instruction("i-1", "Hosts"),)}, False),
    ],
)
def test_a_restore_stands_as_it_stood_by_word_step_instructions_and_id(
    changes: dict[str, Any], *, same: bool
) -> None:
    """What it says in its own words may change without it having moved on."""
    before = RestoreStatus("RUNNING", id="one", step=3)

    assert replace(before, **changes).stands_as(before) is same
