"""One browser window: who looks through it, what it was told last, and what is new for it."""

from bot.sandbox.page import shown
from bot.sandbox.page.shown import Legend
from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import User
from bot.sandbox.slack.tokens import AppCredentials
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace


class Unknown:
    """What stands for a thing that a window was not told of yet."""


class Window:
    """Compares what a person sees now with what this window was told, and tells the difference.

    The workspace's values are immutable: a message that is the same object is the same message, so
    a look at some thousands of them costs about a millisecond.
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
        self._messages: dict[tuple[str, str], Message] = {}
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
        seen = {
            (message.channel, message.ts): message
            for channel in self._visible()
            for message in self._workspace.book.everything(channel.id)
            if message.visible_to in {None, self.viewer}
        }
        known, self._messages = self._messages, seen
        fresh = [message for place, message in seen.items() if known.get(place) is not message]
        gone = [place for place in known if place not in seen]
        if not fresh and not gone:
            return {}
        return {
            "messages": [shown.message(message) for message in fresh],
            "removed": [{"channel": channel, "ts": ts} for channel, ts in gone],
        }

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
