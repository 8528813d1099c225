"""The lines of a request's thread: who did what, and what comes next, one line per event."""

from datetime import datetime
from typing import Final, assert_never

from bot.blocks import buttons
from bot.blocks.backup import asked_for, restored_from
from bot.blocks.elements import actions, section
from bot.blocks.ending import Ending, ending
from bot.blocks.message import Message, message, paragraphs
from bot.blocks.plan import no_return, step_title
from bot.blocks.question import answered, asked_again, called, question, what_follows
from bot.blocks.status import may_be_told
from bot.blocks.text import (
    ago,
    bullets,
    counted,
    escape,
    in_one_line,
    listed,
    mention,
    mentions,
    seconds,
    usergroup,
    when,
    when_exactly,
)
from bot.domain import events as e
from bot.domain.plan import Plan, short
from bot.domain.request import Question, Request, State
from bot.domain.target import Group

__all__ = [
    "answered",
    "asked",
    "asked_again",
    "has_line",
    "is_broadcast",
    "line",
    "question",
]

Approving = (
    e.RequestFiled
    | e.PlanReady
    | e.ApprovalRecorded
    | e.ApprovalCompleted
    | e.ApprovalRescinded
    | e.VotesVoided
    | e.PlanChanged
    | e.Reminded
)

Running = (
    e.RunStarted
    | e.StepStarted
    | e.StepCompleted
    | e.ProgressNoted
    | e.SuspendAsked
    | e.OutageNoticed
    | e.QuestionAnswered
    | e.RunSucceeded
)

_MENTIONED: Final = 10
"""More people than this are not called one by one."""

_VOIDED: Final = {
    "is_lead": "is not in the group of leads any more",
    "not_the_requester": "is the person who asked, by the configuration of now",
    "counted_once": "is a person who approved with another account, by the configuration of now",
    "full_member": "is not a full member of the workspace any more",
}


def has_line(event: e.Event) -> bool:
    """Say whether an event is told in the thread; the card alone shows that a step began.

    What the manager does without a word for people is for the card alone, too.
    """
    match event:
        case e.StepStarted():
            return False
        case e.ProgressNoted(said):
            return bool(said.strip())
        case _:
            return True


def is_broadcast(request: Request, event: e.Event) -> bool:
    """Say whether a line is shown in the channel too: the start, a question, every end."""
    told = isinstance(event, Ending | e.RunStarted | e.RunSucceeded)
    return told or asked(request, event) is not None


def asked(request: Request, event: e.Event) -> Question | None:
    """Return the question that a line asks, with buttons.

    The newest reminder asks again, since the message before it may be gone or far away.
    """
    match event:
        case e.QuestionAsked(question):
            return question
        case e.Reminded(count) if count == request.reminders:
            return request.question
        case _:
            return None


def line(request: Request, event: e.Event, at: datetime, *, leads: Group | None = None) -> Message:
    """Return what the thread says about an event that happened at `at`.

    `request` is the request as it is now, which may be further on. `leads` are called where
    their decision is waited for; without them they are only spoken of.
    """
    if isinstance(event, Ending):
        text = ending(request, event)
        again = actions(buttons.resubmit(request))
        return message(text, [section(text), again])
    if isinstance(event, e.QuestionAsked):
        return question(request, event.question)
    if isinstance(event, e.Reminded) and (question_again := asked(request, event)):
        return question(request, question_again, f"Reminder {event.count}. ")
    if isinstance(event, Approving):
        return paragraphs(_approving(request, event, _leads(request, leads)))
    return paragraphs(_running(request, event, at))


def _approving(request: Request, event: Approving, leads: str) -> str:
    match event:
        case e.RequestFiled(by):
            untouched = "no restore is started" if may_be_told(request) else "nothing is changed"
            return (
                f"{mention(by)} asks for a restore of *{escape(request.wish.target)}* from "
                f"{asked_for(request.wish.backup)}. The manager, the backup server and the backup "
                f"are checked first; {untouched} by that."
            )
        case e.PlanReady(plan, _, notes, expires_at, _, warnings):
            return (
                f"*The plan is ready*, in {counted(len(plan.steps), 'step')}. {leads}: please read "
                f"the card above and decide by {when(expires_at)}. {_needed(request)}"
                f"{listed('Worth knowing:', (*warnings, *notes))}"
            )
        case e.ApprovalRecorded(vote, count):
            return (
                f"{mention(vote.user)} approved plan {short(vote.digest)}. {_count(request, count)}"
            )
        case e.ApprovalCompleted(start_after, start_by):
            return (
                f"*Approved.* Everything is checked once more and the restore starts at "
                f"{when_exactly(start_after)}, or by {when(start_by)} at the latest. "
                "Until it has started, *Stop* on the card ends it."
            )
        case e.ApprovalRescinded(by, _, left):
            return f"{mention(by)} took the approval back. {_count(request, left)}"
        case e.VotesVoided(_, users, reasons, expires_at):
            until = expires_at or request.expires_at
            return _voided(users, reasons, until, leads)
        case e.PlanChanged(_, _, differences, expires_at, _, warnings):
            known = tuple(warning for warning in warnings if warning not in differences)
            return (
                "*What was found right before the start is not what was approved, so no approval "
                "counts.*"
                f"{listed('What differs:', differences)}\n{leads}: please read the card again "
                f"and decide by {when(expires_at)}. {_needed(request)}"
                f"{listed('Worth knowing:', known)}"
            )
        case e.Reminded(count):
            return _reminder(request, count, leads)
        case _:
            assert_never(event)


def _needed(request: Request) -> str:
    return (
        f"{counted(request.approvals_needed, 'approval')} are needed; "
        f"{mention(request.requester)} asked and cannot approve."
    )


def _count(request: Request, votes: int) -> str:
    """How many approvals there are after an event, and how many are missing."""
    needed = request.approvals_needed
    first = f"*{votes} of {needed} approvals.*"
    if votes >= needed:
        return first
    missing = counted(needed - votes, "more lead")
    return f"{first} {missing} must approve by {when(request.expires_at)}."


def _voided(
    users: tuple[str, ...], reasons: tuple[str, ...], expires_at: datetime, leads: str
) -> str:
    lost = bullets(
        f"{mention(user)} {_VOIDED.get(rule, escape(rule))}"
        for user, rule in zip(users, reasons, strict=True)
    )
    return (
        f"*The restore did not start, since an approval does not count any more:*\n{lost}\n"
        f"{leads}: please decide by {when(expires_at)}."
    )


def _reminder(request: Request, count: int, leads: str) -> str:
    first = f"Reminder {count}"
    match request.state:
        case State.AWAITING_APPROVAL:
            return f"{first}. {leads}: {_count(request, len(request.votes))}"
        case State.AWAITING_OPERATOR:
            asked = f" *{escape(request.question.title)}*" if request.question else ""
            return (
                f"{first}. {called(request, request.question)}: the restore waits for an answer "
                f"since {when(request.waiting_since)}:{asked}"
            )
        case _:
            return f"{first}: people were waited for. The request is *{request.state.words}* now."


def _running(request: Request, event: Running, at: datetime) -> str:
    match event:
        case e.RunStarted():
            return (
                f"*The restore of {escape(request.wish.target)} has started.* All checks hold, "
                f"and so does every approval. {_point_of_no_return(request.plan)}"
                "Progress is on the card; if a person is needed, this thread says so."
            )
        case e.StepStarted(progress):
            return f"{_step(request, progress.number)} began."
        case e.StepCompleted(_, number, said, took):
            return f"{_step(request, number)} is done after {ago(seconds(took))}.\n{escape(said)}"
        case e.OutageNoticed(said, ask_at):
            return (
                f"{escape(said)} That is expected now, and nobody needs to do anything. If it "
                f"stays so, people are asked at {when(ask_at)}."
            )
        case e.ProgressNoted(said):
            return in_one_line(said)
        case e.SuspendAsked(by):
            return (
                f"{mention(by)} wants to suspend the restore. The manager ends its current step, "
                "then waits; the restore goes on when a lead continues."
            )
        case e.QuestionAnswered():
            return _answered(event)
        case e.RunSucceeded(proof):
            return _success(request, proof, at)
        case _:
            assert_never(event)


def _answered(event: e.QuestionAnswered) -> str:
    first = f"{mention(event.by)} answered: *{escape(event.label)}*. {what_follows(event)}"
    return "\n".join((first, *(bullets([in_one_line(said)]) for said in event.chosen)))


def _step(request: Request, number: int) -> str:
    """A step by its number and, where the plan has it, by its title."""
    plan = request.plan
    if plan is None:
        return f"*Step {number}*"
    words = escape(step_title(plan, plan.steps[number - 1]))
    return f"*Step {number} of {len(plan.steps)}* ({words})"


def _point_of_no_return(plan: Plan | None) -> str:
    marked = no_return(plan) if plan else None
    if plan is None or marked is None:
        return ""
    number, step = marked
    return f"The point of no return is step {number}, {escape(step_title(plan, step))}. "


def _success(request: Request, proof: tuple[str, ...], at: datetime) -> str:
    took = f" after {ago(at - request.started_at)}" if request.started_at else ""
    file = f" from {restored_from(request.plan)}" if request.plan else ""
    return (
        f"*succeeded*: {escape(request.wish.target)} is restored{file}{took}."
        f"{listed('The end state, read from the manager:', proof)}\n"
        f"{mention(request.requester)}: the report follows in this thread."
    )


def _leads(request: Request, leads: Group | None) -> str:
    """The leads whose decision is missing: their group once, or each by name."""
    if leads is None:
        return "Leads"
    if leads.usergroup:
        return usergroup(leads.usergroup)
    done = {request.requester, *(vote.user for vote in request.votes)}
    missing = sorted(leads.members - done)
    return mentions(missing) if 0 < len(missing) <= _MENTIONED else "Leads"
