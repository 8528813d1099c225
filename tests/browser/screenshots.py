"""The pictures of the README and the documentation, from a real run of the page.

    uv run python -m tests.browser.screenshots

Writes `docs/images/*.png`: the form in the dark, the card with its thread, the same card on a
telephone, and the control panel with the bot killed in the middle of a restore.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from playwright.async_api import ViewportSize, expect

from tests.browser.chromium import launched
from tests.browser.house import DESKTOP, PHONE, House, a_house
from tests.browser.screen import Screen

IMAGES: Final = Path(__file__).resolve().parents[2] / "docs" / "images"

WIDE: Final = ViewportSize(width=1400, height=1130)

REASON: Final = (
    "The manager lost its database after the power cut; the cluster cannot form any more."
)

SPEED: Final = 20.0
"""As in the demo."""


async def main() -> None:
    """Play one restore, and take the pictures on the way."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nsx-restore-pictures-") as directory:
        async with (
            launched() as browser,
            a_house(browser, Path(directory), speed=SPEED, timing={}) as house,
        ):
            await story(house)


async def story(house: House) -> None:
    """Form, approval, restore with a kill, and the end."""
    async with house.window("U0DEE", viewport=DESKTOP, color_scheme="dark") as dee:
        await dee.open_form()
        await taken(dee, "form-dark")
        await dee.page.keyboard.press("Escape")
    async with house.window("U0ANA", viewport=WIDE) as ana:
        await ana.file(REASON)
        async with house.window("U0BEN", viewport=WIDE) as ben:
            await ben.press("Approve")
            await ben.until_card("1 of 2 approvals")
            await put_away(ben)
            await ben.open_thread()
            await ben.page.locator("#thread-input").blur()
            await taken(ben, "card-and-thread")
        async with phone(house, "U0CHI") as chi:
            await put_away(chi)
            await taken(chi, "phone")
            await chi.press("Approve")
        await killed(ana)


async def killed(ana: Screen) -> None:
    """Kill the bot while the manager is away, and take the picture."""
    await ana.page.set_viewport_size(DESKTOP)
    await ana.open_thread()
    await ana.open_panel()
    await expect(ana.panel.locator(".phase")).to_have_text("away")
    await ana.panel.get_by_role("button", name="Kill the bot").click()
    await expect(ana.panel.locator(".state")).to_have_text("killed")
    await taken(ana, "panel-kill")


async def put_away(screen: Screen) -> None:
    """Put the guide away, so that more of the card is seen."""
    await screen.page.get_by_role("button", name="Put this note away").click()
    await screen.composer.blur()


@contextlib.asynccontextmanager
async def phone(house: House, user: str) -> AsyncIterator[Screen]:
    """Open a window as narrow as a telephone, with its density."""
    options: dict[str, Any] = {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True}
    async with house.window(user, **options) as screen:
        yield screen


async def taken(screen: Screen, name: str) -> None:
    """Take one picture, once nothing moves any more."""
    await screen.page.evaluate("document.fonts.ready")
    await screen.page.mouse.move(0, 0)
    await screen.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    asyncio.run(main())
