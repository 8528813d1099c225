"""What stands in front of a 2.0 to 9.x Manager's API: restarts, redirects, limits and logins."""

from typing import assert_never

from aiohttp import web

from bot.sandbox.nsx import restart_window
from bot.sandbox.nsx.accounts import Accounts
from bot.sandbox.nsx.errors import (
    COMMON,
    ApiError,
    account_locked,
    full_response,
    not_found,
    three_key_response,
    token_refused,
)
from bot.sandbox.nsx.front import redirected, refuse_logins, throttled
from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_documents import health
from bot.sandbox.nsx.guided_faults import TokenRefused
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_routes import is_health, is_restore_status
from bot.sandbox.nsx.guided_window import Window
from bot.sandbox.nsx.odd_replies import OddReply, odd_response


class Front:
    """Answers a request itself, or lets it through to the API."""

    def __init__(self, appliance: GuidedAppliance, accounts: Accounts) -> None:
        self._appliance = appliance
        self._faults = appliance.faults
        self._accounts = accounts
        self._tokens_refused = 0

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Return an answer, or `None` for the API to answer; raise `ApiError` for a refusal."""
        early = self._restarting(request) or redirected(self._faults, request) or self._throttled()
        if early is not None:
            return early
        self._refuse_logins()
        odd = self._odd(request)
        if odd is not OddReply.NONE:
            return await odd_response(request, odd)
        if (request.method, request.path) == ("POST", "/api/session/create"):
            return await self._accounts.create_session(request)
        self._accounts.admit(request)
        if (request.method, request.path) == ("POST", "/api/session/destroy"):
            return self._accounts.destroy_session(request)
        return None

    def error(self, error: ApiError) -> web.Response:
        """Return a refusal in the form of this version."""
        if self._appliance.profile.has(Profile.V2_5):
            return full_response(error)
        return three_key_response(error)

    def _restarting(self, request: web.Request) -> web.Response | None:
        match self._appliance.window.form:
            case Window.OPEN:
                return None
            case Window.AWAY | Window.BAD_GATEWAY:
                return restart_window.bad_gateway(self._faults.gateway_status)
            case Window.STARTING_JSON:
                return self._starting(request)
            case Window.STARTING_TEXT:
                return restart_window.starting_text()
            case Window.NOTHING_MAPPED:
                return self.error(not_found(request.path))
            case form:
                assert_never(form)

    def _starting(self, request: web.Request) -> web.Response:
        if is_restore_status(request):
            return web.json_response(self._appliance.restore_status(), status=503)
        if is_health(request) and self._appliance.profile.has(Profile.V4):
            return web.json_response(health(up=False), status=503)
        return self.error(restart_window.starting())

    def _throttled(self) -> web.Response | None:
        if self._faults.too_many_at_once > 0:
            self._faults.too_many_at_once -= 1
            message = "The client exceeded the concurrency limit of 40 requests."
            return self.error(ApiError(503, 102, COMMON, message))
        return throttled(self._faults, self.error)

    def _refuse_logins(self) -> None:
        restarts = self._appliance.window.restarts
        if self._faults.locked_out_after_restart and restarts:
            raise account_locked()
        refuse_logins(self._faults, restarted=restarts > 0)
        if self._token_is_refused(restarts):
            raise token_refused()

    def _token_is_refused(self, restarts: int) -> bool:
        match self._faults.token_refused:
            case TokenRefused.NEVER:
                return False
            case TokenRefused.ALWAYS:
                return restarts > 0
            case TokenRefused.ONCE:
                fresh = self._tokens_refused < restarts
                self._tokens_refused = restarts
                return fresh
            case choice:
                assert_never(choice)

    def _odd(self, request: web.Request) -> OddReply:
        if request.method != "GET":
            return OddReply.NONE
        if is_restore_status(request) and self._faults.odd_statuses is not OddReply.NONE:
            return self._faults.odd_statuses
        return self._faults.odd_reads
