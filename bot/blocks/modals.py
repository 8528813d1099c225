"""The modals: what is asked in a form, and what is shown in full.

Source: docs.slack.dev/reference/views/modal-views.
"""

from bot.blocks import backup, plan
from bot.blocks.actions import Field, Form, block_id, value
from bot.blocks.answer_form import answer_prompt
from bot.blocks.details import details
from bot.blocks.elements import Block, View, asked, form, modal, section
from bot.blocks.file_form import file_request
from bot.blocks.text import escape
from bot.domain.request import Place, Request
from bot.domain.values import REASON_LIMIT

__all__ = [
    "answer_prompt",
    "confirm_approval",
    "deny_request",
    "details",
    "file_request",
    "loading",
    "problem",
]


def loading(title: str) -> View:
    """Return what is shown at once, within Slack's three seconds, while the rest is read."""
    return modal(title, [section("Loading. This takes a moment.")])


def problem(title: str, sentence: str, advice: str) -> View:
    """Return why something cannot be shown, and what to do."""
    return modal(title, [section(f"*{escape(sentence)}*\n{escape(advice)}")])


def deny_request(request: Request, place: Place) -> View:
    """Return the form in which a lead says no, and why; `place` is the card's."""
    reason = asked(
        block_id(Field.REASON, None),
        "Why not?",
        {
            "type": "plain_text_input",
            "action_id": str(Field.REASON),
            "multiline": True,
            "min_length": 1,
            "max_length": REASON_LIMIT,
            "focus_on_load": True,
        },
        hint="Everybody in the channel sees it. A denial ends the request; a new one can be filed.",
    )
    return form(
        Form.DENY_REQUEST,
        f"Deny {request.id}",
        "Deny",
        [section(plan.target(request)), reason],
        _metadata(request, place),
    )


def confirm_approval(request: Request, place: Place) -> View:
    """Return the form in which a lead types the target's name to approve it."""
    told = [section(f"{plan.target(request)}\n{backup.backup(request)}")]
    if request.plan:
        marked = plan.point_of_no_return(request, request.plan)
        told.append(section("\n".join(filter(None, (marked, plan.unasked(request.plan))))))
    typed = asked(
        block_id(Field.TARGET, None),
        f"Type {request.wish.target} to approve plan {request.short_digest or 'none'}",
        {"type": "plain_text_input", "action_id": str(Field.TARGET), "focus_on_load": True},
    )
    return form(
        Form.CONFIRM_APPROVAL,
        f"Approve {request.id}",
        "Approve",
        [*told, typed],
        _metadata(request, place),
    )


def _metadata(request: Request, place: Place) -> Block:
    """Which button, and on which message, opened the form: only looked up, never trusted."""
    return {"value": value(request), "channel": place.channel, "ts": place.ts}
