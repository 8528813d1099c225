"""What nobody should send to the page's socket is answered, and does no harm."""

import pytest

from tests.sandbox.page.app import App
from tests.sandbox.page.browser import Browser
from tests.sandbox.page.conftest import CHANNEL


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"text"',
        "[" * 100_000,
        '{"id": 1}',
        '{"do": "slash"}',
        '{"id": true, "do": "home"}',
        '{"id": 1.5, "do": "home"}',
        '{"id": "1", "do": "home"}',
        '{"id": 1, "do": "unknown"}',
        '{"id": 1, "do": ["home"]}',
        '{"id": 1, "do": {"home": 1}}',
        '{"id": 1, "do": "home", "more": 1}',
        '{"id": 1, "do": "say", "channel": "C0INCIDENT", "text": ""}',
        '{"id": 1, "do": "say", "channel": "C0INCIDENT", "text": "a\\ud800"}',
        '{"id": 1, "do": "slash", "channel": 5, "command": "/nsx-restore"}',
        '{"id": 1, "do": "slash", "channel": "C0INCIDENT", "command": null}',
        '{"id": 1, "do": "submit", "view": "V1", "values": {"reason": 5}}',
        '{"id": 1, "do": "submit", "view": "V1", "values": {"reason": {"a": 1}}}',
        '{"id": 1, "do": "submit", "view": "V1", "values": ["reason"]}',
        '{"id": 1, "do": "panel", "act": "fault", "key": "outage", "value": 5}',
        '{"id": 99999999999999999999999999, "do": "no"}',
    ],
)
async def test_a_frame_that_is_no_act_is_answered_so(
    browser: Browser, app: App, frame: str
) -> None:
    """With `bad_request`, on a socket that lives on; here there is no panel either."""
    page = await browser.open("U0ANA")
    reply = await page.raw(frame)
    assert (reply["ok"], reply["error"]) == (False, "bad_request")
    assert reply["text"]
    assert (await page.act("say", channel=CHANNEL, text="still here"))["ok"]
    assert app.payloads == []


async def test_a_binary_frame_is_answered_too(browser: Browser) -> None:
    """It is no act, whatever is in it."""
    page = await browser.open("U0ANA")
    await page.socket.send_bytes(b'{"id": 1, "do": "home"}')
    reply = await page.until(lambda: page.replies[None])
    assert reply["error"] == "bad_request"
