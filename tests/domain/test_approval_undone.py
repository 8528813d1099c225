"""Who may take back, stop and answer: every rule with the sentence in which it refuses."""

from dataclasses import replace

import pytest

from bot.domain import commands as c
from bot.domain.request import TERMINAL, Choice, State
from bot.domain.standing import Unreadable
from bot.domain.values import PersonId, UserId
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CHI,
    DEE,
    QUESTION_PLACE,
    REQUEST_ID,
    a_press,
    a_request,
    a_rescission,
    a_standing,
    a_stop,
    a_vote,
    a_withdrawal,
    an_account,
    an_answer,
)
from tests.domain.people import (
    ANA_TWO,
    EVE,
    GROUP_SILENT,
    GUEST,
    NOT_A_LEAD,
    NOT_CURRENT,
    NOT_RECORDED,
    OTHER_MESSAGE,
    RUNNING_ALREADY,
    ended,
    lead,
)
from tests.domain.samples import judged, refusal

# -- rescind ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.APPROVED])
@pytest.mark.parametrize("user", [BEN, BEN_TWO])
def test_whoever_approved_takes_it_back_before_the_start(state: State, user: UserId) -> None:
    """From either account, and even as somebody who is no lead any more: no is always safe."""
    request = a_request(state, votes=(a_vote(BEN), a_vote(CHI)))
    actor = replace(a_standing(user), leads=frozenset())

    assert judged(request, c.Rescind(actor, a_press())).accepted


RESCINDED_IN = [
    (State.PLANNING, f"{REQUEST_ID} is planning; no vote can be taken back now. See its card."),
    (State.RUNNING, f"{REQUEST_ID} is running; no vote can be taken back now. See its card."),
    (
        State.AWAITING_OPERATOR,
        f"{REQUEST_ID} is awaiting operator; no vote can be taken back now. See its card.",
    ),
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
        f"You have not approved {REQUEST_ID}, so there is nothing to take back. "
        "To end it, a lead can deny it."
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
        "This answer is not offered by the question that is open now. "
        "See the newest message of the thread."
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
        else f"{REQUEST_ID} has no open question; somebody answered already. "
        "See the newest message of the thread."
    )

    assert refusal(a_request(state), an_answer()) == sentence
