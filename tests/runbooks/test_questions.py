"""Durations as people read them."""

import pytest

from bot.runbooks.questions import words


@pytest.mark.parametrize(
    ("seconds", "read"),
    [(0, "0 s"), (42.4, "42 s"), (119, "119 s"), (120, "2 min"), (200, "3 min"), (3600, "60 min")],
)
def test_a_duration_is_read_in_seconds_or_minutes(seconds: float, read: str) -> None:
    """Up to two minutes in seconds, then in minutes."""
    assert words(seconds) == read
