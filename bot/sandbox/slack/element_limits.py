"""The table of limits for interactive elements, the controls that people press and fill in."""

from bot.sandbox.slack.block_schema import (
    URL,
    Anything,
    Field,
    Fields,
    Flag,
    Items,
    Number,
    Shape,
    Str,
    Typed,
    must,
    must_plain,
    plain,
)


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

_ACTION: Fields = {"action_id": Field(Str(255))}
_CONFIRM: Fields = {"confirm": Field(Shape("confirm"))}
_INPUT: Fields = {
    **_ACTION,
    "focus_on_load": Field(Flag()),
    "placeholder": plain(150),
}
_SELECT: Fields = {**_INPUT, **_CONFIRM}
_MULTI: Fields = {**_SELECT, "max_selected_items": Field(Number(1))}
_OPTIONS: Fields = {
    "options": _choices(100),
    "option_groups": Field(Items(Shape("option_group"), 100)),
}
_TYPING: Fields = {**_INPUT, "dispatch_action_config": Field(Shape("dispatch_action_config"))}
_IDS = Field(Items(Str()))

ELEMENTS: dict[str, Fields] = {
    "button": {
        **_ACTION,
        **_CONFIRM,
        "text": must_plain(75),
        "url": URL,
        "value": Field(Str(2000)),
        "style": Field(Str(one_of=frozenset({"primary", "danger"}))),
        "accessibility_label": Field(Str(75)),
    },
    "image": {
        "image_url": URL,
        "alt_text": must(Str(2000)),
        "slack_file": Field(Anything()),
    },
    "overflow": {**_ACTION, **_CONFIRM, "options": must(Items(Shape("overflow_option"), 5))},
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
        "options": must(Items(Shape("rich_option"), 10)),
        "initial_options": Field(Items(Shape("rich_option"), 10)),
    },
    "radio_buttons": {
        **_ACTION,
        **_CONFIRM,
        "focus_on_load": Field(Flag()),
        "options": must(Items(Shape("rich_option"), 10)),
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
        "is_decimal_allowed": must(Flag()),
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
