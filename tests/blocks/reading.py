"""Blocks as a person reads them: as lines of text."""

import re
from collections.abc import Iterator
from typing import Any

OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>"
    r"|<!date\^\d+\^[^|<>]+\|[^|<>]+UTC>|^>",
    re.MULTILINE,
)
"""The only markup with angle brackets that the product writes."""


def shown(blocks: Any) -> str:
    """Everything that blocks show, with times in UTC, and buttons in brackets."""
    return "\n".join(re.sub(r"<!date\^[^|]+\|([^>]+)>", r"\1", line) for line in _lines(blocks))


def _lines(blocks: Any) -> Iterator[str]:
    for block in blocks:
        match block["type"]:
            case "header":
                yield f"# {block['text']['text']}"
            case "section":
                yield f"{block['text']['text']}\n"
            case "context":
                yield from (f"({element['text']})" for element in block["elements"])
            case "actions":
                yield " ".join(f"[{element['text']['text']}]" for element in block["elements"])
            case "input":
                yield f"{block['label']['text']}: ____"


def buttons(blocks: Any) -> list[dict[str, Any]]:
    """All buttons, in order."""
    return [
        element for block in blocks if block["type"] == "actions" for element in block["elements"]
    ]


def markup(value: Any) -> Iterator[str]:
    """Every text in blocks or a view that Slack reads as markup."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from markup(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from markup(inner)
