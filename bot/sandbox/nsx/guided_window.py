"""A restart of a 2.0 to 9.x Manager: what stands at its port until the API answers again."""

import asyncio
from collections.abc import Awaitable, Iterator
from enum import StrEnum
from typing import Protocol

from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.simulated_time import Changes, Time


class Window(StrEnum):
    """What a client meets."""

    OPEN = "open"
    """The API."""
    AWAY = "away"
    """Nothing serves the port."""
    BAD_GATEWAY = "bad gateway"
    STARTING_JSON = "starting, says so in JSON"
    STARTING_TEXT = "starting, says so in plain text"
    NOTHING_MAPPED = "nothing mapped"
    """Every path is 404."""


class Services(Protocol):
    """What a restart takes down and brings up."""

    def stop(self) -> Awaitable[None]:
        """Stop to serve and forget every session."""
        ...

    def start(self) -> Awaitable[None]:
        """Serve again."""
        ...

    def renew(self) -> Awaitable[None]:
        """Forget every session, and serve with the certificate from the beginning."""
        ...

    def forget_sessions(self) -> None:
        """Forget every session while serving goes on."""
        ...


class RestartWindow:
    """Goes through the forms of a restart; `restarts` counts those since the deployment."""

    def __init__(
        self, *, services: Services, durations: Durations, time: Time, changes: Changes
    ) -> None:
        self._services = services
        self._durations = durations
        self._time = time
        self._changes = changes
        self._one = asyncio.Lock()
        self.begin()

    def begin(self) -> None:
        """Be freshly deployed."""
        self.form = Window.OPEN
        self.restarts = 0
        self.booted_at = self._time.now() - self._durations.uptime

    async def reboot(self) -> None:
        """Go away with every session, come back with a fresh uptime."""
        async with self._one:
            await self._services.stop()
            await self._stand(Window.AWAY, self._durations.away)
            self.booted_at = self._time.now()
            self.form = Window.BAD_GATEWAY
            self.restarts += 1
            await self._services.start()
            await self._start_services()

    async def restart_service(self) -> None:
        """Lose every session and the API, but neither the listener nor the uptime."""
        async with self._one:
            self._services.forget_sessions()
            self.restarts += 1
            await self._start_services()

    async def _start_services(self) -> None:
        for form, seconds in self._forms():
            await self._stand(form, seconds)
        self.form = Window.OPEN
        self._changes.announce()

    def _forms(self) -> Iterator[tuple[Window, float]]:
        yield Window.BAD_GATEWAY, self._durations.bad_gateway
        yield Window.STARTING_JSON, self._durations.starting_json
        yield Window.STARTING_TEXT, self._durations.starting_text
        yield Window.NOTHING_MAPPED, self._durations.nothing_mapped

    async def _stand(self, form: Window, seconds: float) -> None:
        self.form = form
        self._changes.announce()
        await self._time.until(self._time.now() + seconds)
