"""The one rule for texts that are cut: it is said, and how much is missing is counted."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

QUESTION_ROOM: Final = 8000
"""What the text of a question may weigh: then its one message has room for all of it, and for its
buttons. Slack takes about 13,000 characters of JSON (see `bot.blocks.limits`)."""

_CAPTION: Final = 80
"""Characters up to which a text is a caption, too short for a remark."""


def remark(missing: int, limit: int, whole: str = "") -> str:
    """Return what stands for the `missing` characters of a text that is cut to `limit` characters.

    In captions and the like that is an ellipsis. `whole` says where all of it can be read, if it
    can: `see Details`.
    """
    if limit <= _CAPTION:
        return "…"
    return f"… ({missing} more characters{'; ' if whole else ''}{whole})"


def shortened(text: str, limit: int) -> str:
    """Return a text in at most `limit` characters, and the `remark` where it is cut."""
    if len(text) <= limit:
        return text
    kept = limit - len(remark(len(text), limit))
    return text[:kept] + remark(len(text) - kept, limit)


def weight(text: str) -> int:
    """Return how many characters of JSON Slack is sent for a text, escaped for its markup."""
    quoted = len(json.dumps(text, ensure_ascii=False))
    return quoted + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))


def within(text: str, room: int) -> str:
    """Return a text that weighs at most `room`, and the `remark` where it is cut."""
    if weight(text) <= room:
        return text
    left = room - weight(remark(len(text), room))
    kept = bisect_right(range(len(text)), left, key=lambda count: weight(text[:count])) - 1
    return text[:kept] + remark(len(text) - kept, room)


def together(texts: Sequence[str], room: int) -> tuple[str, ...]:
    """Return texts that weigh at most `room` together, in their order, each cut as by `within`.

    The light ones stand whole, and the heavy ones share evenly what those leave.
    """
    shown = list(texts)
    lightest_first = sorted(range(len(texts)), key=lambda place: weight(texts[place]))
    for number, place in enumerate(lightest_first):
        shown[place] = within(texts[place], room // (len(texts) - number))
        room -= weight(shown[place])
    return tuple(shown)
