"""The table of limits holds: at the limit a thing passes, one beyond it is refused by pointer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from bot.sandbox.slack.block_check import check_view, controls, message_blocks
from bot.sandbox.slack.block_limits import BLOCKS_OF, MAX_MESSAGE_BLOCKS_JSON, Surface
from bot.sandbox.slack.errors import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


def section(text: str = "x", **more: Any) -> Json:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(**more: Any) -> Json:
    """A button."""
    return {"type": "button", "action_id": "go", "text": plain("Go"), **more}


def actions(*elements: Json) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: Any) -> Json:
    """A button with a confirm dialog."""
    dialog = {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
    return button(confirm=dialog | more)


def select(options: int, **more: Any) -> Json:
    """A select with so many options."""
    listed = [{"text": plain("o"), "value": str(number)} for number in range(options)]
    return {"type": "static_select", "action_id": "s", "options": listed, **more}


def overflow(options: int) -> Json:
    """An overflow menu with so many options."""
    return select(options) | {"type": "overflow"}


def option(label: int = 1, value: int = 1) -> Json:
    """A select whose one option has texts of these lengths."""
    entry = {"text": plain("x" * label), "value": "v" * value}
    return {"type": "static_select", "action_id": "s", "options": [entry]}


def many(count: int) -> list[Json]:
    """So many different buttons."""
    return [button(action_id=f"go{number}") for number in range(count)]


LIMITS: list[tuple[str, int, str, Callable[[int], Json]]] = [
    ("header text", 150, "/text/text", lambda n: {"type": "header", "text": plain("x" * n)}),
    ("section text", 3000, "/text/text", lambda n: section("x" * n)),
    ("section fields", 10, "/fields", lambda n: section(fields=[plain("x")] * n)),
    ("section field", 2000, "/fields/0/text", lambda n: section(fields=[plain("x" * n)])),
    (
        "context elements",
        10,
        "/elements",
        lambda n: {"type": "context", "elements": [plain("x")] * n},
    ),
    ("actions elements", 25, "/elements", lambda n: actions(*many(n))),
    ("button text", 75, "/elements/0/text/text", lambda n: actions(button(text=plain("x" * n)))),
    ("button value", 2000, "/elements/0/value", lambda n: actions(button(value="x" * n))),
    ("action_id", 255, "/elements/0/action_id", lambda n: actions(button(action_id="x" * n))),
    ("block_id", 255, "/block_id", lambda n: section(block_id="x" * n)),
    (
        "accessibility_label",
        75,
        "/elements/0/accessibility_label",
        lambda n: actions(button(accessibility_label="x" * n)),
    ),
    (
        "confirm title",
        100,
        "/elements/0/confirm/title/text",
        lambda n: actions(confirm(title=plain("x" * n))),
    ),
    (
        "confirm text",
        300,
        "/elements/0/confirm/text/text",
        lambda n: actions(confirm(text=plain("x" * n))),
    ),
    (
        "confirm button",
        30,
        "/elements/0/confirm/confirm/text",
        lambda n: actions(confirm(confirm=plain("x" * n))),
    ),
    (
        "deny button",
        30,
        "/elements/0/confirm/deny/text",
        lambda n: actions(confirm(deny=plain("x" * n))),
    ),
    ("select options", 100, "/elements/0/options", lambda n: actions(select(n))),
    ("overflow options", 5, "/elements/0/options", lambda n: actions(overflow(n))),
    (
        "option label",
        75,
        "/elements/0/options/0/text/text",
        lambda n: actions(option(label=n)),
    ),
    ("option value", 150, "/elements/0/options/0/value", lambda n: actions(option(value=n))),
    (
        "placeholder",
        150,
        "/elements/0/placeholder/text",
        lambda n: actions(select(1, placeholder=plain("x" * n))),
    ),
    (
        "image alt_text",
        2000,
        "/alt_text",
        lambda n: {"type": "image", "image_url": "https://a.example/b.png", "alt_text": "x" * n},
    ),
    ("markdown", 12_000, "/text", lambda n: {"type": "markdown", "text": "x" * n}),
    (
        "table rows",
        100,
        "/rows",
        lambda n: {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * n},
    ),
    (
        "table columns",
        20,
        "/rows/0",
        lambda n: {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * n]},
    ),
]


@pytest.mark.parametrize(("name", "limit", "pointer", "build"), LIMITS, ids=[x[0] for x in LIMITS])
def test_limits_of_messages(
    name: str, limit: int, pointer: str, build: Callable[[int], Json]
) -> None:
    """Slack, Block Kit reference: the limit itself passes, one more does not."""
    message_blocks([build(limit)])
    with pytest.raises(SlackError) as caught:
        message_blocks([build(limit + 1)])
    assert caught.value.code == "invalid_blocks", name
    assert any(f"[json-pointer:/blocks/0{pointer}]" in line for line in caught.value.messages)


WRONG: list[tuple[str, Json, str]] = [
    ("unknown block", {"type": "banner"}, "unsupported type: banner"),
    ("no type", {"text": plain("x")}, "missing required field: type"),
    ("not an object", "section", "must be an object"),  # type: ignore[list-item]
    ("alert in a message", {"type": "alert", "text": plain("x")}, "unsupported type: alert"),
    ("plan in a message", {"type": "plan", "title": "x"}, "unsupported type: plan"),
    ("unknown field", section(colour="red"), "invalid additional property: colour"),
    ("empty text", section(""), "must be more than 0 characters"),
    ("section of nothing", {"type": "section"}, "missing required field: text"),
    ("mrkdwn header", {"type": "header", "text": section()["text"]}, "unsupported type: mrkdwn"),
    (
        "emoji in mrkdwn",
        section() | {"text": {"type": "mrkdwn", "text": "x", "emoji": True}},
        "emoji",
    ),
    ("number as text", section() | {"text": {"type": "mrkdwn", "text": 3}}, "must be a string"),
    ("no buttons", actions(), "no fewer than 1 items"),
    ("unknown style", actions(button(style="loud")), "must be one of: danger, primary"),
    ("url", actions(button(url="javascript:x")), "must match"),
    ("button without text", actions({"type": "button"}), "missing required field: text"),
    ("text input in actions", actions({"type": "plain_text_input"}), "unsupported type"),
    ("same action twice", actions(button(), button()), "action_id go already exists"),
    (
        "foreign initial option",
        actions(select(1, initial_option=option()["options"][0])),
        "initial",
    ),
    ("image of nothing", {"type": "image", "alt_text": "x"}, "exactly one of image_url"),
    (
        "unknown rich text",
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [plain("x")]}],
        },
        "unsupported type: plain_text",
    ),
]


@pytest.mark.parametrize(("name", "block", "finding"), WRONG, ids=[x[0] for x in WRONG])
def test_what_is_not_in_the_table_is_refused(name: str, block: Json, finding: str) -> None:
    """An unknown type, field, form or place of a block is `invalid_blocks`."""
    with pytest.raises(SlackError) as caught:
        message_blocks([block])
    assert caught.value.code == "invalid_blocks", name
    assert finding in " ".join(caught.value.messages)


def test_blocks_as_a_whole() -> None:
    """50 blocks, no block_id twice, one table, 13,200 characters of JSON."""
    message_blocks([{"type": "divider"}] * 50)
    with pytest.raises(SlackError, match="no more than 50 items allowed"):
        message_blocks([{"type": "divider"}] * 51)
    with pytest.raises(SlackError, match="block_id a already exists"):
        message_blocks([section(block_id="a"), section(block_id="a")])
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    with pytest.raises(SlackError, match="only_one_table_allowed"):
        message_blocks([table, table])
    fitting = [section("x" * 2500) for _ in range(5)]
    spare = MAX_MESSAGE_BLOCKS_JSON - len(json.dumps(fitting, separators=(",", ":")))
    filler = section("y")
    room = spare - len(json.dumps(filler, separators=(",", ":"))) - 1
    message_blocks([*fitting, section("y" * (1 + room))])
    with pytest.raises(SlackError) as caught:
        message_blocks([*fitting, section("y" * (2 + room))])
    assert caught.value.code == "msg_blocks_too_long"
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        message_blocks({"type": "divider"})


IMAGE = {"type": "image", "image_url": "https://a.example/b.png", "alt_text": "x"}


def test_cards_containers_and_carousels() -> None:
    """The newer blocks, built by slack_sdk's classes, with the controls inside them found."""
    card = sdk.CardBlock(title="dc1", body="x", actions=[sdk.ButtonElement(text="Go")]).to_dict()
    carousel = {"type": "carousel", "elements": [card]}
    container = {"type": "container", "title": plain("x"), "child_blocks": [actions(button())]}
    stored = message_blocks([card, carousel, container])
    assert all(element["action_id"] for block in stored for element in controls(block))
    with pytest.raises(SlackError, match="unsupported type: container"):
        check_view(modal(blocks=[container]))
    with pytest.raises(SlackError, match="exactly one of title"):
        message_blocks([container | {"rich_text_title": {"type": "rich_text", "elements": []}}])
    with pytest.raises(SlackError, match="at least one of"):
        message_blocks([{"type": "card"}])


@pytest.mark.parametrize(
    ("block", "finding"),
    [
        (section(expand="yes"), "must be a boolean"),
        (section(fields="x"), "must be an array"),
        (actions(confirm() | {"confirm": "sure?"}), "must be an object"),
        (section() | {"text": {"type": "mrkdwn", "text": ["x"]}}, "must be a string"),
        (actions(select(1) | {"options": [option()["options"][0] | {"value": None}]}), "a string"),
        ({"type": "context", "elements": [IMAGE | {"image_url": "b.png"}]}, "must match"),
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "x"}]},
            "must be one of: bullet, ordered",
        ),
        (
            actions({"type": "datepicker", "initial_date": "tomorrow!!"}),
            "must match",
        ),
    ],
)
def test_wrong_kinds_of_values(block: Json, finding: str) -> None:
    """A value of another kind is refused wherever it stands."""
    with pytest.raises(SlackError, match="invalid_blocks") as caught:
        message_blocks([block])
    assert finding in " ".join(caught.value.messages)


def test_what_slack_sdk_builds_passes() -> None:
    """Blocks made by slack_sdk's own classes are all accepted."""
    built = [
        sdk.HeaderBlock(text="Restore"),
        sdk.SectionBlock(text="*Target* dc1", fields=["one", "two"]),
        sdk.DividerBlock(),
        sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="expires in 30 min")]),
        sdk.ActionsBlock(
            elements=[
                sdk.ButtonElement(
                    text="Approve",
                    action_id="approve",
                    value="R-7QK2M9",
                    style="primary",
                    confirm=sdk.ConfirmObject(title="Sure?", text="Really?"),
                ),
                sdk.StaticSelectElement(
                    action_id="pick", options=[sdk.Option(value="a", label="A")]
                ),
            ],
        ),
        sdk.RichTextBlock(
            elements=[
                sdk.RichTextSectionElement(
                    elements=[
                        sdk.RichTextElementParts.Text(text="hi", style={"bold": True}),
                        sdk.RichTextElementParts.User(user_id="U0ANA"),
                    ],
                ),
            ],
        ),
    ]
    stored = message_blocks([block.to_dict() for block in built])
    assert [block["type"] for block in stored] == [block.type for block in built]


def modal(**more: Any) -> Json:
    """A modal view."""
    return {"type": "modal", "title": plain("Restore"), "blocks": [section()], **more}


FIELD = {
    "type": "input",
    "label": plain("Reason"),
    "element": {"type": "plain_text_input", "action_id": "text"},
}

VIEW_LIMITS: list[tuple[str, int, Callable[[int], Json]]] = [
    ("title", 24, lambda n: modal(title=plain("x" * n))),
    ("submit", 24, lambda n: modal(submit=plain("x" * n))),
    ("close", 24, lambda n: modal(close=plain("x" * n))),
    ("private_metadata", 3000, lambda n: modal(private_metadata="x" * n)),
    ("callback_id", 255, lambda n: modal(callback_id="x" * n)),
    ("external_id", 255, lambda n: modal(external_id="x" * n)),
    ("blocks", 100, lambda n: modal(blocks=[{"type": "divider"}] * n)),
    (
        "label",
        2000,
        lambda n: modal(submit=plain("Go"), blocks=[FIELD | {"label": plain("x" * n)}]),
    ),
    (
        "hint",
        2000,
        lambda n: modal(submit=plain("Go"), blocks=[FIELD | {"hint": plain("x" * n)}]),
    ),
]


@pytest.mark.parametrize(("name", "limit", "build"), VIEW_LIMITS, ids=[x[0] for x in VIEW_LIMITS])
def test_limits_of_views(name: str, limit: int, build: Callable[[int], Json]) -> None:
    """Slack, "Modal views": the limit itself passes, one more is `invalid_arguments`."""
    check_view(build(limit))
    with pytest.raises(SlackError) as caught:
        check_view(build(limit + 1))
    assert caught.value.code == "invalid_arguments", name
    assert "[json-pointer:/view/" in caught.value.messages[0]


def test_views_as_a_whole() -> None:
    """Inputs need a submit button; 250 KB at most; alert is for modals; tables are not."""
    with pytest.raises(SlackError, match="submit"):
        check_view(modal(blocks=[FIELD]))
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(blocks=[section("x" * 3000) for _ in range(90)]))
    check_view(modal(blocks=[{"type": "alert", "text": plain("x")}]))
    with pytest.raises(SlackError, match="unsupported type: table"):
        check_view(modal(blocks=[{"type": "table", "rows": []}]))
    with pytest.raises(SlackError, match="modal, home"):
        check_view({"type": "dialog"})


def test_surfaces_differ() -> None:
    """Slack: alert only in modals, tables and Markdown only in messages."""
    assert {"alert"} == BLOCKS_OF[Surface.MODAL] - BLOCKS_OF[Surface.MESSAGE]
    assert {"markdown", "table"} <= BLOCKS_OF[Surface.MESSAGE] - BLOCKS_OF[Surface.MODAL]
