"""One thing that can be set on the control panel: how it is drawn, read and set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.sandbox.slack.json_types import Json

HOUR: Final = 3600.0
"""The longest that a number of seconds can be set to."""

Setting: TypeAlias = str | bool | int | float | None
Put: TypeAlias = Callable[[Setting], None]


@dataclass(frozen=True, slots=True)
class Knob:
    """One fault: how it is drawn, how it is read, and how it is set."""

    key: str
    group: str
    label: str
    help: str
    type: Literal["switch", "number", "choice"]
    get: Callable[[], Setting]
    put: Put
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    least: float = 0.0
    most: float = 0.0

    def as_json(self) -> Json:
        """The fault with its value now."""
        shown: Json = {
            "key": self.key,
            "group": self.group,
            "label": self.label,
            "help": self.help,
            "type": self.type,
            "value": self.get(),
        }
        if self.type == "choice":
            shown["choices"] = [{"value": value, "label": label} for value, label in self.choices]
        if self.type == "number":
            shown |= {"unit": self.unit, "min": self.least, "max": self.most}
        return shown

    def set(self, value: Setting) -> None:
        """Set the fault. Raises `ValueError` with a sentence for what it does not take."""
        match self.type:
            case "switch":
                is_right = isinstance(value, bool)
            case "choice":
                is_right = value in {known for known, _ in self.choices}
            case "number":
                is_right = self._is_in_range(value)
        if not is_right:
            raise ValueError(f"{self.label}: {self._takes()}")
        self.put(value)

    def _is_in_range(self, value: Setting) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.least <= value <= self.most

    def _takes(self) -> str:
        match self.type:
            case "switch":
                return "it is either on or off."
            case "choice":
                return f"one of {', '.join(value for value, _ in self.choices)}."
            case "number":
                return f"a number from {self.least:g} to {self.most:g}."


def number(value: Setting) -> float:
    """Return a setting that is known to be a number. Raises `ValueError`."""
    if value is None:
        raise ValueError("a number is wanted")
    return float(value)


@dataclass(frozen=True, slots=True)
class Group:
    """Makes knobs that are drawn together, under this name."""

    name: str

    def seconds(
        self, key: str, label: str, told: str, *, get: Callable[[], float], put: Put
    ) -> Knob:
        """Return a length of time in the manager's own seconds, from none to an hour."""
        return Knob(key, self.name, label, told, "number", get, put, unit="s", most=HOUR)

    def switch(self, key: str, label: str, told: str, *, get: Callable[[], bool], put: Put) -> Knob:
        """Return something that is either on or off."""
        return Knob(key, self.name, label, told, "switch", get, put)

    def choice(
        self,
        key: str,
        label: str,
        told: str,
        *,
        get: Callable[[], str],
        put: Put,
        choices: Mapping[str, str],
    ) -> Knob:
        """Return one of several, each with the words that people read."""
        given = tuple(choices.items())
        return Knob(key, self.name, label, told, "choice", get, put, choices=given)
