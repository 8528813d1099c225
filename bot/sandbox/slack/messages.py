"""Messages and files as the workspace keeps them. Immutable: an edit makes a new one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.sandbox.slack.block_check import controls
from bot.sandbox.slack.json_types import Blocks, Json


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file in a message, with its content."""

    id: str
    name: str
    title: str
    content: bytes = field(repr=False)
    user: str

    def as_json(self) -> Json:
        """The file object of the Web API."""
        size = len(self.content)
        return {"id": self.id, "name": self.name, "title": self.title, "size": size}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of one conversation.

    Args:
        ts: its id in the channel and the moment it was posted, in seconds.
        user: who wrote it; `bot_id` is set as well when an app did.
        thread_ts: the parent's `ts` for a reply, None at the top level.
        broadcast: a reply that the channel shows too.
        visible_to: the one person who sees it, for an ephemeral message; None otherwise.
        edited_at: when its text changed last, in seconds.
        revision: how often it was changed in any way.
    """

    channel: str
    ts: str
    user: str
    text: str
    bot_id: str | None = None
    blocks: Blocks = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    visible_to: str | None = None
    metadata: Json | None = None
    files: tuple[SharedFile, ...] = ()
    reactions: tuple[tuple[str, str], ...] = ()
    edited_at: float | None = None
    revision: int = 0
    reply_count: int = 0

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return self.visible_to is not None

    @property
    def at(self) -> float:
        """When it was posted, in seconds."""
        return float(self.ts)

    @property
    def full_text(self) -> str:
        """What a person reads: the blocks as plain lines, or the text when there are none."""
        if not self.blocks:
            return self.text
        return "\n".join(line for block in self.blocks for line in block_lines(block))

    def controls(self) -> Iterator[tuple[str, Json]]:
        """Every control with the id of its block, top to bottom."""
        for block in self.blocks:
            for element in controls(block):
                yield block["block_id"], element

    @property
    def action_ids(self) -> list[str]:
        """The `action_id` of every control, top to bottom."""
        return [element["action_id"] for _, element in self.controls()]

    def as_json(self, *, include_metadata: bool = False) -> Json:
        """The message object of `conversations.history`."""
        shown: Json = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        if self.bot_id is not None:
            shown["bot_id"] = self.bot_id
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.thread_ts is not None or self.reply_count:
            shown["thread_ts"] = self.thread_ts or self.ts
        if self.reply_count:
            shown["reply_count"] = self.reply_count
        if self.broadcast:
            shown["subtype"] = "thread_broadcast"
        if self.edited_at is not None:
            shown["edited"] = {"user": self.user, "ts": f"{self.edited_at:.6f}"}
        if self.files:
            shown["files"] = [file.as_json() for file in self.files]
        if self.reactions:
            shown["reactions"] = [{"name": name, "users": [by]} for name, by in self.reactions]
        if include_metadata and self.metadata is not None:
            shown["metadata"] = self.metadata
        return shown


def block_lines(block: Json) -> Iterator[str]:
    """One block as a person reads it, line by line; mrkdwn stays as written."""
    match block["type"]:
        case "divider":
            yield "---"
        case "context":
            yield "  ".join(_inline(element) for element in block["elements"])
        case "rich_text":
            yield _rich(block)
        case "markdown":
            yield from block["text"].splitlines()
        case "table":
            for row in block["rows"]:
                yield " | ".join(_inline(cell) for cell in row)
        case "input":
            yield f"{_inline(block['label'])}:"
        case "image":
            yield f"[image: {block['alt_text']}]"
        case "container":
            yield _inline(block.get("title") or block["rich_text_title"])
            for child in block["child_blocks"]:
                yield from block_lines(child)
        case _:
            yield from _texts(block)
    buttons = [caption(element) for element in controls(block)]
    if buttons and block["type"] not in {"container", "carousel"}:
        yield " ".join(f"[{text}]" for text in buttons)


def caption(element: Json) -> str:
    """What is written on a control."""
    written = element.get("text") or element.get("placeholder") or {}
    return str(written.get("text") or element["action_id"])


def _texts(block: Json) -> Iterator[str]:
    for name in ("title", "subtitle", "text", "body"):
        if name in block:
            yield from _inline(block[name]).splitlines()
    yield from (_inline(one) for one in block.get("fields", ()))
    if block["type"] == "carousel":
        for card in block["elements"]:
            yield from block_lines(card)


def _inline(value: Json) -> str:
    if value.get("type") == "rich_text":
        return _rich(value)
    return f"[image: {value['alt_text']}]" if value.get("type") == "image" else str(value["text"])


def _rich(value: Json) -> str:
    kind = value.get("type", "")
    inner = [_rich(element) for element in value.get("elements", ())]
    if kind == "rich_text_list":
        return "\n".join(f"- {line}" for line in inner)
    if kind == "rich_text":
        return "\n".join(inner)
    if inner:
        return "".join(inner)
    match kind:
        case "user":
            return f"<@{value['user_id']}>"
        case "channel":
            return f"<#{value['channel_id']}>"
        case "usergroup":
            return f"<!subteam^{value['usergroup_id']}>"
        case "emoji":
            return f":{value['name']}:"
        case "broadcast":
            return f"@{value['range']}"
        case _:
            return str(value.get("text") or value.get("url") or value.get("fallback") or "")
