"""One event of every kind, and the circumstances in which commands are judged."""

from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from bot.domain import events as e
from bot.domain.approval import Posted
from bot.domain.commands import Command
from bot.domain.decide import Circumstances, Decision, decide
from bot.domain.machine import evolve
from bot.domain.plan import digest
from bot.domain.request import Choice, Place, Progress, Request
from bot.domain.values import PersonId
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHI,
    NOON,
    PEOPLE,
    QUESTION_PLACE,
    a_filed,
    a_plan,
    a_policy,
    a_question,
    a_vote,
)

E = TypeVar("E", bound=e.Event)

LATER: Final = NOON + timedelta(minutes=1)
OTHER_PLAN: Final = a_plan(manager_version="1.1.1")

SAMPLES: Final[tuple[e.Event, ...]] = (
    a_filed(),
    e.PlanReady(a_plan(), digest(a_plan()), (), NOON + timedelta(minutes=30)),
    e.PreflightFailed(("The manager cannot be reached.",)),
    e.ApprovalRecorded(a_vote(BEN), 1),
    e.ApprovalCompleted(NOON + timedelta(seconds=10), NOON + timedelta(minutes=10)),
    e.ApprovalRescinded(BEN, PersonId(BEN), 1),
    e.VotesVoided((PersonId(BEN),), (BEN,), ("is_lead",)),
    e.PlanChanged(
        OTHER_PLAN,
        digest(OTHER_PLAN),
        ("manager version: 1.1.0, now 1.1.1",),
        NOON + timedelta(hours=1),
    ),
    e.RequestDenied(BEN, "not now"),
    e.RequestWithdrawn(ANA),
    e.RequestExpired(),
    e.ApprovalLapsed(),
    e.StartStopped(CHI),
    e.Reminded(1),
    e.RunStarted(),
    e.StepStarted(Progress("restore", 2, LATER)),
    e.StepCompleted("restore", 2, "The manager accepted it.", 4.0),
    e.ProgressNoted("The manager came to step 5.", "step 5 of 11", suspendable=True, mark="5R"),
    e.SuspendAsked(BEN),
    e.OutageNoticed("The manager does not answer.", NOON + timedelta(hours=1)),
    e.QuestionAsked(a_question()),
    e.QuestionAnswered("restart-controllers", Choice.CONTINUE, "Continue", ANA),
    e.RunSucceeded(("Management cluster: STABLE.",)),
    e.RunFailed("The manager refused.", "Read its log."),
)


def sample(kind: type[E]) -> E:
    """The event of a kind."""
    return next(event for event in SAMPLES if isinstance(event, kind))


def circumstances(
    at: datetime = LATER,
    *,
    card: Place | None = CARD,
    question: Place | None = QUESTION_PLACE,
    **policy: Any,
) -> Circumstances:
    """One minute past noon, the card and the question posted, the default policy."""
    return Circumstances(at, a_policy(**policy), Posted(card, question), PEOPLE.person)


def judged(request: Request, command: Command, at: datetime = LATER, **changes: Any) -> Decision:
    """What comes of a command."""
    return decide(request, command, circumstances(at, **changes))


def after(request: Request, command: Command, at: datetime = LATER, **changes: Any) -> Request:
    """The request after a command that must be accepted."""
    decision = judged(request, command, at, **changes)
    assert decision.refusal is None
    for event in decision.events:
        request = evolve(request, event, at)
    return request


def refusal(request: Request, command: Command, at: datetime = LATER, **changes: Any) -> str:
    """The sentence with which a command is refused; it must be, and nothing may follow from it."""
    decision = judged(request, command, at, **changes)
    assert decision.refusal is not None
    assert not decision.accepted
    assert decision.events == ()
    return decision.refusal.sentence
