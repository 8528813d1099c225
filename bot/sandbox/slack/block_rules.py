"""Rules of Block Kit that tie several fields together."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.json_types import Json

MAX_FOCUSED = 1
MAX_TABLES = 1
MAX_MARKDOWN = 12_000


def cross_field(kind: str, value: Json) -> Iterator[tuple[str, str]]:
    """What is wrong with an object whose single fields are right, as (finding, pointer)."""
    match kind:
        case "section" if "text" not in value and "fields" not in value:
            yield "missing required field: text", ""
        case "image" if ("image_url" in value) == ("slack_file" in value):
            yield "must provide exactly one of image_url, slack_file", ""
        case "actions":
            yield from _distinct_actions(value)
        case "static_select" | "multi_static_select":
            yield from _options(value)
        case "radio_buttons" | "checkboxes":
            yield from _initial(value, _listed(value.get("options")))
        case "container" if ("title" in value) == ("rich_text_title" in value):
            yield "must provide exactly one of title, rich_text_title", ""
        case "card" if value.keys().isdisjoint({"hero_image", "title", "body", "actions"}):
            yield "must provide at least one of hero_image, title, body, actions", ""
        case _:
            pass


def whole_payload(blocks: list[Any]) -> Iterator[str]:
    """What is wrong with all blocks of one payload together."""
    known = _listed(blocks)
    if len([block for block in known if block.get("type") == "table"]) > MAX_TABLES:
        yield "only_one_table_allowed"
    texts = [block.get("text") for block in known if block.get("type") == "markdown"]
    if sum(len(text) for text in texts if isinstance(text, str)) > MAX_MARKDOWN:
        yield f"markdown blocks take {MAX_MARKDOWN} characters in all"


def form_rules(view: Json) -> Iterator[tuple[str, str]]:
    """What is wrong with a view as a whole, as (finding, pointer)."""
    inputs = [block for block in view["blocks"] if block.get("type") == "input"]
    if view["type"] == "modal" and inputs and "submit" not in view:
        yield "missing required field: submit (the view has input blocks)", "/view"
    focused = [block for block in inputs if block["element"].get("focus_on_load")]
    if len(focused) > MAX_FOCUSED:
        yield "only one element may have focus_on_load", "/view/blocks"


def _listed(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _distinct_actions(value: Json) -> Iterator[tuple[str, str]]:
    ids = [e["action_id"] for e in _listed(value.get("elements")) if "action_id" in e]
    for action_id in {one for one in ids if ids.count(one) > 1}:
        yield f"action_id {action_id} already exists in this block", "/elements"


def _options(value: Json) -> Iterator[tuple[str, str]]:
    if ("options" in value) == ("option_groups" in value):
        yield "must provide exactly one of options, option_groups", ""
    groups = _listed(value.get("option_groups"))
    options = _listed(value.get("options")) + [
        option for group in groups for option in _listed(group.get("options"))
    ]
    yield from _initial(value, options)


def _initial(value: Json, options: list[Json]) -> Iterator[tuple[str, str]]:
    chosen = [*_listed(value.get("initial_options"))]
    if "initial_option" in value:
        chosen.append(value["initial_option"])
    if any(option not in options for option in chosen):
        yield "initial option must be one of the options", ""
