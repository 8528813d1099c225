"""Who may decide about a request: pure rules over facts, each with its own sentence.

Two people, in code: at least two distinct persons other than the requester. Nothing here can be
configured below that, and whatever is unknown counts as no.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.commands import Press
from bot.domain.request import Place, Request, State, Vote
from bot.domain.standing import Finding, Standing, full_member, is_lead
from bot.domain.target import Policy
from bot.domain.values import PersonId, UserId

FLOOR: Final = 2
"""Fewer approvals than this cannot be configured."""

Persons = Callable[[UserId], PersonId]
"""Who is behind an account by what is known now; a row holds what was known when it was written."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where the card and the open question of a request stand in Slack, as far as recorded."""

    card: Place | None
    question: Place | None


def clock(at: datetime) -> str:
    """A moment as these sentences write it."""
    return f"{at:%H:%M} UTC"


def approvals_needed(request: Request, policy: Policy) -> int:
    """The strictest of what was asked for so far, of the rules of now, and of the floor."""
    return max(request.approvals_needed, policy.approvals, FLOOR)


def is_same(actor: Standing, user: UserId, stored: PersonId, person: Persons) -> bool:
    """Whether the actor is who acted before, by what was known then or by what is known now."""
    return actor.user == user or actor.person in {stored, person(user)}


def asked(request: Request, actor: Standing, person: Persons) -> bool:
    """Whether the actor is the person who asked."""
    return is_same(actor, request.requester, request.requester_person, person)


def vote_of(request: Request, actor: Standing, person: Persons) -> Vote | None:
    """Return the vote that the actor gave, with whichever account."""
    return next(
        (vote for vote in request.votes if is_same(actor, vote.user, vote.person, person)), None
    )


def open_for_decision(request: Request, at: datetime) -> Finding:
    """A request is decided only while it awaits approval and its time is not over."""
    rule = "open_for_decision"
    match request.state:
        case State.AWAITING_APPROVAL if at < request.expires_at:
            return Finding.yes(rule)
        case State.AWAITING_APPROVAL:
            return Finding.no(
                rule, f"{request.id} expired at {clock(request.expires_at)}. File it again."
            )
        case State.PLANNING:
            return Finding.no(
                rule,
                f"{request.id} is still being checked; there is no plan to decide about yet. "
                "Wait for the plan on the card.",
            )
        case State.APPROVED:
            return Finding.no(
                rule,
                f"{request.id} already has {len(request.votes)} of {request.approvals_needed} "
                "approvals. Press Stop on the card if it must not start.",
            )
        case State.RUNNING | State.AWAITING_OPERATOR:
            return Finding.no(
                rule,
                f"{request.id} is already running; it can no longer be decided. "
                "Follow it in its thread.",
            )
        case _:
            return closed(request, rule)


def open_for_denial(request: Request, at: datetime) -> Finding:
    """Denial wins: a no counts until the start, even if enough leads have approved meanwhile."""
    if request.state is State.APPROVED:
        return Finding.yes("open_for_decision")
    return open_for_decision(request, at)


def closed(request: Request, rule: str) -> Finding:
    """The sentence for anything that comes after the end of a request."""
    ended = f", {clock(request.ended_at)}" if request.ended_at else ""
    return Finding.no(
        rule,
        f"{request.id} has ended already ({request.state.words}{ended}). This changes nothing. "
        "Its thread says how it ended.",
    )


def on_message(press: Press, posted: Place | None) -> Finding:
    """A press counts only on the message that we posted for it."""
    rule = "on_message"
    if posted is None:
        return Finding.no(rule, "This message is still being recorded. Press again in a moment.")
    if press.place == posted:
        return Finding.yes(rule)
    return Finding.no(
        rule, "This is not the current message of the request. Use the one the bot posted last."
    )


def same_plan(request: Request, press: Press) -> Finding:
    """A press counts only for the plan that the message showed."""
    if press.digest is not None and press.digest == request.short_digest:
        return Finding.yes("same_plan")
    return Finding.no(
        "same_plan",
        f"The plan has changed: this button stands for {press.digest or 'no plan'}, the request "
        f"is now {request.short_digest}. Read the card again before you decide.",
    )


def not_the_requester(request: Request, actor: Standing, person: Persons) -> Finding:
    """An approver is never the person who asked, whichever account is used."""
    rule = "not_the_requester"
    if not asked(request, actor, person):
        return Finding.yes(rule)
    if actor.user != request.requester:
        return Finding.no(
            rule,
            "This account and the requester's belong to the same person, so you cannot approve "
            "it. Two other leads must.",
        )
    return Finding.no(
        rule, "You asked for this restore, so you cannot approve it. Two other leads must."
    )


def counted_once(request: Request, actor: Standing, person: Persons) -> Finding:
    """One person, one vote, whichever account is used."""
    rule = "counted_once"
    vote = vote_of(request, actor, person)
    if vote is None:
        return Finding.yes(rule)
    if vote.user != actor.user:
        return Finding.no(
            rule,
            f"You approved at {clock(vote.at)} with your other account; a person counts once. "
            "Another lead must approve.",
        )
    return Finding.no(rule, f"You approved at {clock(vote.at)} already. Another lead must approve.")


def typed_target(request: Request, typed: str | None, policy: Policy) -> Finding:
    """Where the policy asks for it, the approver has typed the target's name."""
    if not policy.typed_confirmation or (
        typed is not None and typed.strip() == request.wish.target
    ):
        return Finding.yes("typed_target")
    return Finding.no(
        "typed_target", f"Type the target's name, {request.wish.target}, exactly, to approve."
    )


def requester_or_lead(request: Request, actor: Standing, person: Persons) -> Finding:
    """What the requester may do, any lead may do too, and nobody else."""
    if asked(request, actor, person):
        return Finding.yes("requester_or_lead")
    lead = is_lead(actor)
    if lead.holds:
        return Finding.yes("requester_or_lead")
    return Finding.no(
        "requester_or_lead", f"Only the requester or a lead may do this. {lead.sentence}"
    )


def own_request(request: Request, actor: Standing, person: Persons) -> Finding:
    """Only the person who asked can take a request back."""
    if asked(request, actor, person):
        return Finding.yes("own_request")
    return Finding.no(
        "own_request", "Only the person who asked can withdraw this. A lead can deny it instead."
    )


def not_started(request: Request) -> Finding:
    """A vote can be taken back until the run begins."""
    rule = "not_started"
    if request.state in {State.AWAITING_APPROVAL, State.APPROVED}:
        return Finding.yes(rule)
    if request.is_active:
        return Finding.no(
            rule,
            f"{request.id} is {request.state.words}; no vote can be taken back now. See its card.",
        )
    return closed(request, rule)


def has_approved(request: Request, actor: Standing, person: Persons) -> Finding:
    """Only a vote that was given can be taken back."""
    if vote_of(request, actor, person):
        return Finding.yes("has_approved")
    return Finding.no(
        "has_approved",
        f"You have not approved {request.id}, so there is nothing to take back. "
        "To end it, a lead can deny it.",
    )


def not_approved_yet(request: Request) -> Finding:
    """A request can be withdrawn until enough leads have approved it."""
    rule = "not_approved_yet"
    match request.state:
        case State.PLANNING | State.AWAITING_APPROVAL:
            return Finding.yes(rule)
        case State.APPROVED:
            return Finding.no(
                rule, f"{request.id} is approved and about to start. Press Stop instead."
            )
        case State.RUNNING | State.AWAITING_OPERATOR:
            return _cannot_be_undone(request, rule)
        case _:
            return closed(request, rule)


def waiting_for_start(request: Request) -> Finding:
    """Stop works between the last approval and the start."""
    rule = "waiting_for_start"
    match request.state:
        case State.APPROVED:
            return Finding.yes(rule)
        case State.PLANNING | State.AWAITING_APPROVAL:
            return Finding.no(
                rule, f"{request.id} is not approved. Withdraw it, or ask a lead to deny it."
            )
        case State.RUNNING | State.AWAITING_OPERATOR:
            return _cannot_be_undone(request, rule)
        case _:
            return closed(request, rule)


def _cannot_be_undone(request: Request, rule: str) -> Finding:
    return Finding.no(
        rule,
        f"{request.id} is running, and a restore cannot be taken back half-way. When it asks a "
        "question, a lead can choose to give up there.",
    )


def in_start_window(request: Request, at: datetime) -> Finding:
    """A run begins after the start delay, and before its approval lapses."""
    rule = "in_start_window"
    if request.start_after is None or request.start_by is None or at < request.start_after:
        return Finding.no(rule, f"It is too early: {request.id} can still be stopped.")
    if at >= request.start_by:
        return Finding.no(
            rule,
            f"The approval of {request.id} lapsed at {clock(request.start_by)}. File it again.",
        )
    return Finding.yes(rule)


def is_running(request: Request) -> Finding:
    """Only a running request may have something sent to its manager."""
    rule = "is_running"
    if request.state is State.RUNNING:
        return Finding.yes(rule)
    return Finding.no(
        rule, f"{request.id} is {request.state.words}, not running. Nothing was sent."
    )


def sent_in_time(request: Request, at: datetime) -> Finding:
    """The point of no return is passed before the approval lapses, or not at all.

    A crash or a question between the start and the restore request can hold a run up for long;
    what the leads approved is a restore of then.
    """
    rule = "sent_in_time"
    if request.start_by is not None and at < request.start_by:
        return Finding.yes(rule)
    when = f" at {clock(request.start_by)}" if request.start_by else ""
    return Finding.no(rule, f"The approval lapsed{when}; nothing was sent.")


def enough_votes(
    request: Request, voters: tuple[Standing, ...], policy: Policy, person: Persons
) -> Finding:
    """At least two distinct persons other than the requester approved exactly this plan.

    A vote counts only if the very account that gave it was read again and may still decide; what
    cannot be read counts for nothing. Votes are of distinct persons only if they were so when they
    were given, and are so now.
    """
    judged = {
        voter.user: voter
        for voter in voters
        if not asked(request, voter, person) and all(one.holds for one in still_counts(voter))
    }
    counted = [
        vote
        for vote in request.votes
        if vote.user in judged
        and vote.person != request.requester_person
        and vote.digest == request.digest
    ]
    persons = min(
        len({vote.person for vote in counted}),
        len({judged[vote.user].person for vote in counted}),
    )
    needed = approvals_needed(request, policy)
    if persons >= needed:
        return Finding.yes("enough_votes")
    return Finding.no(
        "enough_votes",
        f"{persons} of {needed} approvals of {request.id} are valid; it cannot start.",
    )


def not_now(request: Request, event: str) -> Finding:
    """The state machine has no place for this here."""
    return Finding.no(
        "legal", f"{event} cannot happen while {request.id} is {request.state.words}."
    )


def still_counts(standing: Standing) -> tuple[Finding, ...]:
    """What is judged again of every voter right before the start."""
    return (full_member(standing), is_lead(standing))
