"""Mistakes in the file as lines for people: where it is, which key, what is wrong, what to do."""

import difflib
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import Tag, ValidationError
from pydantic_core import ErrorDetails

from config.section import MISPLACED, Section
from config.tree import Complaint, Path, Tree

_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be a text",
    "list_type": "must be a list",
    "dict_type": "must have keys and values",
    "model_type": "must have keys and values",
    "model_attributes_type": "must have keys and values",
    "too_short": "must not be empty",
}


def complaints(error: ValidationError, tree: Tree, root: type[Section]) -> list[Complaint]:
    """Turn every error of a validation into a complaint at its line."""
    details = error.errors(include_url=False, include_input=False)
    return [_complaint(detail, tree, root) for detail in details]


def printed(name: str, found: Complaint) -> str:
    """Return `file:line: key.path: what is wrong`."""
    path = f"{dotted(found.path)}: " if found.path else ""
    return f"{name}:{found.line}: {path}{found.text}"


def dotted(path: Path) -> str:
    """Return a path as people write it: `targets.dc1.controllers[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_shown(part)}"
    return text.removeprefix(".")


def _shown(key: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in key[:60])


def _complaint(detail: ErrorDetails, tree: Tree, root: type[Section]) -> Complaint:
    kind, text = detail["type"], detail["msg"]
    path, sections = _written(detail, root)
    if kind == "extra_forbidden":
        text = _unknown(str(path[-1]), sections[-1])
    elif kind == MISPLACED:
        path += tuple(part for part in str(detail["ctx"]["key"]).split(".") if part)
    return Complaint(tree.line(path), path, _SENTENCES.get(kind, text))


def _unknown(key: str, section: type[Section]) -> str:
    if key in section.refused:
        return section.refused[key]
    close = difflib.get_close_matches(key, section.model_fields, n=1)
    guess = f"did you mean {close[0]}?" if close else f"known: {', '.join(section.model_fields)}"
    return f"unknown key ({guess})"


def _written(detail: ErrorDetails, root: type[Section]) -> tuple[Path, list[type[Section]]]:
    """Return the place of an error as the file has it, and the sections on the way to it.

    Besides keys and list places, pydantic's own place names which kind of section it has chosen,
    and, in the end, `[key]` where a key itself is wrong.
    """
    place: Any = root
    path: Path = ()
    sections: list[type[Section]] = []
    for part in detail["loc"]:
        place = _bare(place)
        if get_origin(place) in {UnionType, Union}:
            place = _chosen(place, part)
            continue
        if isinstance(place, type) and issubclass(place, Section):
            sections.append(place)
            field = place.model_fields.get(str(part))
            place = field.annotation if field else None
        elif get_args(place):
            place = get_args(place)[-1]
        else:
            continue
        path += (part,)
    return path, sections


def _bare(annotation: Any) -> Any:
    """Strip `Annotated` and `None` from a type."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    members = [each for each in get_args(annotation) if each is not NoneType]
    if get_origin(annotation) in {UnionType, Union} and len(members) == 1:
        return _bare(members[0])
    return annotation


def _chosen(union: Any, tag: str | int) -> Any:
    """Return the member of a union that has this tag."""
    tagged = {
        note.tag: member
        for member in get_args(union)
        for note in get_args(member)[1:]
        if isinstance(note, Tag)
    }
    return tagged.get(str(tag))
