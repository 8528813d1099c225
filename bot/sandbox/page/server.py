"""The page's application on loopback: the page itself, shared files, and the windows' sockets."""

import asyncio
import re
from collections.abc import Awaitable
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.page.link import Link, Panel
from bot.sandbox.page.shown import Legend
from bot.sandbox.page.window import Window
from bot.sandbox.slack.errors import CannotAct
from bot.sandbox.slack.messages import SharedFile
from bot.sandbox.slack.server import SlackServer

HOST: Final = "127.0.0.1"
STATIC: Final = Path(__file__).parent / "static"
MAX_FRAME: Final = 1024 * 1024
HEARTBEAT: Final = 20.0
"""Real seconds after which a window that says nothing is asked whether it is still there."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# Neither a dot nor a slash can stand where a path would leave the folder.
_ASSET: Final = r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.(?:js|css|svg|png)"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


class PageServer:
    """Serves the page of one workspace on 127.0.0.1, from `async with` to its end.

    `port` 0 takes a free one; entering raises OSError where it is taken.
    """

    def __init__(
        self,
        slack: SlackServer,
        *,
        legend: Legend = Legend(),  # noqa: B008 - frozen
        panel: Panel | None = None,
        port: int = 0,
    ) -> None:
        self._slack = slack
        self._legend = legend
        self._panel = panel
        self._port = port
        self._runner: web.AppRunner | None = None
        self._acts: set[asyncio.Task[None]] = set()
        self._sockets: set[web.WebSocketResponse] = set()

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._acts:
            task.cancel()
        await asyncio.gather(*self._acts, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self._port}/"

    def url_as(self, user: str) -> str:
        """The address of the page as this person."""
        return f"{self.url}?{urlencode({'as': user})}"

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded])
        application.router.add_get("/", self._index)
        application.router.add_get(f"/static/{{name:{_ASSET}}}", self._asset)
        application.router.add_get("/files/{file}", self._file)
        application.router.add_get("/link", self._link)
        return application

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn away what came by another name: a page elsewhere must not reach this one."""
        if request.headers.get("Host", "") not in self._own_hosts():
            return web.Response(status=403, text="This address is not served.", headers=HEADERS)
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            refused.headers.update(HEADERS)
            raise
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _own_hosts(self) -> set[str]:
        return {f"{name}:{self._port}" for name in (HOST, "localhost", "[::1]")}

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return _content(STATIC / "index.html")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return _content(STATIC / request.match_info["name"])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        viewer = self._viewer(request)
        found = self._shared_file(viewer, request.match_info["file"])
        if found is None:
            raise web.HTTPNotFound
        name = _UNSAFE.sub("_", found.name)
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(
            body=found.content, headers=disposition, content_type="text/plain", charset="utf-8"
        )

    def _shared_file(self, viewer: str, file_id: str) -> SharedFile | None:
        workspace = self._slack.workspace
        seen = (
            message
            for channel in workspace.channels.all()
            if workspace.can_see(viewer, channel)
            for message in workspace.book.everything(channel.id)
            if message.files and message.visible_to in {None, viewer}
        )
        return next((file for one in seen for file in one.files if file.id == file_id), None)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        own_origins = {f"http://{host}" for host in self._own_hosts()}
        if request.headers.get("Origin") not in own_origins:
            raise web.HTTPForbidden(text="Only the page itself may open this.")
        viewer = self._viewer(request)
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME, compress=False, timeout=1.0
        )
        socket.headers.update(HEADERS)
        await socket.prepare(request)
        workspace = self._slack.workspace
        link = Link(
            socket,
            window=Window(
                viewer,
                workspace=workspace,
                app=self._slack.app,
                legend=self._legend,
                permalinks=f"{self._slack.origin}/archives/",
            ),
            person=self._slack.person(viewer),
            workspace=workspace,
            panel=self._panel,
        )
        await link.serve(self._start)
        return socket

    def _viewer(self, request: web.Request) -> str:
        user = request.query.get("as", "")
        try:
            return self._slack.workspace.people.actor(user).id
        except CannotAct:
            raise web.HTTPNotFound(text="There is nobody with that id.") from None

    def _start(self, act: Awaitable[None]) -> None:
        task = asyncio.ensure_future(act)
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)


def _content(path: Path) -> web.Response:
    if not path.is_file():
        raise web.HTTPNotFound
    return web.Response(
        body=path.read_bytes(), content_type=TYPES[path.suffix], charset=_charset(path)
    )


def _charset(path: Path) -> str | None:
    return None if path.suffix == ".png" else "utf-8"
