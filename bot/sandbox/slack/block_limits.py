"""Every block, element and composition object that the workspace accepts, with its limits.

One table, with its parts in `element_limits` and `rich_text_limits`, taken from the Block Kit
reference (docs.slack.dev/reference/block-kit) and the constants of slack_sdk. A type
that is not here is refused, and so is a field that is not here.
"""

from enum import StrEnum

from bot.sandbox.slack.block_schema import (
    URL,
    Anything,
    Field,
    Fields,
    Flag,
    Items,
    Shape,
    Str,
    Text,
    Typed,
    must,
    must_plain,
    plain,
)
from bot.sandbox.slack.element_limits import ELEMENTS, IN_ACTIONS, IN_INPUT, IN_SECTION
from bot.sandbox.slack.rich_text_limits import RICH_PARTS, RICH_TEXT


class Surface(StrEnum):
    """Where blocks are shown."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


EVERYWHERE = frozenset(
    {"header", "section", "context", "divider", "actions", "rich_text", "image", "input", "card"},
)
BLOCKS_OF = {
    Surface.MESSAGE: EVERYWHERE | {"markdown", "table", "container", "carousel"},
    Surface.MODAL: EVERYWHERE | {"alert"},
    Surface.HOME: EVERYWHERE | {"carousel"},
}
"""The block types of each surface. `plan`, `task_card`, `data_table` and `context_actions` are
left out: Slack does not document that ordinary messages take them."""

MAX_BLOCKS = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}
MAX_MESSAGE_BLOCKS_JSON = 13_200
"""Characters of a message's blocks as JSON; observed (slackapi/bolt-js#2509), not documented."""
MAX_VIEW_BYTES = 250_000

_BLOCK: Fields = {"block_id": Field(Str(255))}

BLOCKS: dict[str, Fields] = {
    "header": {**_BLOCK, "text": must_plain(150)},
    "section": {
        **_BLOCK,
        "text": Field(Text(3000)),
        "fields": Field(Items(Text(2000), 10)),
        "accessory": Field(Typed(IN_SECTION)),
        "expand": Field(Flag()),
    },
    "context": {
        **_BLOCK,
        "elements": must(Items(Typed(frozenset({"image", "plain_text", "mrkdwn"})), 10)),
    },
    "divider": _BLOCK,
    "actions": {**_BLOCK, "elements": must(Items(Typed(IN_ACTIONS), 25))},
    "rich_text": {**_BLOCK, "elements": must(Items(Typed(RICH_PARTS)))},
    "image": {**_BLOCK, **ELEMENTS["image"], "title": plain(2000)},
    "input": {
        **_BLOCK,
        "label": must_plain(2000),
        "element": must(Typed(IN_INPUT)),
        "hint": plain(2000),
        "optional": Field(Flag()),
        "dispatch_action": Field(Flag()),
    },
    "markdown": {**_BLOCK, "text": must(Str(12_000))},
    "table": {
        **_BLOCK,
        "rows": must(Items(Items(Typed(frozenset({"raw_text", "rich_text"})), 20), 100)),
        "column_settings": Field(Items(Anything(), 20)),
    },
    "alert": {
        **_BLOCK,
        "text": must(Text()),
        "level": Field(
            Str(one_of=frozenset({"default", "info", "warning", "error", "success"})),
        ),
    },
    "card": {
        **_BLOCK,
        "hero_image": Field(Typed(frozenset({"image"}))),
        "icon": Field(Typed(frozenset({"image"}))),
        "title": Field(Text(150)),
        "subtitle": Field(Text(150)),
        "body": Field(Text(200)),
        "actions": Field(Items(Typed(frozenset({"button"})), 3)),
    },
    "carousel": {**_BLOCK, "elements": must(Items(Typed(frozenset({"card"})), 10))},
    "container": {
        **_BLOCK,
        "title": Field(Text(150)),
        "rich_text_title": Field(Typed(frozenset({"rich_text"}))),
        "subtitle": Field(Text(150)),
        "child_blocks": must(Items(Typed(EVERYWHERE - {"card", "input"}), 10)),
        "width": Field(Str()),
        "icon": Field(Typed(frozenset({"image"}))),
        "is_collapsible": Field(Flag()),
        "default_collapsed": Field(Flag()),
        "has_header_divider": Field(Flag()),
    },
}

TYPES: dict[str, Fields] = {
    **ELEMENTS,
    **RICH_TEXT,
    **BLOCKS,
    "raw_text": {"text": must(Str(min=0))},
    "plain_text": {"text": must(Str(3000)), "emoji": Field(Flag())},
    "mrkdwn": {"text": must(Str(3000)), "verbatim": Field(Flag())},
}
"""Everything that has a `type`. `image` stands for the block here; the element has no `title`
and no `block_id`, and Slack takes no notice of the difference."""

_OPTION: Fields = {"value": must(Str(150)), "text": must_plain(75)}

SHAPES: dict[str, Fields] = {
    "option": {**_OPTION, "description": plain(75)},
    "overflow_option": {**_OPTION, "description": plain(75), "url": URL},
    "rich_option": {
        "value": must(Str(150)),
        "text": must(Text(75)),
        "description": Field(Text(75)),
    },
    "option_group": {"label": must_plain(75), "options": must(Items(Shape("option"), 100))},
    "confirm": {
        "title": must_plain(100),
        "text": must(Text(300)),
        "confirm": must_plain(30),
        "deny": must_plain(30),
        "style": Field(Str(one_of=frozenset({"primary", "danger"}))),
    },
    "dispatch_action_config": {
        "trigger_actions_on": Field(
            Items(Str(one_of=frozenset({"on_enter_pressed", "on_character_entered"}))),
        ),
    },
    "modal": {
        "type": must(Str()),
        "title": must_plain(24),
        "submit": plain(24),
        "close": plain(24),
        "blocks": must(Anything()),
        "private_metadata": Field(Str(3000, 0)),
        "callback_id": Field(Str(255, 0)),
        "external_id": Field(Str(255, 0)),
        "clear_on_close": Field(Flag()),
        "notify_on_close": Field(Flag()),
        "submit_disabled": Field(Flag()),
    },
    "home": {
        "type": must(Str()),
        "blocks": must(Anything()),
        "private_metadata": Field(Str(3000, 0)),
        "callback_id": Field(Str(255, 0)),
        "external_id": Field(Str(255, 0)),
    },
}
"""Composition objects and views, which carry no distinguishing `type`."""
