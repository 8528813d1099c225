"""What people fill in: from a plain Python value to the objects of `state.values`, and back.

The values of a form are given as a person thinks of them: the text of a text field, the `value`
of an option, the id of a user, a list of those for everything that takes several.
"""

import re
from typing import Any

from bot.sandbox.slack.block_check import controls
from bot.sandbox.slack.errors import NotClickable
from bot.sandbox.slack.json_types import Blocks, Json

_ID_FIELD = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "file_input": "files",
}
_ID_INITIAL = {
    "users_select": "initial_user",
    "channels_select": "initial_channel",
    "conversations_select": "initial_conversation",
    "datepicker": "initial_date",
    "timepicker": "initial_time",
    "datetimepicker": "initial_date_time",
    "multi_users_select": "initial_users",
    "multi_channels_select": "initial_channels",
    "multi_conversations_select": "initial_conversations",
}
_ONE_OPTION = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
_MANY_OPTIONS = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
_STATELESS = frozenset({"button", "overflow"})


def initial_values(blocks: Blocks) -> dict[str, dict[str, Json]]:
    """`state.values` of a view nobody has touched."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in controls(block):
            if element["type"] not in _STATELESS:
                values.setdefault(block["block_id"], {})[element["action_id"]] = _initial(element)
    return values


def _initial(element: Json) -> Json:
    kind = element["type"]
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in _MANY_OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind in _ID_FIELD:
        empty: list[str] | None = [] if kind.startswith("multi_") or kind == "file_input" else None
        return {"type": kind, _ID_FIELD[kind]: element.get(_ID_INITIAL.get(kind, ""), empty)}
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": element.get("initial_value")}
    return {"type": kind, "value": element.get("initial_value") or None}


def entered(element: Json, value: Any, offered: Blocks) -> Json:
    """The state of one control after a person chose `value`.

    Args:
        element: the control, from the stored view or message.
        value: an option's `value`, a text, an id, or a list of those; None empties it.
        offered: the options the person was offered, for selects that ask the app for them.

    Raises:
        NotClickable: there is no such option, or the field takes no such value.
    """
    kind = element["type"]
    if kind in _ONE_OPTION:
        chosen = None if value is None else _option(element, value, offered)
        return {"type": kind, "selected_option": chosen}
    if kind in _MANY_OPTIONS:
        picked = [_option(element, one, offered) for one in value or ()]
        return {"type": kind, "selected_options": picked}
    if kind in _ID_FIELD:
        return {"type": kind, _ID_FIELD[kind]: value}
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": value}
    if value is not None and not isinstance(value, str):
        raise NotClickable(f"{element['action_id']} takes text, not {value!r}")
    return {"type": kind, "value": value or None}


def is_empty(state: Json) -> bool:
    """Whether a control still lacks what a required input asks for."""
    return not any(value for name, value in state.items() if name != "type")


def complaint(element: Json, state: Json) -> str | None:
    """What Slack's client itself finds wrong with a typed text; None when nothing."""
    text = state.get("value")
    if not isinstance(text, str):
        return None
    if len(text) < element.get("min_length", 0):
        return f"at least {element['min_length']} characters"
    if len(text) > element.get("max_length", 3000):
        return f"at most {element.get('max_length', 3000)} characters"
    patterns = {
        "number_input": r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+",
        "email_text_input": r"[^@\s]+@[^@\s]+\.[^@\s]+",
        "url_text_input": r"https?://\S+",
    }
    pattern = patterns.get(element["type"])
    if pattern and not re.fullmatch(pattern, text):
        return f"not a valid {element['type'].split('_')[0]}"
    return _range_complaint(element, text) if element["type"] == "number_input" else None


def _range_complaint(element: Json, text: str) -> str | None:
    if "min_value" in element and float(text) < float(element["min_value"]):
        return f"at least {element['min_value']}"
    if "max_value" in element and float(text) > float(element["max_value"]):
        return f"at most {element['max_value']}"
    return None


def options_of(element: Json) -> Blocks:
    """The options written into a control, groups flattened."""
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(o for group in groups for o in group["options"])]


def _option(element: Json, value: str, offered: Blocks) -> Json:
    for option in [*options_of(element), *offered]:
        if option["value"] == value:
            return option
    raise NotClickable(f"{element['action_id']} offers no option {value!r}")
