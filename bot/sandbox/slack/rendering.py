"""One message as plain readable text."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.sandbox.slack.messages import Message

INDENT = "          "


def clock_time(seconds: float) -> str:
    """HH:MM:SS in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%H:%M:%S")


def message_lines(message: Message, name: Callable[[str], str]) -> list[str]:
    """The message with its time and author, then its body; replies are indented."""
    body = [line for line in message.full_text.splitlines() if line.strip()]
    body += [f"[file: {file.name}, {len(file.content)} bytes]" for file in message.files]
    author = f"{name(message.user)}{' (app)' if message.bot_id else ''}{_marks(message)}"
    head = f"{clock_time(message.at)}  {author}:"
    lines = [f"{head} {body[0]}"] if len(body) == 1 else [head, *(INDENT + one for one in body)]
    if message.reactions:
        lines.append(INDENT + " ".join(f":{emoji}:" for emoji, _ in message.reactions))
    indent = "    " if message.thread_ts is not None else ""
    return [indent + line for line in lines]


def _marks(message: Message) -> str:
    marks = ""
    if message.is_ephemeral:
        marks += " (only visible to you)"
    if message.broadcast:
        marks += " (also sent to the channel)"
    if message.edited_at is not None:
        marks += " (edited)"
    return marks
