"""What follows from a command: the events of people, of time and of a run, or one refusal."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.plan import digest
from bot.domain.request import ACTIVE, TERMINAL, Choice, Progress, Request, State
from bot.domain.values import PersonId
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CHI,
    DEE,
    NOON,
    REQUEST_ID,
    a_denial,
    a_plan,
    a_question,
    a_request,
    a_rescission,
    a_stop,
    a_vote,
    a_withdrawal,
    an_answer,
    an_approval,
)
from tests.domain.samples import LATER, after, circumstances, judged, refusal

# -- people -------------------------------------------------------------------------------------


def test_the_first_vote_is_counted() -> None:
    """One of two: the request still waits."""
    decision = judged(a_request(), an_approval())

    assert decision.events == (e.ApprovalRecorded(a_vote(BEN, LATER), count=1),)


def test_the_second_vote_completes_the_approval() -> None:
    """The start is bounded by the policy's delay and patience."""
    decision = judged(a_request(votes=(a_vote(BEN),)), an_approval(CHI))

    start = LATER + timedelta(seconds=10)
    assert decision.events == (
        e.ApprovalRecorded(a_vote(CHI, LATER), count=2),
        e.ApprovalCompleted(start, start + timedelta(minutes=10)),
    )


def test_a_vote_is_a_persons_on_one_plan() -> None:
    """The vote names the human, the account used, and the full digest."""
    voted = after(a_request(), an_approval(BEN_TWO))

    assert voted.votes == (a_vote(BEN_TWO, LATER),)
    assert voted.votes[0].person == PersonId(BEN)


def test_a_denial_ends_the_request() -> None:
    """One no is enough, whatever was approved before."""
    denied = after(a_request(votes=(a_vote(BEN),)), a_denial(CHI, reason="not in the freeze"))

    assert denied.state is State.DENIED
    assert (denied.decided_by, denied.conclusion) == (CHI, ("not in the freeze",))


@pytest.mark.parametrize(("state", "left"), [(State.AWAITING_APPROVAL, 0), (State.APPROVED, 1)])
def test_a_vote_that_is_taken_back_no_longer_counts(state: State, left: int) -> None:
    """An approved request falls back and waits again."""
    request = a_request(state)
    request = request if request.votes else replace(request, votes=(a_vote(BEN),))

    decision = judged(request, a_rescission())

    # Leads get the full time for a new decision; before the approval the old limit stays.
    anew = LATER + timedelta(minutes=30) if state is State.APPROVED else None
    assert decision.events == (e.ApprovalRescinded(BEN, PersonId(BEN), left, anew),)
    reopened = after(request, a_rescission())
    assert reopened.state is State.AWAITING_APPROVAL
    assert reopened.expires_at == (anew or request.expires_at)


def test_whoever_took_the_vote_back_may_approve_again() -> None:
    """A person may change their mind twice."""
    request = after(a_request(votes=(a_vote(BEN),)), a_rescission())

    assert after(request, an_approval()).votes == (a_vote(BEN, LATER),)


def test_a_request_is_withdrawn_and_stopped_by_name() -> None:
    """The request keeps who ended it."""
    withdrawn = after(a_request(), a_withdrawal())
    stopped = after(a_request(State.APPROVED), a_stop(DEE))

    assert (withdrawn.state, withdrawn.decided_by) == (State.WITHDRAWN, ANA)
    assert (stopped.state, stopped.decided_by) == (State.CANCELED, DEE)


def test_an_answer_lets_the_run_go_on() -> None:
    """The event keeps the caption that was pressed."""
    request = a_request(State.AWAITING_OPERATOR)

    decision = judged(request, an_answer(BEN, Choice.GIVE_UP))

    assert decision.events == (
        e.QuestionAnswered("restart-controllers", Choice.GIVE_UP, "Give up", BEN),
    )
    assert after(request, an_answer()).state is State.RUNNING


def test_a_second_answer_comes_too_late() -> None:
    """Whoever presses second hears that somebody was faster."""
    answered = after(a_request(State.AWAITING_OPERATOR), an_answer())

    assert refusal(answered, an_answer(BEN)) == (
        f"{REQUEST_ID} has no open question; somebody answered already. "
        "See the newest message of the thread."
    )


# -- the bot's own commands ---------------------------------------------------------------------


def test_a_plan_opens_the_vote_for_the_time_of_the_policy() -> None:
    """The time for approvals starts when there is something to approve."""
    command = c.CompletePlan(a_plan(), digest(a_plan()), ("The manager is STABLE.",))

    opened = after(a_request(State.PLANNING), command)

    assert opened.expires_at == LATER + timedelta(minutes=30)
    assert judged(a_request(State.PLANNING), command).events == (
        e.PlanReady(a_plan(), digest(a_plan()), ("The manager is STABLE.",), opened.expires_at),
    )


def test_the_warnings_of_a_plan_are_kept_with_the_request() -> None:
    """The card is drawn from it, as often as it changes."""
    command = c.CompletePlan(a_plan(), digest(a_plan()), ("A note.",), ("Is this the one?",))

    assert after(a_request(State.PLANNING), command).warnings == ("Is this the one?",)


def test_the_run_tells_where_it_is() -> None:
    """Steps are counted from 1, as the plan counts them; the seconds are those since the step."""
    running = a_request(State.RUNNING)

    started = after(running, c.StartStep("stable"))
    decision = judged(started, c.CompleteStep("stable", "It is."), LATER + timedelta(seconds=30))

    assert started.progress == Progress("stable", 3, LATER)
    assert decision.events == (e.StepCompleted("stable", 3, "It is.", 30.0),)


def test_without_plan_or_progress_a_step_is_still_told() -> None:
    """Telling must never stop a restore."""
    bare = a_request(State.RUNNING, plan=None, progress=None)

    assert judged(bare, c.StartStep("stable")).events == (
        e.StepStarted(Progress("stable", 0, LATER)),
    )
    assert judged(bare, c.CompleteStep("stable", "It is.")).events == (
        e.StepCompleted("stable", 0, "It is.", 0.0),
    )


COMMANDS: list[tuple[c.BotCommand, e.Event, set[State]]] = [
    (
        c.FailPreflight(("no",)),
        e.PreflightFailed(("no",)),
        {State.PLANNING, State.APPROVED},
    ),
    (c.NoticeOutage("silent", LATER), e.OutageNoticed("silent", LATER), {State.RUNNING}),
    (c.Ask(a_question()), e.QuestionAsked(a_question()), {State.RUNNING}),
    (c.Succeed(("STABLE",)), e.RunSucceeded(("STABLE",)), {State.RUNNING}),
    (
        c.Fail("why", "what now"),
        e.RunFailed("why", "what now"),
        {State.RUNNING, State.AWAITING_OPERATOR},
    ),
]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("command", "event", "legal"), COMMANDS)
def test_what_the_bot_reports_is_judged_by_the_table_alone(
    command: c.BotCommand, event: e.Event, legal: set[State], state: State
) -> None:
    """In another state it is refused, with the name of what cannot happen there."""
    if state in legal:
        assert judged(a_request(state), command).events == (event,)
    else:
        assert refusal(a_request(state), command) == (
            f"{type(event).__name__} cannot happen while {REQUEST_ID} is {state.words}."
        )


def test_what_is_no_command_is_a_bug() -> None:
    """The union is closed."""
    with pytest.raises(AssertionError, match="unreachable"):
        decide(a_request(), cast("Any", "approve"), circumstances())


# -- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.PLANNING, State.AWAITING_APPROVAL])
def test_what_nobody_decides_expires(state: State) -> None:
    """At the moment itself, not a second before; a reminder never holds it up."""
    request = a_request(state, reminders=3)

    assert _time(request, request.expires_at - timedelta(seconds=1)) == ()
    assert _time(request, request.expires_at) == (e.RequestExpired(),)


def test_what_does_not_start_lapses() -> None:
    """An approval is not kept for later."""
    request = a_request(State.APPROVED)
    assert request.start_by is not None

    assert _time(request, request.start_by - timedelta(seconds=1)) == ()
    assert _time(request, request.start_by) == (e.ApprovalLapsed(),)
    assert _time(replace(request, start_by=None), NOON + timedelta(days=1)) == ()


@pytest.mark.parametrize("state", [State.RUNNING, *sorted(TERMINAL)])
def test_time_alone_never_ends_a_run_and_changes_no_end(state: State) -> None:
    """A restore is never cut off by a clock."""
    assert _time(a_request(state), NOON + timedelta(days=30)) == ()


def test_a_question_waits_as_long_as_it_takes() -> None:
    """A restore that waits for a person is reminded of, never ended."""
    asked = a_request(State.AWAITING_OPERATOR, reminders=3)

    assert _time(asked, NOON + timedelta(days=30)) == ()


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.AWAITING_OPERATOR])
def test_people_are_reminded_when_it_is_due(state: State) -> None:
    """At 2, 5 and 10 minutes, each once."""
    request = a_request(state)
    told = []
    for seconds in range(0, 900, 30):
        for event in _time(request, NOON + timedelta(seconds=seconds)):
            told.append((seconds, event))
            request = replace(request, reminders=len(told))

    assert told == [(120, e.Reminded(1)), (300, e.Reminded(2)), (600, e.Reminded(3))]


def test_after_a_pause_people_are_reminded_once() -> None:
    """A bot that was down for an hour does not send every reminder it missed."""
    asked = a_request(State.AWAITING_OPERATOR)
    at = NOON + timedelta(hours=1)

    assert _time(asked, at) == (e.Reminded(3),)
    assert _time(after(asked, c.Expire(), at), at) == ()


def test_a_policy_may_have_no_reminders() -> None:
    """An empty list means silence."""
    at = NOON + timedelta(minutes=29)

    assert judged(a_request(), c.Expire(), at, remind_after=()).events == ()


def test_every_active_state_is_moved_by_somebody() -> None:
    """No request hangs: time ends it, the bot moves it, or a person is asked."""
    moved = {State.PLANNING, State.AWAITING_APPROVAL, State.APPROVED}
    assert {s for s in ACTIVE if _time(a_request(s), NOON + timedelta(hours=2))} == {
        *moved,
        State.AWAITING_OPERATOR,
    }


def _time(request: Request, at: datetime) -> tuple[e.Event, ...]:
    decision = judged(request, c.Expire(), at)
    assert decision.accepted
    return decision.events
