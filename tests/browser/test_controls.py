"""The controls that forms can have, drawn and filled; and what the page cannot draw."""

import json
from typing import Any, Final

import pytest
from playwright.async_api import WebSocketRoute, expect

from bot.sandbox.slack import Message
from bot.sandbox.stage import CHANNEL, REQUESTER
from tests.browser.house import House
from tests.browser.test_accessibility import grave

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


def plain(text: str) -> dict[str, Any]:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


OPTIONS: Final = [{"text": plain(word), "value": word.lower()} for word in ("One", "Two", "Three")]


def field(label: str, kind: str, **more: Any) -> dict[str, Any]:
    """An input block that is called as its kind of control."""
    element = {"type": kind, "action_id": kind, **more}
    return {"type": "input", "block_id": kind, "label": plain(label), "element": element}


FORM: Final = {
    "type": "modal",
    "callback_id": "every_control",
    "title": plain("Every control"),
    "submit": plain("Send"),
    "blocks": [
        field("A choice", "static_select", options=OPTIONS),
        field("One of them", "radio_buttons", options=OPTIONS, initial_option=OPTIONS[0]),
        field("Some of them", "checkboxes", options=OPTIONS),
        field("Some of many", "multi_static_select", options=OPTIONS, placeholder=plain("Some")),
        field("A text", "plain_text_input", multiline=True),
    ],
}


async def test_every_control_is_drawn_and_filled(own_house: House) -> None:
    """What is entered arrives in the workspace, in the shape that Slack sends."""
    workspace = own_house.stage.workspace
    async with own_house.window(REQUESTER) as ana:
        workspace.stacks.open(REQUESTER, FORM)
        form = ana.form
        await form.get_by_label("A choice").select_option("two")
        some, many = form.get_by_role("group", name="Some of them"), "Some of many"
        one = form.get_by_role("group", name="One of them")
        await expect(one.get_by_label("One", exact=True)).to_be_checked()
        await one.get_by_label("Two").check()
        await some.get_by_label("One").check()
        await some.get_by_label("Three").check()
        await form.get_by_role("group", name=many).get_by_label("Two").check()
        await form.get_by_label("A text").fill("as I said")
        assert await grave(ana) == []

        await form.get_by_role("button", name="Send").click()

        await expect(form.get_by_role("alert")).to_contain_text("trouble connecting")
    (view,) = workspace.views(REQUESTER)
    entered = {name: known[name] for name, known in view.values.items()}
    assert entered["static_select"]["selected_option"]["value"] == "two"
    assert entered["radio_buttons"]["selected_option"]["value"] == "two"
    assert _values(entered["checkboxes"]) == ["one", "three"]
    assert _values(entered["multi_static_select"]) == ["two"]
    assert entered["plain_text_input"]["value"] == "as I said"


def _values(state: dict[str, Any]) -> list[str]:
    return [option["value"] for option in state["selected_options"]]


async def test_what_the_page_cannot_draw_is_said(own_house: House) -> None:
    """A warning stands in its place; what is beside it is drawn."""
    stage = own_house.stage
    blocks = [
        {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"},
        {"type": "context", "elements": [{"type": "image", "alt_text": "x"}, plain("beside")]},
        {"type": "actions", "elements": [{"type": "overflow", "action_id": "more", "options": []}]},
    ]
    ts = stage.workspace.book.next_ts()
    app = stage.app
    stage.workspace.book.add(
        Message(CHANNEL, ts, app.bot_user_id, "", bot_id=app.bot_id, blocks=blocks)
    )
    async with own_house.window(REQUESTER) as ana:
        await expect(ana.messages.last.locator(".unknown")).to_have_text(
            [
                "This page cannot show a block of the type image.",
                "This page cannot show text of the type image.",
                "This page cannot show a control of the type overflow.",
            ]
        )
        await expect(ana.messages.last).to_contain_text("beside")


async def test_a_form_that_cannot_be_closed_stays(own_house: House) -> None:
    """It is shown again, with the reason."""

    async def refusing(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            act = json.loads(frame)
            if act["do"] != "close":
                server.send(frame)
                return
            no = {"ok": False, "error": "cannot_act", "text": "You cannot do that here."}
            route.send(json.dumps({"kind": "reply", "to": act["id"], "errors": {}, **no}))

        route.on_message(pass_on)

    async with own_house.window(REQUESTER) as ana:
        await ana.page.route_web_socket("**/link*", refusing)
        await ana.page.reload()
        await ana.until_ready()
        own_house.stage.workspace.stacks.open(REQUESTER, FORM)
        await ana.form.get_by_role("button", name="Cancel").click()

        await expect(ana.form.get_by_role("alert")).to_have_text("You cannot do that here.")
        await expect(ana.form.get_by_label("A text")).to_be_visible()
