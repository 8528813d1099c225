"""The life of a request, as one table.

Theory of operation. A request is filed (`planning`), the preflight turns it into a plan that
leads can judge (`awaiting_approval`) or ends it (`rejected`). Two votes make it `approved`; it
then waits for the start delay, is checked once more, and is `running`. The awkward parts:

* An approved request can fall back to `awaiting_approval`: when a voter takes the vote back, when
  a voter may no longer decide, or when the plan is no longer the one that was approved.
* Denial wins until the start: a lead's no ends an approved request too.
* A check that fails right before the start ends the request as `rejected`: nothing was sent.
* `awaiting_operator` is a running restore that waits for a person; it can fail from there too,
  when the engine that carries it gives up.
* Recording a vote does not move the state; the vote that completes the set is followed by
  `ApprovalCompleted`, which does.

`next_state` is the only function that moves a state. An event that the table does not know in a
state raises and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.domain import events as e
from bot.domain.errors import IllegalEventError
from bot.domain.request import TERMINAL, Answered, Request, State
from bot.domain.values import PersonId

TRANSITIONS: Final[Mapping[State, Mapping[type[e.Event], State]]] = {
    State.PLANNING: {
        e.RequestFiled: State.PLANNING,
        e.PlanReady: State.AWAITING_APPROVAL,
        e.PreflightFailed: State.REJECTED,
        e.RequestWithdrawn: State.WITHDRAWN,
        e.RequestExpired: State.EXPIRED,
    },
    State.AWAITING_APPROVAL: {
        e.ApprovalRecorded: State.AWAITING_APPROVAL,
        e.ApprovalCompleted: State.APPROVED,
        e.ApprovalRescinded: State.AWAITING_APPROVAL,
        e.Reminded: State.AWAITING_APPROVAL,
        e.RequestDenied: State.DENIED,
        e.RequestWithdrawn: State.WITHDRAWN,
        e.RequestExpired: State.EXPIRED,
    },
    State.APPROVED: {
        e.ApprovalRescinded: State.AWAITING_APPROVAL,
        e.VotesVoided: State.AWAITING_APPROVAL,
        e.PlanChanged: State.AWAITING_APPROVAL,
        e.PreflightFailed: State.REJECTED,
        e.RequestDenied: State.DENIED,
        e.StartStopped: State.CANCELED,
        e.ApprovalLapsed: State.EXPIRED,
        e.RunStarted: State.RUNNING,
    },
    State.RUNNING: {
        e.StepStarted: State.RUNNING,
        e.StepCompleted: State.RUNNING,
        e.ProgressNoted: State.RUNNING,
        e.SuspendAsked: State.RUNNING,
        e.OutageNoticed: State.RUNNING,
        e.QuestionAsked: State.AWAITING_OPERATOR,
        e.RunSucceeded: State.SUCCEEDED,
        e.RunFailed: State.FAILED,
    },
    State.AWAITING_OPERATOR: {
        e.Reminded: State.AWAITING_OPERATOR,
        e.QuestionAnswered: State.RUNNING,
        e.RunFailed: State.FAILED,
    },
    State.SUCCEEDED: {},
    State.FAILED: {},
    State.REJECTED: {},
    State.DENIED: {},
    State.EXPIRED: {},
    State.WITHDRAWN: {},
    State.CANCELED: {},
}


def allows(state: State, event: type[e.Event]) -> bool:
    """Say whether an event of this kind can happen in this state."""
    return event in TRANSITIONS[state]


def next_state(state: State, event: e.Event) -> State:
    """Return where `event` leads from `state`.

    Raises:
        IllegalEventError: the table has no such transition; nothing was changed.
    """
    try:
        return TRANSITIONS[state][type(event)]
    except KeyError:
        raise IllegalEventError(f"{type(event).__name__} cannot happen in state {state}") from None


def evolve(request: Request, event: e.Event, at: datetime) -> Request:
    """Return the request as it is after `event` at the moment `at`.

    Raises:
        IllegalEventError: the event cannot happen in the request's state.
    """
    state = next_state(request.state, event)
    moved = replace(request, state=state, updated_at=at)
    if state in TERMINAL:
        moved = replace(moved, ended_at=at, question=None)
    return _with_facts(moved, event, at)


def _with_facts(request: Request, event: e.Event, at: datetime) -> Request:
    """Write what an event says into the fields of a request that has already moved."""
    match event:
        case e.PlanReady() | e.PlanChanged():
            reopened = replace(
                _reopened(request, at),
                plan=event.plan,
                digest=event.digest,
                warnings=event.warnings,
                votes=(),
            )
            return replace(_with_needed(reopened, event.needed), expires_at=event.expires_at)
        case e.ApprovalRecorded(vote, _, needed):
            return replace(_with_needed(request, needed), votes=(*request.votes, vote))
        case e.ApprovalCompleted(start_after, start_by):
            return replace(request, start_after=start_after, start_by=start_by)
        case e.ApprovalRescinded(_, person, _, expires_at):
            return _without_votes(request, {person}, expires_at, at)
        case e.VotesVoided(persons, _, _, expires_at):
            return _without_votes(request, set(persons), expires_at, at)
        case _:
            return _with_progress(request, event, at)


def _with_progress(request: Request, event: e.Event, at: datetime) -> Request:
    """Write how far a run has come, and what it asks."""
    match event:
        case e.Reminded(count):
            return replace(request, reminders=count)
        case e.RunStarted():
            return replace(request, started_at=at)
        case e.StepStarted(progress):
            return replace(request, progress=progress, suspend_asked_by=None)
        case e.ProgressNoted(_, detail, suspendable, mark, ends_wish) if was := request.progress:
            noted = replace(was, detail=detail, suspendable=suspendable)
            counted = replace(noted, mark=mark or was.mark, changes=was.changes + 1)
            wish = None if ends_wish else request.suspend_asked_by
            return replace(request, progress=counted, suspend_asked_by=wish)
        case e.SuspendAsked(by):
            return replace(request, suspend_asked_by=by)
        case e.QuestionAsked(question):
            asked = replace(request, question=question, waiting_since=at, reminders=0)
            return replace(asked, suspend_asked_by=None)
        case e.QuestionAnswered(key, choice, _, by, entries):
            answers = (*request.answers, Answered(key, choice, by, at, entries))
            return replace(request, question=None, answers=answers)
        case _:
            return _concluded(request, event)


def _concluded(request: Request, event: e.Event) -> Request:
    match event:
        case e.RequestDenied(by, reason):
            return replace(request, decided_by=by, conclusion=(reason,))
        case e.RequestWithdrawn(by) | e.StartStopped(by):
            return replace(request, decided_by=by)
        case e.PreflightFailed(reasons):
            return replace(request, conclusion=reasons)
        case e.RequestExpired():
            late = "Nobody completed the approval" if request.plan else "The checks did not end"
            return replace(request, conclusion=(f"{late} in time.",))
        case e.ApprovalLapsed():
            late = "The run did not begin in time after approval; the report tells more."
            return replace(request, conclusion=(late,))
        case e.RunSucceeded(proof):
            return replace(request, conclusion=proof)
        case e.RunFailed(reason, advice):
            return replace(request, conclusion=(reason, advice))
        case _:
            return request


def _reopened(request: Request, at: datetime) -> Request:
    return replace(request, start_after=None, start_by=None, waiting_since=at, reminders=0)


def _with_needed(request: Request, needed: int) -> Request:
    """More approvals can be asked for while a request is open, never fewer."""
    return replace(request, approvals_needed=max(request.approvals_needed, needed))


def _without_votes(
    request: Request, persons: set[PersonId], expires_at: datetime | None, at: datetime
) -> Request:
    kept = tuple(vote for vote in request.votes if vote.person not in persons)
    until = expires_at or request.expires_at
    return replace(_reopened(request, at), votes=kept, expires_at=until)
