"""The calls about the appliance itself: node, cluster, management configuration, services."""

from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from bot.sandbox.nsx import guided_documents as documents
from bot.sandbox.nsx.body_checks import json_body
from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_bodies import parse_management
from bot.sandbox.nsx.guided_paging import page
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_routes import Call, Family, Handle


class NodeCalls:
    """Answers them; `pem` tells the certificate that is served."""

    def __init__(self, appliance: GuidedAppliance, pem: Callable[[], str]) -> None:
        self._appliance = appliance
        self._pem = pem

    def calls(self) -> Iterator[Call]:
        """Yield what is served here."""
        v2_5, v4 = Profile.V2_5, Profile.V4
        yield Call("GET", "/node", self._read(documents.node))
        yield Call("GET", "/node/version", self._read(documents.node_version), since=v2_5)
        yield Call("GET", "/node/status", self._read(documents.node_status), since=v2_5)
        service = "/node/services/manager"
        yield Call("GET", f"{service}/status", self._read(documents.manager_service))
        yield Call("POST", service, self._restart_service, "restart")
        yield Call("POST", "/node", self._reboot, "restart")
        yield Call("GET", "/reverse-proxy/node/health", self._health, since=v4)
        yield Call("GET", "/cluster/status", self._read(documents.cluster_status))
        yield Call("GET", "/cluster/nodes", self._list(documents.cluster_nodes))
        yield Call("GET", "/configs/management", self._read(documents.management_config))
        yield Call("PUT", "/configs/management", self._put_management)
        certificates = self._list(lambda _: documents.certificates(self._pem()))
        yield Call("GET", "/trust-management/certificates", certificates)
        hosts = self._list(documents.transport_nodes)
        yield Call("GET", "/transport-nodes", hosts, family=Family.LOCAL)
        yield Call("GET", "/alarms", self._list(documents.alarms), since=v4)

    def _read(self, document: Callable[[GuidedAppliance], dict[str, Any]]) -> Handle:
        async def handle(_: web.Request) -> web.Response:
            return web.json_response(document(self._appliance))

        return handle

    def _list(self, entries: Callable[[GuidedAppliance], list[dict[str, Any]]]) -> Handle:
        async def handle(request: web.Request) -> web.Response:
            largest = self._appliance.listing.largest_page
            return web.json_response(page(request, entries(self._appliance), largest=largest))

        return handle

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response(documents.health(up=True))

    async def _put_management(self, request: web.Request) -> web.Response:
        publish_fqdns, revision = parse_management(await json_body(request))
        self._appliance.put_management(publish_fqdns=publish_fqdns, revision=revision)
        return web.json_response(documents.management_config(self._appliance))

    async def _restart_service(self, _: web.Request) -> web.Response:
        self._appliance.restart_service()
        return web.json_response(documents.manager_service(self._appliance))

    async def _reboot(self, _: web.Request) -> web.Response:
        self._appliance.reboot()
        return web.Response()
