"""What the fields of a question offer, told in its message as far as there is room."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.blocks.text import counted, fit, fit_lines, in_one_line, packed
from bot.domain.request import Entry, Field, Option

_LABEL: Final = 200
"""Characters of a name, and of what is told of it."""

_PARAGRAPH: Final = 2900

_LEAST: Final = 120
"""Characters of JSON; with less room than this nothing is told of a field here."""

_MORE: Final = 20
"""Characters of `and 1234 more`, which stands for the names that do not fit."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A field in lines: what it is called, how much there is of it, and a line for each option."""

    label: str
    amount: str
    lines: tuple[str, ...]


def offered(fields: tuple[Field, ...], room: int) -> list[str]:
    """Return paragraphs that tell of the fields within `room` characters of JSON.

    Each field gets its part of the room, and what an earlier one left; the options that do not
    fit are counted, and the fields too.
    """
    return _within([_offered(field, "to choose from") for field in fields], room, "in the form")


def passed_over(fields: tuple[Field, ...], room: int) -> list[str]:
    """Return paragraphs that tell what was offered where no choice came of it; see `offered`."""
    return _within([_offered(field, "offered") for field in fields], room, "not shown here")


def decided(fields: tuple[Field, ...], entries: tuple[Entry, ...], room: int) -> list[str]:
    """Return paragraphs that tell what was chosen, and what was not; see `offered`.

    What was chosen stands first. A field without an entry is one of which nothing was chosen.
    """
    chosen = {entry.field: frozenset(entry.values) for entry in entries}
    told = [_decided(field, chosen.get(field.key, frozenset())) for field in fields]
    return _within(told, room, "not shown here")


def names(fields: tuple[Field, ...], limit: int) -> str:
    """Return what the fields offer, by its names alone, in at most `limit` characters of text.

    Those that do not fit are counted. It is not escaped, as for a text without markup.
    """
    known = [_named(option) for field in fields for option in field.options]
    told = ", ".join(known)
    if len(told) <= limit:
        return told
    # The first one always fits, since it is cut itself.
    shown = fit_lines([fit(name, limit // 2) for name in known], limit - _MORE)
    left = len(known) - len(shown)
    return f"{', '.join(shown)} and {left} more" if left else ", ".join(shown)


def _offered(field: Field, amount: str) -> _Told:
    count = len(field.options) or "nothing"
    lines = tuple(f"• {_words(option)}" for option in field.options)
    return _Told(field.label, f"{count} {amount}", lines)


def _decided(field: Field, chosen: Collection[str]) -> _Told:
    taken = [option for option in field.options if option.value in chosen]
    left = [option for option in field.options if option.value not in chosen]
    lines = (
        *(f"• chosen: {_words(option)}" for option in taken),
        *(f"• not chosen: {_words(option)}" for option in left),
    )
    return _Told(field.label, f"{len(taken) or 'none'} of {len(field.options)} chosen", lines)


def _within(fields: Sequence[_Told], room: int, where: str) -> list[str]:
    lines: list[str] = []
    for number, field in enumerate(fields):
        left = len(fields) - number
        if room < _LEAST:
            lines.append(f"and {counted(left, 'more choice')} {where}")
            break
        told = list(_field(field, max(room // left, _LEAST), where))
        room -= sum(map(_weight, told))
        lines.extend(told)
    return packed(lines, _PARAGRAPH)


def _field(field: _Told, room: int, where: str) -> Iterator[str]:
    """Yield what a field is called, then its options, as many as fit."""
    count = len(field.lines)
    title = fit(f"*{_short(field.label)}*: {field.amount}", room // 2)
    yield title
    room -= _weight(title) + _weight(_rest(count, count, where))
    for number, line in enumerate(field.lines):
        room -= _weight(line)
        if room < 0:
            yield _rest(count - number, count, where)
            return
        yield line


def _words(option: Option) -> str:
    name = _short(option.label) or _short(option.value)
    return f"{name} ({_short(option.detail)})" if option.detail.strip() else name


def _named(option: Option) -> str:
    return " ".join((option.label.strip() or option.value).split())


def _rest(missing: int, count: int, where: str) -> str:
    return f"and {missing} more {where}" if missing < count else f"They are {where}."


def _short(text: str) -> str:
    return fit(in_one_line(text), _LABEL)


def _weight(line: str) -> int:
    """How much of a message's JSON a line takes, with its line break."""
    return len(json.dumps(line, ensure_ascii=False))
