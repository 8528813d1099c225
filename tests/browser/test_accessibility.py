"""axe finds nothing serious or critical, wherever one looks."""

from typing import Any, Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.house import PHONE, House
from tests.browser.screen import Screen

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

GRAVE: Final = {"serious", "critical"}


async def grave(screen: Screen) -> list[str]:
    """What axe finds serious or critical in this window now, with the elements it means."""
    results: dict[str, Any] = (await Axe().run(screen.page)).response
    return [
        f"{finding['id']}: {[node['html'][:160] for node in finding['nodes']]}"
        for finding in results["violations"]
        if finding["impact"] in GRAVE
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_grave(house: House, scheme: str) -> None:
    """Card, private answer, thread, panel, completion, dialog, form with errors; then Home."""
    async with house.window("U0ANA", color_scheme=scheme) as ana:
        await ana.say("/nsx-restore backups sandbox-nsxt")
        await expect(ana.private.last).to_be_visible()
        await ana.file("> a quotation, `code`, *bold* and _more_")
        await ana.open_thread()
        await ana.open_panel()
        await ana.composer.fill("/nsx")
        assert await grave(ana) == []

        await ana.composer.fill("")
        await ana.button("Withdraw").click()
        await expect(ana.dialog).to_be_visible()
        assert await grave(ana) == []
        await ana.dialog.get_by_role("button", name="Withdraw").click()
        await ana.until_card("withdrawn")

        await ana.open_form()
        await ana.form.get_by_role("button", name="Ask for approval").click()
        await expect(ana.form.locator(".error:visible")).to_have_count(2)
        assert await grave(ana) == []
        await ana.page.keyboard.press("Escape")

        await ana.page.locator('[data-channel="home"]').click()
        await expect(ana.page.locator(".home-body")).to_contain_text("Waiting for approval")
        assert await grave(ana) == []


async def test_narrow_screens_show_one_part_at_a_time(house: House) -> None:
    """At 360 pixels nothing is wider than the screen, every part is reached, and axe is content."""
    async with house.window("U0ANA", viewport=PHONE, has_touch=True) as ana:
        await ana.file()
        tabs = ana.page.locator("#tabs")
        for name in ("People", "Channel", "Panel"):
            await tabs.get_by_role("button", name=name, exact=True).click()
            assert await grave(ana) == [], name
            assert await ana.page.evaluate("document.documentElement.scrollWidth") == 360, name
        await tabs.get_by_role("button", name="Channel", exact=True).click()
        await ana.open_thread()
        assert await grave(ana) == []
        await tabs.get_by_role("button", name="Channel", exact=True).click()
        await ana.press("Withdraw")
        await ana.until_card("withdrawn")
