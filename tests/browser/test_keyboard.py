"""Everything can be done with the keyboard alone."""

from typing import Final

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.stage import TARGET
from tests.browser.house import PHONE, House
from tests.browser.screen import Screen

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

FAR: Final = 60


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until something with these words has the focus."""
    for _ in range(FAR):
        await page.keyboard.press("Tab")
        if await page.evaluate(FOCUSED, words):
            return
    raise AssertionError(f"Tab never comes to {words!r}")


FOCUSED: Final = """(words) => {
  const node = document.activeElement;
  const label = node.getAttribute("aria-label") ?? node.labels?.[0]?.textContent;
  return (label ?? node.textContent).trim().startsWith(words);
}"""


async def test_file_decide_and_withdraw_without_a_mouse(ana: Screen) -> None:
    """Command with completion, form, dialog with Escape and Enter, thread and back."""
    page, keys = ana.page, ana.page.keyboard
    await page.locator(".skip").focus()
    await keys.press("Enter")
    await expect(ana.composer).to_be_focused()
    await keys.type("/nsx")
    await expect(page.get_by_role("option", name="/nsx-restore")).to_be_visible()
    await expect(ana.composer).to_have_attribute("aria-expanded", "true")
    await keys.press("Enter")
    await expect(ana.composer).to_have_value("/nsx-restore ")
    await keys.press("Enter")

    await expect(ana.form.get_by_label("Target")).to_be_focused()
    await keys.press("ArrowDown")
    await expect(ana.form.locator(f'[data-block="backup:{TARGET}"]')).to_be_visible()
    await expect(ana.form.get_by_label("Target")).to_be_focused()
    await tab_to(page, "Reason")
    await keys.type("The manager lost its database.")
    await tab_to(page, "Ask for approval")
    await keys.press("Enter")
    await expect(ana.form).to_be_hidden()
    await expect(ana.composer).to_be_focused()
    await expect(ana.button("Withdraw")).to_be_visible()
    await expect(ana.card.locator(".replies")).to_contain_text("2 replies")

    await ana.card.focus()
    await tab_to(page, "Withdraw")
    await keys.press("Enter")
    await expect(ana.dialog.get_by_role("button", name="Keep it")).to_be_focused()
    await keys.press("Escape")
    await expect(ana.dialog).to_be_hidden()
    await expect(ana.button("Withdraw")).to_be_focused()
    await keys.press("Enter")
    await keys.press("Tab")
    await keys.press("Enter")
    await ana.until_card("withdrawn")
    await expect(ana.card).to_be_focused()

    await expect(ana.card.locator(".replies")).to_contain_text("4 replies")
    await tab_to(page, "4 replies")
    await keys.press("Enter")
    await expect(page.locator("#thread-input")).to_be_focused()
    await keys.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await expect(ana.card.locator(".replies")).to_be_focused()


async def test_panel_and_people_without_a_mouse(ana: Screen) -> None:
    """The panel opens with the focus in it, Escape closes it and gives the focus back."""
    page, keys = ana.page, ana.page.keyboard
    await page.locator("#panel-toggle").focus()
    await keys.press("Enter")
    await expect(page.locator("#panel-title")).to_be_focused()
    await keys.press("Escape")
    await expect(ana.panel).to_be_hidden()
    await expect(page.locator("#panel-toggle")).to_be_focused()

    await page.locator('[data-person="U0BEN"]').focus()
    await keys.press("Enter")

    await expect(page.locator("#whoami")).to_contain_text("ben")
    await expect(page.locator('[data-person="U0BEN"]')).to_be_focused()


async def test_escape_in_the_panel_of_a_narrow_screen(house: House) -> None:
    """The focus goes to what can be seen there: the button of the panel cannot."""
    async with house.window("U0ANA", viewport=PHONE) as ana:
        tabs = ana.page.locator("#tabs")
        await tabs.get_by_role("button", name="Panel").click()
        await expect(ana.page.locator("#panel-title")).to_be_focused()
        await ana.page.keyboard.press("Escape")

        await expect(tabs.get_by_role("button", name="Channel")).to_be_focused()
