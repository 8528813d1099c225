"""The controls that forms can have, drawn and filled; and what the page cannot draw."""

import json
from typing import Any, Final

import pytest
from playwright.async_api import WebSocketRoute, expect

from bot.blocks.answer_form import answer_prompt
from bot.domain.request import Place, State
from bot.sandbox.slack import Message
from bot.sandbox.stage import CHANNEL, REQUESTER
from tests.browser.house import House
from tests.browser.test_accessibility import grave
from tests.builders import a_field, a_form_question, a_request, an_option

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


async def test_the_form_of_a_question_is_drawn_and_filled(own_house: House) -> None:
    """Boxes for a few options, a list for many, and nothing has to be chosen."""
    workspace = own_house.stage.workspace
    question = a_form_question(a_field(3), a_field(40, key="many", label="Other nodes"))
    request = a_request(State.AWAITING_OPERATOR, question=question)
    card = Place(CHANNEL, "1773489600.000900")
    async with own_house.window(REQUESTER) as ana:
        workspace.stacks.open(REQUESTER, answer_prompt(request, question, question.offers[0], card))
        await expect(ana.form).to_contain_text("Choose the nodes that are still there.")
        await expect(ana.form).to_contain_text("Choosing none is an answer too.")
        await ana.choose("Fabric nodes", "esx-01", "esx-03")
        await ana.choose("Other nodes", "esx-07", "esx-40")
        assert await grave(ana) == []

        await ana.form.get_by_role("button", name="Fill in and continue").click()

        await expect(ana.form.get_by_role("alert")).to_contain_text("trouble connecting")
    (view,) = workspace.views(REQUESTER)
    few, many = (view.values[f"field:0:{key}"]["chosen"] for key in (a_field().key, "many"))
    assert _values(few) == [an_option(number).value for number in (1, 3)]
    assert _values(many) == [an_option(number).value for number in (7, 40)]


def _values(state: dict[str, Any]) -> list[str]:
    return [option["value"] for option in state["selected_options"]]


async def test_what_the_page_cannot_draw_is_said(own_house: House) -> None:
    """A warning stands in its place; what is beside it is drawn."""
    stage = own_house.stage
    blocks: list[dict[str, Any]] = [
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
