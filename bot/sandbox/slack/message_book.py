"""Every message of the workspace: posting, editing, threads, and who sees what."""

from collections.abc import Callable
from dataclasses import replace

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Message

FIRST_TICK = 1e-6


class MessageBook:
    """Messages by channel. `changed` is called after every change."""

    def __init__(self, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._messages: dict[str, dict[str, Message]] = {}
        self._last = 0.0
        self.touched: list[tuple[str, str]] = []
        """Channel and `ts` of every change so far, in order: who reads on need not read all."""
        self.unseen: list[Message] = []
        """Ephemerals sent into a thread that nobody had replied to: Slack never shows those."""

    def next_ts(self) -> str:
        """A fresh `ts`: the time now, later than every one before it."""
        self._last = max(self._clock(), self._last + FIRST_TICK)
        text = f"{self._last:.6f}"
        self._last = float(text)
        return text

    def add(self, message: Message) -> Message:
        """Store a message that is already checked, and return it."""
        channel = self._messages.setdefault(message.channel, {})
        if message.is_ephemeral and message.thread_ts is not None:
            parent = channel.get(message.thread_ts)
            if parent is None or parent.reply_count == 0:
                self.unseen.append(message)
                self._changed()
                return message
        self._keep(message)
        if message.thread_ts is not None and not message.is_ephemeral:
            self._count_replies(message.channel, message.thread_ts)
        self._changed()
        return message

    def check_thread(self, channel: str, thread_ts: str) -> None:
        """Check that a reply may go under `thread_ts`.

        Raises `thread_not_found`, and `cannot_reply_to_message` when that is itself a reply.
        """
        parent = self._messages.get(channel, {}).get(thread_ts)
        if parent is None or parent.is_ephemeral:
            raise SlackError("thread_not_found")
        if parent.thread_ts is not None:
            raise SlackError("cannot_reply_to_message")

    def get(self, channel: str, ts: str) -> Message:
        """A message that is not ephemeral. Raises `message_not_found`."""
        message = self._messages.get(channel, {}).get(ts)
        if message is None or message.is_ephemeral:
            raise SlackError("message_not_found")
        return message

    def shown_to(self, viewer: str, channel: str, ts: str) -> Message | None:
        """The message as this person has it, their own ephemerals included."""
        message = self._messages.get(channel, {}).get(ts)
        return message if message and message.visible_to in {None, viewer} else None

    def put(self, message: Message) -> Message:
        """Replace the message with the same `ts`; its revision grows by one."""
        newer = replace(message, revision=message.revision + 1)
        self._keep(newer)
        self._changed()
        return newer

    def remove(self, message: Message) -> None:
        """Delete a message; a thread under it stays."""
        self._drop(message)
        if message.thread_ts is not None and not message.is_ephemeral:
            self._count_replies(message.channel, message.thread_ts)
        self._changed()

    def top_level(self, channel: str, viewer: str | None) -> list[Message]:
        """The channel as `viewer` sees it, oldest first; None sees no ephemeral."""
        return [
            message
            for message in self._seen(channel, viewer)
            if message.thread_ts is None or message.broadcast
        ]

    def thread(self, channel: str, ts: str, viewer: str | None) -> list[Message]:
        """The parent and its replies as `viewer` sees them, oldest first."""
        return [m for m in self._seen(channel, viewer) if ts in {m.ts, m.thread_ts}]

    def everything(self, channel: str) -> list[Message]:
        """Every message of the channel, whoever sees it, oldest first."""
        return sorted(self._messages.get(channel, {}).values(), key=lambda message: message.at)

    def drop_ephemerals(self, viewer: str) -> None:
        """What a reload of the client does: the private messages of this person are gone."""
        for channel in self._messages.values():
            for message in [m for m in channel.values() if m.visible_to == viewer]:
                self._drop(message)
        self._changed()

    def _seen(self, channel: str, viewer: str | None) -> list[Message]:
        return [m for m in self.everything(channel) if m.visible_to in {None, viewer}]

    def _count_replies(self, channel: str, thread_ts: str) -> None:
        parent = self._messages[channel].get(thread_ts)
        if parent is not None:
            replies = [
                m
                for m in self._messages[channel].values()
                if m.thread_ts == thread_ts and not m.is_ephemeral
            ]
            self._keep(replace(parent, reply_count=len(replies)))

    def _keep(self, message: Message) -> None:
        self._messages[message.channel][message.ts] = message
        self.touched.append((message.channel, message.ts))

    def _drop(self, message: Message) -> None:
        del self._messages[message.channel][message.ts]
        self.touched.append((message.channel, message.ts))
