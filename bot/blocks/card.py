"""The card: the one message in which a request can be seen and decided, edited in place."""

from datetime import datetime

from bot.blocks import backup, buttons, plan
from bot.blocks.actions import Button
from bot.blocks.elements import Block, actions, context, header, section
from bot.blocks.message import Message, message
from bot.blocks.status import headline, status, voters
from bot.blocks.text import code, escape, fit, in_one_line, mention, moment, quoted
from bot.domain.request import Request, State
from bot.domain.values import Environment
from bot.ports import AuditHead

_REASON_LIMIT = 1700
"""A reason of the greatest length, fully escaped, fits."""

_WARNING_LIMIT = 300
"""Characters of one warning; it is a line, and the thread has told it in full."""

MAC_SHOWN = 12
"""Digits of an audit mac that people compare; the report has all 64."""


def card(
    request: Request, *, now: datetime, head: AuditHead | None, typed: bool = False
) -> Message:
    """Return the card of a request as it stands: first the decision, then everything for it.

    `head` is the newest link of the audit chain; a card that will not change again shows it.
    `typed`: an approver types the target's name (`policy.typed_confirmation`).
    """
    told = status(request, now)
    pressed = buttons.of(request, typed=typed)
    whole = _whole(request, pressed)
    blocks = [
        header(title(request)),
        section(told, whole),
        *_warnings(request),
        section(f"{plan.target(request)}\n{backup.backup(request)}"),
        *_plan(request),
        section(_people(request)),
        context(_footnote(request, head)),
    ]
    rows = [*blocks, *([actions(*pressed)] if pressed else [])]
    return message(_text(request, told), rows, whole)


def _whole(request: Request, pressed: tuple[Block, ...]) -> str:
    """Where all of a card that had to be shortened can be read."""
    if any(one["action_id"] == Button.DETAILS for one in pressed):
        return "see Details"
    return "" if request.is_active else "the report in the thread has all of it"


def title(request: Request) -> str:
    """Return the headline: what, and its state, in plain words."""
    prefix = "SANDBOX: restore" if request.environment is Environment.SANDBOX else "Restore"
    return f"{prefix} {request.wish.target}: {headline(request)}"


def _warnings(request: Request) -> list[Block]:
    """What may not be overlooked by who decides, as long as there is something to decide."""
    lines = _warning_lines(request)
    return [section("\n".join(lines))] if lines else []


def _warning_lines(request: Request) -> list[str]:
    if request.started_at or not request.is_active:
        return []
    return [f"*Warning:* {fit(in_one_line(one), _WARNING_LIMIT)}" for one in request.warnings]


def _plan(request: Request) -> list[Block]:
    """The steps, unless the request has ended without one of them."""
    if request.plan is None or not (request.is_active or request.started_at):
        return []
    parts = (
        plan.point_of_no_return(request, request.plan),
        plan.unasked(request.plan),
        plan.steps(request, request.plan),
    )
    return [section("\n".join(part for part in parts if part))]


def _people(request: Request) -> str:
    lines = [f"*Requested by* {mention(request.requester)} {moment(request.created_at)}"]
    if request.wish.incident:
        lines.append(f"*Incident:* {code(request.wish.incident)}")
    # While votes are being given, the first paragraph tells them.
    if request.votes and request.state not in {State.AWAITING_APPROVAL, State.APPROVED}:
        lines.append(f"*Approved by* {voters(request)}")
    return "\n".join((*lines, "*Reason:*", fit(quoted(request.wish.reason), _REASON_LIMIT)))


def _footnote(request: Request, head: AuditHead | None) -> str:
    parts = [f"*{request.id}*"]
    if request.short_digest:
        parts.append(f"plan code *{request.short_digest}*")
    if head and not request.is_active:
        parts.append(f"audit chain at entry {head.seq}: `{head.mac[:MAC_SHOWN]}`")
    return " · ".join(parts)


def _text(request: Request, told: str) -> str:
    lines = (
        f"{escape(title(request))} ({request.id})",
        told,
        *_warning_lines(request),
        plan.target(request),
        backup.backup(request),
        f"Requested by {mention(request.requester)}:",
        quoted(request.wish.reason),
    )
    return "\n".join(lines)
