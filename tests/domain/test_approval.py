"""Who may decide: every rule of yes and no with the very sentence in which it refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approval import FLOOR, clock, enough_votes
from bot.domain.plan import digest, short
from bot.domain.request import TERMINAL, Request, State
from bot.domain.standing import Standing, Unreadable
from bot.domain.values import PersonId, UserId
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CHI,
    DEE,
    LEADS,
    NOON,
    PEOPLE,
    QUESTION_PLACE,
    REQUEST_ID,
    a_denial,
    a_policy,
    a_press,
    a_request,
    a_standing,
    a_vote,
    an_approval,
    the_short_digest,
)
from tests.domain.people import (
    ANA_TWO,
    EVE,
    FLAGS,
    GROUP_SILENT,
    NOT_A_LEAD,
    NOT_CURRENT,
    NOT_RECORDED,
    OTHER_MESSAGE,
    SLACK_SILENT,
    ended,
    lead,
)
from tests.domain.samples import OTHER_PLAN, after, judged, refusal

# -- approve ------------------------------------------------------------------------------------


def test_a_lead_approves() -> None:
    """The way it should be: a full member, a lead, not the requester, on the card, in time."""
    assert judged(a_request(), an_approval()).accepted


APPROVERS = [
    pytest.param(
        a_standing(ANA, leads=LEADS | {ANA}),
        "You asked for this restore, so you cannot approve it. Two other leads must.",
        id="the requester, a lead too",
    ),
    pytest.param(
        a_standing(ANA),
        "You asked for this restore, so you cannot approve it. Two other leads must.",
        id="the requester",
    ),
    pytest.param(
        a_standing(ANA_TWO, person=PersonId(ANA), leads=LEADS | {ANA_TWO}),
        "This account and the requester's belong to the same person, so you cannot approve it. "
        "Two other leads must.",
        id="an alias of the requester",
    ),
    pytest.param(
        a_standing(CHI),
        "You approved at 12:00 UTC already. Another lead must approve.",
        id="the same lead twice",
    ),
    pytest.param(
        a_standing(UserId("U0CHI2"), person=PersonId(CHI)),
        "You approved at 12:00 UTC with your other account; a person counts once. "
        "Another lead must approve.",
        id="an alias of a lead who voted",
    ),
    pytest.param(a_standing(EVE), NOT_A_LEAD, id="not a lead"),
    pytest.param(a_standing(BEN, leads=frozenset()), NOT_A_LEAD, id="an empty group"),
    pytest.param(
        a_standing(BEN, leads=Unreadable("usergroups.users.list timed out")),
        GROUP_SILENT,
        id="the group cannot be read",
    ),
    pytest.param(
        a_standing(BEN, account=Unreadable("users.info timed out")),
        SLACK_SILENT,
        id="Slack cannot be read",
    ),
    *(pytest.param(lead(**flags), said, id=str(flags)) for flags, said in FLAGS),
]


@pytest.mark.parametrize(("actor", "sentence"), APPROVERS)
def test_an_approval_by_the_wrong_person_is_refused_with_its_reason(
    actor: Standing, sentence: str
) -> None:
    """Each refusal has a sentence of its own, and no vote is counted."""
    request = a_request(votes=(a_vote(CHI),))

    assert refusal(request, c.Approve(actor, a_press())) == sentence


def test_the_refusals_are_told_apart() -> None:
    """Nobody has to guess which rule it was: one sentence for each kind of refusal."""
    said = {str(case.values[1]) for case in APPROVERS}

    assert len(said) == 12


def test_an_alias_of_a_lead_is_that_lead() -> None:
    """The person counts, whichever of the accounts is in the group."""
    decision = judged(a_request(), an_approval(BEN_TWO))

    assert decision.accepted
    assert refusal(a_request(votes=(a_vote(BEN_TWO),)), an_approval(BEN)) == (
        "You approved at 12:00 UTC with your other account; a person counts once. "
        "Another lead must approve."
    )


def test_an_approval_counts_on_the_card_alone() -> None:
    """A copy of the card elsewhere, or a question's message, is not the card."""
    for place in (OTHER_MESSAGE, QUESTION_PLACE, replace(OTHER_MESSAGE, channel="C0OTHER")):
        assert refusal(a_request(), an_approval(press=a_press(place))) == NOT_CURRENT


def test_an_approval_before_the_card_is_recorded_is_asked_for_again() -> None:
    """The press came faster than Slack's answer to our own posting."""
    assert refusal(a_request(), an_approval(), card=None) == NOT_RECORDED


def test_an_approval_of_another_plan_is_refused() -> None:
    """The button names the plan that was read."""
    request = a_request(plan=OTHER_PLAN, digest=digest(OTHER_PLAN))

    assert refusal(request, an_approval()) == (
        f"The plan has changed: this button stands for {the_short_digest()}, the request is now "
        f"{short(digest(OTHER_PLAN))}. Read the card again before you decide."
    )


def test_an_approval_that_names_no_plan_is_refused() -> None:
    """A button of the time before the plan stands for none."""
    press = c.Press(a_press().place, None)

    assert refusal(a_request(), an_approval(press=press)).startswith(
        "The plan has changed: this button stands for no plan, the request is now "
    )


def test_no_plan_is_never_approved() -> None:
    """Nothing is not equal to nothing here: without a digest there is nothing to approve."""
    press = c.Press(a_press().place, None)

    assert "no plan" in refusal(a_request(digest=None, plan=None), an_approval(press=press))


@pytest.mark.parametrize(
    ("seconds", "accepted"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_an_approval_counts_until_the_last_second_before_the_expiry(
    *, seconds: int, accepted: bool
) -> None:
    """Even where no sweep has run, the moment decides."""
    request = a_request()
    at = request.expires_at + timedelta(seconds=seconds)

    decision = judged(request, an_approval(), at)

    assert decision.accepted is accepted
    if decision.refusal:
        assert decision.refusal.sentence == f"{REQUEST_ID} expired at 12:30 UTC. File it again."


PLANNING = (
    f"{REQUEST_ID} is still being checked; there is no plan to decide about yet. "
    "Wait for the plan on the card."
)
RUNNING = f"{REQUEST_ID} is already running; it can no longer be decided. Follow it in its thread."

DECIDED_IN = [
    (
        State.PLANNING,
        PLANNING,
    ),
    (
        State.APPROVED,
        f"{REQUEST_ID} already has 2 of 2 approvals. Press Stop on the card if it must not start.",
    ),
    (State.RUNNING, RUNNING),
    (State.AWAITING_OPERATOR, RUNNING),
    *((state, ended(state)) for state in sorted(TERMINAL)),
]


@pytest.mark.parametrize(("state", "sentence"), DECIDED_IN)
def test_a_request_is_approved_only_while_it_awaits_approval(state: State, sentence: str) -> None:
    """A stale button does nothing, and says what the request is now."""
    assert refusal(a_request(state), an_approval(DEE)) == sentence


@pytest.mark.parametrize(
    ("state", "sentence"), [case for case in DECIDED_IN if case[0] is not State.APPROVED]
)
def test_a_request_is_denied_only_before_its_start(state: State, sentence: str) -> None:
    """Before the plan there is nothing to decide about; after the start it is too late."""
    assert refusal(a_request(state), a_denial(DEE)) == sentence


@pytest.mark.parametrize("typed", [None, "", "dc1", "DC1-NSXT", "dc1-nsxt2", "d\u04411-nsxt"])
def test_the_target_is_typed_exactly_where_the_policy_asks(typed: str | None) -> None:
    """Look-alike letters and half names are not the target."""
    said = refusal(a_request(), an_approval(typed=typed), typed_confirmation=True)

    assert said == "Type the target's name, dc1-nsxt, exactly, to approve."


@pytest.mark.parametrize("typed", ["dc1-nsxt", " dc1-nsxt\n"])
def test_the_typed_target_may_have_blanks_around_it(typed: str) -> None:
    """A phone's keyboard adds a blank; that is no other target."""
    assert judged(a_request(), an_approval(typed=typed), typed_confirmation=True).accepted


# -- deny ---------------------------------------------------------------------------------------


def test_a_lead_denies_even_a_changed_plan_and_even_as_requester() -> None:
    """No is always safe."""
    assert judged(a_request(plan=OTHER_PLAN, digest=digest(OTHER_PLAN)), a_denial()).accepted
    asker = a_standing(ANA, leads=LEADS | {ANA})
    assert judged(a_request(), c.Deny(asker, a_press(), "my mistake")).accepted


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=2)])
def test_denial_wins_over_an_approval_that_was_faster(later: timedelta) -> None:
    """A lead who was writing the reason while the others approved is heard, until the start."""
    request = a_request(State.APPROVED)

    assert judged(request, a_denial(DEE), NOON + later).events == (e.RequestDenied(DEE, "not now"),)
    assert after(request, a_denial(DEE)).state is State.DENIED
    assert refusal(request, a_denial(DEE, a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert refusal(request, a_denial(EVE)) == NOT_A_LEAD


DENIERS = [
    pytest.param(a_standing(ANA), NOT_A_LEAD, id="the requester, no lead"),
    pytest.param(
        a_standing(BEN, leads=Unreadable("usergroups.users.list timed out")), GROUP_SILENT
    ),
    pytest.param(a_standing(BEN, account=Unreadable("users.info timed out")), SLACK_SILENT),
    *(pytest.param(lead(**flags), said, id=str(flags)) for flags, said in FLAGS),
]


@pytest.mark.parametrize(("actor", "sentence"), DENIERS)
def test_a_denial_by_the_wrong_person_is_refused(actor: Standing, sentence: str) -> None:
    """Only leads deny; otherwise anybody could keep a manager down."""
    assert refusal(a_request(), c.Deny(actor, a_press(), "no")) == sentence


def test_a_denial_counts_on_the_card_and_in_time() -> None:
    """The same message and the same clock as for an approval."""
    request = a_request()

    assert refusal(request, a_denial(press=a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert refusal(request, a_denial(), card=None) == NOT_RECORDED
    assert refusal(request, a_denial(), request.expires_at) == (
        f"{REQUEST_ID} expired at 12:30 UTC. File it again."
    )


# -- enough votes -------------------------------------------------------------------------------

VOTERS = (a_standing(BEN), a_standing(CHI))


def test_two_live_votes_on_this_plan_are_enough() -> None:
    """And no fewer: the floor is in the code."""
    assert FLOOR == 2
    assert enough_votes(a_request(State.APPROVED), VOTERS, a_policy(), PEOPLE.person).holds


@pytest.mark.parametrize(
    ("changes", "voters", "valid"),
    [
        pytest.param({"votes": ()}, VOTERS, 0, id="no votes"),
        pytest.param({}, VOTERS[:1], 1, id="a voter who was not judged again"),
        pytest.param({"requester_person": PersonId(BEN)}, VOTERS, 1, id="the requester voted"),
        pytest.param(
            {"votes": (a_vote(BEN), a_vote(BEN_TWO))},
            (a_standing(BEN), a_standing(BEN_TWO)),
            1,
            id="one person, two accounts",
        ),
        pytest.param(
            {"votes": (a_vote(BEN), a_vote(CHI, plan=OTHER_PLAN))},
            VOTERS,
            1,
            id="a vote on another plan",
        ),
        pytest.param(
            {},
            (a_standing(BEN), a_standing(CHI, person=PersonId(BEN))),
            1,
            id="two accounts that turned out to be one person",
        ),
        pytest.param(
            {"votes": (a_vote(BEN_TWO), a_vote(CHI))},
            VOTERS,
            1,
            id="another account of the person was judged",
        ),
        pytest.param(
            {"approvals_needed": 1, "votes": (a_vote(BEN),)}, VOTERS, 1, id="the floor holds"
        ),
    ],
)
def test_fewer_than_two_persons_are_never_enough(
    changes: dict[str, Any], voters: tuple[Standing, ...], valid: int
) -> None:
    """Whatever the rows say, a run needs two persons besides the requester, judged just now."""
    finding = enough_votes(a_request(State.APPROVED, **changes), voters, a_policy(), PEOPLE.person)

    assert finding.sentence == (
        f"{valid} of 2 approvals of {REQUEST_ID} are valid; it cannot start."
    )


def test_three_are_needed_where_the_policy_asked_for_three() -> None:
    """The floor is a floor."""
    request = a_request(State.APPROVED, approvals_needed=3)

    assert not enough_votes(request, VOTERS, a_policy(), PEOPLE.person).holds


def test_moments_are_told_in_utc() -> None:
    """People in a call compare clocks."""
    assert clock(NOON) == "12:00 UTC"


def test_the_end_without_a_moment_is_still_an_end() -> None:
    """A row of an older version may lack the moment."""
    request: Request = a_request(State.DENIED, ended_at=None)

    assert refusal(request, an_approval()) == (
        f"{REQUEST_ID} has ended already (denied). This changes nothing. "
        "Its thread says how it ended."
    )
