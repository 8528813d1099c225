"""Mistakes in the file as lines for people: where it is, which key, what is wrong, what to do."""

import difflib
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.models import MISPLACED
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


def complaints(error: ValidationError, tree: Tree, root: type[BaseModel]) -> list[Complaint]:
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


def _complaint(detail: ErrorDetails, tree: Tree, root: type[BaseModel]) -> Complaint:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    match detail["type"]:
        case "extra_forbidden":
            text = f"unknown key{_suggestion(path, root)}"
        case kind if kind == MISPLACED:
            path += tuple(part for part in str(detail["ctx"]["key"]).split(".") if part)
            text = detail["msg"]
        case kind:
            text = _SENTENCES.get(kind, detail["msg"])
    return Complaint(tree.line(path), path, text)


def _suggestion(path: Path, root: type[BaseModel]) -> str:
    known = _section_at(path[:-1], root).model_fields
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(known)})"


def _section_at(path: Path, root: type[BaseModel]) -> type[BaseModel]:
    place: Any = root
    for part in path:
        if isinstance(place, type) and issubclass(place, BaseModel):
            place = _required(place.model_fields[str(part)].annotation)
        else:
            place = _required(get_args(place)[-1])
    section: type[BaseModel] = place
    return section


def _required(annotation: Any) -> Any:
    """Strip `None` and `Annotated` from a type."""
    if get_origin(annotation) in {Annotated, UnionType, Union}:
        return _required(get_args(annotation)[0])
    return annotation
