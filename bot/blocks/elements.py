"""Block Kit's pieces, built so that no limit of Slack can be broken.

Markup is `verbatim`: Slack then turns no word of ours or of others into a link or a mention.
"""

import json
from collections.abc import Sequence
from typing import Any

from bot.blocks import limits
from bot.blocks.actions import Button, Form
from bot.blocks.text import fit, plain

Block = dict[str, Any]
View = dict[str, Any]


def plain_text(text: str, limit: int) -> Block:
    """Return a text without markup; foreign text in it is made visible."""
    return {"type": "plain_text", "text": fit(plain(text), limit), "emoji": False}


def mrkdwn(text: str, limit: int = limits.SECTION_TEXT) -> Block:
    """Return a text of finished markup."""
    return {"type": "mrkdwn", "text": fit(text, limit), "verbatim": True}


def header(text: str) -> Block:
    """Return a headline."""
    return {"type": "header", "text": plain_text(text, limits.HEADER_TEXT)}


def section(text: str, whole: str = "") -> Block:
    """Return a paragraph; Slack shows it without a `see more`. For `whole` see `fit`."""
    fitted = fit(text, limits.SECTION_TEXT, whole)
    return {"type": "section", "text": mrkdwn(fitted), "expand": True}


def context(text: str) -> Block:
    """Return a footnote."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(*buttons: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(action: Button, caption: str, label: str, value: str) -> Block:
    """Return a button; `label` is what a screen reader says instead of the caption."""
    return {
        "type": "button",
        "action_id": str(action),
        "text": plain_text(caption, limits.BUTTON_TEXT),
        "value": value,
        "accessibility_label": fit(plain(label), limits.ACCESSIBILITY_LABEL),
    }


def primary(button: Block) -> Block:
    """Return the one button of its row that leads on."""
    return {**button, "style": "primary"}


def danger(button: Block) -> Block:
    """Return a button that ends something."""
    return {**button, "style": "danger"}


def confirmed(button: Block, title: str, text: str, *, yes: str, no: str) -> Block:
    """Return a button behind a dialog. The dialog is a help, not a control: Slack's client asks."""
    return {
        **button,
        "confirm": {
            "title": plain_text(title, limits.CONFIRM_TITLE),
            "text": plain_text(text, limits.CONFIRM_TEXT),
            "confirm": {"type": "plain_text", "text": yes},
            "deny": {"type": "plain_text", "text": no},
        },
    }


def modal(title: str, blocks: Sequence[Block]) -> View:
    """Return a modal that only shows something."""
    return {
        "type": "modal",
        "title": plain_text(title, limits.VIEW_TITLE),
        "close": plain_text("Close", limits.VIEW_TITLE),
        "blocks": list(blocks),
    }


def form(form: Form, title: str, submit: str, blocks: Sequence[Block], metadata: Block) -> View:
    """Return a modal that can be sent; `metadata` comes back with it, as JSON."""
    return {
        **modal(title, blocks),
        "callback_id": str(form),
        "submit": plain_text(submit, limits.VIEW_TITLE),
        "private_metadata": json.dumps(metadata),
    }


def asked(
    block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False
) -> Block:
    """Return a field of a form."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, limits.CONFIRM_TEXT),
        "element": element,
        "optional": optional,
    }
    return {**block, "hint": plain_text(hint, limits.CONFIRM_TEXT)} if hint else block
