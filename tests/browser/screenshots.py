"""The pictures of the README and the documentation, from a real run of the page.

    uv run python -m tests.browser.screenshots

Writes `docs/images/*.png`: the form in the dark, the card with its thread, the same card on a
telephone, the control panel with the bot killed in the middle of a restore, the form of a question
that the manager of a guided restore asks, and the control panel with both managers.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from playwright.async_api import ViewportSize, expect

from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, TRANSPORT_NODES
from bot.sandbox.stage import GUIDED_TARGET, TARGET, GuidedSetting
from tests.browser.chromium import launched
from tests.browser.house import DESKTOP, PHONE, House, a_house
from tests.browser.screen import FILLS, Screen

IMAGES: Final = Path(__file__).resolve().parents[2] / "docs" / "images"

WIDE: Final = ViewportSize(width=1400, height=1130)

REASON: Final = (
    "The manager lost its database after the power cut; the cluster cannot form any more."
)

SPEED: Final = 20.0
"""As in the demo."""

ASKING: Final = GuidedSetting(prompts=(COMPUTE_MANAGERS.at(5), TRANSPORT_NODES.at(5)))


async def main() -> None:
    """Play a restore of each kind, and take the pictures on the way."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        for play, guided in ((story, GuidedSetting()), (guided_story, ASKING)):
            with tempfile.TemporaryDirectory(prefix="nsx-restore-pictures-") as directory:
                path = Path(directory)
                async with a_house(browser, path, speed=SPEED, timing={}, guided=guided) as house:
                    await play(house)


async def guided_story(house: House) -> None:
    """The manager asks two things at once: the form, and the panel beside the thread."""
    async with house.window("U0ANA", viewport=WIDE) as ana:
        await ana.file(REASON, GUIDED_TARGET)
    for user in ("U0BEN", "U0CHI"):
        async with house.window(user) as lead:
            await lead.press("Approve")
            await lead.until_card(f"@{user.removeprefix('U0').lower()}")
    async with house.window("U0DEE", viewport=WIDE) as dee:
        await put_away(dee)
        await dee.open_thread()
        await expect(dee.thread.locator(FILLS)).to_have_count(1)
        await dee.open_answer()
        await dee.choose("SIM_COMPUTE_MANAGERS", "vcenter-01.example.com")
        await dee.choose("SIM_TRANSPORT_NODES", "esx-07.example.com")
        await taken(dee, "prompt-form")
        await dee.page.keyboard.press("Escape")
        await dee.open_panel()
        await dee.manager(TARGET).locator("summary").first.click()
        await dee.manager(GUIDED_TARGET).scroll_into_view_if_needed()
        await dee.panel.locator(".panel-body").evaluate("(body) => { body.scrollTop = 0; }")
        await taken(dee, "panel-managers")


async def story(house: House) -> None:
    """Form, approval, restore with a kill, and the end."""
    async with house.window("U0DEE", viewport=DESKTOP, color_scheme="dark") as dee:
        await dee.open_form()
        await dee.choose_target(TARGET)
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
    await expect(ana.manager(TARGET).locator(".phase")).to_have_text("away")
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
