"""What is cut says so, and how much is missing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.shortening import shortened


def test_what_fits_is_left_as_it_is() -> None:
    """To the last character."""
    assert shortened("x" * 300, 300) == "x" * 300


@pytest.mark.parametrize("limit", [100, 300, 3000])
@given(extra=st.integers(1, 20_000))
def test_what_is_cut_counts_what_is_missing(limit: int, extra: int) -> None:
    """The limit holds with the remark, and what is kept and what is missing add up."""
    cut = shortened("x" * (limit + extra), limit)

    assert limit - 2 <= len(cut) <= limit
    missing = re.search(r"… \((\d+) more characters\)$", cut)
    assert missing
    assert cut.index("…") == limit + extra - int(missing[1])


def test_a_caption_has_room_for_an_ellipsis_alone() -> None:
    """And it has at least that."""
    assert shortened("x" * 81, 80) == "x" * 79 + "…"
