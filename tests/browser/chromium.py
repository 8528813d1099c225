"""Where the browser is, and how it is started."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MISSING: Final = (
    "no Chromium: install the system's (apt-get install chromium) or Playwright's own "
    "(uv run playwright install chromium)"
)


class NoBrowserError(Exception):
    """There is no browser on this machine."""


def found(playwright: Playwright) -> str:
    """Return the path of the system's Chromium, or of Playwright's own. Raises NoBrowserError."""
    paths = [path for name in NAMES if (path := shutil.which(name))]
    own = playwright.chromium.executable_path
    if not paths and not Path(own).exists():
        raise NoBrowserError(MISSING)
    return paths[0] if paths else own


@contextlib.asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Start the browser. Without one the test is skipped; in CI it fails instead."""
    async with async_playwright() as playwright:
        try:
            path = found(playwright)
        except NoBrowserError as missing:
            if os.environ.get("CI"):
                pytest.fail(str(missing))
            pytest.skip(str(missing))
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
