"""One browser and one rehearsal for each worker; every test opens windows of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import launched
from tests.browser.house import House, a_house
from tests.browser.screen import Screen

LOOP: Final = "session"
"""Playwright belongs to the loop it was started in, so all of this plays in one."""


@pytest_asyncio.fixture(scope="session", loop_scope=LOOP)
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with launched() as chromium:
        yield chromium


@pytest_asyncio.fixture(scope="session", loop_scope=LOOP)
async def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A stage with its page and a bot that is ready; each test ends the requests it files."""
    async with a_house(browser, tmp_path_factory.mktemp("house")) as ready:
        yield ready
        assert ready.stage.workspace.violations == []


@pytest_asyncio.fixture(loop_scope=LOOP)
async def own_house(browser: Browser, tmp_path: Path) -> AsyncIterator[House]:
    """The same for one test alone, which may break things; no bot is running."""
    async with a_house(browser, tmp_path, with_bot=False) as ready:
        yield ready


@pytest_asyncio.fixture(loop_scope=LOOP)
async def ana(house: House) -> AsyncIterator[Screen]:
    """A window of the requester, and a manager that waits for its restore."""
    await house.renew()
    async with house.window("U0ANA") as screen:
        yield screen
