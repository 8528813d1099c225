"""Every block, element and composition object that the workspace accepts, with its limits.

One table, taken from the Block Kit reference (docs.slack.dev/reference/block-kit) and the
constants of slack_sdk. A type that is not here is refused, and so is a field that is not here.
"""

from enum import StrEnum

from bot.sandbox.slack.block_schema import (
    Anything,
    Field,
    Fields,
    Flag,
    Items,
    Number,
    Shape,
    Str,
    Text,
    Typed,
)


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

PLAIN = frozenset({"plain_text"})
_URL = Field(Str(3000, pattern=r"https?://\S+"))


def _must(spec: "Str | Flag | Number | Text | Items | Typed | Shape | Anything") -> Field:
    return Field(spec, required=True)


def _plain(limit: int) -> Field:
    return Field(Text(limit, PLAIN))


def _must_plain(limit: int) -> Field:
    return Field(Text(limit, PLAIN), required=True)


def _choices(limit: int, least: int = 1) -> Field:
    return Field(Items(Shape("option"), limit, least))


MULTI_SELECTS = frozenset(
    {
        "multi_static_select",
        "multi_external_select",
        "multi_users_select",
        "multi_conversations_select",
        "multi_channels_select",
    },
)
SELECTS = frozenset(
    {
        "static_select",
        "external_select",
        "users_select",
        "conversations_select",
        "channels_select",
    },
)
CHOOSERS = SELECTS | {"checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"}
TYPED_INPUTS = frozenset(
    {
        "plain_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "rich_text_input",
        "file_input",
    },
)
IN_ACTIONS = CHOOSERS | {"button", "overflow"}
IN_SECTION = CHOOSERS | MULTI_SELECTS | {"button", "overflow", "image"}
IN_INPUT = CHOOSERS | MULTI_SELECTS | TYPED_INPUTS
INTERACTIVE = IN_ACTIONS | IN_INPUT

RICH_INLINE = frozenset(
    f"rich.{name}"
    for name in (
        *("text", "link", "user", "usergroup", "channel"),
        *("emoji", "broadcast", "color", "date", "team"),
    )
)
RICH_PARTS = frozenset(
    {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"},
)

_ACTION: Fields = {"action_id": Field(Str(255))}
_CONFIRM: Fields = {"confirm": Field(Shape("confirm"))}
_INPUT: Fields = {
    **_ACTION,
    "focus_on_load": Field(Flag()),
    "placeholder": _plain(150),
}
_SELECT: Fields = {**_INPUT, **_CONFIRM}
_MULTI: Fields = {**_SELECT, "max_selected_items": Field(Number(1))}
_OPTIONS: Fields = {
    "options": _choices(100),
    "option_groups": Field(Items(Shape("option_group"), 100)),
}
_TYPING: Fields = {**_INPUT, "dispatch_action_config": Field(Shape("dispatch_action_config"))}
_STYLE: Fields = {"style": Field(Anything())}
_IDS = Field(Items(Str()))

ELEMENTS: dict[str, Fields] = {
    "button": {
        **_ACTION,
        **_CONFIRM,
        "text": _must_plain(75),
        "url": _URL,
        "value": Field(Str(2000)),
        "style": Field(Str(one_of=frozenset({"primary", "danger"}))),
        "accessibility_label": Field(Str(75)),
    },
    "image": {
        "image_url": _URL,
        "alt_text": _must(Str(2000)),
        "slack_file": Field(Anything()),
    },
    "overflow": {**_ACTION, **_CONFIRM, "options": _must(Items(Shape("overflow_option"), 5))},
    "static_select": {**_SELECT, **_OPTIONS, "initial_option": Field(Shape("option"))},
    "multi_static_select": {**_MULTI, **_OPTIONS, "initial_options": _choices(100)},
    "external_select": {
        **_SELECT,
        "min_query_length": Field(Number()),
        "initial_option": Field(Shape("option")),
    },
    "multi_external_select": {
        **_MULTI,
        "min_query_length": Field(Number()),
        "initial_options": _choices(100),
    },
    "users_select": {**_SELECT, "initial_user": Field(Str())},
    "multi_users_select": {**_MULTI, "initial_users": _IDS},
    "channels_select": {
        **_SELECT,
        "initial_channel": Field(Str()),
        "response_url_enabled": Field(Flag()),
    },
    "multi_channels_select": {**_MULTI, "initial_channels": _IDS},
    "conversations_select": {
        **_SELECT,
        "initial_conversation": Field(Str()),
        "default_to_current_conversation": Field(Flag()),
        "response_url_enabled": Field(Flag()),
        "filter": Field(Anything()),
    },
    "multi_conversations_select": {
        **_MULTI,
        "initial_conversations": _IDS,
        "default_to_current_conversation": Field(Flag()),
        "filter": Field(Anything()),
    },
    "checkboxes": {
        **_ACTION,
        **_CONFIRM,
        "focus_on_load": Field(Flag()),
        "options": _must(Items(Shape("rich_option"), 10)),
        "initial_options": Field(Items(Shape("rich_option"), 10)),
    },
    "radio_buttons": {
        **_ACTION,
        **_CONFIRM,
        "focus_on_load": Field(Flag()),
        "options": _must(Items(Shape("rich_option"), 10)),
        "initial_option": Field(Shape("rich_option")),
    },
    "datepicker": {**_SELECT, "initial_date": Field(Str(10, pattern=r"\d{4}-\d\d-\d\d"))},
    "timepicker": {
        **_SELECT,
        "initial_time": Field(Str(5, pattern=r"\d\d:\d\d")),
        "timezone": Field(Str()),
    },
    "datetimepicker": {
        **_ACTION,
        **_CONFIRM,
        "focus_on_load": Field(Flag()),
        "initial_date_time": Field(Number()),
    },
    "plain_text_input": {
        **_TYPING,
        "initial_value": Field(Str(3000, 0)),
        "multiline": Field(Flag()),
        "min_length": Field(Number(0, 3000)),
        "max_length": Field(Number(1, 3000)),
    },
    "email_text_input": {**_TYPING, "initial_value": Field(Str())},
    "url_text_input": {**_TYPING, "initial_value": Field(Str())},
    "number_input": {
        **_TYPING,
        "is_decimal_allowed": _must(Flag()),
        "initial_value": Field(Str()),
        "min_value": Field(Str()),
        "max_value": Field(Str()),
    },
    "rich_text_input": {**_TYPING, "initial_value": Field(Typed(frozenset({"rich_text"})))},
    "file_input": {
        **_ACTION,
        "filetypes": Field(Items(Str())),
        "max_files": Field(Number(1, 10)),
    },
}

RICH_TEXT: dict[str, Fields] = {
    "rich_text_section": {"elements": _must(Items(Typed(RICH_INLINE), None, 0))},
    "rich_text_quote": {
        "elements": _must(Items(Typed(RICH_INLINE))),
        "border": Field(Number(0, 1)),
    },
    "rich_text_preformatted": {
        "elements": _must(Items(Typed(frozenset({"rich.text", "rich.link"})))),
        "border": Field(Number(0, 1)),
        "language": Field(Str()),
    },
    "rich_text_list": {
        "elements": _must(Items(Typed(frozenset({"rich_text_section"})))),
        "style": _must(Str(one_of=frozenset({"bullet", "ordered"}))),
        "indent": Field(Number(0, 8)),
        "offset": Field(Number()),
        "border": Field(Number(0, 1)),
    },
    "rich.text": {"text": _must(Str()), **_STYLE},
    "rich.link": {
        "url": _must(Str()),
        "text": Field(Str()),
        "unsafe": Field(Flag()),
        **_STYLE,
    },
    "rich.user": {"user_id": _must(Str()), **_STYLE},
    "rich.usergroup": {"usergroup_id": _must(Str()), **_STYLE},
    "rich.channel": {"channel_id": _must(Str()), **_STYLE},
    "rich.team": {"team_id": _must(Str()), **_STYLE},
    "rich.emoji": {
        "name": _must(Str()),
        "unicode": Field(Str()),
        "skin_tone": Field(Number(1, 6)),
        **_STYLE,
    },
    "rich.broadcast": {
        "range": _must(Str(one_of=frozenset({"here", "channel", "everyone"}))),
        **_STYLE,
    },
    "rich.color": {"value": _must(Str())},
    "rich.date": {
        "timestamp": _must(Number()),
        "format": _must(Str()),
        "url": Field(Str()),
        "fallback": Field(Str()),
        **_STYLE,
    },
}

_BLOCK: Fields = {"block_id": Field(Str(255))}

BLOCKS: dict[str, Fields] = {
    "header": {**_BLOCK, "text": _must_plain(150), "level": Field(Number(1, 4))},
    "section": {
        **_BLOCK,
        "text": Field(Text(3000)),
        "fields": Field(Items(Text(2000), 10)),
        "accessory": Field(Typed(IN_SECTION)),
        "expand": Field(Flag()),
    },
    "context": {
        **_BLOCK,
        "elements": _must(Items(Typed(frozenset({"image", "plain_text", "mrkdwn"})), 10)),
    },
    "divider": _BLOCK,
    "actions": {**_BLOCK, "elements": _must(Items(Typed(IN_ACTIONS), 25))},
    "rich_text": {**_BLOCK, "elements": _must(Items(Typed(RICH_PARTS)))},
    "image": {**_BLOCK, **ELEMENTS["image"], "title": _plain(2000)},
    "input": {
        **_BLOCK,
        "label": _must_plain(2000),
        "element": _must(Typed(IN_INPUT)),
        "hint": _plain(2000),
        "optional": Field(Flag()),
        "dispatch_action": Field(Flag()),
    },
    "markdown": {**_BLOCK, "text": _must(Str(12_000))},
    "table": {
        **_BLOCK,
        "rows": _must(Items(Items(Typed(frozenset({"raw_text", "rich_text"})), 20), 100)),
        "column_settings": Field(Items(Anything(), 20)),
    },
    "alert": {
        **_BLOCK,
        "text": _must(Text()),
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
    "carousel": {**_BLOCK, "elements": _must(Items(Typed(frozenset({"card"})), 10))},
    "container": {
        **_BLOCK,
        "title": Field(Text(150)),
        "rich_text_title": Field(Typed(frozenset({"rich_text"}))),
        "subtitle": Field(Text(150)),
        "child_blocks": _must(Items(Typed(EVERYWHERE - {"card", "input"}), 10)),
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
    "raw_text": {"text": _must(Str(min=0))},
    "plain_text": {"text": _must(Str(3000)), "emoji": Field(Flag())},
    "mrkdwn": {"text": _must(Str(3000)), "verbatim": Field(Flag())},
}
"""Everything that has a `type`. `image` stands for the block here; the element has no `title`
and no `block_id`, and Slack takes no notice of the difference."""

_OPTION: Fields = {"value": _must(Str(150)), "text": _must_plain(75)}

SHAPES: dict[str, Fields] = {
    "option": {**_OPTION, "description": _plain(75)},
    "overflow_option": {**_OPTION, "description": _plain(75), "url": _URL},
    "rich_option": {
        "value": _must(Str(150)),
        "text": _must(Text(75)),
        "description": Field(Text(75)),
    },
    "option_group": {"label": _must_plain(75), "options": _must(Items(Shape("option"), 100))},
    "confirm": {
        "title": _must_plain(100),
        "text": _must(Text(300)),
        "confirm": _must_plain(30),
        "deny": _must_plain(30),
        "style": Field(Str(one_of=frozenset({"primary", "danger"}))),
    },
    "dispatch_action_config": {
        "trigger_actions_on": Field(
            Items(Str(one_of=frozenset({"on_enter_pressed", "on_character_entered"}))),
        ),
    },
    "modal": {
        "type": _must(Str()),
        "title": _must_plain(24),
        "submit": _plain(24),
        "close": _plain(24),
        "blocks": _must(Anything()),
        "private_metadata": Field(Str(3000, 0)),
        "callback_id": Field(Str(255, 0)),
        "external_id": Field(Str(255, 0)),
        "clear_on_close": Field(Flag()),
        "notify_on_close": Field(Flag()),
        "submit_disabled": Field(Flag()),
    },
    "home": {
        "type": _must(Str()),
        "blocks": _must(Anything()),
        "private_metadata": Field(Str(3000, 0)),
        "callback_id": Field(Str(255, 0)),
        "external_id": Field(Str(255, 0)),
    },
}
"""Composition objects and views, which carry no distinguishing `type`."""
