"""Who may call a Manager: Basic auth, HTTP sessions with their XSRF token, and the lockout."""

import binascii
import hmac
import secrets
import uuid
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.nsx.errors import COMMON, ApiError, account_locked, token_refused

COOKIE = "JSESSIONID"
TOKEN_HEADER = "X-XSRF-TOKEN"  # noqa: S105 (a header's name)

_ATTEMPTS = 5
_LOCKOUT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Session:
    """An HTTP session: both values have to come with every request."""

    cookie: str
    token: str


class Accounts:
    """One local account, its sessions, and a lockout after five wrong passwords in a row.

    `now` tells simulated seconds; the lockout lasts 900 of them and refuses the right password too.
    """

    def __init__(self, *, username: str, password: str, now: Callable[[], float]) -> None:
        self._username = username
        self._password = password
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._wrong = 0
        self._locked_until = 0.0

    def admit(self, request: web.Request) -> None:
        """Raise `ApiError` unless the request carries a valid login or session."""
        header = request.headers.get("Authorization")
        if header is not None:
            self._check_basic(header)
        elif COOKIE in request.cookies:
            self._check_session(request)
        else:
            raise ApiError(401, 401, COMMON, "Full authentication is required to access this.")

    async def create_session(self, request: web.Request) -> web.Response:
        """Answer a login by form with a session; raise `ApiError` with 403 for a wrong one."""
        form = await request.post()
        session = self._begin_session(
            str(form.get("j_username", "")), str(form.get("j_password", ""))
        )
        response = web.Response(headers={TOKEN_HEADER: session.token})
        response.set_cookie(
            COOKIE, session.cookie, path="/", secure=True, httponly=True, samesite="Lax"
        )
        return response

    def destroy_session(self, request: web.Request) -> web.Response:
        """Answer a logout; a session that is not there is forgotten already."""
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        return web.Response()

    def _begin_session(self, username: str, password: str) -> Session:
        try:
            self._check(username, password)
        except ApiError as error:
            raise ApiError(403, 403, COMMON, error.message) from error
        token = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        session = Session(secrets.token_hex(16).upper(), token)
        self._sessions[session.cookie] = session
        return session

    def end_all_sessions(self) -> None:
        """Forget every session, as a restart of the services does."""
        self._sessions.clear()

    def _check_session(self, request: web.Request) -> None:
        session = self._sessions.get(request.cookies[COOKIE])
        token = request.headers.get(TOKEN_HEADER, "")
        if session is None or not _same(token, session.token):
            raise token_refused()

    def _check_basic(self, header: str) -> None:
        scheme, _, encoded = header.partition(" ")
        try:
            username, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ApiError(401, 401, COMMON, "The authorization header is malformed.") from error
        if scheme.lower() != "basic":
            raise ApiError(401, 401, COMMON, "Only Basic authorization is offered.")
        self._check(username, password)

    def _check(self, username: str, password: str) -> None:
        if self._now() < self._locked_until:
            raise account_locked()
        if _same(username, self._username) and _same(password, self._password):
            self._wrong = 0
            return
        self._wrong += 1
        if self._wrong >= _ATTEMPTS:
            self._wrong = 0
            self._locked_until = self._now() + _LOCKOUT_SECONDS
        raise ApiError(401, 401, COMMON, "The credentials were incorrect or the account is locked.")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
