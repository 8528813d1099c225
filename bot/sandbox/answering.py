"""How people answer a question: by one of its buttons, and what they choose in its form."""

from collections.abc import Callable
from typing import Final, TypeAlias

from bot.blocks.actions import PROMPTING
from bot.domain.request import Choice
from bot.sandbox.slack import Message, View

ANSWERS: Final = frozenset(str(choice) for choice in Choice)
"""The buttons of questions, by their `action_id`."""

Choose: TypeAlias = Callable[[str], bool]
"""An option's label in; whether it is chosen, out."""


def none_of_it(_label: str) -> bool:
    """Choose nothing, which is an answer too."""
    return False


def all_of_it(_label: str) -> bool:
    """Choose everything."""
    return True


def opens_form(question: Message, button: str) -> bool:
    """Whether this button of a question opens a form, instead of answering at once."""
    return any(
        block == PROMPTING and element["action_id"] == button
        for block, element in question.controls()
    )


def values_of(view: View, choose: Choose) -> dict[str, list[str]]:
    """Return what somebody who chooses so enters in a form, by `block_id`."""
    return {
        block["block_id"]: [
            option["value"]
            for option in block["element"]["options"]
            if choose(option["text"]["text"])
        ]
        for block in view.blocks
        if block["type"] == "input"
    }
