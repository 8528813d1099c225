"""The demo with its page: a stage without players, a browser in front of it, an orderly end."""

import asyncio
import contextlib
import errno
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bot.sandbox.browser import NO_BROWSER, open_browser
from bot.sandbox.drill_record import DrillRecord
from bot.sandbox.ending import until_asked_to_end
from bot.sandbox.page.guided_knobs import VISITORS_PROMPTS
from bot.sandbox.page.keeper import BotState
from bot.sandbox.page.panel import no_drill
from bot.sandbox.page.stage_page import StagePage
from bot.sandbox.scenario import Scenario
from bot.sandbox.stage import GUIDED_TARGET, LEADS, REQUESTER, Setting, Stage

Tell = Callable[[str], None]
"""Prints a line on the terminal."""

HOW_TO_END: Final = "Ctrl-C ends it; nothing of it stays."


class PortTakenError(Exception):
    """Something else listens where the page should be."""


@dataclass(frozen=True, slots=True)
class Show:
    """How the demo is to be shown: what is wrong from the beginning, how fast, and where."""

    scenario: Scenario
    speed: float
    port: int
    with_browser: bool
    drill: DrillRecord | None


async def present(wanted: Show, tell: Tell) -> None:
    """Show the page until somebody asks for the end.

    Raises:
        PortTakenError: the page has nowhere to be.

    """
    await until_asked_to_end(_show(wanted, tell))


async def _show(wanted: Show, tell: Tell) -> None:
    setting = for_people(wanted.scenario, wanted.speed)
    with tempfile.TemporaryDirectory(prefix="nsx-restore-") as directory:
        async with Stage(Path(directory), setting) as stage:
            wanted.scenario.prepare(stage)
            async with _page(stage, wanted) as page:
                page.bot.start()
                tell(f"The workspace is at {page.url}")
                tell(HOW_TO_END)
                if wanted.with_browser and not open_browser(page.url):
                    tell(NO_BROWSER)
                await _watch(stage, page, tell)


def for_people(scenario: Scenario, speed: float) -> Setting:
    """Let the managers' time run fast; people have the times of the default configuration.

    A manager of which the scenario tells nothing asks what shows a visitor how that is.
    """
    setting, guided = scenario.setting, scenario.setting.guided
    if scenario.target != GUIDED_TARGET:
        guided = replace(guided, prompts=VISITORS_PROMPTS)
    policy = {"request_ttl": "30m", "start_ttl": "10m", "start_delay": "10s", **setting.policy}
    return replace(
        setting, speed=speed, policy=policy, guided=guided, requesters=(REQUESTER, *LEADS)
    )


@contextlib.asynccontextmanager
async def _page(stage: Stage, wanted: Show) -> AsyncIterator[StagePage]:
    drill = wanted.drill
    page = StagePage(stage, port=wanted.port, drill=drill.as_json if drill else no_drill)
    async with contextlib.AsyncExitStack() as exit_stack:
        try:
            await exit_stack.enter_async_context(page)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTakenError(
                f"Port {wanted.port} is taken. Choose another one with --port (0: any)."
            ) from None
        if drill is not None:
            await exit_stack.enter_async_context(drill.keeping(stage))
        yield page


async def _watch(stage: Stage, page: StagePage, tell: Tell) -> None:
    if await page.bot.until_settled() is BotState.ENDED:
        tell(f"The bot did not start. The end of its log:\n{stage.bot.tail()}")
    await asyncio.Event().wait()
