"""What the engine may write down: JSON, and nothing else.

Values of the runbooks become JSON here and come back as the same values. An exception is kept as
its class name alone, since its text could hold anything; any other type is refused.
"""

import json
from typing import Any, Final

from dbos import Serializer
from pydantic import TypeAdapter

from bot.runbooks.actions import End
from bot.runbooks.observations import Observation

_OBSERVATION: TypeAdapter[Observation | None] = TypeAdapter(Observation | None)
_END: TypeAdapter[End] = TypeAdapter(End)

Json = dict[str, Any] | None

ENDED: Final[Json] = {"type": "Ended"}
"""Stands instead of an observation where a run's request has ended by another hand."""


def observed(observation: Observation | None) -> Json:
    """Return an observation as JSON values, with its type."""
    if observation is None:
        return None
    values = _OBSERVATION.dump_python(observation, mode="json")
    return {"type": type(observation).__name__, "values": values}


def observation(values: Json) -> Observation | None:
    """Read an observation back. Raises `KeyError` or `ValidationError` for anything else."""
    if values is None:
        return None
    return _READERS[values["type"]].validate_python(values["values"])


_READERS: dict[str, TypeAdapter[Observation]] = {
    kind.__name__: TypeAdapter(kind) for kind in Observation.__args__
}


class JsonOnly(Serializer):
    """The journal's format. Its name is stored beside each row: never rename it."""

    def name(self) -> str:
        """Return the name that marks this format in the journal."""
        return "nsx_restore_json"

    def serialize(self, data: Any) -> str:
        """Return JSON; raises `TypeError` for what is not made of JSON values."""
        return json.dumps(_plain(data), separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        """Return what was serialized; an exception comes back as a `RuntimeError`."""
        return _revived(json.loads(serialized_data))


_ERROR = "__error__"


def _plain(data: Any) -> Any:
    match data:
        case None | bool() | int() | float() | str():
            return data
        case BaseException():
            return {_ERROR: type(data).__name__}
        case list() | tuple():
            return [_plain(entry) for entry in data]
        case dict():
            return {str(key): _plain(value) for key, value in data.items()}
        case _:
            raise TypeError(f"{type(data).__name__} does not belong in the journal")


def _revived(data: Any) -> Any:
    match data:
        case {"__error__": str(name)}:
            return RuntimeError(name)
        case dict():
            return {key: _revived(value) for key, value in data.items()}
        case list():
            return [_revived(entry) for entry in data]
        case _:
            return data
