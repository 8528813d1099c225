"""What is cut says so, and how much is missing."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.shortening import shortened, together, weight, within


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


@given(st.lists(HEAVY, min_size=1, max_size=4), st.integers(1000, 8000))
def test_texts_share_a_room_and_the_light_ones_stand_whole(texts: list[str], room: int) -> None:
    """Whatever weighs no more than an equal share is left as it is; the others use what is left."""
    cut = together(texts, room)

    assert sum(map(weight, cut)) <= room
    assert [text for text in texts if weight(text) <= room // len(texts)] == [
        shown for text, shown in zip(texts, cut, strict=True) if weight(text) <= room // len(texts)
    ]
    if sum(map(weight, texts)) <= room:
        assert cut == tuple(texts)
    else:
        assert sum(map(weight, cut)) > room - 100


def test_each_text_keeps_its_place() -> None:
    """Whichever is the heaviest."""
    cut = together(("y" * 700, "x", "z" * 600), 1000)

    assert [text[0] for text in cut] == ["y", "x", "z"]
    assert [len(text) > 450 for text in cut] == [True, False, True]
