"""What the body of an ack does on the screen of the person who waits for it."""

from typing import Any, assert_never

from bot.sandbox.slack.delivery import Outbound, Outcome, Receipt
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.posting import answer
from bot.sandbox.slack.tickets import ResponseTicket
from bot.sandbox.slack.tokens import AppCredentials
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


def failure(workspace: Workspace, outbound: Outbound, receipt: Receipt) -> str | None:
    """The error a person is shown for this receipt, None for a good one; notes broken rules."""
    match receipt.outcome:
        case Outcome.ACKED:
            return None
        case Outcome.LATE:
            workspace.violation(f"{outbound.label}: not acked within 3 s")
            return "operation_timeout"
        case Outcome.REFUSED:
            workspace.violation(f"{outbound.label}: HTTP {receipt.status} in place of an ack")
            return "dispatch_failed"
        case Outcome.UNREACHABLE:
            return "dispatch_failed"
        case Outcome.LOST:
            return "operation_timeout"
        case _:
            assert_never(receipt.outcome)


def command_ack(
    workspace: Workspace, app: AppCredentials, ticket: ResponseTicket, body: Json | str | None
) -> Message | None:
    """Show the message in a command's ack: a text or an object, ephemeral unless `in_channel`."""
    if body is None:
        return None
    message = {"text": body} if isinstance(body, str) else body
    try:
        return answer(workspace, app, ticket, message, "command ack")
    except SlackError as refused:
        workspace.violation(f"command ack: {refused}")
        return None


def submission_ack(
    workspace: Workspace, view: View, body: Json | str | None
) -> tuple[list[View], dict[str, str], str | None]:
    """Carry out the `response_action` of a submission.

    Returns the views it closed, the errors under the inputs, and what the person is told when the
    answer was no good: then the form stays open.
    """
    try:
        closed, errors = _respond(workspace, view, body)
    except SlackError as refused:
        workspace.violation(f"view_submission ack of {view.callback_id}: {refused}")
        return [], {}, TROUBLE
    return closed, errors, None


def _respond(
    workspace: Workspace, view: View, body: Json | str | None
) -> tuple[list[View], dict[str, str]]:
    stacks = workspace.stacks
    match body:
        case None:
            return stacks.close(view, whole_stack=False), {}
        case {"response_action": "clear"}:
            return stacks.close(view, whole_stack=True), {}
        case {"response_action": "errors", "errors": dict() as errors} if errors:
            _check_errors(view, errors)
            stacks.refuse(view, errors)
            return [], errors
        case {"response_action": "update", "view": dict() as source}:
            stacks.update(view, source)
        case {"response_action": "push", "view": dict() as source}:
            stacks.push(view.user, source)
        case _:
            raise SlackError("invalid_response_action")
    return [], {}


def suggestion_options(workspace: Workspace, body: Json | str | None) -> list[Json]:
    """The options in the ack of a block_suggestion; none when it carries none."""
    if not isinstance(body, dict):
        workspace.violation("block_suggestion: an ack without options")
        return []
    groups = body.get("option_groups") or []
    return [*(body.get("options") or []), *(o for group in groups for o in group["options"])]


def _check_errors(view: View, errors: dict[str, Any]) -> None:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    foreign = errors.keys() - inputs
    if foreign:
        raise SlackError("errors_for_unknown_blocks", messages=tuple(sorted(foreign)))
