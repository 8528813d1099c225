"""The app as Slack knows it: its credentials, what they may do, and which scope each method needs.

Scopes from each method's page on docs.slack.dev.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.sandbox.slack.errors import SlackError

BOT_SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "usergroups:read",
        "users:read",
        "channels:read",
        "groups:read",
        "im:write",
        "files:write",
        "app_mentions:read",
        "channels:history",
        "groups:history",
    },
)
"""The scopes granted to the bot token unless a test says otherwise."""

NEEDED = {
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "users.info": ("users:read",),
    "bots.info": ("users:read",),
    "users.list": ("users:read",),
    "usergroups.list": ("usergroups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.members": ("channels:read", "groups:read", "im:read"),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "conversations.open": ("im:write",),
    "reactions.add": ("reactions:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
}
"""Any one of these scopes lets a method through; the kind of channel is checked after it."""


class TokenKind(StrEnum):
    """What kind of token a call carried."""

    NONE = "none"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    BOT = "bot"
    APP = "app"


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """One installed app. The three secrets stay out of every repr."""

    bot_token: str = field(default="xoxb-sandbox-bot", repr=False)
    app_token: str = field(default="xapp-sandbox-app", repr=False)
    signing_secret: str = field(default="sandbox-signing-secret", repr=False)
    app_id: str = "A0NSXRESTORE"
    app_name: str = "nsx-restore"
    team_id: str = "T0WORKSPACE"
    team_domain: str = "sandbox"
    bot_user_id: str = "U0NSXBOT"
    bot_id: str = "B0NSXBOT"
    scopes: frozenset[str] = BOT_SCOPES
    app_scopes: frozenset[str] = frozenset({"connections:write"})
    commands: frozenset[str] = frozenset({"/nsx-restore"})
    should_escape: bool = True
    """Whether commands carry `<@U…|name>` for people and `<#C…|name>` for channels."""
    events: frozenset[str] = frozenset({"app_home_opened", "app_mention"})
    """Subscribed event types; `message` delivers messages of people in the bot's channels."""
    messages_tab: bool = True
    """Off: direct messages from the bot are refused (`messages_tab_disabled`)."""
    home_tab: bool = True
    """Off: `views.publish` is refused (`not_enabled`)."""

    def __post_init__(self) -> None:
        """Refuse tokens of the wrong kind: Slack's clients tell them apart by their prefix."""
        if not self.bot_token.startswith("xoxb-") or not self.app_token.startswith("xapp-"):
            raise ValueError("a bot token starts with xoxb- and an app token with xapp-")


class Tokens:
    """Which token is which, and which ones were revoked."""

    def __init__(self, app: AppCredentials) -> None:
        self._app = app
        self._revoked: set[str] = set()

    def revoke(self, token: str) -> None:
        """Take a token back: from now on its calls answer `token_revoked`."""
        self._revoked.add(token)

    def kind(self, token: str | None) -> TokenKind:
        """What this token is."""
        if not token:
            return TokenKind.NONE
        if token in self._revoked:
            return TokenKind.REVOKED
        if token == self._app.bot_token:
            return TokenKind.BOT
        return TokenKind.APP if token == self._app.app_token else TokenKind.UNKNOWN

    def authorise(self, method: str, kind: TokenKind) -> None:
        """Check that a token of this kind may call the method. Raises `SlackError`."""
        refusals = {
            TokenKind.NONE: "not_authed",
            TokenKind.UNKNOWN: "invalid_auth",
            TokenKind.REVOKED: "token_revoked",
        }
        if kind in refusals:
            raise SlackError(refusals[kind])
        if method in {"auth.test", "api.test"}:
            return
        wanted = TokenKind.APP if method == "apps.connections.open" else TokenKind.BOT
        if kind is not wanted:
            raise SlackError("not_allowed_token_type")
        if kind is TokenKind.APP:
            self._require(self._app.app_scopes, ("connections:write",))
        else:
            self.require(*NEEDED.get(method, ()))

    def require(self, *any_of: str) -> None:
        """Check that the bot token has one of these scopes. Raises `missing_scope`."""
        self._require(self._app.scopes, any_of)

    @staticmethod
    def _require(granted: frozenset[str], any_of: tuple[str, ...]) -> None:
        if any_of and granted.isdisjoint(any_of):
            raise SlackError(
                "missing_scope",
                needed=",".join(any_of),
                provided=",".join(sorted(granted)),
            )
