"""Keeps a drill's figures up to date while it goes on, from the bot's database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot import records
from bot.domain.errors import StoreError
from bot.sandbox import drill
from bot.sandbox.drill import Figures
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import LEADS, Stage
from config.settings import Settings

READS_EVERY: Final = 1.0
"""Real seconds between two readings, and only if Slack has changed."""

MOST: Final = 1000
"""Requests."""


@dataclass(slots=True)
class DrillRecord:
    """A drill with the time that it is given; `within` `None` gives it all the time."""

    within: timedelta | None
    drilled: Sequence[Figures] = field(default=())

    @property
    def is_met(self) -> bool:
        """Whether something was requested, and all of it ended in time."""
        return drill.is_met(self.drilled, self.within)

    def summary(self) -> str:
        """Write the drill down, on one page."""
        return drill.summary(self.drilled, self.within)

    def as_json(self) -> Json:
        """The drill so far, for the page."""
        return drill.to_json(self.drilled, self.within)

    @contextlib.asynccontextmanager
    async def keeping(self, stage: Stage) -> AsyncIterator[None]:
        """Keep the figures up to date while the block lasts, and once more at its end."""
        reading = asyncio.create_task(self._follow(stage))
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await self.read(stage)

    async def read(self, stage: Stage) -> None:
        """Read what the bot has recorded; before it has a database there is nothing."""
        settings = Settings.model_validate(stage.environment())
        # The bot may be just starting, and its schema just being made: what was read stays.
        with contextlib.suppress(StoreError):
            requests = await records.listed(settings, target=None, limit=MOST)
            stories = [await records.story(settings, request.id) for request in requests]
            self.drilled = [
                drill.figures(request, story, LEADS, stage.workspace.people.name)
                for request, story, _ in reversed(stories)
            ]

    async def _follow(self, stage: Stage) -> None:
        while True:
            version = stage.workspace.version
            await self.read(stage)
            await asyncio.sleep(READS_EVERY)
            await stage.workspace.changed_since(version)
