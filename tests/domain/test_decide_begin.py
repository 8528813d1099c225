"""The start of a run: everything is judged once more, and only the whole of it starts one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approval import is_running, sent_in_time
from bot.domain.plan import Plan, digest
from bot.domain.request import State
from bot.domain.standing import Finding, Standing, Unreadable
from bot.domain.values import PersonId, UserId
from tests.builders import (
    BEN,
    CHI,
    DEE,
    NOON,
    REQUEST_ID,
    a_plan,
    a_request,
    a_standing,
    a_vote,
    an_account,
)
from tests.domain.samples import OTHER_PLAN, after, judged, refusal

ANEW = NOON + timedelta(seconds=10, minutes=30)
"""People get the full time for another vote."""

READY = NOON + timedelta(seconds=10)
"""The start delay of the approved request is over."""


def begin(*voters: Standing, plan: Plan | None = None) -> c.Begin:
    """The command by which a run starts: the plan made anew, and every voter judged again."""
    seen = plan or a_plan()
    return c.Begin(seen, digest(seen), voters or (a_standing(BEN), a_standing(CHI)))


# -- begin --------------------------------------------------------------------------------------


def test_a_run_begins_when_all_still_holds() -> None:
    """Two leads besides the requester, the same plan, in time."""
    assert judged(a_request(State.APPROVED), begin(), READY).events == (e.RunStarted(),)


@pytest.mark.parametrize("state", [s for s in State if s is not State.APPROVED])
def test_a_run_begins_from_approved_alone(state: State) -> None:
    """Whatever the voters and the plan are."""
    assert refusal(a_request(state), begin(), READY) == (
        f"RunStarted cannot happen while {REQUEST_ID} is {state.words}."
    )


def test_a_run_never_begins_before_the_start_delay_is_over() -> None:
    """The Stop button keeps its promise, even if the checks belong to an earlier approval."""
    early = READY - timedelta(seconds=1)

    assert refusal(a_request(State.APPROVED), begin(), early) == (
        f"It is too early: {REQUEST_ID} can still be stopped."
    )
    unbounded = a_request(State.APPROVED, start_after=None)
    assert "too early" in refusal(unbounded, begin(), READY)


def test_a_run_never_begins_after_the_approval_lapsed() -> None:
    """Slow checks do not stretch the time; a late start is refused even where no sweep has run."""
    request = a_request(State.APPROVED)
    assert request.start_by is not None

    assert judged(request, begin(), request.start_by - timedelta(seconds=1)).accepted
    assert refusal(request, begin(), request.start_by) == (
        f"The approval of {REQUEST_ID} lapsed at 12:10 UTC. File it again."
    )


LOST = [
    pytest.param(a_standing(CHI, leads=frozenset({BEN, DEE})), "is_lead", id="no lead any more"),
    pytest.param(
        a_standing(CHI, account=an_account(CHI, deleted=True)), "full_member", id="deactivated"
    ),
    pytest.param(
        a_standing(CHI, account=an_account(CHI, is_restricted=True)), "full_member", id="a guest"
    ),
]


@pytest.mark.parametrize(("voter", "rule"), LOST)
def test_whoever_may_no_longer_decide_loses_the_vote(voter: Standing, rule: str) -> None:
    """The request falls back, and the event says whose vote was lost by which rule."""
    request = a_request(State.APPROVED)
    command = begin(a_standing(BEN), voter)

    assert judged(request, command, READY).events == (
        e.VotesVoided((PersonId(CHI),), (CHI,), (rule,), ANEW),
    )
    reopened = after(request, command, READY)
    assert reopened.state is State.AWAITING_APPROVAL
    assert [vote.user for vote in reopened.votes] == [BEN]
    assert reopened.expires_at == ANEW


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(a_standing(CHI, leads=Unreadable("timed out")), id="group"),
        pytest.param(a_standing(CHI, account=Unreadable("timed out")), id="account"),
    ],
)
def test_an_unreadable_voter_keeps_the_vote_and_starts_nothing(unknown: Standing) -> None:
    """Nobody lost anything, and nobody was judged: whoever calls, no run begins."""
    request = a_request(State.APPROVED)

    assert refusal(request, begin(a_standing(BEN), unknown), READY) == (
        f"1 of 2 approvals of {REQUEST_ID} are valid; it cannot start."
    )


def test_an_unreadable_voter_keeps_no_other_vote_alive() -> None:
    """What is known of the others counts at once."""
    unknown = a_standing(BEN, leads=Unreadable("timed out"))
    gone = a_standing(CHI, account=an_account(CHI, deleted=True))

    assert judged(a_request(State.APPROVED), begin(unknown, gone), READY).events == (
        e.VotesVoided((PersonId(CHI),), (CHI,), ("full_member",), ANEW),
    )


def test_the_first_rule_that_fails_is_told() -> None:
    """A deactivated person outside the group is told as deactivated."""
    gone = a_standing(CHI, account=an_account(CHI, deleted=True), leads=frozenset({BEN}))

    decision = judged(a_request(State.APPROVED), begin(a_standing(BEN), gone), READY)

    assert decision.events == (e.VotesVoided((PersonId(CHI),), (CHI,), ("full_member",), ANEW),)


def test_a_vote_that_was_taken_back_meanwhile_voids_no_other() -> None:
    """The checks were made for Chi's vote; Dee's has replaced it since and was not judged."""
    request = a_request(State.APPROVED, votes=(a_vote(BEN), a_vote(DEE)))
    no_lead = a_standing(CHI, leads=frozenset({BEN, DEE}))

    assert refusal(request, begin(a_standing(BEN), no_lead), READY) == (
        f"1 of 2 approvals of {REQUEST_ID} are valid; it cannot start."
    )


def test_another_plan_voids_the_approval_and_says_what_differs() -> None:
    """Votes are for the plan that was read; people get the full time for the new one."""
    decision = judged(a_request(State.APPROVED), begin(plan=OTHER_PLAN), READY)

    assert decision.events == (
        e.PlanChanged(
            OTHER_PLAN,
            digest(OTHER_PLAN),
            ("manager version: 1.1.0.0.0.4788147, now 1.1.1",),
            READY + timedelta(minutes=30),
        ),
    )


def test_another_plan_comes_with_the_warnings_of_its_own_look() -> None:
    """Those of the plan before are not left on the card."""
    warned = a_request(State.APPROVED, warnings=("Of before.",))
    again = replace(begin(plan=OTHER_PLAN), warnings=("Of now.",))

    assert after(warned, again, READY).warnings == ("Of now.",)
    assert after(warned, begin(plan=OTHER_PLAN), READY).warnings == ()


NODES = "The manager knows 12 transport nodes. Is this the one in production?"
UNREAD = "How many transport nodes the manager knows could not be read."


@pytest.mark.parametrize(
    ("seen", "found", "new"),
    [
        pytest.param((), (NODES,), (NODES,), id="none before"),
        pytest.param((UNREAD,), (NODES,), (NODES,), id="another kind"),
        pytest.param((NODES,), (UNREAD, NODES), (UNREAD,), id="one more"),
    ],
)
def test_a_warning_that_nobody_saw_voids_the_approval_of_the_same_plan(
    seen: tuple[str, ...], found: tuple[str, ...], new: tuple[str, ...]
) -> None:
    """Whoever decided did not know of it; it is what differs, and it stands on the card."""
    request = a_request(State.APPROVED, warnings=seen)
    command = replace(begin(), warnings=found)

    assert judged(request, command, READY).events == (
        e.PlanChanged(a_plan(), digest(a_plan()), new, ANEW, warnings=found),
    )
    reopened = after(request, command, READY)
    assert reopened.state is State.AWAITING_APPROVAL
    assert reopened.votes == ()
    assert reopened.warnings == found


@pytest.mark.parametrize(
    "found",
    [
        (),
        (NODES,),
        (NODES.replace("12", "13"),),
        (NODES.replace("12 transport nodes", "1 transport node"),),
    ],
)
def test_a_warning_that_was_seen_holds_nothing_up(found: tuple[str, ...]) -> None:
    """With another count it is the same warning, and one that is gone is no reason to ask again."""
    request = a_request(State.APPROVED, warnings=(NODES,))

    assert judged(request, replace(begin(), warnings=found), READY).events == (e.RunStarted(),)


def test_another_plan_with_a_new_warning_says_both() -> None:
    """The warning after what differs in the plan."""
    command = replace(begin(plan=OTHER_PLAN), warnings=(NODES,))
    (changed,) = judged(a_request(State.APPROVED), command, READY).events

    assert isinstance(changed, e.PlanChanged)
    assert changed.differences == ("manager version: 1.1.0.0.0.4788147, now 1.1.1", NODES)


def test_without_an_approved_plan_nothing_begins() -> None:
    """A row that lost its plan is decided anew, never run."""
    decision = judged(a_request(State.APPROVED, plan=None, digest=None), begin(), READY)

    assert [type(event) for event in decision.events] == [e.PlanChanged]


def test_too_few_votes_start_nothing() -> None:
    """Whoever was not judged again does not count."""
    assert refusal(a_request(State.APPROVED), begin(a_standing(BEN)), READY) == (
        f"1 of 2 approvals of {REQUEST_ID} are valid; it cannot start."
    )


def test_a_stranger_among_the_judged_adds_nothing() -> None:
    """Only votes count, not people who are asked about."""
    eve = a_standing(UserId("U0EVE"), leads=frozenset({BEN, UserId("U0EVE")}))

    assert "1 of 2" in refusal(a_request(State.APPROVED), begin(a_standing(BEN), eve), READY)


# -- the request that passes the point of no return ---------------------------------------------


def test_a_restore_is_sent_before_the_approval_lapses_or_not_at_all() -> None:
    """A run that was held up since its start is judged by the moment of the sending."""
    request = a_request(State.RUNNING)
    assert request.start_by is not None

    assert sent_in_time(request, request.start_by - timedelta(seconds=1)).holds
    assert sent_in_time(request, request.start_by) == Finding.no(
        "sent_in_time",
        "The approval lapsed at 12:10 UTC; nothing was sent.",
    )


def test_a_run_without_a_limit_sends_nothing() -> None:
    """A row that lost its limit is no approval."""
    assert sent_in_time(a_request(State.RUNNING, start_by=None), NOON) == Finding.no(
        "sent_in_time", "The approval lapsed; nothing was sent."
    )


@pytest.mark.parametrize("state", list(State))
def test_only_a_running_request_sends(state: State) -> None:
    """Neither before its start, nor after its end, nor while it waits for a person."""
    assert is_running(a_request(state)).holds is (state is State.RUNNING)
