"""What is decided, by whom, until when: the first thing that everybody reads."""

from datetime import datetime
from typing import Literal, assert_never

from bot.blocks.plan import step_words, total
from bot.blocks.text import (
    ago,
    bullets,
    counted,
    escape,
    mention,
    moment,
    quoted,
    when,
    when_exactly,
)
from bot.domain.request import Request, State
from bot.domain.values import Generation, Scope


def may_be_told(request: Request) -> bool:
    """Say whether the checks may have told the manager its backup server (2.0 and later alone).

    Where there is no plan the scope says it, as far as it can: the cluster alone is of 1.x.
    """
    if request.plan is None:
        return request.wish.scope is not Scope.CLUSTER
    return request.plan.generation is Generation.NSX


def nothing_done(request: Request) -> str:
    """Return what holds of a request that ended before its start."""
    if may_be_told(request):
        return "No restore was started."
    return "Nothing was sent to the manager."


def by_checks(request: Request) -> str:
    """Return what the checks leave as it is."""
    return "No restore is started by this" if may_be_told(request) else "Nothing is changed by this"


def approvals(request: Request) -> str:
    """Return `1 of 2 approvals`."""
    return f"{len(request.votes)} of {request.approvals_needed} approvals"


def missing(request: Request) -> str:
    """Return how many leads are still needed: `2 more leads`."""
    count = request.approvals_needed - len(request.votes)
    return f"{counted(count, 'more lead')}"


def voters(request: Request) -> str:
    """Return who has approved, and when; empty if nobody has."""
    return ", ".join(f"{mention(vote.user)} at {when(vote.at)}" for vote in request.votes)


def headline(request: Request) -> str:
    """Return the state in plain words, without markup."""
    words = request.state.words
    match request.state:
        case State.AWAITING_APPROVAL | State.APPROVED:
            return f"{words}, {approvals(request)}"
        case State.RUNNING | State.AWAITING_OPERATOR if request.plan and request.progress:
            return f"{words}, step {request.progress.number} of {len(request.plan.steps)}"
        case _:
            return words


def status(request: Request, now: datetime) -> str:
    """Return the state in full sentences: what, by whom, until when, and what comes next."""
    match request.state:
        case State.PLANNING:
            return (
                "*planning*: the manager, the backup server and the backup are being checked. "
                f"{by_checks(request)}; the plan follows here."
            )
        case State.AWAITING_APPROVAL:
            return _awaiting_approval(request, now)
        case State.APPROVED:
            return _approved(request, now)
        case State.RUNNING:
            return _running(request)
        case State.AWAITING_OPERATOR:
            return _awaiting_operator(request)
        case State.SUCCEEDED:
            return _succeeded(request)
        case State.FAILED:
            return _failed(request)
        case (
            State.REJECTED | State.DENIED | State.EXPIRED | State.WITHDRAWN | State.CANCELED
        ) as state:
            return _ended(request, state)
        case _:
            assert_never(request.state)


def _awaiting_approval(request: Request, now: datetime) -> str:
    by = f", by {voters(request)}" if request.votes else ""
    first = f"*awaiting approval: {approvals(request)}*{by}"
    if now >= request.expires_at:
        return f"{first}\nIts time was over at {when(request.expires_at)}; it is being closed."
    return (
        f"{first}\n{missing(request)} must approve; expires {when(request.expires_at)}. "
        f"{mention(request.requester)} asked and cannot approve."
    )


def _approved(request: Request, now: datetime) -> str:
    first = f"*approved: {approvals(request)}*, by {voters(request)}"
    if request.start_after and now < request.start_after:
        return f"{first}\nStarts at {when_exactly(request.start_after)}. Until then, Stop ends it."
    return f"{first}\nAbout to start: everything is checked once more. Stop still ends it."


def _running(request: Request) -> str:
    step = step_words(request)
    if not step or request.progress is None:
        return "*running*: the first step is about to begin."
    first = f"*running: {step}*, since {when(request.progress.since)}"
    if request.suspend_asked_by is None:
        return first
    by = mention(request.suspend_asked_by)
    return f"{first}\n{by} wants to suspend it: the manager ends its current step, then waits."


def _awaiting_operator(request: Request) -> str:
    step = step_words(request)
    title = f"\n*{escape(request.question.title)}*" if request.question else ""
    return (
        f"*awaiting operator{': ' if step else ''}{step}*{title}\nThe restore waits for a person "
        f"since {when(request.waiting_since)}. The question is in the thread below."
    )


def ended_at(request: Request) -> datetime:
    """Return when a request ended; for one that has not, when it last changed."""
    return request.ended_at or request.updated_at


def _succeeded(request: Request) -> str:
    at = ended_at(request)
    took = ago(total(request.started_at, at))
    return f"*succeeded* {moment(at)}, after {took}\n{bullets(map(escape, request.conclusion))}"


def _failed(request: Request) -> str:
    """Where it ended, why, and what a person does now."""
    step = step_words(request)
    told = map(escape, request.conclusion)
    lines = (
        f"*failed* {moment(ended_at(request))}{', at ' if step else ''}{step}",
        *(f"{lead}{said}" for lead, said in zip(("", "*What to do now:* "), told, strict=False)),
    )
    return "\n".join(lines)


Unstarted = Literal[State.REJECTED, State.DENIED, State.EXPIRED, State.WITHDRAWN, State.CANCELED]


def _ended(request: Request, state: Unstarted) -> str:
    """How a request ended whose restore was never started."""
    first = f"*{state.words}*"
    at = moment(ended_at(request))
    by = f" by {mention(request.decided_by)}" if request.decided_by else ""
    nothing = nothing_done(request)
    match state:
        case State.DENIED:
            reason = "\n".join(map(quoted, request.conclusion))
            return f"{first}{by} {at}. {nothing}\n{reason}"
        case State.REJECTED:
            reasons = bullets(map(escape, request.conclusion))
            return f"{first} {at}: a check found a reason not to go on. {nothing}\n{reasons}"
        case State.EXPIRED:
            return f"{first} {at}. {escape(' '.join(request.conclusion))} {nothing}"
        case State.WITHDRAWN:
            return f"{first}{by} {at}. {nothing}"
        case State.CANCELED:
            return f"{first}: stopped{by} {at}, before the start. {nothing}"
        case _:
            assert_never(state)
