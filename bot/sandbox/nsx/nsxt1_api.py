"""The HTTP face of a 1.x Manager: what is in front of the API, and the API itself."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import assert_never

from aiohttp import web
from yarl import URL

from bot.sandbox.backup_files import BackupKind
from bot.sandbox.nsx import nsxt1_documents as documents
from bot.sandbox.nsx import restart_window
from bot.sandbox.nsx.accounts import Accounts
from bot.sandbox.nsx.body_checks import json_body
from bot.sandbox.nsx.errors import COMMON, ApiError, not_found, three_key_response
from bot.sandbox.nsx.front import redirected, refuse_logins, throttled
from bot.sandbox.nsx.nsxt1_appliance import Appliance
from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.nsx.nsxt1_lifecycle import Phase
from bot.sandbox.nsx.nsxt1_restore_file import parse_restore_request
from bot.sandbox.nsx.odd_replies import odd_response
from bot.sandbox.nsx.recorded_api import ConnectionCut, RecordedApi
from bot.sandbox.nsx.recording import Recording
from bot.sandbox.nsx.simulated_time import Changes

Route = tuple[str, str, str | None]
"""A method, a path, and the value of the query's `action`."""

_SESSION_CREATE: Route = ("POST", "/api/session/create", None)
_NOT_WRITABLE = frozenset({Phase.UNSTABLE, Phase.INITIALIZING})


class Nsxt1Api(RecordedApi):
    """Answers every request; `app` is what a listener serves.

    `restore_posts` counts the restore requests of each kind that arrived, whatever came of them.
    """

    def __init__(
        self,
        *,
        appliance: Appliance,
        accounts: Accounts,
        recording: Recording,
        changes: Changes,
        node_restore_path: str,
    ) -> None:
        super().__init__(recording, changes)
        self.restore_posts: Counter[BackupKind] = Counter()
        self._appliance = appliance
        self._faults = appliance.faults
        self._accounts = accounts
        self._ended = asyncio.Event()
        node_url = URL(node_restore_path)
        self._restores: dict[Route, BackupKind] = {
            ("POST", "/api/v1/cluster/backups", "restore"): BackupKind.CLUSTER,
            ("POST", node_url.path, node_url.query.get("action")): BackupKind.NODE,
        }
        self._routes: dict[Route, Callable[[web.Request], Awaitable[web.Response]]] = {
            ("GET", "/api/v1/cluster/backups/config", None): self._get_configuration,
            ("PUT", "/api/v1/cluster/backups/config", None): self._put_configuration,
            ("POST", "/api/session/destroy", None): self._destroy_session,
        }
        self._documents = {
            "/api/v1/node": documents.node,
            "/api/v1/node/status": documents.node_status,
            "/api/v1/cluster/status": documents.cluster_status,
            "/api/v1/cluster/nodes": documents.cluster_nodes,
            "/api/v1/cluster/backups/history": documents.backup_history,
        }

    def end(self) -> None:
        """Release the requests that hang."""
        self._ended.set()

    def _count(self, request: web.Request) -> None:
        route = _route(request)
        if route in self._restores:
            self.restore_posts[self._restores[route]] += 1

    def _refusal(self, error: ApiError) -> web.Response:
        return three_key_response(error)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        route = _route(request)
        in_front = (
            self._restarting(request)
            or redirected(self._faults, request)
            or throttled(self._faults, three_key_response)
        )
        if in_front is not None:
            return in_front
        refuse_logins(self._faults, restarted=self._appliance.restarts > 0)
        if request.method == "GET":
            odd = await odd_response(request, self._faults.odd_reads)
            if odd is not None:
                return odd
        if route == _SESSION_CREATE:
            return await self._accounts.create_session(request)
        self._accounts.admit(request)
        return await self._dispatch(request, route)

    async def _dispatch(self, request: web.Request, route: Route) -> web.StreamResponse:
        if route in self._restores:
            return await self._restore(request, self._restores[route])
        if route in self._routes:
            return await self._routes[route](request)
        if request.method == "GET" and request.path in self._documents:
            return web.json_response(self._documents[request.path](self._appliance))
        raise not_found(request.path)

    def _restarting(self, request: web.Request) -> web.Response | None:
        match self._appliance.phase:
            case Phase.READY | Phase.ACCEPTED | Phase.UNSTABLE | Phase.INITIALIZING:
                return None
            case Phase.AWAY | Phase.BAD_GATEWAY:
                return restart_window.bad_gateway(self._faults.gateway_status)
            case Phase.STARTING_JSON:
                return restart_window.starting_json()
            case Phase.STARTING_TEXT:
                return restart_window.starting_text()
            case Phase.NOTHING_MAPPED:
                return restart_window.nothing_mapped(request.path)
            case phase:
                assert_never(phase)

    async def _restore(self, request: web.Request, kind: BackupKind) -> web.Response:
        cluster = kind is BackupKind.CLUSTER
        fault = self._faults.cluster_post if cluster else self._faults.node_post
        if fault is PostFault.HANG_BEFORE_ACCEPTING:
            await self._ended.wait()
        if fault in {PostFault.CUT_BEFORE_ACCEPTING, PostFault.HANG_BEFORE_ACCEPTING}:
            raise ConnectionCut
        file = parse_restore_request(await json_body(request))
        self._refuse_while_unstable()
        await self._appliance.restore(kind, file)
        if fault is PostFault.HANG_AFTER_ACCEPTING:
            await self._ended.wait()
        if fault in {PostFault.CUT_AFTER_ACCEPTING, PostFault.HANG_AFTER_ACCEPTING}:
            raise ConnectionCut
        if self._faults.accepted_body:
            return web.json_response({"status": "accepted"}, status=self._faults.accepted_status)
        return web.Response(status=self._faults.accepted_status)

    async def _get_configuration(self, _: web.Request) -> web.Response:
        return web.json_response(self._appliance.configuration.shown())

    async def _put_configuration(self, request: web.Request) -> web.Response:
        self._refuse_while_unstable()
        self._appliance.put_configuration(await json_body(request))
        return web.json_response(self._appliance.configuration.shown())

    async def _destroy_session(self, request: web.Request) -> web.Response:
        return self._accounts.destroy_session(request)

    def _refuse_while_unstable(self) -> None:
        if self._appliance.phase in _NOT_WRITABLE:
            raise ApiError(503, 503, COMMON, "The management cluster is not stable.")


def _route(request: web.Request) -> Route:
    return request.method, request.path, request.query.get("action")
