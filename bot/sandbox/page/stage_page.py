"""The page of a whole stage: its workspace, its control panel, and the switch of its bot."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from bot.sandbox.page.keeper import BotKeeper
from bot.sandbox.page.panel import StagePanel, no_drill
from bot.sandbox.page.server import PageServer
from bot.sandbox.page.shown import CommandHelp, Legend
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import GUEST, LEADS, OUTSIDER, REQUESTER, Stage

LEGEND: Final = Legend(
    roles={
        REQUESTER: "requester",
        **dict.fromkeys(LEADS, "lead"),
        OUTSIDER: "outside the group",
        GUEST: "guest",
    },
    commands=(
        CommandHelp(
            "/nsx-restore",
            "Restore an NSX Manager from its backup",
            "[request TARGET reason=... | status | list | help]",
        ),
    ),
)


class StagePage:
    """Serves a raised stage to browsers while the `async with` block lasts.

    Entering raises OSError where the port is taken. `bot` starts and kills the bot.
    """

    def __init__(
        self, stage: Stage, *, port: int = 0, drill: Callable[[], Json | None] = no_drill
    ) -> None:
        self.bot = BotKeeper(stage)
        self._panel = StagePanel(stage, self.bot, drill)
        self._server = PageServer(stage.slack, legend=LEGEND, panel=self._panel, port=port)
        self._exit = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._exit.enter_async_context(self._server)
        self._exit.push_async_callback(self.bot.close)
        watching = asyncio.create_task(self._panel.watch())
        self._exit.callback(watching.cancel)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exit.aclose()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """The address of the page, as the requester."""
        return self.url_as(REQUESTER)

    def url_as(self, user: str) -> str:
        """The address of the page as somebody of the cast."""
        return self._server.url_as(user)
