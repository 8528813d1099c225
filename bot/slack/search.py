"""Find what a former attempt may have posted: our own messages, by what their metadata says.

Anybody in the workspace can write such metadata, so a message counts only if our bot wrote it.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.request import Place

CARD_EVENT: Final = "nsx_restore_request"
LINE_EVENT: Final = "nsx_restore_event"

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Author:
    """Who we are in Slack (`auth.test`)."""

    user_id: str
    bot_id: str

    def wrote(self, message: Mapping[str, Any]) -> bool:
        """Say whether a message is ours."""
        return message.get("bot_id") == self.bot_id or (
            "bot_id" not in message and message.get("user") == self.user_id
        )


class Search:
    """Searches with all pages; raises what slack_sdk raises."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._author: Author | None = None

    async def card(self, channel: str, request_id: str, oldest: float) -> Place | None:
        """Return the newest card of a request in a channel since `oldest` (seconds)."""
        wanted = card_metadata(request_id)
        arguments: dict[str, Any] = {"channel": channel, "oldest": f"{oldest:.6f}"}
        async for message in self._ours("history", arguments):
            if _carries(message, wanted):
                return Place(channel, message["ts"])
        return None

    async def line(self, card: Place, request_id: str, seq: int) -> Place | None:
        """Return the line of a thread with this number."""
        wanted = line_metadata(request_id, seq)
        async for message in self._thread(card):
            if _carries(message, wanted):
                return Place(card.channel, message["ts"])
        return None

    async def files(self, card: Place, names: frozenset[str]) -> bool:
        """Say whether files of these names are in a thread."""
        async for message in self._thread(card):
            shared = {file.get("name") for file in message.get("files", ())}
            if names <= shared:
                return True
        return False

    def _thread(self, card: Place) -> AsyncIterator[Mapping[str, Any]]:
        return self._ours("replies", {"channel": card.channel, "ts": card.ts})

    async def _ours(
        self, which: str, arguments: dict[str, Any]
    ) -> AsyncIterator[Mapping[str, Any]]:
        author = await self._us()
        method = {
            "history": self._client.conversations_history,
            "replies": self._client.conversations_replies,
        }[which]
        cursor: str | None = None
        while True:
            reply = await method(**arguments, limit=_PAGE, cursor=cursor, include_all_metadata=True)
            for message in reply.get("messages") or ():
                if author.wrote(message):
                    yield message
            cursor = (reply.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    async def _us(self) -> Author:
        if self._author is None:
            reply = await self._client.auth_test()
            self._author = Author(str(reply.get("user_id")), str(reply.get("bot_id")))
        return self._author


def card_metadata(request_id: str) -> dict[str, Any]:
    """Return the metadata of a card."""
    return {"event_type": CARD_EVENT, "event_payload": {"id": request_id}}


def line_metadata(request_id: str, seq: int) -> dict[str, Any]:
    """Return the metadata of a line."""
    return {"event_type": LINE_EVENT, "event_payload": {"id": request_id, "seq": seq}}


def _carries(message: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    found = message.get("metadata") or {}
    return {name: found.get(name) for name in wanted} == wanted
