"""A question: who can answer it, with which buttons, and how it looks afterwards."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import limits
from bot.blocks.actions import PROMPTING
from bot.blocks.message import simpler
from bot.blocks.question import answered, asked_again, question
from bot.blocks.text import escape
from bot.domain.events import QuestionAnswered
from bot.domain.request import Choice, Field, Offer, Option, Question, State
from bot.domain.shortening import QUESTION_ROOM, within
from bot.sandbox.slack.block_check import message_blocks
from tests.blocks.reading import buttons, shown
from tests.blocks.scenes import CHOSEN, FILLED, SCENES, UNKNOWN
from tests.builders import ANA, BEN, CHI, a_field, a_form_question, a_question

REQUEST = SCENES["awaiting_operator"].request


def test_those_who_know_the_restore_are_called() -> None:
    """The requester and the leads who approved."""
    text = question(REQUEST, a_question()).text

    assert text.startswith(f"<@{ANA}>, <@{BEN}>, <@{CHI}>: this restore of *dc1-nsxt* needs you.")


def test_where_only_a_lead_can_answer_the_leads_alone_are_called() -> None:
    """Whoever asked cannot help there, and any lead can."""
    reserved = a_question(offers=(Offer(Choice.GIVE_UP, "Give up", lead_only=True),))

    text = question(REQUEST, reserved).text

    assert text.startswith(f"<@{BEN}>, <@{CHI}>: this restore of *dc1-nsxt* needs you.")
    assert "Only a lead can answer, and any lead can." in text


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
        ((Offer(Choice.RETRY, "Go", lead_only=True),), "Only a lead can answer, and any lead can."),
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


# -- questions with a form ----------------------------------------------------------------------

GUIDED = SCENES["awaiting_operator-guided"].request


def rows(asked: Question) -> list[tuple[str, list[str]]]:
    """The rows of buttons: the id of each where it means something, and its action ids."""
    return [
        (
            block["block_id"] if block["block_id"] == PROMPTING else "",
            [one["action_id"] for one in block["elements"]],
        )
        for block in question(GUIDED, asked).blocks
        if block["type"] == "actions"
    ]


def test_the_button_that_opens_the_form_stands_in_a_row_of_its_own() -> None:
    """Its row says that it opens a form; the others answer at once."""
    assert rows(a_form_question()) == [
        ("answer_prompt", ["continue"]),
        ("", ["continue_without", "cancel_restore"]),
    ]


def test_a_question_that_only_opens_a_form_has_one_row() -> None:
    """No row is empty: Slack would refuse it."""
    only = Offer(Choice.CONTINUE, "Fill in", fills=True)

    assert rows(a_form_question(offers=(only,))) == [("answer_prompt", ["continue"])]


def test_a_form_without_fields_is_an_ordinary_button() -> None:
    """There is nothing to fill in, so pressing it is the answer."""
    asked = replace(a_form_question(), fields=())

    assert rows(asked) == [("", ["continue", "continue_without", "cancel_restore"])]


def test_the_row_keeps_its_id_where_slack_takes_less_of_the_message() -> None:
    """Cut down to its words, the question still opens its form."""
    short, _ = simpler(question(GUIDED, a_form_question()))

    assert short.blocks[1]["block_id"] == PROMPTING
    assert message_blocks(list(short.blocks))


def test_cancel_says_that_nothing_is_rolled_back() -> None:
    """The appliance stays half restored; whoever confirms has been told."""
    cancel = buttons(question(GUIDED, a_form_question()).blocks)[-1]

    assert cancel["style"] == "danger"
    assert cancel["confirm"]["text"]["text"] == (
        "Cancel does not roll back: the appliance stays half restored and must be redeployed "
        "before dc1-nsxt can be restored again."
    )


def test_continue_without_names_what_is_passed_over_before_it_counts() -> None:
    """It cannot be taken back, and decides what is restored."""
    skip = buttons(question(GUIDED, a_form_question()).blocks)[1]

    assert skip["action_id"] == "continue_without"
    assert "style" not in skip
    assert skip["confirm"]["text"]["text"] == (
        "None of these is answered as seen to: esx-01, esx-02, esx-03. It cannot be taken back."
    )


@pytest.mark.parametrize("label", ["n", "node <&> " * 8, "x" * 400])
def test_what_the_dialog_has_no_room_for_is_counted(label: str) -> None:
    """Slack takes 300 characters of it."""
    options = tuple(Option(str(n), f"{label}{n}") for n in range(500))

    pressed = buttons(question(GUIDED, a_form_question(a_field(options=options))).blocks)

    text = pressed[1]["confirm"]["text"]["text"]
    assert len(text) <= limits.CONFIRM_TEXT
    named = re.fullmatch(r"None of these .*: (.*) and (\d+) more. It cannot be taken back.", text)
    assert named
    assert named[1].startswith(label[:50].strip())
    assert len(named[1].split(", ")) + int(named[2]) == 500


def test_one_name_that_is_too_long_is_not_counted() -> None:
    """It is cut."""
    alone = a_field(options=(Option("x", "x" * 400),))

    pressed = buttons(question(GUIDED, a_form_question(alone)).blocks)

    assert re.search(r": x+… \(\d+ more characters\)\. It", pressed[1]["confirm"]["text"]["text"])


@pytest.mark.parametrize("fields", [(), (a_field(0),)])
def test_where_nothing_is_passed_over_nothing_is_asked_again(fields: tuple[Field, ...]) -> None:
    """A dialog without a reason teaches people to click it away."""
    asked = replace(a_form_question(), fields=fields)

    assert "confirm" not in buttons(question(GUIDED, asked).blocks)[1]


def test_both_ways_to_try_again_are_plain_buttons() -> None:
    """Neither is the way that leads on, and neither ends anything."""
    choices = (Choice.RETRY, Choice.RETRY_UPDATED)
    asked = a_question(offers=tuple(Offer(choice, str(choice)) for choice in choices))

    pressed = buttons(question(GUIDED, asked).blocks)

    assert [one["action_id"] for one in pressed] == ["retry", "retry_updated"]
    assert not any({"style", "confirm"} & set(one) for one in pressed)


def test_what_can_be_chosen_is_told_with_its_details() -> None:
    """Whoever has to choose can find out before the form is open."""
    told = shown(question(GUIDED, a_form_question()).blocks)

    assert "*Fabric nodes*: 3 to choose from\n• esx-01 (192.0.2.1)\n• esx-02" in told


@pytest.mark.parametrize("count", [0, 1, 10, 50, 400, 5000])
def test_every_option_is_told_or_counted(count: int) -> None:
    """Nothing is left out without a word."""
    told = shown(question(GUIDED, a_form_question(a_field(count))).blocks)

    shown_here = told.count("• ")
    counted = re.search(r"and (\d+) more in the form", told)
    assert shown_here + (int(counted[1]) if counted else 0) == count
    assert ("nothing to choose from" in told) is (count == 0)


def test_an_option_without_a_detail_or_a_name_is_told_as_far_as_it_goes() -> None:
    """A node that nobody named is known by its id."""
    options = (Option("9de16031", "", ""), Option("x", "esx-07", " "))
    told = shown(question(GUIDED, a_form_question(a_field(options=options))).blocks)

    assert "• 9de16031\n• esx-07\n" in told


def test_fields_for_which_there_is_no_room_are_counted() -> None:
    """However many instructions the manager has."""
    fields = tuple(a_field(40, key=str(n), label=f"Instruction {n}") for n in range(300))
    told = shown(question(GUIDED, a_form_question(*fields)).blocks)

    counted = re.search(r"\nand (\d+) more choices in the form\n", told)
    assert counted
    assert told.count("*Instruction ") + int(counted[1]) == 300

    told = shown(question(GUIDED, a_form_question(a_field(5, label="x" * 500))).blocks)
    assert f"*{'x' * 100}" in told


def test_a_form_that_was_filled_in_tells_what_was_chosen_and_what_was_not() -> None:
    """Whoever comes late sees what was passed over; what was chosen stands first."""
    told = shown(answered(FILLED, CHOSEN, State.RUNNING).blocks)

    assert "*Fill in and continue*\n\n*Fabric nodes*: none of 3 chosen\n• not chosen: esx-" in told
    assert (
        "\n*Other &lt;nodes&gt;*: 2 of 12 chosen\n• chosen: esx-01 (192.0.2.1)\n"
        "• chosen: esx-02 (192.0.2.2)\n• not chosen: esx-03 (192.0.2.3)\n"
    ) in told
    assert told.count("• ") == 15


def test_going_on_without_leaves_everything_as_not_chosen() -> None:
    """It is an answer to every field, although no form was sent."""
    skipped = QuestionAnswered("k", Choice.SKIP, "Continue without", BEN)

    told = shown(answered(a_form_question(), skipped, State.RUNNING).blocks)

    assert "*Fabric nodes*: none of 3 chosen\n• not chosen: esx-01 (192.0.2.1)\n" in told


@pytest.mark.parametrize(
    "answer", [None, QuestionAnswered("k", Choice.CANCEL, "Cancel the restore", BEN)]
)
def test_an_answer_that_chooses_nothing_leaves_what_was_offered(
    answer: QuestionAnswered | None,
) -> None:
    """Nobody is told that something was not chosen where nobody was choosing."""
    told = shown(answered(a_form_question(), answer, State.FAILED).blocks)

    assert "*Fabric nodes*: 3 offered\n• esx-01 (192.0.2.1)\n" in told
    assert "chosen" not in told.split("*Fabric nodes*")[1]


@pytest.mark.parametrize("count", [0, 1, 50, 400, 5000])
def test_every_option_of_a_closed_question_is_told_or_counted(count: int) -> None:
    """Within what Slack takes."""
    skipped = QuestionAnswered("k", Choice.SKIP, "Continue without", BEN)
    message = answered(a_form_question(a_field(count)), skipped, State.RUNNING)
    told = shown(message.blocks)

    counted = re.search(r"and (\d+) more not shown here", told)
    assert told.count("• ") + (int(counted[1]) if counted else 0) == count
    assert len(json.dumps(message.blocks, ensure_ascii=False)) <= limits.BLOCKS_JSON


# -- long questions -----------------------------------------------------------------------------

LONG = st.lists(
    st.sampled_from(["word " * 9, "END. ", "\n", "x" * 900, "&" * 50, "<", '"' * 50, "長", "\\"]),
    min_size=40,
    max_size=200,
).map(lambda words: within("".join(words), QUESTION_ROOM).rpartition("… (")[0] or "".join(words))
EVERY_OFFER = (
    Offer(Choice.CONTINUE, "Choose and continue", lead_only=True, fills=True),
    Offer(Choice.SKIP, "Continue without", lead_only=True),
    Offer(Choice.RETRY, "Look again", lead_only=True),
    Offer(Choice.CANCEL, "Cancel the restore", lead_only=True),
    Offer(Choice.GIVE_UP, "Give up", lead_only=True),
)


def without_breaks(text: str) -> str:
    """The words alone: where a paragraph ends does not matter."""
    return "".join(text.split())


@given(LONG, st.integers(0, 40))
def test_a_long_question_is_laid_over_as_many_paragraphs_as_it_takes(
    text: str, fields: int
) -> None:
    """Nothing that somebody answers for is unseen, with every button and any number of fields."""
    target = replace(GUIDED.wish, target="x" * 40)
    offered = tuple(a_field(40, key=str(n)) for n in range(fields))
    asked = replace(a_form_question(*offered), text=text, offers=EVERY_OFFER, fields=offered)

    for message in (
        question(replace(GUIDED, wish=target), asked, "Reminder 12. "),
        answered(asked, QuestionAnswered("k", Choice.SKIP, "Continue without", BEN), State.RUNNING),
        asked_again(asked),
    ):
        assert without_breaks(escape(text)) in without_breaks(shown(message.blocks))
        assert message_blocks(list(message.blocks))
        assert len(json.dumps(message.blocks, ensure_ascii=False)) <= limits.BLOCKS_JSON


def test_what_a_question_cannot_hold_is_counted() -> None:
    """As where a single word is longer than its message."""
    told = shown(question(REQUEST, a_question(text="x" * 20_000)).blocks)

    counted = re.search(r"… \((\d+) more characters\)", told)
    assert counted
    assert told.count("x") > QUESTION_ROOM - 100
    assert int(counted[1]) < 20_000 - QUESTION_ROOM + 100
