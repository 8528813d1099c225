"""The WebSocket of one window: acts come in, news and replies go out.

What goes out is always made at the moment of sending, from what the window was told last. So a
browser that does not read holds up nothing but its own window, and gets one frame when it reads.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol

from aiohttp import WSMsgType, web
from pydantic import ValidationError

from bot.sandbox.page import replies
from bot.sandbox.page.acts import ACT, Act, PanelAct, number_of, perform
from bot.sandbox.page.window import Window
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.workspace import Workspace

ACTS_AT_ONCE: Final = 16
"""So many acts of one window may be on their way; more wait in the socket."""


class Panel(Protocol):
    """The control panel beside the workspace."""

    def frames(self) -> AsyncIterator[Json]:
        """Yield what one window is to show: now, and again each time that something is new."""
        ...

    async def act(self, act: PanelAct) -> str | None:
        """Do it, and return what it said. Raises `ValueError` with a sentence."""
        ...


class Link:
    """One open window."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        *,
        window: Window,
        person: Person,
        workspace: Workspace,
        panel: Panel | None,
    ) -> None:
        self._socket = socket
        self._window = window
        self._person = person
        self._workspace = workspace
        self._panel = panel
        self._telling = asyncio.Lock()
        self._room = asyncio.Semaphore(ACTS_AT_ONCE)

    async def serve(self, start: Callable[[Awaitable[None]], None]) -> None:
        """Talk until the window closes. `start` runs an act, which may outlive the window."""
        await self._send(self._window.hello())
        tellers = [asyncio.create_task(self._telling_on(self._tell_news))]
        if self._panel is not None:
            panel = partial(self._tell_panel, self._panel)
            tellers.append(asyncio.create_task(self._telling_on(panel)))
        try:
            async for frame in self._socket:
                await self._room.acquire()
                start(self._answer(frame.data if frame.type is WSMsgType.TEXT else None))
        finally:
            for teller in tellers:
                teller.cancel()
            await asyncio.gather(*tellers, return_exceptions=True)

    async def _telling_on(self, telling: Callable[[], Awaitable[None]]) -> None:
        """Tell; a window that is told nothing more is closed, so that its page comes again."""
        try:
            await telling()
        except Exception as error:  # noqa: BLE001
            # Border: a window that hears nothing more must come again; printed, the window closed.
            _complain("a window could not be told what is new", error)
            await self._socket.close()

    async def _tell_news(self) -> None:
        while True:
            version = self._workspace.version
            await self._tell_what_is_new()
            await self._workspace.changed_since(version)

    async def _tell_what_is_new(self) -> None:
        async with self._telling:
            news = self._window.news()
            if news is not None:
                await self._send(news)

    async def _tell_panel(self, panel: Panel) -> None:
        async for frame in panel.frames():
            await self._send({"kind": "panel", **frame})

    async def _answer(self, text: str | None) -> None:
        try:
            reply = await self._reply_or_say_that_it_broke(text)
            # What an act did is on the page before the page hears that it is done.
            await self._tell_what_is_new()
            await self._send(reply)
        finally:
            self._room.release()

    async def _reply_or_say_that_it_broke(self, text: str | None) -> Json:
        try:
            return await self._reply(text)
        except Exception as error:  # noqa: BLE001
            # Border: one act must not end the window's others; printed, and told to the page.
            _complain("an act broke", error)
            return replies.refusal(number_of(_parsed(text)), replies.BROKE)

    async def _reply(self, text: str | None) -> Json:
        frame = _parsed(text)
        try:
            act = ACT.validate_python(frame)
        except ValidationError:
            return replies.refusal(number_of(frame), replies.BAD_REQUEST)
        if isinstance(act, PanelAct):
            return await self._panel_reply(act)
        return await self._person_reply(act)

    async def _person_reply(self, act: Act) -> Json:
        if isinstance(act, PanelAct):
            raise TypeError("the panel's acts are nobody's")
        try:
            return replies.to_delivery(act, await perform(act, self._person))
        except replies.CANNOT as trouble:
            return replies.to_trouble(act, trouble)

    async def _panel_reply(self, act: PanelAct) -> Json:
        if self._panel is None:
            return replies.refusal(act.id, replies.BAD_REQUEST)
        try:
            return replies.done(act.id, await self._panel.act(act))
        except ValueError as wrong:
            return replies.refusal(act.id, replies.BAD_REQUEST, str(wrong))

    async def _send(self, frame: Json) -> None:
        # A window that was closed meanwhile needs no answer.
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self._socket.send_str(json.dumps(frame))


def _complain(what: str, error: Exception) -> None:
    """Print what broke in the sandbox itself, where whoever runs it can see it."""
    asyncio.get_running_loop().call_exception_handler({"message": what, "exception": error})


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
