"""Words for people: times, sizes, names, and foreign text made harmless."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import text

AT = datetime(2017, 3, 1, 14, 32, 5, tzinfo=UTC)


def test_markup_is_escaped() -> None:
    """Slack's own commands become words."""
    assert text.escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_hidden_characters_become_visible() -> None:
    """Nothing can reorder or hide a part of a sentence."""
    assert text.plain("a\u202eb\u200bc\x00\ufeff") == "a\ufffdb\ufffdc\ufffd\ufffd"


def test_line_breaks_are_kept_in_one_form() -> None:
    """Every kind of line break is one, a tab is a space, and joined emoji stay whole."""
    assert text.plain("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd e"
    assert text.plain("👩\u200d💻") == "👩\u200d💻"


def test_a_quotation_marks_each_line() -> None:
    """No line of a foreign text stands where ours do."""
    assert text.quoted("one\n*approved*") == "> one\n> *approved*"


def test_a_name_stays_in_one_line_of_fixed_width() -> None:
    """A backtick or a line break in a file name cannot end it."""
    assert text.code("a`b\nc") == "`a\ufffdb c`"


def test_only_ids_are_mentioned() -> None:
    """An actor that is not an account is named, escaped."""
    assert text.mention("U0ANA") == "<@U0ANA>"
    assert text.mention("<!here>") == "&lt;!here&gt;"
    assert text.mentions(("U0BEN", "U0ANA", "U0BEN")) == "<@U0BEN>, <@U0ANA>"


def test_only_ids_become_links_to_places() -> None:
    """A channel or a group that is not an id is spoken of."""
    assert text.channel("C0INCIDENT") == "<#C0INCIDENT>"
    assert text.channel("<!here>") == "the channel"
    assert text.usergroup("S0LEADS") == "<!subteam^S0LEADS>"
    assert text.usergroup("leads") == "Leads"


def test_times_are_in_the_readers_zone_with_utc_as_a_fallback() -> None:
    """Slack's date markup, and what is read where there is none."""
    assert text.when(AT) == "<!date^1488378725^{time}|14:32 UTC>"
    assert text.when_exactly(AT) == "<!date^1488378725^{time_secs}|14:32:05 UTC>"
    assert text.moment(AT) == (
        "<!date^1488378725^{date_short_pretty} at {time}|2017-03-01 14:32 UTC>"
    )


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(), "less than a second"),
        (timedelta(seconds=-5), "less than a second"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "1 minute 30 seconds"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(hours=3, seconds=5), "3 hours"),
        (timedelta(days=2, hours=4, minutes=59), "2 days 4 hours"),
        (timedelta(days=1, minutes=1), "1 day"),
    ],
    ids=str,
)
def test_lengths_of_time_are_words(delta: timedelta, words: str) -> None:
    """The two largest units that stand side by side."""
    assert text.ago(delta) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (812_400, "812 kB"),
        (999_999, "1.0 MB"),
        (48_211_456, "48.2 MB"),
        (1_400_000_000, "1.4 GB"),
    ],
)
def test_sizes_are_words(count: int, words: str) -> None:
    """Decimal units, as backup servers and people use them."""
    assert text.size(count) == words


def test_what_is_missing_is_counted() -> None:
    """A text that is cut says how much of it is gone, and where all of it is if it is somewhere."""
    cut = text.fit("x" * 500, 100)

    assert cut.endswith(" more characters)")
    assert text.fit("x" * 500, 100, "see Details").endswith(" more characters; see Details)")
    assert len(cut) <= 100
    assert cut.count("x") + int(cut.split("(")[1].split(" ")[0]) == 500


def test_a_caption_ends_in_an_ellipsis() -> None:
    """Where there is no room for a remark, the cut is still visible."""
    assert text.fit("x" * 100, 75) == "x" * 74 + "…"


@given(st.text(alphabet="<>&ab \n", max_size=400), st.integers(24, 300))
def test_a_cut_never_breaks_markup(raw: str, limit: int) -> None:
    """Escaped characters and our own markup stay whole, at any length."""
    cut = text.fit(f"{text.escape(raw)}{text.when(AT)}", limit)
    bare = cut.replace(text.when(AT), "")

    assert len(cut) <= limit
    assert "<" not in bare
    assert bare.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&") == 0


def test_a_list_that_is_cut_keeps_whole_lines() -> None:
    """From the first one on; nothing after a line that does not fit."""
    assert text.fit_lines(["a" * 9, "b" * 9, "c"], 20) == ["a" * 9, "b" * 9]
    assert text.fit_lines(["a" * 9, "b" * 20, "c"], 20) == ["a" * 9]
    assert text.fit_lines([], 20) == []


def test_lines_are_packed_into_as_few_texts_as_possible() -> None:
    """Each text stays below the limit, and no line is lost."""
    assert text.packed(["a" * 40, "b" * 40, "c"], 82) == [f"{'a' * 40}\n{'b' * 40}", "c"]


def test_an_empty_list_has_no_title() -> None:
    """Nothing is announced that does not follow."""
    assert text.listed("Notes:", ()) == ""
    assert text.listed("Notes:", ("a<b",)) == "\nNotes:\n• a&lt;b"


@given(st.text(alphabet="<>&ab \n", max_size=400), st.integers(24, 300))
def test_what_is_divided_into_paragraphs_is_whole(words: str, limit: int) -> None:
    """No part is longer than allowed, and no escaped character is cut in two."""
    parts = text.divided(text.escape(words), limit)

    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.escape(words).split())
    assert all(re.sub("&(amp|lt|gt);", "", part).count("&") == 0 for part in parts)


def test_a_paragraph_ends_at_the_end_of_a_line_or_else_of_a_word() -> None:
    """As near to the limit as that is."""
    assert text.divided("one two\nthree four five", 15) == ["one two", "three four five"]
    assert text.divided("one two three four", 15) == ["one two three", "four"]
    assert text.divided("x" * 31, 15) == ["x" * 15, "x" * 15, "x"]
