"""The restore's own calls: start, advance and the other orders, status, list and resources."""

import asyncio
from collections.abc import Callable, Iterator

from aiohttp import web

from bot.sandbox.nsx import restart_window
from bot.sandbox.nsx.body_checks import json_body
from bot.sandbox.nsx.errors import BACKUP, ApiError, field_error
from bot.sandbox.nsx.guided_actions import Action
from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_bodies import check_advance, parse_start
from bot.sandbox.nsx.guided_faults import StartFault
from bot.sandbox.nsx.guided_paging import page
from bot.sandbox.nsx.guided_profile import Component, Profile
from bot.sandbox.nsx.guided_routes import Call, Family, Handle
from bot.sandbox.nsx.recorded_api import ConnectionCut


class RestoreCalls:
    """Answers them; `end` releases the requests that hang."""

    def __init__(self, appliance: GuidedAppliance) -> None:
        self._appliance = appliance
        self._faults = appliance.faults
        self._restore = appliance.restore
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Release the requests that hang."""
        self._ended.set()

    def calls(self) -> Iterator[Call]:
        """Yield what is served here."""
        backup = Family.BACKUP
        base = "/cluster/restore"
        yield Call("POST", base, self._start, Action.START, backup)
        yield Call("POST", base, self._advance, Action.ADVANCE, backup)
        suspend = self._ordered(Action.SUSPEND, self._restore.suspend)
        yield Call("POST", base, suspend, Action.SUSPEND, backup)
        cancel = self._ordered(Action.CANCEL, self._restore.cancel)
        yield Call("POST", base, cancel, Action.CANCEL, backup)
        retry = self._ordered(Action.RETRY, lambda: self._restore.retry(self._passphrase))
        yield Call("POST", base, retry, Action.RETRY, backup)
        updated = Action.RETRY_WITH_UPDATED_CONFIG
        again = self._ordered(updated, lambda: self._restore.retry_with(self._passphrase))
        yield Call("POST", f"{base}/action/{updated}", again, None, backup, Profile.V9_1)
        yield Call("GET", f"{base}/backuptimestamps", self._timestamps, None, backup)
        yield Call("GET", f"{base}/instruction-resources", self._resources, None, backup)
        yield Call("GET", f"{base}/status", self._status)

    async def _start(self, request: web.Request) -> web.Response:
        self._appliance.others_come_first()
        fault = self._faults.start_post
        if fault is StartFault.HANG_BEFORE_ACCEPTING:
            await self._ended.wait()
        if fault in {StartFault.CUT_BEFORE_ACCEPTING, StartFault.HANG_BEFORE_ACCEPTING}:
            raise ConnectionCut
        wanted = parse_start(await json_body(request), self._appliance.profile)
        self._appliance.start(wanted.node_id, wanted.timestamp, wanted.address)
        if fault is StartFault.LOST_AFTER_ACCEPTING:
            return restart_window.bad_gateway(self._faults.gateway_status)
        if fault is StartFault.HANG_AFTER_ACCEPTING:
            await self._ended.wait()
        if fault in {StartFault.CUT_AFTER_ACCEPTING, StartFault.HANG_AFTER_ACCEPTING}:
            raise ConnectionCut
        return self._shown()

    async def _advance(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._appliance.take(Action.ADVANCE)
        self._appliance.advances.append(check_advance(body, self._restore.open))
        self._restore.advance()
        return self._shown()

    @property
    def _passphrase(self) -> str | None:
        return self._appliance.configuration.passphrase

    def _ordered(self, action: Action, obey: Callable[[], None]) -> Handle:
        async def handle(_: web.Request) -> web.Response:
            self._appliance.take(action)
            obey()
            return self._shown()

        return handle

    async def _status(self, request: web.Request) -> web.Response:
        if self._appliance.profile.has(Profile.V4):
            self._check_component(request)
        return self._shown(403 if self._faults.status_forbidden else 200)

    def _check_component(self, request: web.Request) -> None:
        """Refuse the component that this appliance is not; the product's own answer is unknown."""
        asked = request.query.get("restore_component", Component.LOCAL.word)
        if asked != self._appliance.identity.component.word:
            raise field_error("restore_component", f"{asked} is not what this appliance is")

    async def _timestamps(self, request: web.Request) -> web.Response:
        listing = self._appliance.listing
        visible = listing.visible(self._appliance.configuration.place)
        return web.json_response(
            page(
                request,
                [listing.entry(backup) for backup in visible],
                largest=listing.largest_page,
                last_cursor_zeros=self._faults.last_cursor_zeros,
            )
        )

    async def _resources(self, request: web.Request) -> web.Response:
        identity = request.query.get("instruction_id")
        if not identity:
            raise field_error("instruction_id", "is required")
        for prompt in self._restore.open:
            if prompt.id == identity:
                listed = [resource.shown() for resource in prompt.prompt.resources]
                largest = self._appliance.listing.largest_page
                zeros = self._faults.last_cursor_zeros
                return web.json_response(
                    page(request, listed, largest=largest, last_cursor_zeros=zeros)
                )
        raise ApiError(404, 202, BACKUP, f"There is no open instruction {identity}.")

    def _shown(self, status: int = 200) -> web.Response:
        return web.json_response(self._appliance.restore_status(), status=status)
