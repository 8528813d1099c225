"""Starts and kills the bot for the page, and knows how it is."""

import asyncio
import contextlib
import time
from enum import StrEnum
from typing import Final

from bot.sandbox.page.bot_log import BotLog
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import Stage


class BotState(StrEnum):
    """How the bot's process is."""

    STARTING = "starting"
    RUNNING = "running"
    KILLED = "killed"
    ENDED = "ended"


UP: Final = frozenset({BotState.STARTING, BotState.RUNNING})


class BotKeeper:
    """The switch of the bot: started in the background, killed at once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._starting: asyncio.Task[None] | None = None
        self._log = BotLog(stage.bot.log)
        self._enter(BotState.ENDED)

    @property
    def state(self) -> BotState:
        """How the process is now."""
        if self._state is BotState.RUNNING and not self._stage.bot.is_running:
            self._enter(BotState.ENDED)
        return self._state

    def start(self) -> None:
        """Start the bot in the background. Raises `ValueError` if it is up already."""
        if self.state in UP:
            raise ValueError("The bot is up already.")
        self._enter(BotState.STARTING)
        self._starting = asyncio.create_task(self._start(self._starting))

    async def kill(self) -> None:
        """End it as a power cut would. Raises `ValueError` if it is not up."""
        if self.state not in UP:
            raise ValueError("The bot is not up.")
        self._enter(BotState.KILLED)
        await self._stage.bot.kill()

    async def until_settled(self) -> BotState:
        """Wait until a start that is going on has come to something; return what."""
        if self._starting is not None:
            await asyncio.wait({self._starting})
        return self.state

    async def close(self) -> None:
        """Give up a start that is going on; the process itself is the stage's to end."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)

    def as_json(self) -> Json:
        """How it is, for the page."""
        return {"state": self.state, "since": self._since, "log": self._log.lines()}

    async def _start(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})  # a start that was killed still looks at its process
        if not self._is_wanted():
            return
        # It ended before it was ready, or took too long: its log, which the page shows, says why.
        with contextlib.suppress(RuntimeError):
            await self._stage.start_bot()
            if self._is_wanted():
                self._enter(BotState.RUNNING)
            return
        if self._is_wanted():
            await self._stage.bot.kill()
            self._enter(BotState.ENDED)

    def _is_wanted(self) -> bool:
        """Whether the start that asks is the one that goes on: not killed, and no later one."""
        return self._state is BotState.STARTING and self._starting is asyncio.current_task()

    def _enter(self, state: BotState) -> None:
        self._state = state
        self._since = time.time()
