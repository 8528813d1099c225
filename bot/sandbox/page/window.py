"""One browser window: who looks through it, what it was told last, and what is new for it."""

from typing import TypeAlias

from bot.sandbox.page import shown
from bot.sandbox.page.shown import Legend
from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import User
from bot.sandbox.slack.tokens import AppCredentials
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace

Spot: TypeAlias = tuple[str, str]
"""Channel and `ts` of a message."""


class Unknown:
    """What stands for a thing that a window was not told of yet."""


class Window:
    """Compares what a person sees now with what this window was told, and tells the difference.

    The workspace's values are immutable: a message that is the same object is the same message.
    Only messages that were touched since are looked at, unless the person sees other channels now.
    """

    def __init__(
        self,
        viewer: str,
        *,
        workspace: Workspace,
        app: AppCredentials,
        legend: Legend,
        permalinks: str,
    ) -> None:
        self.viewer = viewer
        self._workspace = workspace
        self._app = app
        self._legend = legend
        self._permalinks = permalinks
        self._messages: dict[Spot, Message] = {}
        self._seeing: set[str] = set()
        self._read = 0
        self._channels: list[Json] | None = None
        self._views: list[View] | None = None
        self._home: View | Unknown | None = Unknown()
        self._violations = 0

    def hello(self) -> Json:
        """Who is there, and what can be opened: the first frame of a window."""
        channels = self._channel_list()
        return {
            "kind": "hello",
            "you": self.viewer,
            "team": self._app.team_domain,
            "people": [self._person(user) for user in self._workspace.people.all()],
            "groups": [shown.group(one) for one in self._workspace.people.groups()],
            "app": {
                "name": self._app.app_name,
                "user": self._app.bot_user_id,
                "commands": [command.as_json() for command in self._legend.commands],
            },
            "channels": channels,
            "permalinks": self._permalinks,
        }

    def news(self) -> Json | None:
        """What this window does not know yet; `None` when it knows everything.

        The first time that is everything, be it little.
        """
        new = self._new_messages() | self._new_views() | self._new_channels()
        if len(self._workspace.violations) > self._violations:
            new["violations"] = self._workspace.violations[self._violations :]
            self._violations = len(self._workspace.violations)
        if not new:
            return None
        return {"kind": "news", "messages": [], "removed": [], **new}

    def _new_messages(self) -> Json:
        fresh: list[Message] = []
        gone: list[Json] = []
        for channel, ts in self._spots():
            known = self._messages.pop((channel, ts), None)
            message = self._seen(channel, ts)
            if message is not None:
                self._messages[channel, ts] = message
                if message is not known:
                    fresh.append(message)
            elif known is not None:
                gone.append({"channel": channel, "ts": ts})
        if not fresh and not gone:
            return {}
        return {"messages": [shown.message(message) for message in fresh], "removed": gone}

    def _spots(self) -> list[Spot]:
        """Where something may be new for this person, each spot once, oldest first."""
        book, seeing = self._workspace.book, {channel.id for channel in self._visible()}
        begun, self._read = self._read, len(book.touched)
        if seeing == self._seeing:
            return sorted(set(book.touched[begun:]), key=_age)
        self._seeing = seeing
        there = [(one.channel, one.ts) for id_ in seeing for one in book.everything(id_)]
        return sorted({*self._messages, *there}, key=_age)

    def _seen(self, channel: str, ts: str) -> Message | None:
        if channel not in self._seeing:
            return None
        return self._workspace.book.shown_to(self.viewer, channel, ts)

    def _new_views(self) -> Json:
        new: Json = {}
        views, home = self._workspace.views(self.viewer), self._workspace.home(self.viewer)
        if views != self._views:
            self._views = views
            new["views"] = [shown.view(view) for view in views]
        if home is not self._home:
            self._home = home
            new["home"] = shown.view(home) if home else None
        return new

    def _new_channels(self) -> Json:
        channels = self._channel_list()
        if channels == self._channels:
            return {}
        self._channels = channels
        return {"channels": channels}

    def _channel_list(self) -> list[Json]:
        name = self._app.app_name
        return [shown.channel(channel, self.viewer, name) for channel in self._visible()]

    def _visible(self) -> list[Channel]:
        workspace = self._workspace
        return [one for one in workspace.channels.all() if workspace.can_see(self.viewer, one)]

    def _person(self, user: User) -> Json:
        channels = [channel.id for channel in self._visible() if user.id in channel.members]
        return shown.person(user, self._legend.roles.get(user.id, ""), channels)


def _age(spot: Spot) -> float:
    return float(spot[1])
