"""The sentences of a state."""

from dataclasses import replace
from typing import Any

import pytest

from bot.blocks import status
from tests.blocks.scenes import SCENES
from tests.builders import NOON

REQUEST = SCENES["running"].request


@pytest.mark.parametrize(
    "tell",
    [
        lambda state: status.status(replace(REQUEST, state=state), NOON),
        lambda state: status._ended(REQUEST, state),
    ],
)
def test_an_unknown_state_is_loud(tell: Any) -> None:
    """A new state without words is a bug that cannot be overlooked."""

    class Unknown:
        """A state of tomorrow."""

        words = "unknown"

    with pytest.raises(AssertionError):
        tell(Unknown())


def test_a_request_without_an_end_falls_back_to_its_last_change() -> None:
    """The moment that is shown is never made up."""
    assert status.ended_at(replace(REQUEST, ended_at=None)) == REQUEST.updated_at
