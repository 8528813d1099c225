"""HTTP mode: one address, and nothing behind it for whoever is not Slack."""

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.slack.signature import is_signed

PATH: Final = "/slack/events"

BODY_LIMIT: Final = 768 * 1024
"""Bytes. Slack sends a form back whole, with what is chosen in it once more, percent-encoded: a
question about a thousand nodes comes close to 600 KB."""


def web_app(bolt: AsyncApp, signing_secret: str, now: Callable[[], datetime]) -> Starlette:
    """Return the application for `POST /slack/events`.

    Args:
        bolt: gets what Slack has signed, and nothing else.
        signing_secret: the app's.
        now: the real time, since requests are dated by Slack.
    """

    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        timestamp = _header(request, "x-slack-request-timestamp")
        signature = _header(request, "x-slack-signature")
        if not is_signed(signing_secret, timestamp, signature, body, now()):
            return _refusal(HTTPStatus.UNAUTHORIZED)
        if not _is_payload(request.headers.get("content-type", ""), body):
            return _refusal(HTTPStatus.BAD_REQUEST)
        return to_starlette_response(
            await bolt.async_dispatch(to_async_bolt_request(request, body))
        )

    return Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])


def _refusal(status: HTTPStatus) -> Response:
    return PlainTextResponse(status.phrase, status)


def _header(request: Request, name: str) -> str:
    """Return a header that is there exactly once; anything else counts as absent."""
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else ""


async def _body(request: Request) -> bytes | None:
    """Read the raw body; `None` as soon as it is known to be too long."""
    read = bytearray()
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > BODY_LIMIT:
                return None
    except ClientDisconnect:
        return None
    return bytes(read)


def _is_payload(content_type: str, body: bytes) -> bool:
    """Say whether a body is one that Bolt can read: it answers 500 to others."""
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().lower() == "application/json":
            return isinstance(json.loads(text), dict)
        fields = parse_qs(text, keep_blank_values=True)
        return all(_is_object(value) for value in fields.get("payload", ()))
    except (ValueError, RecursionError):
        return False


def _is_object(text: str) -> Any:
    return isinstance(json.loads(text), dict)
