"""YAML as a tree of text with line numbers, so that every mistake can be pointed at.

Scalars stay text: whether `32` is a number or a name is for the field to say, not for YAML. So a
fingerprint of digits alone stays a fingerprint, and `no` stays a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import yaml

_QUOTED: Final = re.compile(r"(?P<sign>'(?:[,\]}]|<[a-z ]+>)')|'.*'|\".*\"", re.DOTALL)
"""What YAML quotes: a sign of its own, or something from the file."""

Path = tuple[str | int, ...]
"""The keys and list places (from 0) that lead to a value."""

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


class Mark(Protocol):
    """A place in a YAML text; `line` counts from 0."""

    @property
    def line(self) -> int:
        """The line."""
        ...


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong at a place of the file; `text` holds no value from it."""

    line: int
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A file's content: `values` as dictionaries, lists, texts and `None`; lines from 1."""

    values: Any
    lines: dict[Path, int]
    complaints: tuple[Complaint, ...]

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest thing around it that is there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


@dataclass(slots=True)
class _Growing:
    lines: dict[Path, int] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def value(self, node: yaml.Node | None, path: Path) -> Any:
        match node:
            case None:
                return None
            case yaml.MappingNode():
                return dict(self._entries(node, path))
            case yaml.SequenceNode():
                return [
                    self._noted(entry, entry, (*path, place))
                    for place, entry in enumerate(node.value)
                ]
            case yaml.ScalarNode() if node.style is None and node.value in _NULLS:
                return None
            case _:
                return node.value

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.complaints.append(Complaint(_line(key), path, "a key must be a single word"))
                continue
            inner = (*path, str(key.value))
            if key.value in seen:
                first = self.lines[inner]
                self.complaints.append(
                    Complaint(_line(key), inner, f"given twice, first in line {first}")
                )
                continue
            seen.add(key.value)
            yield str(key.value), self._noted(key, value, inner)

    def _noted(self, mark: yaml.Node, value: yaml.Node, path: Path) -> Any:
        self.lines[path] = _line(mark)
        return self.value(value, path)


def read_tree(text: str) -> Tree:
    """Read one YAML document; one that cannot be read has a complaint and no values."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                return _unreadable(
                    _from_one(event.start_mark), "anchors and aliases are not used here"
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        growing = _Growing()
        values = growing.value(root, ())
    except yaml.MarkedYAMLError as error:
        return _unreadable(_from_one(error.problem_mark), f"not readable as YAML: {_why(error)}")
    except yaml.reader.ReaderError:
        return _unreadable(1, "not readable as YAML: it has a character that YAML forbids")
    except RecursionError:
        return _unreadable(1, "not readable as YAML: it is nested too deeply")
    return Tree(values, growing.lines, tuple(growing.complaints))


def _why(error: yaml.MarkedYAMLError) -> str:
    """Return YAML's own words without what they quote: that may be a piece of a secret."""
    return _QUOTED.sub(lambda found: found["sign"] or "...", str(error.problem))


def _unreadable(line: int, text: str) -> Tree:
    return Tree(None, {}, (Complaint(line, (), text),))


def _line(node: yaml.Node) -> int:
    return _from_one(node.start_mark)


def _from_one(mark: Mark | None) -> int:
    """Return a mark's line as people count, from 1."""
    return 1 if mark is None else int(mark.line) + 1
