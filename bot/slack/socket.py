"""Socket Mode: Slack calls over a socket that we open, so no address of ours is needed.

Source: docs.slack.dev/apis/events-api/using-socket-mode. slack_sdk's client closes the old socket
before it opens the new one, and clicks in that gap are lost; here the new one is open first.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.clients import SLACK_API, web_client
from bot.slack.failures import CALL_FAILED, failure
from bot.slack.identity import app_token_refused

log = structlog.get_logger()

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long each part of a connection may take.

    `quiet` is how long a socket may bring nothing before it is replaced; `grace` how long a
    replaced one may still bring its last acks home.
    """

    hello: float = 10.0
    heartbeat: float = 10.0
    quiet: float = 600.0
    grace: float = 5.0
    first_wait: float = 0.5
    longest_wait: float = 30.0


class _NoHelloError(aiohttp.ClientError):
    """A socket that did not greet."""


class SocketMode:
    """Keeps one socket open, and answers what comes over it. `run` runs until cancelled.

    A token that is refused before the first socket was open is a mistake of the set-up, and ends
    `run`. Later it is waited out like everything else: a restore may be under way.
    """

    def __init__(
        self,
        bolt: AsyncApp,
        app_token: str,
        session: aiohttp.ClientSession,
        api_url: str = SLACK_API,
        patience: Patience | None = None,
    ) -> None:
        self._bolt = bolt
        self._session = session
        self._client = web_client(session, app_token, api_url)
        self._patience = patience or Patience()
        self._link: _Link | None = None
        self._was_connected = False
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        return self._link is not None and not self._link.is_over

    async def run(self) -> None:
        """Connect, and connect again whenever that is needed, however odd the answers are.

        Raises:
            SlackError: Slack refuses the app token, at the start.

        """
        try:
            while True:
                link = await self._connect()
                self._replace(link)
                why = await link.over
                log.info("slack.socket_replaced", why=why)
                if why == "quiet":
                    await self._ask()
        finally:
            for closing in self._closing:
                closing.cancel()
            await asyncio.gather(*self._closing, return_exceptions=True)
            if self._link is not None:
                await self._link.close()

    async def _connect(self) -> "_Link":
        wait = self._patience.first_wait
        while True:
            try:
                return await self._open()
            except (*CALL_FAILED, ValueError) as error:
                seen = failure(error)
                if seen.refused and not self._was_connected:
                    raise app_token_refused(seen.code) from None
                log.warning("slack.no_socket", code=seen.code, seconds=wait)
                if isinstance(error, _NoHelloError):
                    await self._drop()  # Slack allows ten sockets; ours at least makes room
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._patience.longest_wait)

    async def _open(self) -> "_Link":
        async with asyncio.timeout(self._patience.hello), AsyncExitStack() as unless_greeted:
            reply = await self._client.apps_connections_open(app_token=self._client.token or "")
            ws = await self._session.ws_connect(
                str(reply.get("url")),
                heartbeat=self._patience.heartbeat,
                proxy=self._client.proxy,
                max_msg_size=0,
            )
            unless_greeted.push_async_callback(ws.close)
            await _greeted(ws)
            unless_greeted.pop_all()
        return _Link(self._bolt, ws, self._patience.quiet)

    async def _ask(self) -> None:
        """Ask Slack something: seen to wake sockets that had gone quiet (bolt-python#1529)."""
        try:
            await self._client.auth_test()
        except CALL_FAILED as error:
            log.warning("slack.auth_test_failed", code=failure(error).code)

    def _replace(self, link: "_Link") -> None:
        self._was_connected = True
        old, self._link = self._link, link
        if old is not None:
            closing = asyncio.create_task(old.close(after=self._patience.grace))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _drop(self) -> None:
        if self._link is not None:
            link, self._link = self._link, None
            await link.close()


class _Link:
    """One socket: its envelopes run at the same time, each acked as Bolt says."""

    def __init__(self, bolt: AsyncApp, ws: aiohttp.ClientWebSocketResponse, quiet: float) -> None:
        self._bolt = bolt
        self._ws = ws
        self._quiet = quiet
        self._answering: set[asyncio.Task[None]] = set()
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(), name="read socket")
        self._reading.add_done_callback(self._read_over)

    @property
    def is_over(self) -> bool:
        """Whether another socket should take over."""
        return self.over.done()

    async def close(self, after: float = 0.0) -> None:
        """Close, at the latest after so many seconds of grace for acks under way."""
        if after and not self._ws.closed:
            await asyncio.wait({self._reading}, timeout=after)
        self._reading.cancel()
        for answering in self._answering:
            answering.cancel()
        await asyncio.gather(self._reading, *self._answering, return_exceptions=True)
        await self._ws.close()

    async def _read(self) -> None:
        while not self._ws.closed:
            try:
                frame = await self._ws.receive(timeout=self._quiet)
            except TimeoutError:
                self._finish("quiet")
                continue
            if frame.type is not aiohttp.WSMsgType.TEXT:
                break
            self._take(_decoded(frame.data))
        self._finish("closed")

    def _take(self, message: Mapping[str, Any]) -> None:
        if message.get("type") == "disconnect":
            self._finish(str(message.get("reason") or "disconnect"))
            return
        request = SocketModeRequest.from_dict(dict(message))
        if request is not None:
            answering = asyncio.create_task(self._answer(request), name="answer envelope")
            self._answering.add(answering)
            answering.add_done_callback(self._answered)

    async def _answer(self, request: SocketModeRequest) -> None:
        reply: BoltResponse = await run_async_bolt_app(self._bolt, request)
        if reply.status != _OK:
            log.warning("slack.not_acked", status=reply.status, envelope=request.type)
            return
        payload = _payload(reply)
        ack = {"envelope_id": request.envelope_id} | ({"payload": payload} if payload else {})
        try:
            await self._ws.send_json(ack)
        except (aiohttp.ClientError, ConnectionError) as error:
            log.warning("slack.ack_lost", code=type(error).__name__, envelope=request.type)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("slack.answer_broke", exc_info=error)

    def _read_over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.error("slack.read_broke", exc_info=error)
        self._finish("closed")

    def _finish(self, why: str) -> None:
        if not self.over.done():
            self.over.set_result(why)


async def _greeted(ws: aiohttp.ClientWebSocketResponse) -> None:
    frame = await ws.receive()
    text = frame.data if frame.type is aiohttp.WSMsgType.TEXT else ""
    if _decoded(text).get("type") != "hello":
        raise _NoHelloError


def _decoded(text: str) -> Mapping[str, Any]:
    try:
        message = json.loads(text)
    except ValueError:
        message = None
    if isinstance(message, dict):
        return message
    log.warning("slack.odd_frame")
    return {}


def _payload(reply: BoltResponse) -> Mapping[str, Any] | None:
    """The ack's body as Socket Mode carries it."""
    if not reply.body:
        return None
    kind = reply.headers.get("content-type", [""])[0]
    if kind.startswith("application/json"):
        read: dict[str, Any] = json.loads(reply.body)
        return read
    return {"text": reply.body}
