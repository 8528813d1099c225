"""The state and the rules of one workspace, without any socket."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

from bot.sandbox.slack.calls import RecordedCall
from bot.sandbox.slack.channels import Channel, Channels
from bot.sandbox.slack.errors import CannotAct, NotVisible, SlackError
from bot.sandbox.slack.faults import FaultScript
from bot.sandbox.slack.files import Uploads
from bot.sandbox.slack.message_book import MessageBook
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import People, User, UserGroup
from bot.sandbox.slack.rates import RateLimiter, RateLimits
from bot.sandbox.slack.rendering import message_lines
from bot.sandbox.slack.tickets import Tickets
from bot.sandbox.slack.tokens import AppCredentials
from bot.sandbox.slack.views import View, ViewStacks

T = TypeVar("T")

Predicate: TypeAlias = Callable[[], T | Literal[False] | None]
"""Gives what one waits for; something falsy means "not yet"."""

SHOWN_CALLS = 12

LOOK = 0.05
"""Real seconds after which what is waited for is asked again, whether or not anything changed."""


class Workspace:
    """One Slack workspace. Belongs to one event loop.

    Args:
        clock: seconds since 1970; every `ts`, rate limit, retry and 30-minute URL follows it.
        limits: the rate limits; Slack's own unless a load test states others.
        wire_clock: seconds that pass between machines; the 3 seconds of a `trigger_id` follow it,
            so that simulated time may run faster than the app can answer.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        limits: RateLimits = RateLimits(),  # noqa: B008 - frozen
        wire_clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.limits = limits
        self.people = People()
        self.channels = Channels()
        self.book = MessageBook(clock, self.changed)
        self.stacks = ViewStacks(clock, self.changed)
        self.tickets = Tickets(clock, wire_clock)
        self.uploads = Uploads()
        self.limiter = RateLimiter(limits, clock)
        self.faults = FaultScript()
        self.requests: list[RecordedCall] = []
        self.violations: list[str] = []
        self.team_id = "T0WORKSPACE"
        self.edit_window: float | None = None
        """Seconds after which a message cannot be edited any more; None: never."""
        self.version = 0
        self._changed = asyncio.Event()

    # seeding and changing

    def install(self, app: AppCredentials) -> None:
        """Add the app's bot user; the channels it was invited to name it as a member."""
        self.team_id = app.team_id
        if app.bot_user_id not in {user.id for user in self.people.all()}:
            self.people.add(User(app.bot_user_id, app.app_name, is_bot=True))

    def add_user(self, user_id: str, name: str, **flags: Any) -> None:
        """Add an account; `flags` are the fields of `User`."""
        self.people.add(User(user_id, name, **flags))

    def set_user(self, user_id: str, **flags: Any) -> None:
        """Change an account, such as `deleted=True`, while the app runs."""
        self.people.change(user_id, **flags)

    def add_channel(
        self, channel_id: str, name: str, members: "list[str] | set[str]", **flags: Any
    ) -> None:
        """Add a channel; the app's bot user must be among `members` to post there."""
        self.channels.add(Channel(channel_id, name, frozenset(members), **flags))

    def set_channel(self, channel_id: str, **flags: Any) -> None:
        """Change a channel, such as `is_archived=True`, while the app runs."""
        self.channels.change(channel_id, **flags)

    def join(self, channel_id: str, user_id: str) -> None:
        """Put an account into a channel."""
        members = self.channels.get(channel_id).members
        self.channels.change(channel_id, members=members | {user_id})

    def leave(self, channel_id: str, user_id: str) -> None:
        """Take an account out of a channel."""
        members = self.channels.get(channel_id).members
        self.channels.change(channel_id, members=members - {user_id})

    def add_usergroup(self, group_id: str, handle: str, members: list[str]) -> None:
        """Add a user group."""
        self.people.set_group(UserGroup(group_id, handle, tuple(members)))

    def set_usergroup_members(self, group_id: str, members: list[str]) -> None:
        """Change who is in a group, between a click and a decision for instance."""
        group = self.people.group(group_id)
        self.people.set_group(UserGroup(group.id, group.handle, tuple(members), group.error))

    def fail_usergroup(self, group_id: str, error: str | int | None) -> None:
        """Make every read of a group fail: an error name, 429, or None to stop it."""
        group = self.people.group(group_id)
        self.people.set_group(UserGroup(group.id, group.handle, group.members, error))

    # what a person sees

    def can_see(self, viewer: str, channel: Channel) -> bool:
        """Whether this account can open the channel."""
        if viewer in channel.members:
            return True
        open_to_all = not channel.is_private and channel.im_with is None
        return open_to_all and not self.people.actor(viewer).is_guest

    def visible_channel(self, viewer: str, channel_id: str) -> Channel:
        """A channel this account can open. Raises `NotVisible`."""
        if not self.channels.known(channel_id):
            raise NotVisible(f"there is no channel {channel_id}")
        channel = self.channels.get(channel_id)
        if not self.can_see(viewer, channel):
            raise NotVisible(f"{viewer} cannot see {channel_id}")
        return channel

    def place_to_type(self, person: str, channel_id: str) -> Channel:
        """A channel this account can write in: joined, and not archived.

        Raises `NotVisible` or `CannotAct`.
        """
        channel = self.visible_channel(person, channel_id)
        if person not in channel.members or channel.is_archived:
            raise CannotAct(f"{person} cannot write in {channel_id}: not joined, or archived")
        return channel

    def messages(self, channel: str, *, viewer: str) -> list[Message]:
        """Top level and broadcasts, oldest first, with this viewer's ephemerals.

        Raises `NotVisible`.
        """
        self.visible_channel(viewer, channel)
        return self.book.top_level(channel, viewer)

    def thread(self, channel: str, ts: str, *, viewer: str) -> list[Message]:
        """The parent and its replies, oldest first, with this viewer's ephemerals.

        Raises `NotVisible`.
        """
        self.visible_channel(viewer, channel)
        return self.book.thread(channel, ts, viewer)

    def direct_messages(self, user_id: str) -> list[Message]:
        """The direct messages between the app and a person, oldest first."""
        return self.book.top_level(self.channels.direct_id(user_id), user_id)

    def views(self, user: str) -> list[View]:
        """The open modals of a person, the visible one last."""
        return self.stacks.stack(user)

    def home(self, user: str) -> View | None:
        """The App Home of a person; None when the app never published one."""
        return self.stacks.home(user)

    def reload(self, user: str) -> None:
        """A reload of that person's client: ephemeral messages are gone."""
        self.book.drop_ephemerals(user)

    # waiting and asserting

    def calls(self, method: str) -> list[RecordedCall]:
        """The recorded calls of one method, in order."""
        return [call for call in self.requests if call.method == method]

    def violation(self, text: str) -> None:
        """Note a rule that the app broke."""
        self.violations.append(text)
        self.changed()

    def changed(self) -> None:
        """Wake everybody who waits for something to happen."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed_since(self, version: int) -> None:
        """Wait until something has happened after this `version`, however long that takes."""
        while self.version == version:
            await self._changed.wait()

    async def until(self, predicate: Predicate[T], timeout: float = 10) -> T:  # noqa: ASYNC109
        """Wait until `predicate` gives something truthy, and return it.

        It is asked again after every change, and every `LOOK` seconds, since it may ask about more
        than the workspace. A LookupError in it means "not yet", so it may index into messages that
        are still to come.

        Raises:
            TimeoutError: after `timeout` real seconds; a note to it describes what is there.
        """
        deadline = time.monotonic() + timeout
        while True:
            waiting = self._changed
            value = _ask(predicate)
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                late = TimeoutError(f"nothing of the kind happened within {timeout:g} s")
                late.add_note(self.describe())
                raise late
            await _a_while(waiting, min(left, LOOK))

    def describe(self) -> str:
        """Everything there is, for the text of a failed expectation."""
        lines = ["the workspace holds:"]
        for channel in self.channels.all():
            lines.append(f"#{channel.name} ({channel.id})")
            for message in self.book.everything(channel.id):
                lines += [f"  {line}" for line in message_lines(message, self.people.name)]
        for user in self.people.all():
            lines += [
                f"{user.name} has the modal {view.title!r} open"
                + (f" with errors {view.errors}" if view.errors else "")
                for view in self.views(user.id)
            ]
        lines += [f"never shown (inactive thread): {m.text!r}" for m in self.book.unseen]
        lines += [f"call: {c.method} -> {c.outcome}" for c in self.requests[-SHOWN_CALLS:]]
        lines += [f"violation: {text}" for text in self.violations]
        return "\n".join(lines)


async def _a_while(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, so long at the most.

    Not by `asyncio.wait_for`: up to Python 3.11 it loses a cancellation that comes with the event.
    """
    task = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()


def _ask(predicate: Predicate[T]) -> T | Literal[False] | None:
    try:
        return predicate()
    except (LookupError, SlackError):
        return None
