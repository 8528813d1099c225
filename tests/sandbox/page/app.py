"""An app without a bot behind it: it keeps what it gets, and does what a test tells it to."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackServer

Json = dict[str, Any]


class App:
    """Answers every delivery with `answer`, which gets the payload."""

    def __init__(self, slack: SlackServer) -> None:
        self.payloads: list[Json] = []
        self.client = AsyncWebClient(
            token=slack.app.bot_token, base_url=slack.api_url, retry_handlers=[]
        )
        self.answer: Callable[[Json], Awaitable[web.Response]] = self.nothing

    async def nothing(self, _payload: Json) -> web.Response:
        """Ack, and no more."""
        return web.Response()

    async def handle(self, request: web.Request) -> web.Response:
        """Take one delivery."""
        payload = _payload(request.content_type, await request.read())
        self.payloads.append(payload)
        return await self.answer(payload)

    async def close(self) -> None:
        """Close the client's own session, if it has one."""
        if self.client.session is not None:
            await self.client.session.close()


def _payload(content_type: str, body: bytes) -> Json:
    if content_type == "application/json":
        return dict(json.loads(body))
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return dict(json.loads(fields["payload"])) if "payload" in fields else dict(fields)
