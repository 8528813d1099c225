"""One Web API call on its way through a method."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.tokens import AppCredentials, TokenKind, Tokens
from bot.sandbox.slack.workspace import Workspace

MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """What a method needs to know.

    Args:
        origin: `http://127.0.0.1:PORT`, for the URLs that replies carry.
        socket_url: issues the address of a new socket.
    """

    method: str
    args: Arguments
    kind: TokenKind
    workspace: Workspace
    app: AppCredentials
    tokens: Tokens
    origin: str
    socket_url: Callable[[], str]

    def visible_channel(self, channel_id: str, scope: str) -> Channel:
        """A channel the bot may know of; `scope` is `read` or `history`.

        Raises `channel_not_found`, also for a private channel without the bot, or `missing_scope`.
        """
        channel = self.workspace.channels.get(channel_id)
        hidden = channel.is_private or channel.im_with is not None
        if hidden and self.app.bot_user_id not in channel.members:
            raise SlackError("channel_not_found")
        self.tokens.require(channel.read_scope if scope == "read" else channel.history_scope)
        return channel

    def joined_channel(self, channel_id: str) -> Channel:
        """A channel the bot may write to.

        Raises `channel_not_found`, `not_in_channel`, `is_archived` or `messages_tab_disabled`.
        """
        channel = self.workspace.channels.get(channel_id)
        if self.app.bot_user_id not in channel.members:
            outside = channel.is_private or channel.im_with is not None
            raise SlackError("channel_not_found" if outside else "not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        if channel.im_with is not None and not self.app.messages_tab:
            raise SlackError("messages_tab_disabled")
        return channel

    def page(self, items: list[Json], name: str, default: int) -> Json:
        """One page of a list, with the cursor of the next. Raises `invalid_cursor`."""
        limit = self.args.number("limit", default)
        if not 0 < limit <= MAX_PAGE:
            raise SlackError("invalid_limit")
        cursor = self.args.text("cursor", "at:0")
        if not cursor.removeprefix("at:").isdecimal():
            raise SlackError("invalid_cursor")
        start = int(cursor.removeprefix("at:"))
        following = f"at:{start + limit}" if start + limit < len(items) else ""
        return {
            name: items[start : start + limit],
            "response_metadata": {"next_cursor": following},
        }


Method: TypeAlias = Callable[[Call], Json]
