"""Who is who in Slack."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.standing import Account, Unreadable
from bot.domain.target import Group
from bot.domain.values import UserId


@dataclass(frozen=True, slots=True)
class Channel:
    """A Slack channel as `conversations.info` shows it."""

    id: str
    name: str
    is_archived: bool
    is_ext_shared: bool
    is_member: bool


class Directory(Protocol):
    """Who is who in Slack, read fresh each time; what cannot be read is `Unreadable`."""

    async def account(self, user: UserId) -> Account | Unreadable:
        """Return the flags of one account."""
        ...

    async def members(self, group: Group) -> frozenset[UserId] | Unreadable:
        """Return the union of a user group's members and those named in the configuration."""
        ...

    async def channel(self, channel: str) -> Channel | Unreadable:
        """Return what a channel is."""
        ...
