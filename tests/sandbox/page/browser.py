"""What a browser does with the page's socket, so that a test can read it as a person reads it."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from bot.sandbox.slack import Message

Json = dict[str, Any]

PATIENCE: Final = 30.0
"""Real seconds."""


@dataclass
class Page:
    """One window: it keeps what it is told, as the page does."""

    socket: aiohttp.ClientWebSocketResponse
    hello: Json = field(default_factory=dict)
    messages: dict[tuple[str, str], Json] = field(default_factory=dict)
    views: list[Json] = field(default_factory=list)
    home: Json | None = None
    channels: list[Json] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    panel: Json = field(default_factory=dict)
    calls: dict[int, Json] = field(default_factory=dict)
    replies: dict[int | None, Json] = field(default_factory=dict)
    frames: list[Json] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_closed: bool = False
    _acts: int = 100

    async def listen(self) -> None:
        """Take in what comes until the socket closes."""
        async for frame in self.socket:
            self.sizes.append(len(frame.data))
            self._take(json.loads(frame.data))
            self._wake()
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, predicate: Callable[[], Any]) -> Any:
        """Wait until the page shows something. A LookupError in it means "not yet"."""
        async with asyncio.timeout(PATIENCE):
            while True:
                changed = self._changed
                with contextlib.suppress(LookupError):
                    if found := predicate():
                        return found
                await changed.wait()

    async def act(self, do: str, **what: Any) -> Json:
        """Do something, and return the reply."""
        number = self.send(do, **what)
        await self.flush()
        reply: Json = await self.until(lambda: self.replies[number])
        return reply

    def send(self, do: str, **what: Any) -> int:
        """Prepare something to be done; return its number."""
        self._acts += 1
        self._frame = {"id": self._acts, "do": do, **what}
        return self._acts

    async def flush(self) -> None:
        """Send what was prepared."""
        await self.socket.send_str(json.dumps(self._frame))

    async def raw(self, text: str) -> Json:
        """Send any text, and return the reply that it gets."""
        known = len(self.frames)
        await self.socket.send_str(text)
        reply: Json = await self.until(
            lambda: next((f for f in self.frames[known:] if f["kind"] == "reply"), None)
        )
        return reply

    async def panel_act(self, act: str, key: str, **value: Any) -> Json:
        """Set a fault, or do an action."""
        return await self.act("panel", act=act, key=key, **value)

    def texts(self) -> list[str]:
        """What stands on the page, oldest first."""
        return [message["text"] for message in self.messages.values()]

    async def until_shown(self, message: Message) -> None:
        """Wait until the page shows a message."""
        await self.until(lambda: self.messages[message.channel, message.ts])

    def fault(self, key: str) -> Any:
        """The value of a fault as the panel shows it."""
        return {one["key"]: one["value"] for one in self.panel["faults"]}[key]

    async def until_fault(self, key: str, value: Any) -> None:
        """Wait until the panel shows a fault with this value."""
        await self.until(lambda: self.fault(key) == value)

    def action(self, key: str) -> Json:
        """An action as the panel shows it."""
        found: Json = {one["key"]: one for one in self.panel["actions"]}[key]
        return found

    def news(self) -> list[Json]:
        """Every news frame so far."""
        return [frame for frame in self.frames if frame["kind"] == "news"]

    def _take(self, frame: Json) -> None:
        self.frames.append(frame)
        match frame["kind"]:
            case "hello":
                self.hello = frame
            case "news":
                self._take_news(frame)
            case "panel":
                self.panel = frame
                self.calls |= {call["n"]: call for call in frame["calls"]}
            case "reply":
                self.replies[frame["to"]] = frame

    def _take_news(self, news: Json) -> None:
        for message in news["messages"]:
            self.messages[message["channel"], message["ts"]] = message
        for gone in news["removed"]:
            del self.messages[gone["channel"], gone["ts"]]
        self.views = news.get("views", self.views)
        self.home = news.get("home", self.home)
        self.channels = news.get("channels", self.channels)
        self.violations += news.get("violations", [])


class Browser:
    """Opens windows, each as somebody."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self.origin = f"http://127.0.0.1:{port}"

    async def open(self, user: str) -> Page:
        """Open a window as somebody, and wait until it shows everything."""
        page = Page(await self.connect(user))
        self._tasks.append(asyncio.create_task(page.listen()))
        await page.until(lambda: page.hello and page.news())
        return page

    async def connect(self, user: str) -> aiohttp.ClientWebSocketResponse:
        """Open the socket alone."""
        socket = await self._session.ws_connect(
            f"{self.origin}/link?as={user}",
            headers={"Origin": self.origin},
            max_msg_size=0,
        )
        self._sockets.append(socket)
        return socket

    async def close(self) -> None:
        """Close every window."""
        for socket in self._sockets:
            await socket.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
