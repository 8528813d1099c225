"""Slack on loopback: the Web API, response URLs, uploads, and the way back to the app."""

import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from bot.sandbox.slack.api_door import ApiDoor
from bot.sandbox.slack.calls import RecordedCall
from bot.sandbox.slack.delivery import (
    Delivery,
    Envelope,
    Kind,
    Outbound,
    Receipt,
    SignedRequest,
)
from bot.sandbox.slack.delivery_http import HttpDelivery, Signing
from bot.sandbox.slack.delivery_socket import SocketHub
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.events import Events
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.payloads import PayloadWriter
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.posting import answer
from bot.sandbox.slack.tickets import ResponseTicket
from bot.sandbox.slack.tokens import AppCredentials, TokenKind, Tokens
from bot.sandbox.slack.workspace import Workspace

NOT_FOUND = HTTPStatus.NOT_FOUND
BAD_REQUEST = HTTPStatus.BAD_REQUEST
MAX_BODY = 64 * 1024 * 1024


class SlackServer:
    """Serves one workspace to one app, from `async with` to its end.

    Args:
        workspace: the state; the app's bot user is added to it.
        host: a loopback address; anything else raises ValueError.
        port: 0 takes a free one.
        app: the app that is installed.
        signing_clock: the time in `X-Slack-Request-Timestamp`; apps compare it with the real one.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        app: AppCredentials,
        signing_clock: Callable[[], float] = time.time,
    ) -> None:
        if not ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address")
        workspace.install(app)
        self.workspace = workspace
        self.app = app
        self.tokens = Tokens(app)
        self.sockets = SocketHub(app.app_id, workspace.violation, workspace.changed)
        self.events = Events(self, workspace.clock, workspace.changed)
        self._host = host
        self._port = port
        self._signing_clock = signing_clock
        self._door = ApiDoor(
            workspace, app, self.tokens, origin=lambda: self.origin, socket_url=self._socket_url
        )
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._http: HttpDelivery | None = None
        self.signing = Signing()

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=MAX_BODY)
        self.add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.events.close()
        await self.sockets.close()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_routes(self, application: web.Application) -> None:
        """Put the workspace's routes into an application (the demo adds a page beside them)."""
        application.router.add_route("GET", "/api/{method}", self._door.serve)
        application.router.add_route("POST", "/api/{method}", self._door.serve)
        application.router.add_post("/response/{ticket}", self._respond)
        application.router.add_post("/upload/v1/{ticket}", self._upload)
        application.router.add_get("/link", self.sockets.serve)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def api_url(self) -> str:
        """The base URL for slack_sdk and Bolt, with its closing slash."""
        return f"{self.origin}/api/"

    def person(self, user_id: str) -> Person:
        """A person at their client. Raises `CannotAct` when there is none with that id."""
        self.workspace.people.actor(user_id)
        return Person(
            user_id,
            workspace=self.workspace,
            wire=self,
            write=PayloadWriter(self.app),
            events=self.events,
        )

    # the way to the app

    def deliver_over_http(self, url: str) -> None:
        """Post everything to this address from now on, in place of Socket Mode."""
        if self._session is None:
            raise RuntimeError("the server is not running")
        self._http = HttpDelivery(
            url, self.app.signing_secret, self._session, clock=self._signing_clock
        )

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Send one payload to the app and wait for its ack."""
        if self._http is None:
            return await self.sockets.deliver(outbound)
        return await self._http.send(self._http.signed(outbound, self.signing))

    async def resend(self, delivery: Delivery) -> Receipt:
        """Send what a delivery sent once more: the same bytes and headers, or the same envelope.

        Raises ValueError when nothing was sent.
        """
        sent = delivery.receipt.sent if delivery.receipt else None
        match sent:
            case SignedRequest():
                return await self.post_raw(sent.body, sent.headers, url=sent.url)
            case Envelope():
                kind = Kind(sent.frame["type"])
                accepts = bool(sent.frame["accepts_response_payload"])
                outbound = Outbound(kind, delivery.payload, accepts_response=accepts)
                return await self.sockets.resend(sent, outbound)
            case None:
                raise ValueError("nothing was sent")

    async def post_raw(
        self, body: bytes, headers: dict[str, str], *, url: str | None = None
    ) -> Receipt:
        """Post these bytes with these headers to the app, signed or not as they are."""
        if self._http is None:
            raise RuntimeError("deliveries do not go over HTTP")
        return await self._http.send(SignedRequest(url or self._http.url, body, headers))

    def response_url(self, ticket: ResponseTicket) -> str:
        """The address that belongs to a response ticket."""
        return f"{self.origin}/response/{ticket.id}"

    def _socket_url(self) -> str:
        return f"{self.origin.replace('http', 'ws', 1)}/link?ticket={self.sockets.ticket()}"

    # what is not a Web API method

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        now = self.workspace.clock()
        call = RecordedCall("response_url", TokenKind.NONE, body or {}, now, "")
        ticket_id = request.match_info["ticket"]
        effect = partial(self._answer, ticket_id, body)
        return await self._door.run(request, call, effect, _response_url_reply)

    def _answer(self, ticket_id: str, body: Json | None) -> Json:
        if body is None:
            raise SlackError("invalid_json")
        ticket = self.workspace.tickets.spend_response(ticket_id)
        answer(self.workspace, self.app, ticket, body, "response_url")
        return {}

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        size = {"bytes": len(content)}
        call = RecordedCall("upload", TokenKind.NONE, size, self.workspace.clock(), "")
        ticket = request.match_info["ticket"]
        effect = partial(self._receive, ticket, content)
        return await self._door.run(request, call, effect, _upload_reply)

    def _receive(self, ticket: str, content: bytes) -> Json:
        self.workspace.uploads.receive(ticket, content)
        return {"bytes": len(content)}


def _response_url_reply(result: Json | SlackError) -> web.Response:
    if isinstance(result, SlackError):
        return web.json_response({"ok": False, "error": result.code}, status=NOT_FOUND)
    return web.Response(text="ok")


def _upload_reply(result: Json | SlackError) -> web.Response:
    if isinstance(result, SlackError):
        return web.Response(status=BAD_REQUEST, text=result.code)
    return web.Response(text=f"OK - {result['bytes']}")


async def _json(request: web.Request) -> Json | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
