"""An API of which every request is recorded, whatever becomes of it."""

from abc import ABC, abstractmethod

from aiohttp import web

from bot.sandbox.nsx.errors import ApiError
from bot.sandbox.nsx.recording import Recording
from bot.sandbox.nsx.simulated_time import Changes


class ConnectionCut(Exception):  # noqa: N818 (nobody erred)
    """The request gets no answer; its connection ends."""


class RecordedApi(ABC):
    """Answers every request; `app` is what a listener serves.

    A request is recorded, counted and announced before it is answered, and once more afterwards
    with the status that the client could still receive.
    """

    def __init__(self, recording: Recording, changes: Changes) -> None:
        self._recording = recording
        self._changes = changes
        self.app = web.Application()
        self.app.router.add_route("*", "/{rest:.*}", self._handle)

    @abstractmethod
    def end(self) -> None:
        """Release the requests that hang."""

    @abstractmethod
    def _count(self, request: web.Request) -> None:
        """Count a request that must not be sent twice."""

    @abstractmethod
    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Return the answer; raise `ApiError` for a refusal, `ConnectionCut` for none."""

    @abstractmethod
    def _refusal(self, error: ApiError) -> web.Response:
        """Return a refusal in the form of this version."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        place = self._recording.arrived(request.method, request.path_qs, content)
        self._count(request)
        self._changes.announce()
        try:
            response = await self._answer(request)
        except ApiError as error:
            response = self._refusal(error)
        except ConnectionCut:
            return _cut(request)
        if request.transport is not None:
            self._recording.answered(place, response.status)
        self._changes.announce()
        return response


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
