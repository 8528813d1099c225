"""The Web API over HTTP: one call in, one JSON object out, or the scripted trouble."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import TypeAlias, assert_never

from aiohttp import web

from bot.sandbox.slack import arguments
from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.calls import RecordedCall
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.faults import (
    ApiError,
    DropAfterEffect,
    DropBeforeEffect,
    Fault,
    HttpStatus,
    NotJson,
    Slow,
    TooManyRequests,
)
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.rates import RateLimited
from bot.sandbox.slack.tokens import AppCredentials, TokenKind, Tokens
from bot.sandbox.slack.web_api import METHODS
from bot.sandbox.slack.web_api.call import Call
from bot.sandbox.slack.workspace import Workspace

BROKEN_RULES = frozenset(
    {
        *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"),
        *(
            "no_text",
            "invalid_attachments",
            "markdown_text_conflict",
            "block_mismatch",
            "invalid_metadata_format",
        ),
        *("thread_not_found", "cannot_reply_to_message", "no_dual_broadcast_content_update"),
        *("invalid_trigger_id", "exchanged_trigger_id", "expired_trigger_id"),
        *("push_limit_reached", "view_too_large", "duplicate_external_id"),
        *("invalid_arguments", "invalid_json", "json_not_object", "invalid_form_data"),
        *("unknown_method", "missing_scope", "not_allowed_token_type", "not_authed"),
        *("invalid_cursor", "invalid_limit", "used_url", "expired_url", "invalid_url"),
    },
)
"""Refusals that an app earns by breaking a rule, not by the state of the workspace."""


HTML = "text/html"

Reply: TypeAlias = Callable[[Json | SlackError], web.Response]
"""Writes the HTTP answer for a result or a refusal."""


class ApiDoor:
    """Answers calls for one app.

    Args:
        origin: gives `http://127.0.0.1:PORT` once the port is known.
        socket_url: issues the address of a new socket.
    """

    def __init__(
        self,
        workspace: Workspace,
        app: AppCredentials,
        tokens: Tokens,
        *,
        origin: Callable[[], str],
        socket_url: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._tokens = tokens
        self._origin = origin
        self._socket_url = socket_url

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call: `GET` or `POST /api/METHOD`."""
        method = request.match_info["method"]
        body = await request.read()
        try:
            given = arguments.parse(method, request.query, request.content_type, body)
            broken = None
        except SlackError as error:
            given, broken = {}, error
        kind = self._tokens.kind(_token(request, given))
        call = RecordedCall(method, kind, given, self._workspace.clock(), "")
        return await self.run(request, call, lambda: self._execute(method, kind, given, broken))

    async def run(
        self,
        request: web.Request,
        call: RecordedCall,
        effect: Callable[[], Json],
        reply: Reply | None = None,
    ) -> web.StreamResponse:
        """Meet the scripted fault, carry out the effect, record the call.

        `reply` writes the answer where it is not the Web API's JSON.
        """
        fault = self._workspace.faults.take(call.method)
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
            fault = None
        if fault is not None and not isinstance(fault, DropAfterEffect):
            return self._trouble(request, call, fault)
        outcome, response = self._attempt(call.method, effect, reply or self._api_reply)
        if isinstance(fault, DropAfterEffect):
            self._record(call, f"dropped after effect: {outcome}")
            return _cut(request)
        self._record(call, outcome)
        return response

    def _attempt(
        self, method: str, effect: Callable[[], Json], reply: Reply
    ) -> tuple[str, web.Response]:
        try:
            return "ok", reply(effect())
        except RateLimited as limited:
            return limited.code, _rate_limited(limited.retry_after)
        except SlackError as error:
            if error.code in BROKEN_RULES:
                self._workspace.violation(f"{method}: {error}")
            return error.code, reply(error)

    def _api_reply(self, result: Json | SlackError) -> web.Response:
        if isinstance(result, SlackError):
            body: Json = {"ok": False, "error": result.code, **result.fields}
            if result.messages:
                body["response_metadata"] = {"messages": list(result.messages)}
        else:
            body = {"ok": True, **result}
        return web.json_response(body, headers=self._headers())

    def _execute(
        self, method: str, kind: TokenKind, given: Json, broken: SlackError | None
    ) -> Json:
        if method not in METHODS:
            raise SlackError("unknown_method", req_method=method)
        if broken is not None:
            raise broken
        if method != "api.test":
            self._tokens.authorise(method, kind)
        args = Arguments(given)
        self._workspace.limiter.admit(method, args.text("channel"))
        call = Call(
            method=method,
            args=args,
            kind=kind,
            workspace=self._workspace,
            app=self._app,
            tokens=self._tokens,
            origin=self._origin(),
            socket_url=self._socket_url,
        )
        return METHODS[method](call)

    def _trouble(
        self, request: web.Request, call: RecordedCall, fault: Fault
    ) -> web.StreamResponse:
        match fault:
            case DropBeforeEffect():
                self._record(call, "dropped before effect")
                return _cut(request)
            case HttpStatus(status):
                self._record(call, f"http {status}")
                return web.Response(status=status, text="<html>error</html>", content_type=HTML)
            case TooManyRequests(retry_after):
                self._record(call, "ratelimited")
                return _rate_limited(retry_after)
            case NotJson(body):
                self._record(call, "not json")
                return web.Response(text=body, content_type="application/json")
            case ApiError(code):
                self._record(call, code)
                return web.json_response({"ok": False, "error": code}, headers=self._headers())
            case DropAfterEffect() | Slow():
                raise AssertionError("carried out by the caller")
            case _:
                assert_never(fault)

    def _record(self, call: RecordedCall, outcome: str) -> None:
        self._workspace.requests.append(dataclasses.replace(call, outcome=outcome))
        self._workspace.changed()

    def _headers(self) -> dict[str, str]:
        return {"x-oauth-scopes": ",".join(sorted(self._app.scopes))}


def _token(request: web.Request, given: Json) -> str | None:
    """The token of a call; it is taken out of the arguments, so that no record holds it."""
    inside = given.pop("token", None)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if scheme == "Bearer" else inside


def _rate_limited(retry_after: int) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"},
        status=429,
        headers={"Retry-After": str(retry_after)},
    )


def _cut(request: web.Request) -> web.Response:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()
