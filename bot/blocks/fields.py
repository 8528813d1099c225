"""What the fields of a question offer, told in its message as far as there is room."""

import json
from collections.abc import Iterator
from typing import Final

from bot.blocks.text import counted, fit, in_one_line, packed
from bot.domain.request import Field, Option

_LABEL: Final = 200
"""Characters of a name, and of what is told of it."""

_PARAGRAPH: Final = 2900

_LEAST: Final = 120
"""Characters of JSON; with less room than this nothing is told of a field here."""


def offered(fields: tuple[Field, ...], room: int) -> list[str]:
    """Return paragraphs that tell of the fields within `room` characters of JSON.

    Each field gets its part of the room, and what an earlier one left; the options that do not
    fit are counted, and the fields too.
    """
    lines: list[str] = []
    for number, field in enumerate(fields):
        left = len(fields) - number
        if room < _LEAST:
            lines.append(f"and {counted(left, 'more choice')} in the form")
            break
        told = list(_field(field, max(room // left, _LEAST)))
        room -= sum(map(_weight, told))
        lines.extend(told)
    return packed(lines, _PARAGRAPH)


def _field(field: Field, room: int) -> Iterator[str]:
    """Yield what a field is called, then its options, as many as fit."""
    count = len(field.options)
    told = f"{count} to choose from" if count else "nothing to choose from"
    title = fit(f"*{_short(field.label)}*: {told}", room // 2)
    yield title
    room -= _weight(title) + _weight(_rest(count, count))
    for number, option in enumerate(field.options):
        line = f"• {_words(option)}"
        room -= _weight(line)
        if room < 0:
            yield _rest(count - number, count)
            return
        yield line


def _words(option: Option) -> str:
    name = _short(option.label) or _short(option.value)
    return f"{name}: {_short(option.detail)}" if option.detail.strip() else name


def _rest(missing: int, count: int) -> str:
    return f"and {missing} more in the form" if missing < count else "They are in the form."


def _short(text: str) -> str:
    return fit(in_one_line(text), _LABEL)


def _weight(line: str) -> int:
    """How much of a message's JSON a line takes, with its line break."""
    return len(json.dumps(line, ensure_ascii=False))
