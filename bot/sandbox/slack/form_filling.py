"""Filling in a view, and what a client checks before it submits one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from bot.sandbox.slack.block_check import controls
from bot.sandbox.slack.errors import NotClickable
from bot.sandbox.slack.form_values import complaint, entered, is_empty, options_of
from bot.sandbox.slack.json_types import Blocks, Json
from bot.sandbox.slack.views import Values, View

FormValues: TypeAlias = Mapping[tuple[str, str], Any] | Mapping[str, Any]
"""By (block_id, action_id), or by block_id for the only control of a block."""

Offered: TypeAlias = Mapping[tuple[str, str, str], Blocks]
"""Options an app has suggested, by view id, block_id and action_id."""

REQUIRED = "Please complete this required field."


def control(view: View, action_id: str, block_id: str | None = None) -> tuple[str, Json]:
    """A control of the view and the id of its block. Raises `NotClickable`."""
    for block in view.blocks:
        for element in controls(block):
            if element["action_id"] == action_id and block_id in {None, block["block_id"]}:
                return block["block_id"], element
    raise NotClickable(f"no {action_id} in the view {view.title!r}")


def filled(view: View, values: FormValues, offered: Offered) -> Values:
    """What the view holds once `values` are filled in. Raises `NotClickable`."""
    result = {block: dict(inner) for block, inner in view.values.items()}
    for key, value in values.items():
        block_id, action_id = (key, _only_control(view, key)) if isinstance(key, str) else key
        _, element = control(view, action_id, block_id)
        options = offered.get((view.id, block_id, action_id), [])
        result.setdefault(block_id, {})[action_id] = entered(element, value, options)
    return result


def by_captions(view: View, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return what to enter so that the options with these captions are chosen, by `block_id`.

    A field is named by its label, by its `block_id`, or by what stands after the last colon of
    that; one that is spread over several inputs (`Nodes (1 to 100 of 250)`) is found as one.
    Raises `NotClickable`: there is no such field, or no such option in it.
    """
    values: dict[str, list[str]] = {}
    for field, captions in wanted.items():
        inputs = [block for block in view.blocks if _is_called(block, field)]
        if not inputs:
            raise NotClickable(f"no field {field} in the view {view.title!r}")
        for block in inputs:
            offered = {one["text"]["text"]: one["value"] for one in options_of(block["element"])}
            values[block["block_id"]] = [offered[one] for one in captions if one in offered]
        if sum(len(values[block["block_id"]]) for block in inputs) < len(captions):
            raise NotClickable(f"{field} does not offer all of {', '.join(captions)}")
    return values


def _is_called(block: Json, field: str) -> bool:
    if block["type"] != "input":
        return False
    label = re.sub(r" \([0-9]+ to [0-9]+ of [0-9]+\)$", "", block["label"]["text"])
    return field in {label, block["block_id"], block["block_id"].rpartition(":")[2]}


def form_errors(view: View) -> dict[str, str]:
    """What Slack's own client says under the inputs before anything is sent, by block_id."""
    errors: dict[str, str] = {}
    for block in view.blocks:
        if block["type"] == "input":
            element = block["element"]
            state = view.values[block["block_id"]][element["action_id"]]
            wrong = complaint(element, state)
            if is_empty(state) and not block.get("optional"):
                wrong = REQUIRED
            if wrong is not None:
                errors[block["block_id"]] = wrong
    return errors


def tells_app(view: View, block_id: str) -> bool:
    """Whether a choice in this block is sent at once: always outside an input block."""
    block = next(one for one in view.blocks if one["block_id"] == block_id)
    return block["type"] != "input" or bool(block.get("dispatch_action"))


def _only_control(view: View, block_id: str) -> str:
    for block in view.blocks:
        if block["block_id"] == block_id:
            inside = controls(block)
            if len(inside) == 1:
                return str(inside[0]["action_id"])
            raise NotClickable(f"{block_id} has {len(inside)} controls; name the action_id")
    raise NotClickable(f"no block {block_id} in the view {view.title!r}")
