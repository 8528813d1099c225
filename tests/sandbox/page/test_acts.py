"""What a visitor does on the page happens as a person does it in Slack, and what comes of it."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.slack import Workspace
from tests.sandbox.page.app import App
from tests.sandbox.page.browser import Browser, Json, Page
from tests.sandbox.page.conftest import BOT, CHANNEL, SECRET_CHANNEL


def plain(text: str) -> Json:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


BUTTON: Json = {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "R-1"}
CONFIRM: Json = {
    "title": plain("Approve?"),
    "text": plain("It begins."),
    "confirm": plain("Approve"),
    "deny": plain("Cancel"),
}
REASON: Json = {
    "type": "input",
    "block_id": "reason",
    "label": plain("Reason"),
    "element": {"type": "plain_text_input", "action_id": "it"},
}


def card(*buttons: Json) -> list[Json]:
    """The blocks of a message with buttons."""
    return [{"type": "actions", "block_id": "row", "elements": list(buttons)}]


def form(*blocks: Json, **more: Any) -> Json:
    """A modal."""
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("A form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


def opening(app: App, view: Json) -> Any:
    """Make an answer that opens this modal, and then acks."""

    async def answer(payload: Json) -> web.Response:
        await app.client.views_open(trigger_id=payload["trigger_id"], view=view)
        return web.Response()

    return answer


async def opened(app: App, page: Page, view: Json) -> str:
    """Open a modal on the page by a command; return its id."""
    app.answer = opening(app, view)
    reply = await page.act("slash", channel=CHANNEL, command="/nsx-restore")
    assert reply["ok"], reply
    app.answer = app.nothing
    return str((await page.until(lambda: page.views))[-1]["id"])


# -- typing ---------------------------------------------------------------------------------------


async def test_a_command_reaches_the_app_and_its_answer_is_there_before_the_reply(
    browser: Browser, app: App
) -> None:
    """The ack's private text is a message on the page, of that person alone."""
    page, other = await browser.open("U0ANA"), await browser.open("U0BEN")

    async def answer(_payload: Json) -> web.Response:
        return web.Response(text="only you see this")

    app.answer = answer
    reply = await page.act("slash", channel=CHANNEL, command="/nsx-restore", text="help @ben")
    assert reply["ok"]
    assert page.texts() == ["only you see this"]
    assert [frame["kind"] for frame in page.frames[-2:]] == ["news", "reply"]
    assert app.payloads[0]["text"] == "help <@U0BEN|ben>"
    assert app.payloads[0]["user_id"] == "U0ANA"
    assert other.texts() == []


async def test_slack_refuses_what_it_refuses(browser: Browser, app: App) -> None:
    """A command in a thread, an unknown command, a command outside the channels of a person."""
    page = await browser.open("U0ANA")
    parent = await app.client.chat_postMessage(channel=CHANNEL, text="parent")
    command = {"command": "/nsx-restore", "text": "help"}
    reply = await page.act("slash", channel=CHANNEL, thread_ts=parent["ts"], **command)
    assert (reply["error"], reply["ok"]) == ("not_supported_in_threads", False)
    assert "/nsx-restore" in reply["text"]
    reply = await page.act("slash", channel=CHANNEL, command="/other")
    assert reply["error"] == "not_a_valid_command"
    other = await browser.open("U0BEN")
    reply = await other.act("slash", channel=SECRET_CHANNEL, **command)
    assert reply["error"] == "not_visible"
    assert app.payloads == []


async def test_an_app_that_is_late_or_away_is_an_error_of_the_command(
    browser: Browser, app: App, workspace: Workspace
) -> None:
    """The visitor reads what Slack says then; the late one has broken a rule, which is shown."""
    page = await browser.open("U0ANA")

    async def late(_payload: Json) -> web.Response:
        await asyncio.sleep(3.2)
        return web.Response()

    app.answer = late
    reply = await page.act("slash", channel=CHANNEL, command="/nsx-restore")
    assert reply["error"] == "operation_timeout"
    assert reply["text"] == '/nsx-restore failed with the error "operation_timeout"'
    assert page.violations == workspace.violations != []


async def test_a_message_that_names_the_app_is_a_mention(browser: Browser, app: App) -> None:
    """Wherever in the text the name stands; other messages are none of the app's business."""
    page = await browser.open("U0ANA")
    await page.act("say", channel=CHANNEL, text="hello")
    assert app.payloads == []
    await page.act("say", channel=CHANNEL, text=f"please <@{BOT}> status")
    assert [payload["event"]["type"] for payload in app.payloads] == ["app_mention"]
    assert page.texts() == ["hello", f"please <@{BOT}> status"]


async def test_a_reply_goes_under_its_message_and_nowhere_else(browser: Browser, app: App) -> None:
    """A thread that is not there is refused as Slack refuses it."""
    page = await browser.open("U0ANA")
    parent = await app.client.chat_postMessage(channel=CHANNEL, text="parent")
    await page.act("say", channel=CHANNEL, text="a reply", thread_ts=parent["ts"])
    assert page.messages[CHANNEL, parent["ts"]]["reply_count"] == 1
    reply = await page.act("say", channel=CHANNEL, text="lost", thread_ts="1.000000")
    assert reply["error"] == "thread_not_found"


# -- pressing -------------------------------------------------------------------------------------


async def test_a_press_carries_what_the_message_has(browser: Browser, app: App) -> None:
    """The page names the button; its value is the workspace's, and the dialog comes back."""
    page = await browser.open("U0BEN")
    posted = await app.client.chat_postMessage(
        channel=CHANNEL, text="card", blocks=card({**BUTTON, "confirm": CONFIRM})
    )
    await page.until(page.texts)
    reply = await page.act("press", channel=CHANNEL, ts=posted["ts"], action_id="approve")
    assert reply["ok"]
    assert reply["dialog"]["title"]["text"] == "Approve?"
    [action] = app.payloads[0]["actions"]
    assert (action["value"], app.payloads[0]["user"]["id"]) == ("R-1", "U0BEN")


async def test_what_is_not_there_cannot_be_pressed(browser: Browser, app: App) -> None:
    """Another button, another message, somebody else's private one, a value of one's own."""
    page = await browser.open("U0BEN")
    posted = await app.client.chat_postMessage(channel=CHANNEL, text="card", blocks=card(BUTTON))
    private = await app.client.chat_postEphemeral(
        channel=CHANNEL, user="U0ANA", text="private", blocks=card(BUTTON)
    )
    there = {"channel": CHANNEL, "ts": posted["ts"]}
    for error, press in (
        ("not_clickable", {**there, "action_id": "deny"}),
        ("not_clickable", {**there, "action_id": "approve", "value": "R-2"}),
        ("not_clickable", {**there, "action_id": "approve", "block_id": "other"}),
        ("not_visible", {"channel": CHANNEL, "ts": "1.0", "action_id": "approve"}),
        ("not_visible", {**there, "channel": "C0NONE", "action_id": "approve"}),
        ("not_visible", {**there, "ts": private["message_ts"], "action_id": "approve"}),
    ):
        reply = await page.act("press", **press)
        assert (reply["ok"], reply["error"]) == (False, error), press
    assert app.payloads == []


async def test_two_windows_press_at_the_same_moment(browser: Browser, app: App) -> None:
    """Both presses are on their way at once: neither waits for the other's answer."""
    ben, chi = await browser.open("U0BEN"), await browser.open("U0CHI")
    posted = await app.client.chat_postMessage(channel=CHANNEL, text="card", blocks=card(BUTTON))
    both = asyncio.Barrier(2)

    async def together(_payload: Json) -> web.Response:
        await both.wait()
        return web.Response()

    app.answer = together
    press = {"channel": CHANNEL, "ts": posted["ts"], "action_id": "approve"}
    replies = await asyncio.gather(ben.act("press", **press), chi.act("press", **press))
    assert [reply["ok"] for reply in replies] == [True, True]


# -- forms ----------------------------------------------------------------------------------------


async def test_a_form_is_filled_in_and_sent(browser: Browser, app: App) -> None:
    """The modal is on this person's page alone, and gone when the app has taken it."""
    page, other = await browser.open("U0ANA"), await browser.open("U0BEN")
    view = await opened(app, page, form(REASON))
    assert other.views == []
    assert page.views[0]["submit"] == "Send"
    reply = await page.act("submit", view=view, values={"reason": "it is lost"})
    assert reply["ok"], reply
    state = app.payloads[-1]["view"]["state"]["values"]
    assert state["reason"]["it"]["value"] == "it is lost"
    await page.until(lambda: not page.views)


async def test_an_empty_form_does_not_leave_the_page(browser: Browser, app: App) -> None:
    """The sentence stands under the field, and the app hears nothing."""
    page = await browser.open("U0ANA")
    view = await opened(app, page, form(REASON))
    heard = len(app.payloads)
    reply = await page.act("submit", view=view)
    assert reply["error"] == "invalid_fields"
    assert reply["errors"].keys() == {"reason"}
    assert page.views[0]["errors"] == reply["errors"]
    assert len(app.payloads) == heard


async def test_the_errors_of_the_app_stand_under_the_fields(browser: Browser, app: App) -> None:
    """The form stays open, with what was entered."""
    page = await browser.open("U0ANA")
    view = await opened(app, page, form(REASON))

    async def refuse(_payload: Json) -> web.Response:
        errors = {"reason": "Say more."}
        return web.json_response({"response_action": "errors", "errors": errors})

    app.answer = refuse
    reply = await page.act("submit", view=view, values={"reason": "so"})
    assert (reply["error"], reply["errors"]) == ("refused_by_app", {"reason": "Say more."})
    assert page.views[0]["values"]["reason"]["it"]["value"] == "so"


async def test_a_modal_is_somebody_s_own(browser: Browser, app: App) -> None:
    """Whoever knows its id cannot send, fill, press or close it for somebody else."""
    page, other = await browser.open("U0ANA"), await browser.open("U0BEN")
    view = await opened(app, page, form(REASON))
    heard = len(app.payloads)
    for do, what in (
        ("submit", {"values": {"reason": "mine"}}),
        ("fill", {"block_id": "reason", "action_id": "it", "value": "mine"}),
        ("view_press", {"action_id": "it"}),
        ("close", {}),
    ):
        assert (await other.act(do, view=view, **what))["error"] == "not_visible", do
    assert len(app.payloads) == heard
    assert page.views


@pytest.mark.parametrize("whole_stack", [False, True])
async def test_a_modal_is_closed(browser: Browser, app: App, *, whole_stack: bool) -> None:
    """The app hears of it if it asked to."""
    page = await browser.open("U0ANA")
    view = await opened(app, page, form(REASON, notify_on_close=True))
    reply = await page.act("close", view=view, all=whole_stack)
    assert reply["ok"]
    assert page.views == []
    assert app.payloads[-1]["type"] == "view_closed"
    assert app.payloads[-1]["is_cleared"] is whole_stack


async def test_a_button_of_a_modal_is_pressed_and_a_field_filled(
    browser: Browser, app: App
) -> None:
    """What is typed stays in the form when the app redraws it."""
    page = await browser.open("U0ANA")
    more = {"type": "actions", "block_id": "row", "elements": [{**BUTTON, "action_id": "more"}]}
    view = await opened(app, page, form(REASON, more))
    fill = {"block_id": "reason", "action_id": "it", "value": "it is lost"}
    assert (await page.act("fill", view=view, **fill))["ok"]
    assert (await page.act("view_press", view=view, block_id="row", action_id="more"))["ok"]
    assert app.payloads[-1]["actions"][0]["action_id"] == "more"
    assert page.views[0]["values"]["reason"]["it"]["value"] == "it is lost"
    heard = len(app.payloads)
    button = {"block_id": "row", "action_id": "more", "value": "mine"}
    assert (await page.act("fill", view=view, **button))["error"] == "not_clickable"
    assert len(app.payloads) == heard


async def test_the_home_tab_is_opened(browser: Browser, app: App) -> None:
    """The app hears of it, and what it publishes is on the page."""
    page = await browser.open("U0ANA")
    published = asyncio.Event()

    async def publish(payload: Json) -> web.Response:
        home = {"type": "home", "blocks": [{"type": "section", "text": plain("your home")}]}
        await app.client.views_publish(user_id=payload["event"]["user"], view=home)
        published.set()
        return web.Response()

    app.answer = publish
    assert (await page.act("home"))["ok"]
    assert published.is_set()
    home = await page.until(lambda: page.home)
    assert home["type"] == "home"


@pytest.mark.parametrize("values", [{"reason": ["a", "b"]}, {"none": "x"}])
async def test_a_form_takes_only_what_its_fields_take(
    browser: Browser, app: App, values: Json
) -> None:
    """A list for a text, or a field that is not there, is nothing that a client could send."""
    page = await browser.open("U0ANA")
    view = await opened(app, page, form(REASON))
    assert (await page.act("submit", view=view, values=values))["error"] == "not_clickable"
