"""The form of a question: one input for each of its fields, and how what is sent is read.

Sources: docs.slack.dev/reference/block-kit/block-elements (checkboxes, multi-select menu) and
docs.slack.dev/reference/views/modal-views.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.blocks import limits
from bot.blocks.actions import Field as Id
from bot.blocks.actions import Form, value
from bot.blocks.elements import Block, View, asked, context, form, plain_text, section
from bot.blocks.text import counted, divided, escape, fit
from bot.domain.request import Entry, Field, Offer, Option, Place, Question, Request
from bot.domain.shortening import QUESTION_ROOM

_TOLD: Final = 2 * QUESTION_ROOM
"""Characters of a title and a text: never less than the message of the question shows."""

_PARAGRAPH: Final = 2900

_ID: Final = 200
"""Characters of a field's key within a `block_id` (255), beside what stands before it."""

_KEY: Final = 255
"""Characters of a question's key within the metadata (3000)."""

_LABEL: Final = 250
"""Characters of a field's label, beside the range that it may get."""

_ROOM: Final = 200_000
"""Bytes of JSON that the words and the options may take: the rest of a view stays below its
250,000 then."""

_FIELD: Final = re.compile(r"field:[0-9]+:(.+)", re.DOTALL)

_NONE: Final = "Choosing none is an answer too."


def answer_prompt(request: Request, question: Question, offer: Offer, place: Place) -> View:
    """Return the form of a question; sending it is the answer `offer`.

    `place` is where the message stands whose button opened it. More options than Slack takes are
    left out from the end, and that is said; they count as not chosen.
    """
    words = fit(f"*{escape(question.title)}*\n{escape(question.text)}", _TOLD)
    told = list(map(section, divided(words, _PARAGRAPH)))
    room = _ROOM - _size(told)
    inputs = list(_inputs(question.fields, detailed=True))
    if _size(inputs) > room:
        inputs = list(_inputs(question.fields, detailed=False))
    kept = _kept(inputs, limits.VIEW_BLOCKS - len(told) - 1, room)
    return form(
        Form.ANSWER_PROMPT,
        f"Answer {request.id}",
        offer.label,
        [*told, *kept, *_left_out(inputs, kept)],
        {
            "value": value(request),
            "channel": place.channel,
            "ts": place.ts,
            "question": carried(question.key, _KEY),
            "choice": str(offer.choice),
        },
    )


def entered(block_ids: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> tuple[Entry, ...]:
    """Return what was sent: an entry for every field of the form, in its order.

    `block_ids` are those of all blocks of the view, `chosen` the values by `block_id`. A field with
    many options has several blocks. Fields and values are named as the form carries them; `named`
    gives them their own names.
    """
    found: dict[str, list[str]] = {}
    for block_id in block_ids:
        if match := _FIELD.fullmatch(block_id):
            found.setdefault(match[1], []).extend(chosen.get(block_id, ()))
    return tuple(Entry(field, tuple(values)) for field, values in found.items())


def named(
    question: Question, key: str | None, entries: tuple[Entry, ...]
) -> tuple[str | None, tuple[Entry, ...]]:
    """Return the question's key and the entries by the names that the domain knows.

    What this question does not know stays as it is, for the domain to refuse. A field that the
    form had no room for is empty: nothing of it can have been chosen.
    """
    if key != carried(question.key, _KEY):
        return key, entries
    fields = {carried(field.key, _ID): field for field in question.fields}
    known = tuple(
        _named(fields[entry.field], entry) if entry.field in fields else entry for entry in entries
    )
    sent = {entry.field for entry in entries}
    missing = tuple(Entry(field.key, ()) for name, field in fields.items() if name not in sent)
    return question.key, (*known, *missing)


def _named(field: Field, entry: Entry) -> Entry:
    values = {carried(option.value, limits.OPTION_VALUE): option.value for option in field.options}
    return Entry(field.key, tuple(values.get(one, one) for one in entry.values))


def carried(name: str, limit: int) -> str:
    """Return a name as Slack can carry it: itself, or a digest where it is longer than allowed."""
    if 0 < len(name) <= limit:
        return name
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def _inputs(fields: Sequence[Field], *, detailed: bool) -> Iterator[Block]:
    for field in fields:
        if not field.options:
            told = section(f"*{escape(fit(field.label, _LABEL))}*: nothing to choose from.")
            yield {**told, "block_id": _block_id(field, 0)}
        elif len(field.options) <= limits.CHECKBOXES:
            yield _input(field, 0, field.options, "checkboxes", detailed=detailed)
        else:
            for first in range(0, len(field.options), limits.SELECT_OPTIONS):
                part = field.options[first : first + limits.SELECT_OPTIONS]
                yield _input(field, first, part, "multi_static_select", detailed=detailed)


def _input(field: Field, first: int, part: Sequence[Option], kind: str, *, detailed: bool) -> Block:
    label = fit(field.label.strip() or "Choice", _LABEL)
    total = len(field.options)
    if len(part) < total:
        label = f"{label} ({first + 1} to {first + len(part)} of {total})"
    element: Block = {
        "type": kind,
        "action_id": str(Id.CHOSEN),
        "options": [_option(option, detailed=detailed) for option in part],
    }
    hint = f"{_NONE} {field.hint}".strip()
    return asked(_block_id(field, first), label, element, hint=hint, optional=True)


def _option(option: Option, *, detailed: bool) -> Block:
    caption = option.label.strip() or option.value
    block: Block = {
        "value": carried(option.value, limits.OPTION_VALUE),
        "text": plain_text(caption, limits.OPTION_TEXT),
    }
    if not detailed or not option.detail.strip():
        return block
    return {**block, "description": plain_text(option.detail, limits.OPTION_TEXT)}


def _block_id(field: Field, first: int) -> str:
    return f"field:{first}:{carried(field.key, _ID)}"


def _size(blocks: Sequence[Block]) -> int:
    return len(json.dumps(blocks).encode())


def _kept(inputs: Sequence[Block], count: int, room: int) -> list[Block]:
    """At most `count` inputs, from the first one on, as far as there is `room` for them."""
    kept: list[Block] = []
    for block in inputs[:count]:
        room -= _size([block])
        if room < 0:
            break
        kept.append(block)
    return kept


def _left_out(inputs: Sequence[Block], kept: Sequence[Block]) -> list[Block]:
    missing = sum(len(block.get("element", {}).get("options", ())) for block in inputs[len(kept) :])
    if not missing:
        return []
    note = (
        f"{counted(missing, 'more entry', 'more entries')} cannot be shown in one form of Slack; "
        "they count as not chosen. If one of them is to be chosen, answer at the manager itself."
    )
    return [context(note)]
