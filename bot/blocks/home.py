"""The Home tab: what is open and what was, with the way to it. Nothing is decided here."""

from collections.abc import Sequence
from typing import Final

from bot.blocks.elements import Block, View, context, header, section
from bot.blocks.replies import line_of
from bot.blocks.text import bullets, escape, packed
from bot.domain.request import Request

_PARAGRAPH: Final = 2900

_SHOWN: Final = 20
"""Requests of each kind; `list` and `history` have the rest."""


def home(pending: Sequence[Request], running: Sequence[Request], recent: Sequence[Request]) -> View:
    """Return the Home tab: what waits for approval, what runs, what has ended, newest first."""
    return {
        "type": "home",
        "blocks": [
            *_part("Waiting for approval", pending, "Nothing waits for approval."),
            *_part("Running", running, "Nothing is running."),
            *_part("Ended", recent, "Nothing has been restored yet."),
            context(
                "A restore is approved on its card in its channel, nowhere else. "
                "Type `/nsx-restore help` in a channel for all commands."
            ),
        ],
    }


def unreadable(said: str, advice: str) -> View:
    """Return the Home tab for when the requests cannot be read."""
    return {"type": "home", "blocks": [section(f"*{escape(said)}*\n{escape(advice)}")]}


def _part(title: str, requests: Sequence[Request], none: str) -> list[Block]:
    if not requests:
        return [header(title), section(none)]
    lines = [bullets([line_of(request)]) for request in requests[:_SHOWN]]
    missing = len(requests) - len(lines)
    rest = [context(f"{missing} more: type `/nsx-restore history`.")] if missing else []
    return [header(title), *(section(part) for part in packed(lines, _PARAGRAPH)), *rest]
