"""The ids and values of buttons and forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.actions import Button, Field, block_id, parse_value, value
from bot.domain.intents import Verb
from bot.domain.request import Choice, State
from tests.builders import REQUEST_ID, a_request, the_short_digest


def test_a_value_names_the_request_and_the_plan() -> None:
    """The id and the short code, nothing else."""
    assert value(a_request()) == "R-7QK2M9:4A0D-3C42"


def test_a_value_is_read_back() -> None:
    """What `value` writes, `parse_value` reads."""
    assert parse_value(value(a_request())) == (REQUEST_ID, the_short_digest())
    assert parse_value(value(a_request(State.PLANNING))) == (REQUEST_ID, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R-7QK2M9",
        "R-7QK2M9:",
        "R-7QK2M9:2e22-911b",
        "R-7QK2M9:2E22-911B\n",
        "R-7QK2M0:-",
        " R-7QK2M9:-",
        "R-7QK2M9:-:-",
    ],
)
def test_anything_else_is_not_a_value(text: str) -> None:
    """Exactly the form that was written, or nothing."""
    assert parse_value(text) is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever comes in a value, it is a value or it is `None`."""
    parsed = parse_value(text)

    assert parsed is None or f"{parsed[0]}:{parsed[1] or '-'}" == text


def test_the_buttons_cover_every_verb_and_every_choice() -> None:
    """What a press can mean is named by the button's id."""
    assert {*Verb, *Choice} <= {str(button) for button in Button}


def test_fields_that_depend_on_the_target_are_other_fields_for_another_target() -> None:
    """Slack keeps what was chosen under the same ids; a backup must not move to another target."""
    assert block_id(Field.BACKUP, "dc1") != block_id(Field.BACKUP, "dc2")
    assert block_id(Field.SCOPE, None) == "scope:-"
    assert block_id(Field.REASON, "dc1") == block_id(Field.REASON, "dc2") == "reason"
