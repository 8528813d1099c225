"""A rehearsal with its page, and windows to look at it through."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, ViewportSize

from bot.sandbox.cast import Cast
from bot.sandbox.page.stage_page import StagePage
from bot.sandbox.stage import CHANNEL, REQUESTER, Stage
from tests.browser.screen import PATIENCE, Screen
from tests.scenario.theatre import a_stage

DESKTOP: Final = ViewportSize(width=1440, height=900)
PHONE: Final = ViewportSize(width=360, height=740)


@dataclass(frozen=True, slots=True)
class House:
    """One stage, its page, and the browser."""

    stage: Stage
    page: StagePage
    browser: Browser

    @contextlib.asynccontextmanager
    async def window(self, user: str, **options: Any) -> AsyncIterator[Screen]:
        """Open a window as somebody, in a browser profile of its own.

        What the page says in its console as an error fails the test that opened the window.
        """
        chosen = {
            "viewport": DESKTOP,
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "reduced_motion": "reduce",
            **options,
        }
        context = await self.browser.new_context(**chosen)
        context.set_default_timeout(PATIENCE)
        errors: list[str] = []
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        try:
            await page.goto(self.page.url_as(user))
            screen = Screen(page, errors)
            await screen.until_ready()
            yield screen
        finally:
            await context.close()
        assert errors == [], errors

    async def renew(self) -> None:
        """Have a manager that waits for its restore, and nothing that a failed test has left."""
        for view in self.stage.workspace.views(REQUESTER)[-1:]:
            await self.stage.person(REQUESTER).close_view(view.id, whole_stack=True)
        for card in self.stage.workspace.messages(CHANNEL, viewer=REQUESTER):
            if "withdraw" in card.action_ids:
                await self.stage.person(REQUESTER).click(CHANNEL, card.ts, "withdraw")
                await Cast(self.stage).until_end(card.ts)
        if self.stage.manager.restore_posts:
            await self.stage.manager.deploy_anew()
        if self.stage.guided.start_posts:
            await self.stage.deploy_guided_anew()

    async def start_bot(self) -> None:
        """Start the bot and wait until it is ready."""
        self.page.bot.start()
        await self.page.bot.until_settled()


@contextlib.asynccontextmanager
async def a_house(
    browser: Browser, directory: Path, *, with_bot: bool = True, **setting: Any
) -> AsyncIterator[House]:
    """Raise a stage with its page."""
    async with a_stage(directory, **setting) as stage, StagePage(stage) as page:
        house = House(stage, page, browser)
        if with_bot:
            await house.start_bot()
        yield house
