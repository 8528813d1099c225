"""A filing becomes a request, unless its target is taken."""

from datetime import datetime

from bot.domain.events import RequestFiled
from bot.domain.request import Request, State
from bot.domain.standing import Finding
from bot.domain.target import Policy
from bot.domain.values import RequestId
from bot.ports import Filing


def new_request(filing: Filing, at: datetime, policy: Policy) -> Request:
    """Return the request that a filing makes at a moment."""
    return Request(
        id=filing.id,
        wish=filing.wish,
        environment=filing.environment,
        requester=filing.requester,
        requester_person=filing.requester_person,
        team=filing.team,
        channel=filing.channel,
        state=State.PLANNING,
        created_at=at,
        expires_at=at + policy.request_ttl,
        updated_at=at,
        approvals_needed=policy.approvals,
        waiting_since=at,
    )


def filed_event(filing: Filing) -> RequestFiled:
    """Return what is sealed of a filing: who asked for what, where."""
    return RequestFiled(filing.requester, filing.wish, filing.channel, filing.requester_person)


def target_taken(active: Request) -> Finding:
    """A target has at most one active request."""
    return Finding.no(
        "one_active_request",
        f"{active.wish.target} already has an active request, {active.id} "
        f"({active.state.words}). {_advice(active.state)}",
    )


def target_taken_unreadably(target: str, active: RequestId) -> Finding:
    """A request that this release cannot read holds its target like any other."""
    return Finding.no(
        "one_active_request",
        f"{target} already has an active request, {active}, which this release cannot read. "
        "Ask the owner of the bot to install the release that wrote it.",
    )


def _advice(state: State) -> str:
    match state:
        case State.PLANNING | State.AWAITING_APPROVAL:
            return "Withdraw it, or ask a lead to deny it; then file again."
        case State.APPROVED:
            return "Press Stop on its card if it must not start; then file again."
        case _:
            return "File again when it has ended."
