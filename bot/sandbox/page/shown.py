"""What the workspace holds, as the page gets it. Pure; nothing here that a person cannot see."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import User, UserGroup
from bot.sandbox.slack.views import View


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """A slash command as the composer offers it."""

    name: str
    description: str
    hint: str

    def as_json(self) -> Json:
        """The command on the page."""
        return {"name": self.name, "description": self.description, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class Legend:
    """What the page says about people and commands beyond what Slack knows of them.

    `roles` says in a few words, by user id, who somebody is in the story.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[CommandHelp, ...] = ()


def person(user: User, role: str, channels: list[str]) -> Json:
    """One account; `channels` are those that it is in, of those that the viewer can see."""
    return {
        "id": user.id,
        "name": user.name,
        "role": role,
        "is_bot": bool(user.is_bot),
        "in": channels,
    }


def group(one: UserGroup) -> Json:
    """A user group with its members."""
    return {"id": one.id, "handle": one.handle, "members": list(one.members)}


def channel(one: Channel, viewer: str, app: str) -> Json:
    """A conversation as this person has it in the list; a direct message is called as the app."""
    return {
        "id": one.id,
        "name": one.name if one.im_with is None else app,
        "member": viewer in one.members,
        "archived": one.is_archived,
        "direct": one.im_with is not None,
    }


def message(one: Message) -> Json:
    """A message without its metadata."""
    return {
        "channel": one.channel,
        "ts": one.ts,
        "user": one.user,
        "is_bot": one.bot_id is not None,
        "text": one.text,
        "blocks": one.blocks,
        "thread_ts": one.thread_ts,
        "broadcast": one.broadcast,
        "private": one.is_ephemeral,
        "files": [file.as_json() for file in one.files],
        "edited": one.edited_at is not None,
        "reply_count": one.reply_count,
    }


def view(one: View) -> Json:
    """A modal or App Home without the app's private notes (`private_metadata`)."""
    source = one.source
    return {
        "id": one.id,
        "type": source["type"],
        "title": one.title,
        "submit": _label(source, "submit"),
        "close": _label(source, "close"),
        "blocks": one.blocks,
        "values": one.values,
        "errors": one.errors,
    }


def _label(source: Json, name: str) -> str | None:
    written = source.get(name)
    return str(written["text"]) if written else None
