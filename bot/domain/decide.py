"""Judge a command: which events follow from it, or why none do.

A refusal by a rule is a value with a sentence. Nothing here reads a clock: `at` is the moment of
the command, so a late approval is refused even where no sweep has run.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.domain import answering, machine
from bot.domain import approval as rules
from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.plan import differences
from bot.domain.request import Progress, Request, State, Vote
from bot.domain.standing import Finding, full_member, is_lead, is_unreadable
from bot.domain.target import Policy
from bot.domain.warned import unseen


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a command is judged by besides the request, as it is now.

    The moment, the rules, our messages, and who is behind an account.
    """

    at: datetime
    policy: Policy
    posted: rules.Posted
    person: rules.Persons


@dataclass(frozen=True, slots=True)
class Decision:
    """The events that follow, in order; or no event, and the finding that forbids it."""

    events: tuple[e.Event, ...]
    refusal: Finding | None = None

    @property
    def accepted(self) -> bool:
        """Whether the command was allowed. An allowed command may have nothing to change."""
        return self.refusal is None


def decide(request: Request, command: c.Command, now: Circumstances) -> Decision:
    """Return what follows from `command` for `request`, changing nothing."""
    match command:
        case c.Approve():
            return _approve(request, command, now)
        case c.Deny():
            return _deny(request, command, now)
        case c.Rescind():
            return _rescind(request, command, now)
        case c.Withdraw():
            return _withdraw(request, command, now)
        case c.Stop():
            return _stop(request, command, now)
        case c.Answer():
            return _answer(request, command, now)
        case c.Suspend():
            return _suspend(request, command, now)
        case _:
            return _of_the_bot(request, command, now)


def _of_the_bot(request: Request, command: c.BotCommand, now: Circumstances) -> Decision:
    """Commands of the bot itself: the state machine is their only judge."""
    match command:
        case c.CompletePlan(plan, digest, notes, warnings):
            expires_at = now.at + now.policy.request_ttl
            needed = rules.approvals_needed(request, now.policy)
            ready = e.PlanReady(plan, digest, notes, expires_at, needed, warnings)
            return _legal(request, ready)
        case c.FailPreflight(reasons):
            return _legal(request, e.PreflightFailed(reasons))
        case c.Expire():
            return Decision(_overdue(request, now))
        case c.Begin():
            return _begin(request, command, now)
        case c.StartStep(key):
            return _legal(request, e.StepStarted(_progress(request, key, now.at)))
        case c.CompleteStep():
            return _legal(request, _step_completed(request, command, now.at))
        case c.NoteProgress(said, detail, suspendable, mark, ends_wish):
            return _legal(request, e.ProgressNoted(said, detail, suspendable, mark, ends_wish))
        case c.NoticeOutage(said, ask_at):
            return _legal(request, e.OutageNoticed(said, ask_at))
        case c.Ask(question):
            return _legal(request, e.QuestionAsked(question))
        case c.Succeed(proof):
            return _legal(request, e.RunSucceeded(proof))
        case c.Fail(reason, advice):
            return _legal(request, e.RunFailed(reason, advice))
        case _:
            assert_never(command)


def _approve(request: Request, command: c.Approve, now: Circumstances) -> Decision:
    actor, press = command.actor, command.press
    refusal = _first_no(
        rules.open_for_decision(request, now.at),
        rules.on_message(press, now.posted.card),
        rules.same_plan(request, press),
        full_member(actor),
        rules.not_the_requester(request, actor, now.person),
        is_lead(actor),
        rules.counted_once(request, actor, now.person),
        rules.typed_target(request, command.typed, now.policy),
    )
    if refusal or request.digest is None:
        return Decision((), refusal)
    vote = Vote(actor.person, actor.user, request.digest, now.at)
    needed = rules.approvals_needed(request, now.policy)
    recorded = e.ApprovalRecorded(vote, count=len(request.votes) + 1, needed=needed)
    if recorded.count < needed:
        return Decision((recorded,))
    start_after = now.at + now.policy.start_delay
    completed = e.ApprovalCompleted(start_after, start_after + now.policy.start_ttl)
    return Decision((recorded, completed))


def _deny(request: Request, command: c.Deny, now: Circumstances) -> Decision:
    # A changed plan does not protect a request from a denial: no is always safe.
    refusal = _first_no(
        rules.open_for_denial(request, now.at),
        rules.on_message(command.press, now.posted.card),
        full_member(command.actor),
        is_lead(command.actor),
    )
    return _unless(refusal, e.RequestDenied(command.actor.user, command.reason))


def _rescind(request: Request, command: c.Rescind, now: Circumstances) -> Decision:
    actor = command.actor
    refusal = _first_no(
        rules.not_started(request),
        rules.on_message(command.press, now.posted.card),
        rules.has_approved(request, actor, now.person),
    )
    vote = rules.vote_of(request, actor, now.person)
    if refusal or vote is None:
        return Decision((), refusal)
    left = len(request.votes) - 1
    return Decision(
        (e.ApprovalRescinded(actor.user, vote.person, left, _decided_anew(request, now)),)
    )


def _withdraw(request: Request, command: c.Withdraw, now: Circumstances) -> Decision:
    refusal = _first_no(
        rules.not_approved_yet(request),
        *_on_card(command.press, now),
        rules.own_request(request, command.actor, now.person),
    )
    return _unless(refusal, e.RequestWithdrawn(command.actor.user))


def _stop(request: Request, command: c.Stop, now: Circumstances) -> Decision:
    refusal = _first_no(
        rules.waiting_for_start(request),
        *_on_card(command.press, now),
        full_member(command.actor),
        rules.requester_or_lead(request, command.actor, now.person),
    )
    return _unless(refusal, e.StartStopped(command.actor.user))


def _answer(request: Request, command: c.Answer, now: Circumstances) -> Decision:
    refusal = _first_no(
        answering.question_open(request, command.choice, command.question),
        answering.asked_here(request, command.press, now.posted.question, command.question),
        full_member(command.actor),
        answering.may_answer(request, command.actor, command.choice, now.person),
        answering.filled(request, command.choice, command.entries),
    )
    question = request.question
    offer = question.offer(command.choice) if question else None
    if refusal or question is None or offer is None:
        return Decision((), refusal)
    answered = e.QuestionAnswered(
        question.key,
        command.choice,
        offer.label,
        command.actor.user,
        command.entries,
        answering.chosen(question, command.entries),
        offer.follows,
    )
    return Decision((answered,))


def _suspend(request: Request, command: c.Suspend, now: Circumstances) -> Decision:
    refusal = _first_no(
        answering.suspendable(request),
        rules.on_message(command.press, now.posted.card),
        full_member(command.actor),
        is_lead(command.actor),
    )
    return _unless(refusal, e.SuspendAsked(command.actor.user))


def _on_card(press: c.Press | None, now: Circumstances) -> tuple[Finding, ...]:
    """A typed command has no message; a button counts only on the card."""
    return (rules.on_message(press, now.posted.card),) if press else ()


def _begin(request: Request, command: c.Begin, now: Circumstances) -> Decision:
    if not machine.allows(request.state, e.RunStarted):
        return _legal(request, e.RunStarted())
    if refusal := _first_no(rules.in_start_window(request, now.at)):
        return Decision((), refusal)
    if lost := _lost_votes(request, command, now):
        return Decision(
            (
                e.VotesVoided(
                    tuple(vote.person for vote, _ in lost),
                    tuple(vote.user for vote, _ in lost),
                    tuple(no.rule for _, no in lost),
                    _decided_anew(request, now),
                ),
            )
        )
    new = unseen(request.warnings, command.warnings)
    if new or command.digest != request.digest:
        return Decision((_changed(request, command, new, now),))
    enough = rules.enough_votes(request, command.voters, now.policy, now.person)
    return _unless(_first_no(enough), e.RunStarted())


def _changed(
    request: Request, command: c.Begin, new: tuple[str, ...], now: Circumstances
) -> e.PlanChanged:
    """Ask people anew; what differs is of the plan, or a warning that nobody saw who decided."""
    changes = differences(request.plan, command.plan) if request.plan else ()
    return e.PlanChanged(
        command.plan,
        command.digest,
        (*changes, *new),
        now.at + now.policy.request_ttl,
        rules.approvals_needed(request, now.policy),
        command.warnings,
    )


def _lost_votes(
    request: Request, command: c.Begin, now: Circumstances
) -> tuple[tuple[Vote, Finding], ...]:
    """Return the votes that do not count any more, each with the rule that says so.

    Somebody may have taken the vote back while the checks were made; then it is lost already.
    Nobody loses a vote because Slack cannot say; such a vote only starts nothing.
    """
    found = {voter.user: voter for voter in command.voters}
    lost: list[tuple[Vote, Finding]] = []
    for number, vote in enumerate(request.votes):
        voter = found.get(vote.user)
        if voter is None:
            continue
        before = replace(request, votes=request.votes[:number])
        no = _first_no(
            *(() if is_unreadable(voter) else rules.still_counts(voter)),
            rules.not_the_requester(request, voter, now.person),
            rules.counted_once(before, voter, now.person),
        )
        if no:
            lost.append((vote, no))
    return tuple(lost)


def _decided_anew(request: Request, now: Circumstances) -> datetime | None:
    """Until when people can decide about a request that was approved; `None`: it was not."""
    return now.at + now.policy.request_ttl if request.state is State.APPROVED else None


def _overdue(request: Request, now: Circumstances) -> tuple[e.Event, ...]:
    """What the passing of time alone does to a request."""
    match request.state:
        case State.PLANNING | State.AWAITING_APPROVAL if now.at >= request.expires_at:
            return (e.RequestExpired(),)
        case State.APPROVED if request.start_by is not None and now.at >= request.start_by:
            return (e.ApprovalLapsed(),)
        case State.AWAITING_APPROVAL | State.AWAITING_OPERATOR:
            return _due_reminder(request, now)
        case _:
            return ()


def _due_reminder(request: Request, now: Circumstances) -> tuple[e.Event, ...]:
    # After a pause of the bot several may be due at once; people need only the last of them.
    waited = now.at - request.waiting_since
    due = sum(waited >= after for after in now.policy.remind_after)
    return (e.Reminded(due),) if due > request.reminders else ()


def _step_completed(request: Request, command: c.CompleteStep, at: datetime) -> e.StepCompleted:
    progress = request.progress
    since = progress.since if progress else at
    number = request.plan.step_number(command.key) if request.plan else 0
    return e.StepCompleted(command.key, number, command.said, (at - since).total_seconds())


def _progress(request: Request, key: str, at: datetime) -> Progress:
    return Progress(key, request.plan.step_number(key) if request.plan else 0, at)


def _legal(request: Request, event: e.Event) -> Decision:
    if machine.allows(request.state, type(event)):
        return Decision((event,))
    return Decision((), rules.not_now(request, type(event).__name__))


def _unless(refusal: Finding | None, event: e.Event) -> Decision:
    return Decision((), refusal) if refusal else Decision((event,))


def _first_no(*findings: Finding) -> Finding | None:
    return next((finding for finding in findings if not finding.holds), None)
