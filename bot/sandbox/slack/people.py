"""The people of the workspace and their groups, as `users.info` and `usergroups.*` show them."""

from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.slack.errors import CannotAct, SlackError
from bot.sandbox.slack.json_types import Json

FLAGS = (
    "deleted",
    "is_bot",
    "is_app_user",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "is_workflow_bot",
    "is_connector_bot",
)


@dataclass(frozen=True, slots=True)
class User:
    """One account. A flag of None is left out of the reply, as Slack leaves some out."""

    id: str
    name: str
    team_id: str | None = None
    """None: the home workspace."""
    payload_team_id: str | None = None
    """`user.team_id` in interactions when it differs: in Enterprise Grid it may be an `E…` id."""
    deleted: bool | None = False
    is_bot: bool | None = False
    is_app_user: bool | None = False
    is_restricted: bool | None = False
    is_ultra_restricted: bool | None = False
    is_stranger: bool | None = None
    is_workflow_bot: bool | None = None
    is_connector_bot: bool | None = None
    visible_to_bot: bool = True
    """False: `users.info` answers `user_not_visible`."""

    @property
    def is_guest(self) -> bool:
        """Whether this account sees only the channels it was put into."""
        return bool(self.is_restricted or self.is_ultra_restricted or self.is_stranger)

    def as_json(self, home_team: str) -> Json:
        """The user object of `users.info`."""
        shown = {flag: getattr(self, flag) for flag in FLAGS if getattr(self, flag) is not None}
        profile = {"real_name": self.name, "display_name": self.name}
        team = self.team_id or home_team
        identity = {"id": self.id, "team_id": team, "name": self.name, "real_name": self.name}
        return {**identity, **shown, "profile": profile}


@dataclass(frozen=True, slots=True)
class UserGroup:
    """One user group; `error` (a name, or 429) makes every read of it fail that way."""

    id: str
    handle: str
    members: tuple[str, ...]
    error: str | int | None = None

    def as_json(self, team: str) -> Json:
        """The object of `usergroups.list`, without its members."""
        count = len(self.members)
        return {"id": self.id, "team_id": team, "handle": self.handle, "user_count": count}


class People:
    """Accounts and groups by id."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._groups: dict[str, UserGroup] = {}

    def add(self, user: User) -> None:
        """Add an account. Raises ValueError when the id is taken."""
        if user.id in self._users:
            raise ValueError(f"user {user.id} exists")
        self._users[user.id] = user

    def change(self, user_id: str, **flags: Any) -> User:
        """Change an account's flags; unknown names raise TypeError."""
        self._users[user_id] = replace(self._users[user_id], **flags)
        return self._users[user_id]

    def user(self, user_id: str) -> User:
        """The account, as the Web API finds it. Raises `user_not_found`."""
        if user_id not in self._users:
            raise SlackError("user_not_found")
        return self._users[user_id]

    def actor(self, user_id: str) -> User:
        """A human with a working Slack client. Raises `CannotAct`."""
        user = self._users.get(user_id)
        if user is None:
            raise CannotAct(f"nobody has the id {user_id}")
        automatic = user.is_bot or user.is_workflow_bot or user.is_connector_bot
        if user.deleted or automatic:
            raise CannotAct(f"{user_id} is deactivated or not a human")
        return user

    def name(self, user_id: str) -> str:
        """What people read as the author; the id itself when nobody has it."""
        user = self._users.get(user_id)
        return user.name if user else user_id

    def all(self) -> list[User]:
        """Every account, in the order of their creation."""
        return list(self._users.values())

    def set_group(self, group: UserGroup) -> None:
        """Add or replace a group."""
        self._groups[group.id] = group

    def group(self, group_id: str) -> UserGroup:
        """The group. Raises `no_such_subteam`."""
        if group_id not in self._groups:
            raise SlackError("no_such_subteam")
        return self._groups[group_id]

    def groups(self) -> list[UserGroup]:
        """Every group, in the order of their creation."""
        return list(self._groups.values())
