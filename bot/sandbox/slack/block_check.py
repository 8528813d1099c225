"""Checks blocks and views against the table of limits, and says what is wrong where.

Findings read as Slack's do: `[ERROR] must be less than 151 characters [json-pointer:/blocks/0]`.
"""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, assert_never

from bot.sandbox.slack.block_limits import (
    BLOCKS_OF,
    MAX_BLOCKS,
    MAX_MESSAGE_BLOCKS_JSON,
    MAX_VIEW_BYTES,
    SHAPES,
    TYPES,
    Surface,
)
from bot.sandbox.slack.block_rules import cross_field, form_rules, whole_payload
from bot.sandbox.slack.block_schema import (
    Anything,
    Fields,
    Flag,
    Items,
    Number,
    Shape,
    Spec,
    Str,
    Text,
    Typed,
)
from bot.sandbox.slack.element_limits import INTERACTIVE
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Blocks, Json


def message_blocks(blocks: Any) -> Blocks:
    """The blocks of a message as Slack stores them: checked, with every id filled in.

    Raises `invalid_blocks_format`, `invalid_blocks` or `msg_blocks_too_long`.
    """
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = tuple(_blocks(blocks, Surface.MESSAGE, "/blocks"))
    if problems:
        raise SlackError("invalid_blocks", messages=problems)
    stored = with_ids(blocks)
    if len(json.dumps(blocks, separators=(",", ":"), ensure_ascii=False)) > MAX_MESSAGE_BLOCKS_JSON:
        raise SlackError("msg_blocks_too_long")
    return stored


def check_view(view: Json) -> None:
    """Check a modal or Home view. Raises `invalid_arguments` or `view_too_large`."""
    kind = view.get("type")
    if kind not in {"modal", "home"}:
        raise SlackError(
            "invalid_arguments",
            messages=(_error("must be one of: modal, home", "/view/type"),),
        )
    surface = Surface(kind)
    problems = tuple(_object(view, SHAPES[surface], "/view", frozenset({"type"})))
    if not problems:
        problems = tuple(_blocks(view["blocks"], surface, "/view/blocks"))
    if not problems:
        problems = tuple(_error(text, where) for text, where in form_rules(view))
    if problems:
        raise SlackError("invalid_arguments", messages=problems)
    if len(json.dumps(view).encode()) > MAX_VIEW_BYTES:
        raise SlackError("view_too_large")


def with_ids(blocks: Blocks) -> Blocks:
    """A copy in which every block has a `block_id` and every control an `action_id`."""
    stored = copy.deepcopy(blocks)
    for position, block in enumerate(stored):
        block.setdefault("block_id", f"b{position}")
        for number, element in enumerate(controls(block)):
            element.setdefault("action_id", f"a{position}.{number}")
    return stored


def controls(block: Json) -> list[Json]:
    """The interactive elements of one block, top to bottom."""
    found = [*block.get("elements", ()), *block.get("actions", ())]
    found += [block[name] for name in ("accessory", "element") if name in block]
    nested = [*block.get("child_blocks", ())]
    if block.get("type") == "carousel":
        nested += found
    own = [element for element in found if element.get("type") in INTERACTIVE]
    return own + [control for child in nested for control in controls(child)]


def _error(text: str, where: str) -> str:
    return f"[ERROR] {text} [json-pointer:{where}]"


def _blocks(blocks: Any, surface: Surface, where: str) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield _error("must be an array", where)
        return
    if len(blocks) > MAX_BLOCKS[surface]:
        yield _error(f"no more than {MAX_BLOCKS[surface]} items allowed", where)
    seen: set[str] = set()
    for position, block in enumerate(blocks):
        pointer = f"{where}/{position}"
        yield from _check(block, Typed(frozenset(BLOCKS_OF[surface])), pointer)
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if block_id is not None and block_id in seen:
            yield _error(f"block_id {block_id} already exists", f"{pointer}/block_id")
        seen.add(str(block_id))
    yield from (_error(text, where) for text in whole_payload(blocks))


def _check(value: Any, spec: Spec, where: str) -> Iterator[str]:
    match spec:
        case Str():
            yield from _string(value, spec, where)
        case Flag():
            if not isinstance(value, bool):
                yield _error("must be a boolean", where)
        case Number():
            yield from _number(value, spec, where)
        case Text():
            yield from _text(value, spec, where)
        case Items():
            yield from _items(value, spec, where)
        case Typed():
            yield from _typed(value, spec, where)
        case Shape():
            yield from _object(value, SHAPES[spec.name], where)
        case Anything():
            pass
        case _:
            assert_never(spec)


def _string(value: Any, spec: Str, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _error("must be a string", where)
    elif len(value) < spec.min:
        yield _error(f"must be more than {spec.min - 1} characters", where)
    elif spec.max is not None and len(value) > spec.max:
        yield _error(f"must be less than {spec.max + 1} characters", where)
    elif spec.one_of and value not in spec.one_of:
        yield _error(f"must be one of: {', '.join(sorted(spec.one_of))}", where)
    elif spec.pattern is not None and not re.fullmatch(spec.pattern, value):
        yield _error(f"must match {spec.pattern}", where)


def _number(value: Any, spec: Number, where: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _error("must be an integer", where)
    elif value < spec.min or (spec.max is not None and value > spec.max):
        yield _error(f"must be between {spec.min} and {spec.max}", where)


def _text(value: Any, spec: Text, where: str) -> Iterator[str]:
    yield from _typed(value, Typed(spec.kinds), where)
    if isinstance(value, dict) and isinstance(value.get("text"), str) and spec.max is not None:
        yield from _string(value["text"], Str(spec.max), f"{where}/text")


def _items(value: Any, spec: Items, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield _error("must be an array", where)
        return
    if len(value) < spec.min:
        yield _error(f"no fewer than {spec.min} items allowed", where)
    if spec.max is not None and len(value) > spec.max:
        yield _error(f"no more than {spec.max} items allowed", where)
    for position, item in enumerate(value):
        yield from _check(item, spec.of, f"{where}/{position}")


def _typed(value: Any, spec: Typed, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _error("must be an object", where)
        return
    name = value.get("type")
    if name is None:
        yield _error("missing required field: type", where)
        return
    key = next((known for known in (f"rich.{name}", name) if known in spec.types), None)
    if key is None:
        yield _error(f"unsupported type: {name}", f"{where}/type")
        return
    yield from _object(value, TYPES[key], where, frozenset({"type"}))
    yield from (_error(text, f"{where}{suffix}") for text, suffix in cross_field(key, value))


def _object(
    value: Any,
    fields: Fields,
    where: str,
    ignored: frozenset[str] = frozenset(),
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _error("must be an object", where)
        return
    for name, field in fields.items():
        if name in value:
            yield from _check(value[name], field.spec, f"{where}/{name}")
        elif field.required:
            yield _error(f"missing required field: {name}", where)
    for name in value.keys() - fields.keys() - ignored:
        yield _error(f"invalid additional property: {name}", where)
