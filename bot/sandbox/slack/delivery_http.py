"""Deliveries as signed HTTP requests.

Slack, "Verifying requests": `v0=` and the HMAC-SHA256 of `v0:timestamp:body` over the raw body.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.delivery import (
    ACK_SECONDS,
    Kind,
    Outbound,
    Outcome,
    Receipt,
    SignedRequest,
)
from bot.sandbox.slack.json_types import Json

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signing:
    """How deliveries are signed; anything but the default is an attack or a wrong clock.

    Args:
        age: seconds by which the timestamp lies in the past; negative for the future.
        secret: another secret than the app's, for a wrong signature.
    """

    age: float = 0.0
    secret: str | None = None


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of `X-Slack-Signature`."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpDelivery:
    """Posts payloads to the app's endpoint."""

    def __init__(
        self,
        url: str,
        signing_secret: str,
        session: aiohttp.ClientSession,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self._secret = signing_secret
        self._session = session
        self._clock = clock

    def signed(self, outbound: Outbound, signing: Signing) -> SignedRequest:
        """The request for a payload: form fields for commands, `payload=` for interactions."""
        if outbound.kind is Kind.EVENT:
            body, content_type = json.dumps(outbound.payload).encode(), "application/json"
        elif outbound.kind is Kind.COMMAND:
            body, content_type = urlencode(outbound.payload).encode(), FORM
        else:
            body = urlencode({"payload": json.dumps(outbound.payload)}).encode()
            content_type = FORM
        timestamp = int(self._clock() - signing.age)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": signature(signing.secret or self._secret, timestamp, body),
        }
        if outbound.retry is not None:
            headers["X-Slack-Retry-Num"] = str(outbound.retry[0])
            headers["X-Slack-Retry-Reason"] = outbound.retry[1]
        return SignedRequest(self.url, body, headers)

    async def send(self, request: SignedRequest) -> Receipt:
        """Post the request, byte for byte, and wait three seconds for the answer."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(ACK_SECONDS):
                response = await self._session.post(
                    request.url, data=request.body, headers=request.headers, allow_redirects=False
                )
                text = await response.text()
        except TimeoutError:
            return Receipt(Outcome.LATE, time.monotonic() - started, sent=request)
        except aiohttp.ClientError:
            return Receipt(Outcome.UNREACHABLE, time.monotonic() - started, sent=request)
        try:
            body = _body(response.content_type, text)
            accepted = response.status == HTTPStatus.OK
        except ValueError:
            body, accepted = None, False
        return Receipt(
            Outcome.ACKED if accepted else Outcome.REFUSED,
            time.monotonic() - started,
            body=body if accepted else None,
            status=response.status,
            no_retry=response.headers.get("X-Slack-No-Retry") == "1",
            sent=request,
        )


def _body(content_type: str, text: str) -> Json | str | None:
    if not text.strip():
        return None
    if content_type != "application/json":
        return text
    value = json.loads(text)
    return value if isinstance(value, dict) and value else None
