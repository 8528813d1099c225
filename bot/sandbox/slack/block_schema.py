"""How a Block Kit object is described: the words that the table of limits is written in."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Str:
    """A string of `min` to `max` characters, perhaps one of a few, perhaps of a certain form."""

    max: int | None = None
    min: int = 1
    one_of: frozenset[str] = frozenset()
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Number:
    """An integer between `min` and `max`."""

    min: int = 0
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text object of at most `max` characters; `kinds` are the text types it may have."""

    max: int | None = None
    kinds: frozenset[str] = frozenset({"plain_text", "mrkdwn"})


@dataclass(frozen=True, slots=True)
class Items:
    """An array of `min` to `max` items."""

    of: "Spec"
    max: int | None = None
    min: int = 1


@dataclass(frozen=True, slots=True)
class Typed:
    """An object whose `type` is one of these, each described in the table."""

    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """A composition object without a `type`, described in the table under this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not looked into."""


Spec: TypeAlias = Str | Flag | Number | Text | Items | Typed | Shape | Anything


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object."""

    spec: Spec
    required: bool = False


Fields: TypeAlias = dict[str, Field]

PLAIN = frozenset({"plain_text"})

URL = Field(Str(3000, pattern=r"https?://\S+"))
"""An optional web address."""


def must(spec: Spec) -> Field:
    """A required field."""
    return Field(spec, required=True)


def plain(limit: int) -> Field:
    """An optional plain text of at most `limit` characters."""
    return Field(Text(limit, PLAIN))


def must_plain(limit: int) -> Field:
    """A required plain text of at most `limit` characters."""
    return Field(Text(limit, PLAIN), required=True)
