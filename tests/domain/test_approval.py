"""Who may decide: every rule with the very sentence in which it refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.approval import FLOOR, clock, enough_votes
from bot.domain.plan import digest, short
from bot.domain.request import TERMINAL, Choice, Place, Request, State
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
    QUESTION_PLACE,
    REQUEST_ID,
    a_denial,
    a_press,
    a_request,
    a_rescission,
    a_standing,
    a_stop,
    a_vote,
    a_withdrawal,
    an_account,
    an_answer,
    an_approval,
    the_short_digest,
)
from tests.domain.samples import OTHER_PLAN, judged, refusal

EVE = UserId("U0EVE")
ANA_TWO = UserId("U0ANA2")
OTHER_MESSAGE = Place("C0INCIDENT", "1773489600.999999")

NOT_A_LEAD = "You are not in the group of leads, so you cannot decide this. Ask a lead."
NOT_CURRENT = "This is not the current message of the request. Use the one the bot posted last."
NOT_RECORDED = "This message is still being recorded. Press again in a moment."
RUNNING_ALREADY = (
    f"{REQUEST_ID} is running, and a restore cannot be taken back half-way. When it asks a "
    "question, a lead can choose to give up there."
)
GUEST = "You are a guest of this workspace; guests take no part in a restore."
CHANNEL_GUEST = "You are a single-channel guest; guests take no part in a restore."
EXTERNAL = "You belong to another organization; external people take no part in a restore."
BOT = "Bots and apps take no part in a restore; a person must do this."
GONE = "Your account is deactivated; deactivated people take no part in a restore."
SLACK_SILENT = (
    "Slack could not say who you are (users.info timed out), so this does not count. "
    "Try again in a moment."
)
GROUP_SILENT = (
    "The group of leads could not be read (usergroups.users.list timed out), so nobody can decide "
    "just now. Try again in a moment."
)

FLAGS: list[tuple[dict[str, Any], str]] = [
    ({"deleted": True}, GONE),
    ({"is_bot": True}, BOT),
    ({"is_app_user": True}, BOT),
    ({"is_workflow_bot": True}, BOT),
    ({"is_connector_bot": True}, BOT),
    ({"is_restricted": True}, GUEST),
    ({"is_ultra_restricted": True}, CHANNEL_GUEST),
    ({"is_restricted": True, "is_ultra_restricted": True}, CHANNEL_GUEST),
    ({"is_stranger": True}, EXTERNAL),
    ({"team_id": "T0OTHER"}, EXTERNAL),
    ({"team_id": None}, EXTERNAL),
]


def lead(user: UserId = BEN, **flags: Any) -> Standing:
    """A lead whose account is as given."""
    return a_standing(user, account=an_account(user, **flags))


def ended(state: State) -> str:
    """What is said to whoever comes too late."""
    return f"{REQUEST_ID} has ended already ({state.words}, 12:00 UTC). This changes nothing."


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


DECIDED_IN = [
    (
        State.PLANNING,
        f"{REQUEST_ID} is still being checked; there is no plan to decide about yet.",
    ),
    (
        State.APPROVED,
        f"{REQUEST_ID} already has 2 of 2 approvals. Press Stop on the card if it must not start.",
    ),
    (State.RUNNING, f"{REQUEST_ID} is already running; it can no longer be decided."),
    (State.AWAITING_OPERATOR, f"{REQUEST_ID} is already running; it can no longer be decided."),
    *((state, ended(state)) for state in sorted(TERMINAL)),
]


@pytest.mark.parametrize(("state", "sentence"), DECIDED_IN)
@pytest.mark.parametrize("command", [an_approval(DEE), a_denial(DEE)], ids=["approve", "deny"])
def test_a_request_is_decided_only_while_it_awaits_approval(
    command: c.Command, state: State, sentence: str
) -> None:
    """A stale button does nothing, and says what the request is now."""
    assert refusal(a_request(state), command) == sentence


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


# -- rescind ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.APPROVED])
@pytest.mark.parametrize("user", [BEN, BEN_TWO])
def test_whoever_approved_takes_it_back_before_the_start(state: State, user: UserId) -> None:
    """From either account, and even as somebody who is no lead any more: no is always safe."""
    request = a_request(state, votes=(a_vote(BEN), a_vote(CHI)))
    actor = replace(a_standing(user), leads=frozenset())

    assert judged(request, c.Rescind(actor, a_press())).accepted


RESCINDED_IN = [
    (State.PLANNING, f"{REQUEST_ID} is planning; no vote can be taken back now."),
    (State.RUNNING, f"{REQUEST_ID} is running; no vote can be taken back now."),
    (State.AWAITING_OPERATOR, f"{REQUEST_ID} is awaiting operator; no vote can be taken back now."),
    *((state, ended(state)) for state in sorted(TERMINAL)),
]


@pytest.mark.parametrize(("state", "sentence"), RESCINDED_IN)
def test_no_vote_is_taken_back_once_it_has_worked(state: State, sentence: str) -> None:
    """After the start a vote has done its work."""
    assert refusal(a_request(state), a_rescission()) == sentence


def test_only_a_vote_that_was_given_is_taken_back() -> None:
    """And only on the card."""
    request = a_request(State.APPROVED)

    assert refusal(request, a_rescission(DEE)) == (
        f"You have not approved {REQUEST_ID}, so there is nothing to take back."
    )
    assert refusal(request, a_rescission(press=a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert refusal(request, a_rescission(), card=None) == NOT_RECORDED


# -- withdraw -----------------------------------------------------------------------------------


@pytest.mark.parametrize("press", [None, a_press()], ids=["typed", "pressed"])
@pytest.mark.parametrize("state", [State.PLANNING, State.AWAITING_APPROVAL])
def test_the_requester_withdraws(state: State, press: c.Press | None) -> None:
    """By button or by command, before enough leads have approved, from any account."""
    alias = a_standing(ANA_TWO, person=PersonId(ANA))

    assert judged(a_request(state), a_withdrawal(press=press)).accepted
    assert judged(a_request(state), c.Withdraw(alias, press)).accepted


WITHDRAWN_IN = [
    (State.APPROVED, f"{REQUEST_ID} is approved and about to start. Press Stop instead."),
    (State.RUNNING, RUNNING_ALREADY),
    (State.AWAITING_OPERATOR, RUNNING_ALREADY),
    *((state, ended(state)) for state in sorted(TERMINAL)),
]


@pytest.mark.parametrize(("state", "sentence"), WITHDRAWN_IN)
def test_nothing_is_withdrawn_once_it_is_approved(state: State, sentence: str) -> None:
    """Each state says what to do instead."""
    assert refusal(a_request(state), a_withdrawal()) == sentence


def test_nobody_else_withdraws() -> None:
    """Not even a lead; and a button counts only on the card."""
    assert refusal(a_request(), a_withdrawal(BEN)) == (
        "Only the person who asked can withdraw this. A lead can deny it instead."
    )
    assert refusal(a_request(), a_withdrawal(press=a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert refusal(a_request(), a_withdrawal(press=a_press()), card=None) == NOT_RECORDED


# -- stop ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", [None, a_press()], ids=["typed", "pressed"])
@pytest.mark.parametrize("user", [ANA, BEN, DEE])
def test_the_requester_or_any_lead_stops_an_approved_request(
    user: UserId, press: c.Press | None
) -> None:
    """Whether they approved it or not."""
    assert judged(a_request(State.APPROVED), a_stop(user, press)).accepted


STOPPED_IN = [
    (
        State.PLANNING,
        f"{REQUEST_ID} is not approved. Withdraw it, or ask a lead to deny it.",
    ),
    (
        State.AWAITING_APPROVAL,
        f"{REQUEST_ID} is not approved. Withdraw it, or ask a lead to deny it.",
    ),
    (State.RUNNING, RUNNING_ALREADY),
    (State.AWAITING_OPERATOR, RUNNING_ALREADY),
    *((state, ended(state)) for state in sorted(TERMINAL)),
]


@pytest.mark.parametrize(("state", "sentence"), STOPPED_IN)
def test_stop_works_between_the_approval_and_the_start(state: State, sentence: str) -> None:
    """Each other state says what to do instead."""
    assert refusal(a_request(state), a_stop()) == sentence


def test_nobody_else_stops() -> None:
    """Neither strangers, nor guests who happen to be leads, nor on another message."""
    request = a_request(State.APPROVED)

    assert refusal(request, a_stop(EVE)) == (
        f"Only the requester or a lead may do this. {NOT_A_LEAD}"
    )
    unreadable = a_standing(EVE, leads=Unreadable("usergroups.users.list timed out"))
    assert refusal(request, c.Stop(unreadable, None)) == (
        f"Only the requester or a lead may do this. {GROUP_SILENT}"
    )
    assert refusal(request, c.Stop(lead(is_restricted=True), None)) == GUEST
    assert refusal(request, a_stop(press=a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert refusal(request, a_stop(press=a_press()), card=None) == NOT_RECORDED


# -- answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "choice"),
    [
        (ANA, Choice.CONTINUE),
        (BEN, Choice.CONTINUE),
        (BEN, Choice.GIVE_UP),
        (BEN_TWO, Choice.GIVE_UP),
    ],
)
def test_the_requester_or_a_lead_answers(user: UserId, choice: Choice) -> None:
    """What is for leads alone is answered by leads."""
    assert judged(a_request(State.AWAITING_OPERATOR), an_answer(user, choice)).accepted


def test_some_answers_are_for_leads_alone() -> None:
    """The requester does not give up alone."""
    request = a_request(State.AWAITING_OPERATOR)

    assert refusal(request, an_answer(ANA, Choice.GIVE_UP)) == NOT_A_LEAD


def test_an_answer_is_refused_with_its_reason() -> None:
    """Wrong person, wrong message, wrong answer: each has its sentence."""
    request = a_request(State.AWAITING_OPERATOR)

    assert refusal(request, an_answer(EVE)) == (
        f"Only the requester or a lead may do this. {NOT_A_LEAD}"
    )
    assert refusal(request, an_answer(choice=Choice.RETRY)) == (
        "This answer is not offered by the question that is open now."
    )
    assert refusal(request, an_answer(press=a_press(OTHER_MESSAGE))) == NOT_CURRENT
    assert refusal(request, an_answer(), question=None) == NOT_RECORDED
    guest = a_standing(ANA, account=an_account(ANA, is_restricted=True))
    assert refusal(request, c.Answer(guest, a_press(QUESTION_PLACE), Choice.CONTINUE)) == GUEST


@pytest.mark.parametrize("state", [s for s in State if s is not State.AWAITING_OPERATOR])
def test_without_a_question_there_is_no_answer(state: State) -> None:
    """A late press on an old question says that somebody was faster, or that all is over."""
    sentence = (
        ended(state)
        if state in TERMINAL
        else f"{REQUEST_ID} has no open question; somebody answered already."
    )

    assert refusal(a_request(state), an_answer()) == sentence


# -- enough votes -------------------------------------------------------------------------------

VOTERS = (a_standing(BEN), a_standing(CHI))


def test_two_live_votes_on_this_plan_are_enough() -> None:
    """And no fewer: the floor is in the code."""
    assert FLOOR == 2
    assert enough_votes(a_request(State.APPROVED), VOTERS).holds


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
    finding = enough_votes(a_request(State.APPROVED, **changes), voters)

    assert finding.sentence == (
        f"{valid} of 2 approvals of {REQUEST_ID} are valid; it cannot start."
    )


def test_three_are_needed_where_the_policy_asked_for_three() -> None:
    """The floor is a floor."""
    request = a_request(State.APPROVED, approvals_needed=3)

    assert not enough_votes(request, VOTERS).holds


def test_moments_are_told_in_utc() -> None:
    """People in a call compare clocks."""
    assert clock(NOON) == "12:00 UTC"


def test_the_end_without_a_moment_is_still_an_end() -> None:
    """A row of an older version may lack the moment."""
    request: Request = a_request(State.DENIED, ended_at=None)

    assert refusal(request, an_approval()) == (
        f"{REQUEST_ID} has ended already (denied). This changes nothing."
    )
