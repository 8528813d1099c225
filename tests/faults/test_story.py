"""The judge of the kill matrix: it notices a restore that was lost."""

import pytest

from tests.faults.story import _lost

POINT = "cluster_restore claimed 1"


@pytest.mark.parametrize(
    ("point", "ended", "gave_up", "is_lost"),
    [
        ("", "succeeded", False, False),
        ("", "failed", False, True),
        ("", "failed", True, True),
        (POINT, "succeeded", False, False),
        (POINT, "failed", True, False),
        (POINT, "failed", False, True),
        (POINT, "succeeded", True, True),
        (POINT, "expired", False, True),
        (POINT, "canceled", True, True),
    ],
)
def test_only_people_end_a_restore_that_did_not_succeed(
    *, point: str, ended: str, gave_up: bool, is_lost: bool
) -> None:
    """`failed` if somebody gave it up, else `succeeded`; and without a kill nobody has to."""
    assert bool(list(_lost(point, ended, gave_up=gave_up))) is is_lost
