"""Values of the domain go into JSON and come back as they were, and what was kept is still read."""

import json
from typing import get_args

import pytest

from bot.domain import events as e
from bot.domain.intents import AnswerIntent
from bot.domain.machine import evolve
from bot.domain.plan import GuidedTerms, digest
from bot.domain.request import Choice, Entry, Question, Request, State
from bot.domain.values import Component
from bot.store.documents import (
    action_of,
    event_from_json,
    event_to_json,
    intent_from_json,
    intent_to_json,
    question_from_json,
    question_to_json,
    request_from_json,
    request_to_json,
)
from tests.builders import (
    BEN,
    NOON,
    QUESTION_PLACE,
    REQUEST_ID,
    a_field,
    a_form_question,
    a_guided_plan,
    a_question,
    a_request,
    the_short_digest,
)
from tests.domain.samples import SAMPLES

PLAN = a_guided_plan(guided=GuidedTerms(Component.GLOBAL, ("CM_CHECK", "„odd“ 🚫")))
ASKED = a_form_question(a_field(), a_field(0, key="empty"))
ENTRIES = (Entry(a_field().key, ("a", "b")), Entry("empty", ()))
ANSWERED = e.QuestionAnswered(
    ASKED.key, Choice.CONTINUE, "Fill in", BEN, ENTRIES, ("Fabric nodes: a, b",)
)
MORE = (
    e.PlanReady(PLAN, digest(PLAN), (), NOON, warnings=("Is this the one in production?",)),
    e.QuestionAsked(ASKED),
    ANSWERED,
)


def through_json(values: object) -> object:
    """What a database gives back."""
    return json.loads(json.dumps(values))


@pytest.mark.parametrize("event", [*SAMPLES, *MORE], ids=lambda event: type(event).__name__)
def test_every_event_comes_back(event: e.Event) -> None:
    """Forms, progress and listed backups too."""
    values = through_json(event_to_json(event))

    assert isinstance(values, dict)
    assert event_from_json(action_of(type(event)), values) == event


def test_every_kind_of_event_is_tried() -> None:
    """Also those of tomorrow."""
    assert {type(event) for event in (*SAMPLES, *MORE)} == set(get_args(e.Event))


def running() -> Request:
    """A guided restore that has answered a form, and is asked to pause."""
    request = a_request(State.RUNNING, plan=PLAN, digest=digest(PLAN))
    for event in (
        e.QuestionAsked(ASKED),
        ANSWERED,
        e.ProgressNoted("It came to step 5.", "step 5 of 11", suspendable=True, mark="5R"),
        e.SuspendAsked(BEN),
    ):
        request = evolve(request, event, NOON)
    return request


@pytest.mark.parametrize(
    "request_", [running(), a_request(State.AWAITING_OPERATOR, question=ASKED)]
)
def test_a_request_comes_back_with_what_was_filled_in(request_: Request) -> None:
    """Progress, entries, who wants to suspend it, and the open question with its fields."""
    values = through_json(request_to_json(request_))

    assert isinstance(values, dict)
    assert request_from_json(values) == request_


@pytest.mark.parametrize("question", [ASKED, a_question()])
@pytest.mark.parametrize("answer", [None, ANSWERED])
def test_a_question_comes_back_with_its_answer(
    question: Question, answer: e.QuestionAnswered | None
) -> None:
    """As its message is drawn again from it."""
    values = through_json(question_to_json(question, answer))

    assert isinstance(values, dict)
    assert question_from_json(values) == (question, answer)


def test_an_answer_that_was_stored_without_a_form_is_still_read() -> None:
    """An intent of before there were forms waits in the inbox over an upgrade."""
    intent = AnswerIntent(BEN, QUESTION_PLACE, REQUEST_ID, the_short_digest(), Choice.RETRY)
    values = intent_to_json(intent)
    for name in ("entries", "question"):
        del values[name]

    assert intent_from_json(values) == intent


def test_a_plan_that_was_stored_without_warnings_is_still_read() -> None:
    """A request of before there were any waits for its approvals over an upgrade."""
    ready = e.PlanReady(PLAN, digest(PLAN), (), NOON)
    event, request = event_to_json(ready), request_to_json(running())
    for values in (event, request):
        del values["warnings"]

    assert event_from_json("plan_ready", event) == ready
    assert request_from_json(request) == running()


def test_progress_that_was_stored_without_a_mark_is_still_read() -> None:
    """A restore of before what it told was counted is followed on, over an upgrade."""
    values = request_to_json(running())
    for name in ("mark", "changes"):
        del values["progress"][name]

    read = request_from_json(values)
    assert read.progress is not None
    assert (read.progress.detail, read.progress.changes) == ("step 5 of 11", 0)
