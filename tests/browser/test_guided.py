"""A guided restore at the page: its questions with forms, and its manager on the panel."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, TRANSPORT_NODES
from bot.sandbox.stage import GUIDED_TARGET, TARGET, GuidedSetting
from tests.browser.house import PHONE, House, a_house
from tests.browser.screen import FILLS, Screen
from tests.browser.test_accessibility import grave
from tests.browser.test_keyboard import tab_to

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

AT_ONCE: Final = GuidedSetting(prompts=(COMPUTE_MANAGERS.at(5), TRANSPORT_NODES.at(5)))


@pytest_asyncio.fixture(loop_scope="session")
async def asking(browser: Browser, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose manager of 2.0 and later asks two things at once."""
    async with a_house(browser, tmp_path, guided=AT_ONCE) as house:
        yield house
        assert house.stage.workspace.violations == []


async def approved(ana: Screen) -> None:
    """Ask for the guided restore with the form, and have two leads approve."""
    await ana.file(target=GUIDED_TARGET)
    for lead in ("ben", "chi"):
        await ana.become(lead)
        await ana.press("Approve")
        await ana.until_card(f"@{lead}")


async def test_a_guided_restore_is_played_by_clicks_alone(asking: House) -> None:
    """Its manager asks, a lead chooses in the form, the checklist is filled in: `succeeded`."""
    async with asking.window("U0ANA") as ana:
        await approved(ana)
        await ana.open_panel()
        await ana.open_thread()
        # The part of the manager that begins something unfolds by itself.
        await expect(ana.manager(GUIDED_TARGET)).to_contain_text("SIM_TRANSPORT_NODES")
        await expect(ana.thread.locator(FILLS)).to_have_count(1)
        await ana.open_answer()
        assert await grave(ana) == []
        await ana.choose("SIM_COMPUTE_MANAGERS", "vcenter-01.example.com")
        await ana.choose("SIM_TRANSPORT_NODES", "esx-08.example.com")
        await ana.send_answer()
        await expect(ana.thread.filter(has_text="@chi answered")).to_contain_text("esx-08")

        await ana.become("ana")
        await ana.open_thread()
        await expect(ana.thread.filter(has_text="After the restore").last).to_be_visible()
        await ana.open_answer()
        await ana.choose("Done", "Certificates applied", "Accounts and principals checked")
        await ana.send_answer()
        while await ana.answer():
            pass

        await ana.until_card("succeeded", "Still open by the checklist: Manager nodes joined")
        await expect(ana.manager(GUIDED_TARGET).locator(".phase")).to_have_text("success")
    guided = asking.stage.guided
    (sent,) = guided.advances
    chosen = [[one["selected"] for one in item["resources"]] for item in sent["data"]]
    assert chosen == [[True], [False, True]]
    assert asking.stage.restores_asked == {TARGET: 0, GUIDED_TARGET: 1}


async def test_a_question_is_answered_without_a_mouse(asking: House) -> None:
    """Button, boxes and the form's own button by keys alone; the focus is never lost."""
    async with asking.window("U0ANA") as ana:
        page, keys = ana.page, ana.page.keyboard
        await approved(ana)
        await ana.open_thread()
        button = ana.thread.locator(FILLS).last
        await expect(button).to_be_visible()
        await ana.open_answer()
        await keys.press("Escape")
        await expect(ana.form).to_be_hidden()
        await button.focus()
        await keys.press("Enter")
        await expect(ana.form.get_by_role("checkbox").first).to_be_focused()
        await keys.press("Space")
        await tab_to(page, "esx-07.example.com")
        await keys.press("Space")
        await tab_to(page, "Choose and continue")
        await keys.press("Enter")

        await expect(ana.form).to_be_hidden()
        said = ana.thread.filter(has_text="@chi answered")
        await expect(said).to_contain_text("vcenter-01.example.com")
        await expect(said).to_contain_text("esx-07.example.com")
        assert await page.evaluate("document.activeElement !== document.body")


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "has_touch": True}])
async def test_the_form_and_the_panel_are_accessible_everywhere(
    asking: House, options: dict[str, Any]
) -> None:
    """Both managers unfolded, in the dark, on a telephone: axe is content, nothing is too wide."""
    async with asking.window("U0DEE", color_scheme="dark", **options) as dee:
        tabs = dee.page.locator("#tabs")
        if options:
            await tabs.get_by_role("button", name="Panel", exact=True).click()
        else:
            await dee.open_panel()
        for name in (TARGET, GUIDED_TARGET):
            part = dee.manager(name)
            if await part.get_attribute("open") is None:
                await part.locator("summary").first.click()
            fresh = part.get_by_role("button", name=f"Put {name} back to fresh")
            await expect(fresh).to_be_visible()
        assert await grave(dee) == []
        width = await dee.page.evaluate("document.documentElement.scrollWidth")
        assert width == (360 if options else 1440)


async def test_a_part_that_was_folded_stays_folded(asking: House) -> None:
    """What a visitor folded or unfolded is so when they come again, whatever the manager does."""
    async with asking.window("U0ANA") as ana:
        await ana.open_panel()
        first, second = ana.manager(TARGET), ana.manager(GUIDED_TARGET)
        await expect(first).to_have_attribute("open", "")
        await expect(second).not_to_have_attribute("open", "")
        await first.locator("summary").first.click()
        await second.locator("summary").first.press("Enter")
        await ana.page.reload()
        await ana.until_ready()
        await expect(first).not_to_have_attribute("open", "")
        await expect(second).to_have_attribute("open", "")


async def test_each_call_on_the_panel_names_its_manager(asking: House) -> None:
    """Filing reads one of them; the list says which."""
    async with asking.window("U0ANA") as ana:
        await ana.open_panel()
        await ana.file(target=GUIDED_TARGET)
        await expect(ana.panel.locator(".call-who").first).to_have_text(GUIDED_TARGET)
        await ana.press("Withdraw")
        await ana.until_card("withdrawn")
