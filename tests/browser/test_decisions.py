"""Who may decide, and what everybody is told: at the page."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from bot.sandbox.cast import Cast
from bot.sandbox.stage import TARGET
from tests.browser.house import House
from tests.browser.screen import Screen

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = (
    "<script>document.title='owned'</script> <img src=x onerror=\"document.title='owned'\"> "
    "*bold* <https://example.com|click> <!channel> &lt;b&gt; `code` "
    "<a href='javascript:alert(1)'>x</a>"
)


async def test_a_lead_denies_with_a_reason(house: House, ana: Screen) -> None:
    """The form asks why; the card, the thread and the channel say it; the buttons are gone."""
    await ana.file()
    async with house.window("U0BEN") as ben:
        await ben.deny("It can be repaired in place.")
        await ben.until_card("denied", "@ben")

    await ana.until_card("denied", "It can be repaired in place.")
    assert await ana.card.locator(".block-actions").count() == 0
    await expect(ana.messages.last).to_contain_text("It can be repaired in place.")


async def test_a_guest_is_refused_in_private(house: House, ana: Screen) -> None:
    """A guest is told why, and nobody else sees that."""
    async with house.window("U0GUS") as gus:
        await gus.say("/nsx-restore request sandbox-nsxt reason=I would like to try this")
        await expect(gus.private.last).to_contain_text("Only visible to you")
        await expect(gus.private.last).to_contain_text("guest")
        told = await gus.private.last.locator(".content").inner_text()

    assert told not in await ana.page.locator("body").inner_text()


async def test_a_private_answer_is_shown_to_its_person_only(house: House, ana: Screen) -> None:
    """Not in another window, and not to another person in the same window."""
    await ana.say("/nsx-restore targets")
    answer = ana.private.filter(has_text="Targets")
    await expect(answer).to_contain_text("sandbox-nsxt")
    async with house.window("U0BEN") as ben:
        await expect(ben.page.locator("#place")).not_to_contain_text("Targets")

    await ana.become("chi")
    await expect(ana.page.locator("#place")).not_to_contain_text("Targets")


async def test_the_requester_is_refused(ana: Screen) -> None:
    """Pressing Approve on one's own request changes nothing and says why, privately."""
    await ana.file()
    before = await ana.private.count()
    await ana.press("Approve")

    await expect(ana.private).to_have_count(before + 1)
    await expect(ana.private.last).to_contain_text("cannot approve")
    await ana.until_card("0 of 2 approvals")
    await ana.press("Withdraw")
    await ana.until_card("withdrawn")


async def test_who_is_asked_is_who_decides(ana: Screen) -> None:
    """A dialog of one person is closed as "no" when the window becomes another's."""
    await ana.file()
    await ana.become("ben")
    await ana.become("ana")
    await ana.button("Approve").click()
    await expect(ana.dialog).to_be_visible()
    await ana.page.go_back()
    await expect(ana.page.locator("#whoami")).to_contain_text("ben")

    await expect(ana.dialog).to_have_count(0)
    await ana.until_card("0 of 2 approvals")
    await ana.become("ana")
    await ana.press("Withdraw")
    await ana.until_card("withdrawn")


async def test_two_leads_press_at_the_same_moment(house: House, ana: Screen) -> None:
    """Both approvals count, each once, and each lead is told privately what became of theirs."""
    await ana.file()
    async with house.window("U0BEN") as ben, house.window("U0CHI") as chi:
        leads = (ben, chi)
        for lead in leads:
            await lead.button("Approve").click()
        await asyncio.gather(
            *(lead.dialog.get_by_role("button", name="Approve").click() for lead in leads)
        )

        await ana.until_card("@ben", "@chi")
        for lead in leads:
            await expect(lead.private.filter(has_text="Your approval")).to_have_count(1)
    # The restore has begun, and is played to its end so that the next test finds a free target.
    ts = await ana.card.get_attribute("data-ts")
    assert ts is not None
    assert await Cast(house.stage).operate(ts) == "succeeded"


async def test_text_of_people_is_never_markup(ana: Screen) -> None:
    """A reason full of markup is shown letter by letter; a message of a person too."""
    title = await ana.page.title()
    await ana.file(HOSTILE)
    await expect(ana.card).to_contain_text("<script>document.title='owned'</script>")
    await expect(ana.card).to_contain_text("<img src=x onerror=")
    await expect(ana.card).to_contain_text("<https://example.com|click>")
    await ana.say(HOSTILE)
    await expect(ana.messages.last).to_contain_text("<script>document.title='owned'</script>")
    await ana.open_thread()
    await ana.button("Details").click()
    await expect(ana.form).to_contain_text("<script>")

    for forbidden in ("script:not([src])", ".content img", ".content a", ".modal a", "[onerror]"):
        assert await ana.page.locator(forbidden).count() == 0, forbidden
    assert "owned" not in title + await ana.page.title()
    await ana.page.keyboard.press("Escape")
    await expect(ana.form).to_be_hidden()
    await ana.press("Withdraw")
    await ana.until_card("withdrawn")


async def test_a_form_says_what_is_missing_under_the_field(ana: Screen) -> None:
    """The first field that is wrong has the focus, and what is wrong is its description."""
    await ana.open_form()
    await ana.choose_target(TARGET)
    await ana.form.get_by_label("Reason").fill("  ")
    await ana.form.get_by_role("button", name="Ask for approval").click()

    reason = ana.form.get_by_label("Reason")
    await expect(reason).to_have_attribute("aria-invalid", "true")
    await expect(reason).to_have_accessible_description(re.compile("Say why"))
    await expect(ana.form.locator(".error:visible")).to_have_count(1)
    await ana.form.get_by_role("button", name="Close", exact=True).first.click()
    await expect(ana.form).to_be_hidden()
    await expect(ana.composer).to_be_focused()
