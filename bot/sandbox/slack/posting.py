"""What the app writes, wherever it comes in: the Web API, an ack, a response URL."""

from dataclasses import replace
from typing import Any

from bot.sandbox.slack.block_check import message_blocks
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Blocks, Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.tickets import ResponseTicket
from bot.sandbox.slack.tokens import AppCredentials
from bot.sandbox.slack.workspace import Workspace

MAX_POST_TEXT = 40_000
MAX_UPDATE_TEXT = 4_000
MAX_MARKDOWN = 12_000


def post_text(workspace: Workspace, text: str, origin: str) -> str:
    """The text of a new message; what is beyond 40,000 characters is cut, as Slack does."""
    if len(text) > MAX_POST_TEXT:
        workspace.violation(f"{origin}: the text was cut at {MAX_POST_TEXT} characters")
    return text[:MAX_POST_TEXT]


def note_missing_text(workspace: Workspace, text: str, blocks: Blocks, origin: str) -> None:
    """Blocks without a text leave notifications and screen readers with nothing."""
    if blocks and not text.strip():
        workspace.violation(f"{origin}: no text beside the blocks")


def checked_metadata(metadata: Any) -> Json | None:
    """Message metadata; `{}` means none. Raises `invalid_metadata_format`."""
    if metadata in (None, {}):
        return None
    correct = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not correct:
        raise SlackError("invalid_metadata_format")
    return dict(metadata)


def answer(
    workspace: Workspace,
    app: AppCredentials,
    ticket: ResponseTicket,
    body: Json,
    origin: str,
) -> Message | None:
    """Carry out a message sent to a response URL or in the ack of a command.

    Ephemeral unless `in_channel`; `replace_original` and `delete_original` act on the message the
    interaction came from. Returns what is shown, if anything. Raises `SlackError`.
    """
    original = _original(workspace, ticket)
    if body.get("delete_original"):
        if original is not None:
            workspace.book.remove(original)
        return None
    text = post_text(workspace, str(body.get("text") or ""), origin)
    blocks = message_blocks(body["blocks"]) if body.get("blocks") else []
    if not text and not blocks:
        raise SlackError("no_text")
    note_missing_text(workspace, text, blocks, origin)
    if body.get("replace_original") and original is not None:
        return workspace.book.put(edited(workspace, original, text, blocks))
    private = body.get("response_type", "ephemeral") != "in_channel"
    thread_ts = body.get("thread_ts")
    if thread_ts is not None:
        workspace.book.check_thread(ticket.channel, thread_ts)
    return workspace.book.add(
        Message(
            channel=ticket.channel,
            ts=workspace.book.next_ts(),
            user=app.bot_user_id,
            bot_id=app.bot_id,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            visible_to=ticket.user if private else None,
        ),
    )


def edited(workspace: Workspace, message: Message, text: str, blocks: Blocks) -> Message:
    """The message with new content; "(edited)" shows when the text differs."""
    at = workspace.clock() if text != message.text else message.edited_at
    return replace(message, text=text, blocks=blocks, edited_at=at)


def _original(workspace: Workspace, ticket: ResponseTicket) -> Message | None:
    if ticket.ts is None:
        return None
    return workspace.book.shown_to(ticket.user, ticket.channel, ticket.ts)
