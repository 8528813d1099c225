"""The table is whole: every state and every event has its place, and nothing else can happen."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from bot.domain import events as e
from bot.domain.errors import IllegalEventError
from bot.domain.machine import TRANSITIONS, allows, evolve, next_state
from bot.domain.plan import digest
from bot.domain.request import ACTIVE, TERMINAL, Answered, Choice, Request, State
from bot.domain.values import PersonId
from tests.builders import ANA, BEN, CHI, NOON, a_planning_request, a_question, a_request, a_vote
from tests.domain.samples import LATER, OTHER_PLAN, SAMPLES, sample

EVENTS: tuple[type[e.Event], ...] = get_args(e.Event)
LEGAL = [(state, event) for state, row in TRANSITIONS.items() for event in row]
ILLEGAL = [(s, event) for s in State for event in EVENTS if event not in TRANSITIONS[s]]


def test_every_state_has_a_row() -> None:
    """Nobody can add a state without deciding what may happen in it."""
    assert set(TRANSITIONS) == set(State)


def test_every_event_is_used_and_has_a_sample() -> None:
    """An event that can never happen would be dead; each is tried below."""
    assert {event for _, event in LEGAL} == set(EVENTS)
    assert {type(event) for event in SAMPLES} == set(EVENTS)


@pytest.mark.parametrize(("state", "event"), LEGAL)
def test_a_legal_event_moves_the_request_as_the_table_says(
    state: State, event: type[e.Event]
) -> None:
    """`evolve` and `next_state` follow the table, and the request notes when it moved."""
    moved = evolve(a_request(state), sample(event), LATER)

    assert allows(state, event)
    assert moved.state is next_state(state, sample(event)) is TRANSITIONS[state][event]
    assert moved.updated_at == LATER
    assert moved.ended_at == (LATER if moved.state in TERMINAL else None)


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_an_illegal_event_raises_and_changes_nothing(state: State, event: type[e.Event]) -> None:
    """The error names the event and the state."""
    request = a_request(state)
    before = replace(request)

    with pytest.raises(
        IllegalEventError, match=f"^{event.__name__} cannot happen in state {state}$"
    ):
        evolve(request, sample(event), LATER)
    assert not allows(state, event)
    assert request == before


def test_every_state_can_be_reached_from_the_filing() -> None:
    """A state that no request can come to would be dead."""
    assert _reached(State.PLANNING) == set(State)


@pytest.mark.parametrize("state", sorted(ACTIVE))
def test_every_request_can_end(state: State) -> None:
    """From each active state some way leads to an end."""
    assert _reached(state) & TERMINAL


@pytest.mark.parametrize("state", sorted(ACTIVE - {State.RUNNING, State.AWAITING_OPERATOR}))
def test_time_alone_ends_what_has_not_started(state: State) -> None:
    """A request that nobody touches releases its target."""
    assert State.EXPIRED in TRANSITIONS[state].values()


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_nothing_follows_the_end(state: State) -> None:
    """An end is an end."""
    assert TRANSITIONS[state] == {}
    assert not a_request(state).is_active


def test_a_run_starts_only_from_approved() -> None:
    """There is one door to `running`, besides the answer to its own question."""
    doors = {(s, event) for s, event in LEGAL if TRANSITIONS[s][event] is State.RUNNING}

    assert {door for door in doors if door[0] is not State.RUNNING} == {
        (State.APPROVED, e.RunStarted),
        (State.AWAITING_OPERATOR, e.QuestionAnswered),
    }


def test_states_are_written_in_words() -> None:
    """People never read an underscore."""
    assert State.AWAITING_APPROVAL.words == "awaiting approval"


# -- what an event writes into the request ------------------------------------------------------


def test_the_filing_changes_nothing_but_the_time() -> None:
    """A filed request waits for its plan."""
    request = a_planning_request()

    assert evolve(request, sample(e.RequestFiled), LATER) == replace(request, updated_at=LATER)


def test_a_plan_opens_the_vote() -> None:
    """From now on people are waited for, until the time is over."""
    opened = evolve(a_request(State.PLANNING), sample(e.PlanReady), LATER)

    assert opened.digest == a_request().digest
    assert opened.plan == a_request().plan
    assert opened.expires_at == NOON + timedelta(minutes=30)
    assert opened.waiting_since == LATER


def test_a_changed_plan_voids_every_vote_and_the_start() -> None:
    """Nothing of the approval survives another plan."""
    reopened = evolve(a_request(State.APPROVED, reminders=2), sample(e.PlanChanged), LATER)

    assert reopened.votes == ()
    assert (reopened.start_after, reopened.start_by) == (None, None)
    assert (reopened.plan, reopened.digest) == (OTHER_PLAN, digest(OTHER_PLAN))
    assert reopened.expires_at == NOON + timedelta(hours=1)
    assert (reopened.waiting_since, reopened.reminders) == (LATER, 0)


@pytest.mark.parametrize("event", [e.ApprovalRescinded, e.VotesVoided])
def test_a_lost_vote_takes_the_start_back_and_keeps_the_others(event: type[e.Event]) -> None:
    """Only the vote that was lost is gone; people are asked anew."""
    reopened = evolve(a_request(State.APPROVED), sample(event), LATER)

    assert [vote.user for vote in reopened.votes] == [CHI]
    assert (reopened.start_after, reopened.start_by) == (None, None)
    assert (reopened.waiting_since, reopened.reminders) == (LATER, 0)


def test_votes_are_kept_in_order() -> None:
    """The card shows who approved first."""
    request = a_request()
    for user in (BEN, CHI):
        request = evolve(request, e.ApprovalRecorded(a_vote(user), 1), LATER)

    assert [vote.person for vote in request.votes] == [PersonId(BEN), PersonId(CHI)]


def test_the_last_vote_bounds_the_start() -> None:
    """An approved request knows when it may start, and until when."""
    approved = evolve(a_request(), sample(e.ApprovalCompleted), LATER)

    assert approved.start_after == NOON + timedelta(seconds=10)
    assert approved.start_by == NOON + timedelta(minutes=10)


def test_a_run_knows_when_it_started_and_where_it_is() -> None:
    """What the card shows of a running restore."""
    running = evolve(a_request(State.APPROVED), sample(e.RunStarted), LATER)
    stepped = evolve(running, sample(e.StepStarted), LATER)

    assert running.started_at == LATER
    assert stepped.progress is not None
    assert (stepped.progress.key, stepped.progress.number) == ("restore", 2)
    assert evolve(stepped, sample(e.StepCompleted), LATER) == stepped
    assert evolve(stepped, sample(e.OutageNoticed), LATER) == stepped


def test_a_question_and_its_answer_are_kept() -> None:
    """The answer is what the run reads; the question is gone."""
    asked = evolve(a_request(State.RUNNING, reminders=3), sample(e.QuestionAsked), LATER)
    answered = evolve(asked, sample(e.QuestionAnswered), LATER + timedelta(minutes=1))

    assert (asked.question, asked.waiting_since, asked.reminders) == (a_question(), LATER, 0)
    assert asked.answer("restart-controllers") is None
    assert answered.question is None
    assert answered.answer("restart-controllers") == Answered(
        "restart-controllers", Choice.CONTINUE, ANA, LATER + timedelta(minutes=1)
    )


def test_reminders_are_counted() -> None:
    """So that none is sent twice."""
    assert evolve(a_request(), e.Reminded(2), LATER).reminders == 2


@pytest.mark.parametrize(
    ("state", "event", "conclusion", "by"),
    [
        (State.AWAITING_APPROVAL, e.RequestDenied, ("not now",), BEN),
        (State.AWAITING_APPROVAL, e.RequestWithdrawn, (), ANA),
        (State.APPROVED, e.StartStopped, (), CHI),
        (State.PLANNING, e.PreflightFailed, ("The manager cannot be reached.",), None),
        (State.APPROVED, e.PreflightFailed, ("The manager cannot be reached.",), None),
        (
            State.AWAITING_APPROVAL,
            e.RequestExpired,
            ("Nobody completed the approval in time.",),
            None,
        ),
        (State.PLANNING, e.RequestExpired, ("The checks did not end in time.",), None),
        (
            State.APPROVED,
            e.ApprovalLapsed,
            ("The run did not begin in time after approval; the report tells more.",),
            None,
        ),
        (State.RUNNING, e.RunSucceeded, ("Management cluster: STABLE.",), None),
        (State.AWAITING_OPERATOR, e.RunFailed, ("The manager refused.", "Read its log."), None),
    ],
)
def test_every_end_says_why_and_by_whom(
    state: State, event: type[e.Event], conclusion: tuple[str, ...], by: str | None
) -> None:
    """The conclusion is what the last card shows; no question stays open."""
    ended = evolve(a_request(state), sample(event), LATER)

    assert (ended.conclusion, ended.decided_by) == (conclusion, by)
    assert ended.question is None


@pytest.mark.parametrize("kind", [e.PlanReady, e.PlanChanged, e.ApprovalRecorded])
def test_more_approvals_can_be_asked_for_meanwhile_never_fewer(
    kind: type[e.PlanReady | e.PlanChanged | e.ApprovalRecorded],
) -> None:
    """The card counts towards what the rules of now ask for; a milder rule comes too late."""
    states: dict[type[e.Event], State] = {
        e.PlanReady: State.PLANNING,
        e.PlanChanged: State.APPROVED,
    }
    request = a_request(states.get(kind, State.AWAITING_APPROVAL))

    three = evolve(request, replace(sample(kind), needed=3), LATER)

    assert three.approvals_needed == 3
    lenient = replace(request, approvals_needed=3)
    assert evolve(lenient, replace(sample(kind), needed=2), LATER).approvals_needed == 3


def test_without_a_plan_there_is_no_code_to_compare() -> None:
    """The short digest comes with the plan."""
    assert a_planning_request().short_digest is None
    assert a_request().short_digest is not None


def _reached(start: State) -> set[State]:
    seen: set[State] = set()
    todo = [start]
    while todo:
        state = todo.pop()
        if state not in seen:
            seen.add(state)
            todo.extend(TRANSITIONS[state].values())
    return seen


def test_a_request_is_never_changed_in_place() -> None:
    """Whoever holds an older one still sees what was true then."""
    request: Request = a_request()
    evolve(request, sample(e.ApprovalRecorded), LATER)

    assert request.votes == ()
