"""The window itself: broken rules, lost connections, many messages, and what it is written in."""

import json
import re
from typing import Any, Final

import pytest
from playwright.async_api import WebSocketRoute, expect

from bot.sandbox.page.server import STATIC
from bot.sandbox.slack import Message
from bot.sandbox.stage import CHANNEL, Stage
from tests.browser.house import House
from tests.browser.screen import Screen

pytestmark = pytest.mark.long

FORBIDDEN: Final = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser",
    "createContextualFragment", "setHTML", "eval(", "new Function", "srcdoc",
)  # fmt: skip

MANY: Final = 2_000

A_WHILE: Final = 500.0
"""Milliseconds in which something that must not come would have come."""


def test_no_script_can_make_markup() -> None:
    """The page builds elements and text nodes only; no script or style is inline."""
    scripts = sorted(STATIC.glob("*.js"))
    assert len(scripts) > 10
    for script in scripts:
        written = script.read_text()
        assert [word for word in FORBIDDEN if word in written] == [], script.name
        assert len(written.splitlines()) <= 350, script.name
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=|https?:", page) == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_broken_rule_is_shown(own_house: House) -> None:
    """Slack's rules are kept strictly; breaking one is an alert in every window."""
    async with own_house.window("U0ANA") as ana:
        alert = ana.page.locator("#violations")
        await expect(alert).to_be_empty()
        own_house.stage.workspace.violation("slash_commands /nsx-restore: not acked within 3 s")

        await expect(alert).to_contain_text("not acked within 3 s")
        await expect(alert).to_have_attribute("role", "alert")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_command_without_a_bot_says_what_slack_says(own_house: House) -> None:
    """Slack's sentence stands at the box, and what was typed is still there."""
    async with own_house.window("U0ANA") as ana:
        await ana.say("/nsx-restore status")

        await expect(ana.page.locator(".composer-note.error")).to_contain_text("dispatch_failed")
        await expect(ana.composer).to_have_value("/nsx-restore status")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_lost_connection_is_said_and_mended(house: House, ana: Screen) -> None:
    """The page says that it is offline, connects again, and has what came meanwhile."""
    routes: list[WebSocketRoute] = []
    is_down = False

    async def on_the_way(route: WebSocketRoute) -> None:
        if is_down:
            await route.close()
            return
        routes.append(route)
        route.connect_to_server()

    await ana.page.route_web_socket("**/link*", on_the_way)
    await ana.page.reload()
    await ana.until_ready()
    is_down = True
    await routes[0].close()

    banner = ana.page.locator("#connection")
    await expect(banner).to_contain_text("is lost")
    await house.stage.person("U0EVE").say(CHANNEL, "said while you were away")
    is_down = False
    await expect(ana.messages.last).to_contain_text("said while you were away")
    await expect(banner).to_be_empty()


@pytest.mark.asyncio(loop_scope="session")
async def test_what_one_person_waits_for_is_not_told_to_another(own_house: House) -> None:
    """A reply that comes too late for the window of its person shows nothing anywhere."""

    async def without_replies(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(
            lambda frame: None if '"kind": "reply"' in str(frame) else route.send(frame)
        )

    async with own_house.window("U0ANA") as ana:
        await ana.page.route_web_socket("**/link*", without_replies)
        await ana.page.reload()
        await ana.until_ready()
        await ana.page.locator('[data-channel="home"]').click()
        await expect(ana.page.locator(".home-body")).to_be_visible()

        await ana.page.locator('[data-person="U0DEE"]').click()

        await expect(ana.page.locator("#whoami")).to_contain_text("dee")
        await ana.page.wait_for_timeout(A_WHILE)
        await expect(ana.page.locator("#notices")).to_be_empty()


def many(stage: Stage) -> None:
    """Put 2,000 messages into the channel, as if they had been said over a long time."""
    book = stage.workspace.book
    for number in range(MANY):
        text = f"Message {number}: *the manager* does not answer, see `INC-4711`"
        book.add(Message(channel=CHANNEL, ts=book.next_ts(), user="U0EVE", text=text))


@pytest.mark.asyncio(loop_scope="session")
async def test_two_thousand_messages(own_house: House) -> None:
    """The page begins at the end; who reads further up stays there while new ones come in."""
    many(own_house.stage)
    async with own_house.window("U0ANA") as ana:
        await expect(ana.messages).to_have_count(MANY)
        await expect(ana.messages.last).to_be_in_viewport()
        scroller = ana.page.locator("#place .scroller")
        await own_house.stage.person("U0EVE").say(CHANNEL, "one more")
        await expect(ana.messages.filter(has_text="one more")).to_be_in_viewport()

        await scroller.hover()
        await ana.page.mouse.wheel(0, -6000)
        more = ana.page.locator(".more")
        await expect(ana.messages.last).not_to_be_in_viewport()
        before = await scroller.evaluate("node => node.scrollTop")
        await own_house.stage.person("U0EVE").say(CHANNEL, "and another")
        await expect(more).to_have_text("1 new message below")
        assert await scroller.evaluate("node => node.scrollTop") == pytest.approx(before, abs=40)
        await more.click()
        await expect(ana.messages.filter(has_text="and another")).to_be_in_viewport()


@pytest.mark.asyncio(loop_scope="session")
async def test_the_panels_button_tells_what_is_seen(own_house: House) -> None:
    """Where there is room for one of them, an opened thread stands in place of the panel."""
    await own_house.stage.person("U0EVE").say(CHANNEL, "a thread begins")
    async with own_house.window("U0ANA", viewport={"width": 1100, "height": 800}) as ana:
        toggle = ana.page.locator("#panel-toggle")
        await ana.open_panel()
        await expect(toggle).to_have_attribute("aria-expanded", "true")
        await ana.messages.last.hover()
        await ana.messages.last.get_by_role("button", name="Reply in thread").click()
        await expect(ana.panel).to_be_hidden()
        await expect(toggle).to_have_attribute("aria-expanded", "false")

        await toggle.click()

        await expect(ana.panel).to_be_visible()
        await expect(toggle).to_have_attribute("aria-expanded", "true")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_new_message_is_read_out_as_it_is_shown(own_house: House) -> None:
    """Names instead of ids, signs instead of entities, and no marks of style."""
    async with own_house.window("U0ANA") as ana:
        await own_house.stage.person("U0EVE").say(
            CHANNEL, f"*Look*, <@U0BEN>: a &lt; b &amp; c in <#{CHANNEL}> " + "far " * 60
        )

        live = ana.page.locator("#live")
        await expect(live).to_contain_text("eve: Look, @ben: a < b & c in #incident far far")
        assert len(await live.inner_text()) < 180


@pytest.mark.asyncio(loop_scope="session")
async def test_a_short_window_belongs_to_the_messages(own_house: House) -> None:
    """At 500 pixels the guide takes less than a third."""
    async with own_house.window("U0ANA", viewport={"width": 900, "height": 500}) as ana:
        box = await ana.page.locator("#guide").bounding_box()
        assert box is not None
        assert box["height"] <= 150
        await expect(ana.page.locator("#guide .small")).to_be_hidden()
        await expect(ana.page.locator("#place .scroller")).to_be_visible()


@pytest.mark.asyncio(loop_scope="session")
async def test_home_without_a_bot_says_so(own_house: House) -> None:
    """Nothing is shown as if it were still to come."""
    async with own_house.window("U0ANA") as ana:
        await ana.page.locator('[data-channel="home"]').click()

        await expect(ana.page.locator(".home-body")).to_contain_text("The bot does not answer")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_box_says_when_it_is_full(own_house: House) -> None:
    """What is pasted beyond 3,000 characters is not lost without a word."""
    async with own_house.window("U0ANA") as ana:
        await ana.composer.focus()
        await ana.page.keyboard.insert_text("x" * 3_010)

        await expect(ana.page.locator(".composer-note")).to_contain_text("3000 characters")


@pytest.mark.asyncio(loop_scope="session")
async def test_calls_are_newest_first_however_late_they_are_answered(own_house: House) -> None:
    """An answer changes its row and moves nothing; a row that was dropped stays away."""

    async def with_calls(route: WebSocketRoute) -> None:
        server, frames = route.connect_to_server(), 0

        def pass_on(frame: str | bytes) -> None:
            nonlocal frames
            told = json.loads(frame)
            if told["kind"] == "panel" and not frames:
                frames = 1
                calls = [call(n, None if n in {3, 249} else 200) for n in range(1, 251)]
                route.send(json.dumps({**told, "calls": calls}))
                route.send(json.dumps({**told, "calls": [call(3, 503), call(249, 503)]}))
                return
            route.send(frame)

        server.on_message(pass_on)

    async with own_house.window("U0ANA") as ana:
        await ana.page.route_web_socket("**/link*", with_calls)
        await ana.page.reload()
        await ana.until_ready()
        await ana.open_panel()

        rows = ana.panel.locator(".calls li")
        await expect(rows).to_have_count(200)
        await expect(rows.nth(0)).to_contain_text("/call/250")
        await expect(rows.nth(1)).to_contain_text(re.compile(r"/call/249.*503"))
        await expect(rows.last).to_contain_text("/call/51")
        await expect(ana.panel).to_contain_text("250 so far, newest first; the last 200 are shown.")


def call(number: int, status: int | None) -> dict[str, Any]:
    """A call as the panel tells it."""
    return {"n": number, "at": 0.0, "method": "GET", "path": f"/call/{number}", "status": status}
