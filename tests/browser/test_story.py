"""The whole story, played at the page."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.house import House
from tests.browser.screen import Screen

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


async def test_a_restore_is_played_by_clicks_alone(house: House, ana: Screen) -> None:
    """Form, two approvals, the operator's console, and `succeeded`: in one window, as everybody."""
    await ana.file()
    await ana.become("ben")
    await ana.press("Approve")
    await ana.until_card("1 of 2 approvals")
    await ana.become("chi")
    await ana.press("Approve")
    await ana.until_card("Approved by", "@ben", "@chi")

    await ana.become("ana")
    await ana.open_panel()
    await ana.open_thread()
    answers = 0
    while await ana.answer():
        answers += 1

    assert answers == 5
    await ana.until_card("succeeded")
    assert await ana.card.locator(".block-actions").count() == 0
    report = ana.thread.locator("a.file").first
    await expect(report).to_be_visible()
    address = await report.get_attribute("href")
    assert address is not None
    fetched = await ana.page.request.get(f"{house.page.url.split('/?')[0]}{address}")
    assert fetched.ok
    assert "attachment" in fetched.headers["content-disposition"]


async def test_a_killed_bot_goes_on(house: House, ana: Screen) -> None:
    """Kill and start again in the panel, while the manager is away: the restore still succeeds."""
    await ana.file()
    for lead in ("ben", "chi"):
        await ana.become(lead)
        await ana.press("Approve")
        await ana.until_card(f"@{lead}")
    await ana.open_panel()
    await ana.until_card("Restore the cluster backup")
    await ana.panel.get_by_role("button", name="Kill the bot").click()
    await expect(ana.panel.locator(".state")).to_have_text("killed")
    await expect(ana.panel.get_by_role("button", name="Kill the bot")).to_be_disabled()

    await ana.panel.get_by_role("button", name="Start again").click()

    await expect(ana.panel.locator(".state")).to_have_text("running")
    await ana.open_thread()
    while await ana.answer():
        pass
    await ana.until_card("succeeded")
    assert house.stage.manager.restore_posts == 1


async def test_unread_marks_are_kept_for_each_person(ana: Screen) -> None:
    """What a person has not looked at is counted for them, until they look."""
    await ana.become("dee")
    await ana.become("ana")
    dee = ana.page.locator('[data-person="U0DEE"]')
    await expect(dee.locator(".count")).to_have_count(0)
    await ana.say("Is anybody there?")
    await ana.say("The manager does not answer.")
    await expect(dee).to_contain_text("2 unread")

    await ana.become("dee")

    await expect(ana.page.locator("#place .border.is-new")).to_contain_text("New")
    first_new = ana.page.locator("#place li:has(.border.is-new)")
    await expect(first_new).to_contain_text("Is anybody there?")
    await ana.become("ana")
    await expect(dee.locator(".count")).to_have_count(0)


async def test_replies_are_counted_until_the_thread_is_read(house: House, ana: Screen) -> None:
    """`n replies` opens the thread; what came since the last look is counted beside it."""
    async with house.window("U0BEN") as ben:
        await ben.say("Who looks at the manager?")
        first = ana.messages.filter(has_text="Who looks at the manager?")
        await first.hover()
        await first.get_by_role("button", name="Reply in thread").click()
        await ana.page.locator("#thread-input").fill("I do.")
        await ana.page.locator("#thread-input").press("Enter")
        await expect(ana.thread).to_have_count(2)
        replies = ben.messages.filter(has_text="Who looks").locator(".replies")

        await expect(replies).to_have_text(re.compile(r"1 reply\s*1 new"))
        await replies.click()
        await expect(replies).to_have_text("1 reply")


async def test_a_link_to_a_message_stays_in_the_page(house: House, ana: Screen) -> None:
    """A permalink of this workspace opens the message here; another link opens outside."""
    workspace = house.stage.workspace
    said = await house.stage.person("U0EVE").say("C0INCIDENT", "Look at this one")
    link = f"{house.stage.slack.origin}/archives/C0INCIDENT/p{said.ts.replace('.', '')}"
    await house.stage.person("U0EVE").say(
        "C0INCIDENT", f"See <{link}|the message> and <https://example.com/x|the guide>"
    )
    assert workspace.violations == []

    await ana.messages.last.get_by_role("button", name="the message").click()

    await expect(ana.messages.filter(has_text="Look at this one")).to_be_focused()
    outside = ana.messages.last.get_by_role("link", name="the guide")
    await expect(outside).to_have_attribute("rel", "noopener noreferrer")
    await expect(outside).to_have_attribute("target", "_blank")
