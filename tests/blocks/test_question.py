"""A question: who can answer it, with which buttons, and how it looks afterwards."""

from dataclasses import replace

import pytest

from bot.blocks.question import answered, question
from bot.domain.events import QuestionAnswered
from bot.domain.request import Choice, Offer, State
from bot.sandbox.slack.block_check import message_blocks
from tests.blocks.reading import buttons, shown
from tests.blocks.scenes import SCENES, UNKNOWN
from tests.builders import ANA, BEN, CHI, a_question

REQUEST = SCENES["awaiting_operator"].request


def test_those_who_know_the_restore_are_called() -> None:
    """The requester and the leads who approved."""
    text = question(REQUEST, a_question()).text

    assert text.startswith(f"<@{ANA}>, <@{BEN}>, <@{CHI}>: this restore of *dc1-nsxt* needs you.")


def test_every_offer_is_a_button_with_its_choice_as_id() -> None:
    """Continue leads on; giving up ends, so it asks once more."""
    pressed = buttons(question(REQUEST, a_question()).blocks)

    assert [(one["action_id"], one.get("style")) for one in pressed] == [
        ("continue", "primary"),
        ("give_up", "danger"),
    ]
    assert "Nothing is undone" in pressed[1]["confirm"]["text"]["text"]
    assert {one["value"] for one in pressed} == {f"R-7QK2M9:{REQUEST.short_digest}"}


def test_other_choices_are_plain_buttons() -> None:
    """Declining or trying again is neither the way on nor the end."""
    asked = a_question(offers=(Offer(Choice.RETRY, "Try again"), Offer(Choice.DECLINE, "No")))

    pressed = buttons(question(REQUEST, asked).blocks)

    assert [one["action_id"] for one in pressed] == ["retry", "decline"]
    assert all("style" not in one for one in pressed)


@pytest.mark.parametrize(
    ("offers", "sentence"),
    [
        ((Offer(Choice.RETRY, "Go"),), "The requester or any lead can answer."),
        ((Offer(Choice.RETRY, "Go", lead_only=True),), "Only a lead can answer."),
        (
            a_question().offers,
            "The requester or any lead can answer; only a lead can choose *Give up*.",
        ),
    ],
)
def test_who_can_answer_is_said(offers: tuple[Offer, ...], sentence: str) -> None:
    """Nobody has to press to find out."""
    assert sentence in question(REQUEST, a_question(offers=offers)).text


def test_an_unknown_outcome_says_so() -> None:
    """The words of the state stand in the question."""
    message = question(SCENES["awaiting_operator-outcome_unknown"].request, UNKNOWN)

    assert "Outcome unknown" in message.text
    assert "It waits at step 2 of 8, Restore the cluster backup." in message.text


def test_a_question_before_the_first_step_names_none() -> None:
    """Nothing is said about a step that nobody knows."""
    assert "It waits at" not in question(replace(REQUEST, progress=None), a_question()).text


def test_an_answered_question_has_no_buttons_and_names_who_chose_what() -> None:
    """Afterwards the message tells the decision."""
    answer = QuestionAnswered("restart-controllers", Choice.CONTINUE, "Continue", BEN)

    message = answered(a_question(), answer, State.RUNNING)

    assert buttons(message.blocks) == []
    assert "Answered by <@U0BEN>: *Continue*" in shown(message.blocks)
    assert message_blocks(list(message.blocks))


def test_a_question_whose_run_has_ended_says_that() -> None:
    """Nobody presses into the void."""
    message = answered(a_question(), None, State.FAILED)

    assert buttons(message.blocks) == []
    assert "No answer is needed any more: the request is *failed*." in message.text
