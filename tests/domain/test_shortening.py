"""What is cut says so, and how much is missing."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.shortening import shortened, weight, within


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


HEAVY = st.text(st.sampled_from(["&", "<", ">", '"', "\n", "x", "長", "\x1b"]), max_size=3000)


@given(HEAVY)
def test_a_text_weighs_what_slack_is_sent_of_it(text: str) -> None:
    """Escaped for its markup, and then as JSON."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert weight(text) == len(json.dumps(escaped, ensure_ascii=False))


@given(HEAVY, st.integers(100, 3000))
def test_within_a_weight_as_much_is_kept_as_fits(text: str, room: int) -> None:
    """And what is missing is counted."""
    cut = within(text, room)

    assert weight(cut) <= room
    if weight(text) <= room:
        assert cut == text
    else:
        kept, mark, count = cut.rpartition("… (")
        assert (mark, text.startswith(kept)) == ("… (", True)
        assert len(kept) + int(count.removesuffix(" more characters)")) == len(text)
