"""The HTTP face of a 2.0 to 9.x Manager: every request recorded, admitted, routed and answered."""

from collections.abc import Callable

from aiohttp import web

from bot.sandbox.nsx.accounts import Accounts
from bot.sandbox.nsx.errors import ApiError
from bot.sandbox.nsx.guided_appliance import GuidedAppliance, RestoreConflict
from bot.sandbox.nsx.guided_backup_calls import BackupCalls
from bot.sandbox.nsx.guided_front import Front
from bot.sandbox.nsx.guided_node_calls import NodeCalls
from bot.sandbox.nsx.guided_restore_calls import RestoreCalls
from bot.sandbox.nsx.guided_routes import Routes, is_start
from bot.sandbox.nsx.recorded_api import RecordedApi
from bot.sandbox.nsx.recording import Recording
from bot.sandbox.nsx.simulated_time import Changes


class GuidedApi(RecordedApi):
    """Answers every request; `app` is what a listener serves.

    `start_posts` counts the start requests that arrived, whatever came of them.
    """

    def __init__(
        self,
        *,
        appliance: GuidedAppliance,
        accounts: Accounts,
        recording: Recording,
        changes: Changes,
        pem: Callable[[], str],
    ) -> None:
        super().__init__(recording, changes)
        self.start_posts = 0
        self._appliance = appliance
        self._front = Front(appliance, accounts)
        self._restore_calls = RestoreCalls(appliance)
        self._routes = Routes(
            [
                *self._restore_calls.calls(),
                *BackupCalls(appliance).calls(),
                *NodeCalls(appliance, pem).calls(),
            ],
            appliance.profile,
            appliance.identity.component,
        )

    def end(self) -> None:
        """Release the requests that hang."""
        self._restore_calls.end()

    def _count(self, request: web.Request) -> None:
        if is_start(request):
            self.start_posts += 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        in_front = await self._front.answer(request)
        if in_front is not None:
            return in_front
        try:
            return await self._routes.find(request).handle(request)
        except RestoreConflict:
            return web.json_response(self._appliance.restore_status(), status=409)

    def _refusal(self, error: ApiError) -> web.Response:
        return self._front.error(error)
