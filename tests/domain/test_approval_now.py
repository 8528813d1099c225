"""Who is who, and how many are needed, is judged by the configuration of now."""

from datetime import timedelta

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approval import Persons, Posted
from bot.domain.decide import Circumstances, Decision, decide
from bot.domain.machine import evolve
from bot.domain.plan import digest
from bot.domain.request import Request, State
from bot.domain.values import PersonId, UserId
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHI,
    DEE,
    LEADS,
    NOON,
    QUESTION_PLACE,
    REQUEST_ID,
    a_plan,
    a_planning_request,
    a_policy,
    a_press,
    a_request,
    a_rescission,
    a_standing,
    a_vote,
    an_answer,
)
from tests.domain.samples import LATER, OTHER_PLAN

READY = NOON.replace(second=10)
ANEW = READY + timedelta(minutes=30)


def who(**same: UserId) -> Persons:
    """The alias map of now: `CHI=BEN` says that Chi's account is Ben's."""
    aliases = {UserId(f"U0{name}"): PersonId(person) for name, person in same.items()}
    return lambda user: aliases.get(user, PersonId(user))


def judged(
    request: Request,
    command: c.Command,
    person: Persons,
    *,
    approvals: int = 2,
    start: bool = False,
) -> Decision:
    """What comes of a command by the configuration of now."""
    policy, posted = a_policy(approvals=approvals), Posted(CARD, QUESTION_PLACE)
    at = READY if start else LATER
    return decide(request, command, Circumstances(at, policy, posted, person))


def approval(user: UserId, person: Persons) -> c.Approve:
    """A lead presses Approve."""
    return c.Approve(a_standing(user, person=person(user), leads=LEADS | {user}), a_press())


def begin(*users: UserId, person: Persons) -> c.Begin:
    """The start, with every voter judged again."""
    voters = tuple(a_standing(user, person=person(user)) for user in users)
    return c.Begin(a_plan(), digest(a_plan()), voters)


def rule_of(decision: Decision) -> str:
    """The rule that refuses."""
    assert decision.refusal is not None
    return decision.refusal.rule


def test_an_alias_added_for_the_requester_keeps_them_from_approving() -> None:
    """Ana asked before anybody said that she is Ben."""
    for person in (who(ANA=BEN), who(BEN=ANA)):
        decision = judged(a_request(), approval(BEN, person), person)
        assert rule_of(decision) == "not_the_requester"


def test_an_alias_taken_away_does_not_let_the_requester_approve() -> None:
    """What was known when the request was filed still counts; so does the account itself."""
    filed_as_ben = a_request(requester_person=PersonId(BEN))

    assert rule_of(judged(filed_as_ben, approval(BEN, who()), who())) == "not_the_requester"
    assert rule_of(judged(filed_as_ben, approval(ANA, who()), who())) == "not_the_requester"


def test_an_alias_added_for_a_voter_keeps_them_from_voting_twice() -> None:
    """By whichever of the two accounts the map calls the person."""
    for person in (who(CHI=BEN), who(BEN=CHI)):
        decision = judged(a_request(votes=(a_vote(BEN),)), approval(CHI, person), person)
        assert rule_of(decision) == "counted_once"


def test_a_vote_can_be_taken_back_under_the_name_of_now() -> None:
    """The vote that was stored is the one that goes."""
    person = who(BEN=DEE)
    request = a_request(votes=(a_vote(BEN),))
    actor = a_standing(BEN, person=person(BEN))

    decision = judged(request, c.Rescind(actor, a_rescission(BEN).press), person)

    assert decision.events == (e.ApprovalRescinded(BEN, PersonId(BEN), 0),)
    assert evolve(request, decision.events[0], LATER).votes == ()


def test_the_requester_keeps_their_rights_under_the_name_of_now() -> None:
    """Ana, now known as Dee, withdraws, stops and answers with either account."""
    person = who(ANA=DEE)
    dee = a_standing(DEE, person=person(DEE), leads=frozenset({BEN, CHI}))

    assert judged(a_request(), c.Withdraw(dee, None), person).accepted
    assert judged(a_request(State.APPROVED), c.Stop(dee, None), person).accepted
    answer = c.Answer(dee, an_answer().press, an_answer().choice)
    assert judged(a_request(State.AWAITING_OPERATOR), answer, person).accepted
    assert not judged(a_request(), c.Withdraw(dee, None), who()).accepted


def test_votes_that_turn_out_to_be_of_one_person_do_not_start_a_run() -> None:
    """The later one is void, and its thread says by which rule."""
    person = who(CHI=BEN)

    decision = judged(a_request(State.APPROVED), begin(BEN, CHI, person=person), person, start=True)

    assert decision.events == (e.VotesVoided((PersonId(CHI),), (CHI,), ("counted_once",), ANEW),)


def test_a_vote_that_turns_out_to_be_the_requesters_does_not_start_a_run() -> None:
    """It is void; another lead must approve."""
    person = who(ANA=CHI)

    decision = judged(a_request(State.APPROVED), begin(BEN, CHI, person=person), person, start=True)

    assert decision.events == (
        e.VotesVoided((PersonId(CHI),), (CHI,), ("not_the_requester",), ANEW),
    )


def test_approvals_raised_while_a_request_is_open_are_needed() -> None:
    """The second of three does not complete the set; the third does."""
    request = a_request()
    for user, count in ((BEN, 1), (CHI, 2)):
        decision = judged(request, approval(user, who()), who(), approvals=3)
        (recorded,) = decision.events
        assert isinstance(recorded, e.ApprovalRecorded)
        assert (recorded.count, recorded.needed) == (count, 3)
        request = evolve(request, recorded, LATER)
    assert request.approvals_needed == 3
    third = judged(request, approval(DEE, who()), who(), approvals=3)
    assert [type(event) for event in third.events] == [e.ApprovalRecorded, e.ApprovalCompleted]


def test_approvals_raised_after_the_last_vote_are_needed_for_the_start() -> None:
    """Two of three do not start a run."""
    decision = judged(
        a_request(State.APPROVED), begin(BEN, CHI, person=who()), who(), approvals=3, start=True
    )

    assert decision.refusal is not None
    assert decision.refusal.sentence == (
        f"2 of 3 approvals of {REQUEST_ID} are valid; it cannot start."
    )


def test_approvals_lowered_while_a_request_is_open_change_nothing_for_it() -> None:
    """What was asked for when it was filed still is."""
    request = a_request(approvals_needed=3, votes=(a_vote(BEN),))

    decision = judged(request, approval(CHI, who()), who())

    assert [type(event) for event in decision.events] == [e.ApprovalRecorded]


def test_a_plan_carries_how_many_must_approve_it() -> None:
    """A first plan and a changed one alike, so that the card says so."""
    complete = c.CompletePlan(a_plan(), digest(a_plan()), ())
    (ready,) = judged(a_planning_request(), complete, who(), approvals=3).events
    assert isinstance(ready, e.PlanReady)
    assert ready.needed == 3

    voters = begin(BEN, CHI, person=who()).voters
    anew = c.Begin(OTHER_PLAN, digest(OTHER_PLAN), voters)
    (changed,) = judged(a_request(State.APPROVED), anew, who(), approvals=3, start=True).events
    assert isinstance(changed, e.PlanChanged)
    assert changed.needed == 3
