"""Answers with a form, and the wish that a running restore pauses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.answering import chosen, filled
from bot.domain.machine import evolve
from bot.domain.request import (
    Answered,
    Choice,
    Entry,
    Offer,
    Place,
    Progress,
    Question,
    Request,
    State,
)
from bot.domain.values import UserId
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHI,
    QUESTION_PLACE,
    REQUEST_ID,
    a_field,
    a_filled_answer,
    a_form_question,
    a_press,
    a_question,
    a_request,
    a_suspension,
    an_answer,
    an_option,
)
from tests.domain.people import EVE, NOT_A_LEAD, NOT_CURRENT, NOT_RECORDED, OTHER_MESSAGE, ended
from tests.domain.samples import LATER, after, judged, refusal

FIELD = a_field()
NONE = Entry(FIELD.key, ())
TWO = Entry(FIELD.key, (an_option(1).value, an_option(3).value))
EARLIER = (
    "This form belongs to an earlier question. Open the form of the newest message of the thread."
)


def asking(question: Question | None = None) -> Request:
    """A running restore that asks something with a form."""
    return a_request(State.AWAITING_OPERATOR, question=question or a_form_question())


# -- forms --------------------------------------------------------------------------------------


def test_a_form_that_was_filled_in_is_the_answer() -> None:
    """The event keeps what was chosen, by id and in words; the request keeps the ids."""
    decision = judged(asking(), a_filled_answer(TWO))

    assert decision.events == (
        e.QuestionAnswered(
            "follow:1",
            Choice.CONTINUE,
            "Fill in and continue",
            BEN,
            (TWO,),
            ("Fabric nodes: esx-01, esx-03",),
        ),
    )
    answered = after(asking(), a_filled_answer(TWO))
    assert answered.state is State.RUNNING
    assert answered.answer("follow:1") == Answered("follow:1", Choice.CONTINUE, BEN, LATER, (TWO,))


def test_choosing_none_is_an_answer() -> None:
    """It is told as such."""
    (event,) = judged(asking(), a_filled_answer(NONE)).events

    assert isinstance(event, e.QuestionAnswered)
    assert event.chosen == ("Fabric nodes: none",)


def test_an_answer_tells_what_comes_of_it_as_its_offer_says() -> None:
    """The line in the thread outlives the question."""
    looks = Offer(Choice.CONTINUE, "Look again", fills=True, follows="It is looked at again.")
    asked = asking(a_form_question(offers=(looks,)))

    (event,) = judged(asked, a_filled_answer(NONE)).events

    assert isinstance(event, e.QuestionAnswered)
    assert event.follows == "It is looked at again."


def test_the_form_of_another_question_is_refused() -> None:
    """However well it fits: the manager may ask the same again about something else."""
    assert refusal(asking(), a_filled_answer(NONE, question="follow:0")) == EARLIER


def test_a_form_that_was_answered_meanwhile_is_refused() -> None:
    """Somebody was faster."""
    answered = after(asking(), a_filled_answer(NONE, user=CHI))

    assert refusal(answered, a_filled_answer(NONE)) == (
        f"{REQUEST_ID} has no open question; somebody answered already. "
        "See the newest message of the thread."
    )


def test_a_form_of_a_request_that_has_ended_is_refused() -> None:
    """As everything is that comes too late."""
    assert refusal(a_request(State.FAILED), a_filled_answer(NONE)) == ended(State.FAILED)


def test_a_reminder_takes_nothing_from_who_fills_in_the_form() -> None:
    """It asks again in a newer message; the form was opened for the same question."""
    earlier = a_press(OTHER_MESSAGE)

    assert judged(asking(), a_filled_answer(NONE, press=earlier)).accepted
    assert judged(asking(), a_filled_answer(NONE, press=earlier), question=None).accepted
    assert refusal(asking(), an_answer(BEN, Choice.SKIP, earlier)) == NOT_CURRENT


def test_a_form_of_another_channel_counts_for_nothing() -> None:
    """It was not opened from a message of this request."""
    elsewhere = a_press(Place("C0ELSEWHERE", QUESTION_PLACE.ts))

    assert refusal(asking(), a_filled_answer(NONE, press=elsewhere)) == NOT_CURRENT


def test_a_button_of_a_question_that_is_not_recorded_yet_is_to_be_pressed_again() -> None:
    """A button names no question, so its message does."""
    assert refusal(asking(), an_answer(BEN, Choice.SKIP), question=None) == NOT_RECORDED


@pytest.mark.parametrize("user", [ANA, EVE])
def test_a_form_for_leads_is_sent_by_leads(user: UserId) -> None:
    """Whoever filled it in."""
    assert refusal(asking(), a_filled_answer(NONE, user=user)) == NOT_A_LEAD


def test_the_button_of_a_form_alone_is_no_answer() -> None:
    """Nothing was filled in."""
    assert refusal(asking(), an_answer(BEN)) == (
        "*Fill in and continue* opens a form; nothing was sent before it is filled in."
    )


def test_an_answer_without_a_form_takes_none() -> None:
    """What comes with it was meant for something else."""
    command = replace(a_filled_answer(TWO), choice=Choice.SKIP)

    assert refusal(asking(), command) == (
        "This answer has no form. Use the buttons of the newest message of the thread."
    )
    assert judged(asking(), replace(command, entries=())).accepted


def test_a_form_without_fields_is_a_button() -> None:
    """A manager that waits for nothing in particular is answered with a press."""
    bare = asking(replace(a_form_question(), fields=()))

    assert judged(bare, an_answer(BEN)).accepted


@pytest.mark.parametrize(
    "entries",
    [
        (Entry("other", ()),),
        (NONE, Entry("other", ())),
        (NONE, NONE),
        (Entry(FIELD.key, ("nobody",)),),
        (Entry(FIELD.key, (*TWO.values, "nobody")),),
    ],
)
def test_entries_that_are_not_those_of_the_question_are_refused(entries: tuple[Entry, ...]) -> None:
    """Each field once, only its options; nothing is left out or made to fit."""
    assert refusal(asking(), a_filled_answer(*entries)) == EARLIER


FIELDS = st.lists(st.integers(0, 6), min_size=1, max_size=4).map(
    lambda counts: tuple(a_field(count, key=str(n)) for n, count in enumerate(counts))
)
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.sampled_from("0123x"),
        st.lists(st.sampled_from([an_option(n).value for n in range(1, 8)]), max_size=4).map(tuple),
    ),
    max_size=5,
).map(tuple)


@given(FIELDS, ENTRIES)
def test_only_one_entry_for_each_field_with_its_own_options_is_an_answer(
    fields: tuple[Any, ...], entries: tuple[Entry, ...]
) -> None:
    """Judged apart from the rule: field by field, in plain lists."""
    request = asking(a_form_question(*fields))
    keys = sorted(entry.field for entry in entries)
    known = {field.key: [option.value for option in field.options] for field in fields}
    fits = keys == sorted(known) and all(
        value in known[entry.field] for entry in entries for value in entry.values
    )

    assert filled(request, Choice.CONTINUE, entries).holds is fits


@given(FIELDS, st.data())
def test_every_choice_is_told_in_words_field_by_field(
    fields: tuple[Any, ...], data: st.DataObject
) -> None:
    """One sentence for each field, with the labels of exactly what was chosen, in their order."""
    entries = tuple(
        Entry(
            field.key,
            tuple(data.draw(st.permutations([o.value for o in field.options]))[: data.draw(LESS)]),
        )
        for field in fields
    )

    told = chosen(a_form_question(*fields), entries)

    assert told == tuple(
        "Fabric nodes: "
        + (", ".join(o.label for o in field.options if o.value in entry.values) or "none")
        for field, entry in zip(fields, entries, strict=True)
    )


LESS = st.integers(0, 6)


def test_a_question_without_a_form_has_nothing_to_tell() -> None:
    """An answer by button chooses nothing besides."""
    assert chosen(a_question(), ()) == ()
    assert chosen(a_form_question(), ()) == ()
    assert filled(replace(asking(), question=None), Choice.CONTINUE, ()).holds


# -- suspend ------------------------------------------------------------------------------------


def running(*, suspendable: bool = True, **changes: Any) -> Request:
    """A restore whose manager offers to pause, unless told otherwise."""
    progress = Progress("restore", 2, LATER, "step 5 of 11", suspendable)
    return a_request(State.RUNNING, **{"progress": progress, **changes})


def test_a_lead_can_ask_a_running_restore_to_pause() -> None:
    """The request keeps who did, until a question shows that it waits."""
    assert judged(running(), a_suspension()).events == (e.SuspendAsked(BEN),)
    asked = after(running(), a_suspension())

    assert (asked.state, asked.suspend_asked_by) == (State.RUNNING, BEN)
    assert evolve(asked, e.QuestionAsked(a_question()), LATER).suspend_asked_by is None


def test_it_is_asked_once() -> None:
    """The manager needs its time, and hears it one time."""
    asked = after(running(), a_suspension())

    assert refusal(asked, a_suspension(CHI)) == (
        "This was asked for already; the manager ends its step first."
    )


@pytest.mark.parametrize(
    "request_",
    [
        running(suspendable=False),
        running(progress=None),
        a_request(State.APPROVED),
        a_request(State.AWAITING_OPERATOR, progress=running().progress),
    ],
)
def test_what_the_manager_does_not_offer_is_not_asked(request_: Request) -> None:
    """Not at this moment, and never outside a run."""
    assert refusal(request_, a_suspension()) == (
        "The manager does not offer to suspend its restore at this moment, so nothing was sent. "
        "See the newest message of the thread."
    )


def test_what_has_ended_cannot_pause() -> None:
    """It says how it ended."""
    assert refusal(a_request(State.FAILED), a_suspension()) == ended(State.FAILED)


def test_only_a_lead_suspends_and_only_on_the_card() -> None:
    """The requester is no lead; a copy of the card is not the card."""
    assert refusal(running(), a_suspension(ANA)) == NOT_A_LEAD
    assert refusal(running(), a_suspension(press=a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert judged(running(), a_suspension(press=a_press(CARD))).accepted


# -- progress -----------------------------------------------------------------------------------


def test_progress_belongs_to_the_step_that_is_under_way() -> None:
    """The next step begins without it; a note that comes before any step changes nothing."""
    noted = e.ProgressNoted("It came to step 5.", "step 5 of 11", suspendable=True)
    request = evolve(a_request(State.RUNNING), noted, LATER)
    assert request.progress is not None
    assert (request.progress.key, request.progress.detail) == ("restore", "step 5 of 11")
    assert request.progress.suspendable

    next_step = evolve(request, e.StepStarted(Progress("stable", 3, LATER)), LATER)
    assert next_step.progress == Progress("stable", 3, LATER)
    assert evolve(a_request(State.RUNNING, progress=None), noted, LATER).progress is None


def test_progress_counts_what_was_told_and_keeps_the_mark_of_what_was_news() -> None:
    """A sentence of the bot's own has no mark, and leaves that of the manager's last news."""
    news = c.NoteProgress("It came to step 5.", "step 5 of 11", suspendable=True, mark="5R")
    own = c.NoteProgress("Nobody was asked.", "step 5 of 11", suspendable=True)
    request = a_request(State.RUNNING)
    for command in (news, own):
        request = after(request, command)

    assert request.progress is not None
    assert (request.progress.mark, request.progress.changes) == ("5R", 2)


def test_a_run_notes_how_far_its_manager_has_come() -> None:
    """While it runs; a request that waits for a person does not come further."""
    command = c.NoteProgress("It came to step 5.", "step 5 of 11", suspendable=True)

    assert judged(a_request(State.RUNNING), command).events == (
        e.ProgressNoted("It came to step 5.", "step 5 of 11", suspendable=True),
    )
    assert refusal(a_request(State.AWAITING_OPERATOR), command)
