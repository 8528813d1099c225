"""The one rule for texts that are cut: it is said, and how much is missing is counted."""

from typing import Final

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
