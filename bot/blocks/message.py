"""A message for Slack: its blocks, and the text that stands for them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.blocks import limits
from bot.blocks.elements import Block, section
from bot.blocks.text import fit

_TIGHTER: Final = (limits.SECTION_TEXT, 1500, 700, 300)

_PLAIN: Final = 1000
"""Characters of what is shown in place of a message that Slack refuses."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted or updated: Slack wants both parts, always.

    `text` is what notifications and screen readers use instead of the blocks.
    """

    text: str
    blocks: tuple[Block, ...]


def message(text: str, blocks: Sequence[Block], whole: str = "") -> Message:
    """Return a message within Slack's limits, with a fresh `block_id` for each changed block.

    A block that has an id already keeps it: what is pressed in it means something else there.

    Where all together is too long, the longest paragraphs are shortened, and say so, and where
    the `whole` is to be read (see `fit`).
    Source of the ids: docs.slack.dev/reference/block-kit/blocks: a changed block of an updated
    message should have a new `block_id`.
    """
    fitted: tuple[Block, ...] = ()
    for limit in _TIGHTER:
        fitted = tuple(_stamped(_fitted(block, limit, whole), n) for n, block in enumerate(blocks))
        if json_size(fitted) <= limits.BLOCKS_JSON:
            break
    return Message(fit(text, limits.MESSAGE_TEXT, whole), fitted)


def simpler(shown: Message) -> tuple[Message, ...]:
    """Return what can be shown where Slack refuses a message: less of it with each one.

    First the beginning of its words with the buttons, if it has any; then those words alone.
    """
    words = fit(shown.text, _PLAIN)
    rows = [block for block in shown.blocks if block["type"] == "actions"]
    bare = Message(words, ())
    return (message(words, [section(words), *rows]), bare) if rows else (bare,)


def paragraphs(*texts: str) -> Message:
    """Return a message of paragraphs; its text is the same words."""
    return message("\n".join(texts), [section(text) for text in texts])


def json_size(blocks: Sequence[Block]) -> int:
    """Return the length of blocks as JSON, in characters."""
    return len(json.dumps(blocks, ensure_ascii=False))


def _fitted(block: Block, limit: int, whole: str) -> Block:
    if block["type"] != "section":
        return block
    text = block["text"]
    return {**block, "text": {**text, "text": fit(text["text"], limit, whole)}}


def _stamped(block: Block, number: int) -> Block:
    if "block_id" in block:
        return block
    content = json.dumps(block, sort_keys=True).encode()
    return {**block, "block_id": f"{number}.{hashlib.sha256(content).hexdigest()[:12]}"}
