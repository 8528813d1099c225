"""The calls about backups: configuration, fingerprint, a backup on demand, status and history."""

from collections.abc import Iterator

from aiohttp import web

from bot.sandbox.backup_source import ServerRefused
from bot.sandbox.nsx.body_checks import json_body
from bot.sandbox.nsx.errors import BACKUP, ApiError
from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_bodies import parse_fingerprint_request
from bot.sandbox.nsx.guided_paging import page
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_routes import Call, Family


class BackupCalls:
    """Answers them."""

    def __init__(self, appliance: GuidedAppliance) -> None:
        self._appliance = appliance

    def calls(self) -> Iterator[Call]:
        """Yield what is served here."""
        backup = Family.BACKUP
        base = "/cluster/backups"
        yield Call("GET", f"{base}/config", self._get_config, None, backup)
        yield Call("PUT", f"{base}/config", self._put_config, None, backup)
        yield Call("GET", "/cluster/restore/config", self._get_restore_config, None, backup)
        yield Call("PUT", "/cluster/restore/config", self._put_restore_config, None, backup)
        fingerprint = "retrieve_ssh_fingerprint"
        yield Call("POST", base, self._fingerprint, fingerprint, backup, Profile.V2_5)
        yield Call("POST", "/cluster", self._back_up, "backup_to_remote", backup)
        yield Call("GET", f"{base}/status", self._status, None, backup)
        yield Call("GET", f"{base}/history", self._history, None, backup)
        yield Call("GET", f"{base}/overview", self._overview, None, backup, Profile.V4)

    async def _get_config(self, _: web.Request) -> web.Response:
        return web.json_response(self._appliance.configuration.shown())

    async def _put_config(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._appliance.put_configuration(self._appliance.configuration.checked(body))
        return web.json_response(self._appliance.configuration.shown())

    async def _get_restore_config(self, _: web.Request) -> web.Response:
        return web.json_response(self._appliance.configuration.shown_for_restore())

    async def _put_restore_config(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._appliance.put_configuration(self._appliance.configuration.checked_for_restore(body))
        return web.json_response(self._appliance.configuration.shown_for_restore())

    async def _fingerprint(self, request: web.Request) -> web.Response:
        server, port = parse_fingerprint_request(await json_body(request))
        try:
            found = self._appliance.listing.server.ecdsa_fingerprint(server, port)
        except ServerRefused as refused:
            raise ApiError(400, 29_220, BACKUP, str(refused)) from refused
        claimed = self._appliance.faults.other_fingerprint or found
        return web.json_response({"server": server, "port": port, "ssh_fingerprint": claimed})

    async def _back_up(self, _: web.Request) -> web.Response:
        self._appliance.back_up()
        return web.Response()

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response(self._appliance.backups.status())

    async def _history(self, _: web.Request) -> web.Response:
        return web.json_response(self._appliance.backups.history())

    async def _overview(self, request: web.Request) -> web.Response:
        appliance = self._appliance
        overview = {
            "backup_config": appliance.configuration.shown(),
            "current_backup_operation_status": appliance.backups.status(),
            "backup_operation_history": appliance.backups.history(),
            "restore_status": appliance.restore_status(),
        }
        if request.query.get("show_backups_list", "true").lower() != "false":
            listing = appliance.listing
            visible = listing.visible(appliance.configuration.place)
            entries = [listing.entry(backup) for backup in visible]
            zeros = appliance.faults.last_cursor_zeros
            overview |= page(
                request, entries, largest=listing.largest_page, last_cursor_zeros=zeros
            )
        return web.json_response(overview)
