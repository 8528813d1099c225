"""A channel and its threads as plain text, for the console and for the documentation."""

import html
import re

from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.rendering import clock_time, message_lines
from bot.sandbox.slack.workspace import Workspace


def render(workspace: Workspace, channel: str, viewer: str) -> str:
    """The channel as `viewer` sees it: every message, and under it its thread, indented.

    Raises `NotVisible`.
    """
    lines = [f"#{workspace.visible_channel(viewer, channel).name}"]
    for message in _reading_order(workspace, channel, viewer):
        lines += message_lines(message, workspace.people.name)
    return "\n".join(as_shown(workspace, line) for line in lines) + "\n"


class LiveTranscript:
    """Tells what is new in a channel since the last call, from one person's point of view."""

    def __init__(self, workspace: Workspace, channel: str, viewer: str) -> None:
        self._workspace = workspace
        self._channel = channel
        self._viewer = viewer
        self._known: dict[str, Message] = {}

    def new(self) -> list[str]:
        """New messages in full, one line for each edited or removed one; oldest first.

        A top-level message whose first button is another one is shown in full again.
        """
        present = {m.ts: m for m in self._everything()}
        lines: list[str] = []
        for ts in sorted(present.keys() | self._known.keys(), key=float):
            lines += self._difference(self._known.get(ts), present.get(ts))
        self._known = present
        return [as_shown(self._workspace, line) for line in lines]

    def _everything(self) -> list[Message]:
        return list(_reading_order(self._workspace, self._channel, self._viewer))

    def _difference(self, before: Message | None, after: Message | None) -> list[str]:
        name = self._workspace.people.name
        if after is None:
            gone = before
            return (
                [] if gone is None else [f"{self._now()}  {name(gone.user)} removed: {gone.text}"]
            )
        if before is None:
            return message_lines(after, name)
        if before.text == after.text and before.blocks == after.blocks:
            return []
        if after.thread_ts is None and before.action_ids[:1] != after.action_ids[:1]:
            return message_lines(after, name)
        indent = "    " if after.thread_ts is not None else ""
        written = clock_time(after.at)
        summary = (after.text or after.full_text).strip().splitlines() or [""]
        return [f"{indent}{self._now()}  {name(after.user)} edited {written}: {summary[0]}"]

    def _now(self) -> str:
        return clock_time(self._workspace.clock())


_MARKUP = re.compile(
    r"<(?P<kind>@|#|!subteam\^|!date\^)(?P<id>[^>|^]+)[^>|]*(\|(?P<label>[^>]*))?>"
)


def as_shown(workspace: Workspace, text: str) -> str:
    """A line as a client shows it: names for ids, times for dates, characters for entities."""

    def shown(found: re.Match[str]) -> str:
        match found["kind"]:
            case "@":
                return f"@{workspace.people.name(found['id'])}"
            case "#":
                return f"#{workspace.channels.get(found['id']).name}"
            case "!subteam^":
                return f"@{workspace.people.group(found['id']).handle}"
            case _:
                return found["label"] or found["id"]

    return html.unescape(_MARKUP.sub(shown, text))


def _reading_order(workspace: Workspace, channel: str, viewer: str) -> list[Message]:
    """Each top-level message followed by its replies; a broadcast stands only in its thread."""
    ordered: list[Message] = []
    for top in workspace.messages(channel, viewer=viewer):
        if top.thread_ts is None:
            ordered += workspace.thread(channel, top.ts, viewer=viewer)
        elif all(m.ts != top.ts for m in ordered):
            ordered.append(top)
    return ordered
