"""Channels and direct messages: who is in them and what they are."""

from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json


@dataclass(frozen=True, slots=True)
class Channel:
    """One conversation. `im_with` names the person of a direct message with the bot."""

    id: str
    name: str
    members: frozenset[str]
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    im_with: str | None = None

    @property
    def read_scope(self) -> str:
        """The scope that lets a bot see this kind of conversation."""
        if self.im_with is not None:
            return "im:read"
        return "groups:read" if self.is_private else "channels:read"

    @property
    def history_scope(self) -> str:
        """The scope that lets a bot read this kind of conversation."""
        return self.read_scope.replace("read", "history")

    def as_json(self, viewer: str) -> Json:
        """The channel object of `conversations.info`."""
        if self.im_with is not None:
            return {"id": self.id, "is_im": True, "user": self.im_with, "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_ext_shared": self.is_ext_shared,
            "is_pending_ext_shared": self.is_pending_ext_shared,
            "is_shared": self.is_ext_shared,
            "is_member": viewer in self.members,
        }


class Channels:
    """Conversations by id."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def add(self, channel: Channel) -> None:
        """Add a conversation. Raises ValueError when the id is taken."""
        if channel.id in self._channels:
            raise ValueError(f"channel {channel.id} exists")
        self._channels[channel.id] = channel

    def change(self, channel_id: str, **flags: Any) -> None:
        """Change a channel's flags or members; unknown names raise TypeError."""
        self._channels[channel_id] = replace(self._channels[channel_id], **flags)

    def get(self, channel_id: str) -> Channel:
        """The conversation with this id. Raises `channel_not_found`."""
        if channel_id not in self._channels:
            raise SlackError("channel_not_found")
        return self._channels[channel_id]

    def known(self, channel_id: str) -> bool:
        """Whether a conversation has this id."""
        return channel_id in self._channels

    def named(self, name: str) -> Channel:
        """The channel called `name` (with or without `#`). Raises `channel_not_found`."""
        for channel in self._channels.values():
            if channel.im_with is None and channel.name == name.removeprefix("#"):
                return channel
        raise SlackError("channel_not_found")

    def direct(self, user_id: str, bot_user_id: str) -> Channel:
        """The direct message between the bot and a person, opened when there is none yet."""
        channel_id = self.direct_id(user_id)
        if channel_id not in self._channels:
            members = frozenset({user_id, bot_user_id})
            self.add(Channel(channel_id, "directmessage", members, im_with=user_id))
        return self._channels[channel_id]

    @staticmethod
    def direct_id(user_id: str) -> str:
        """The id of the direct message between the bot and a person."""
        return f"D{user_id[1:]}"

    def all(self) -> list[Channel]:
        """Every conversation, in the order of their creation."""
        return list(self._channels.values())
