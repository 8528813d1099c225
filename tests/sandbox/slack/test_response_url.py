"""response_url: five messages in thirty minutes, private unless said otherwise."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack import Person, Workspace

CHANNEL = "C0INCIDENT"
BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
CARD = [{"type": "actions", "elements": [BUTTON]}]


@pytest.fixture
async def hook(client: AsyncWebClient, raw: Any, ana: Person) -> AsyncWebhookClient:
    """slack_sdk's own client for the URL of a click by ana on a public card."""
    card = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=CARD)
    await ana.click(CHANNEL, card["ts"], "go")
    url = raw.payload()["response_url"]
    return AsyncWebhookClient(url, session=client.session, retry_handlers=[])


async def test_it_is_private_by_default(hook: AsyncWebhookClient, ana: Person, ben: Person) -> None:
    """`in_channel` shows it to all; the original stays in both cases."""
    assert (await hook.send(text="for ana")).body == "ok"
    await hook.send(text="for all", response_type="in_channel")
    assert [m.text for m in ana.sees(CHANNEL)] == ["card", "for ana", "for all"]
    assert [m.text for m in ben.sees(CHANNEL)] == ["card", "for all"]


async def test_it_replaces_and_deletes_the_original(hook: AsyncWebhookClient, ana: Person) -> None:
    """Only when it is told to."""
    await hook.send(text="closed", replace_original=True)
    assert [(m.text, m.blocks) for m in ana.sees(CHANNEL)] == [("closed", [])]
    await hook.send(delete_original=True)
    assert ana.sees(CHANNEL) == []


async def test_it_replaces_an_ephemeral(client: AsyncWebClient, raw: Any, ana: Person) -> None:
    """The only way to change one."""
    note = await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="sure?", blocks=CARD)
    await ana.click(CHANNEL, note["message_ts"], "go")
    hook = AsyncWebhookClient(raw.payload()["response_url"], session=client.session)
    await hook.send(text="done", replace_original=True)
    assert [m.text for m in ana.sees(CHANNEL)] == ["done"]


async def test_five_uses(hook: AsyncWebhookClient, workspace: Workspace, ana: Person) -> None:
    """The sixth is refused, and a broken rule."""
    for number in range(5):
        assert (await hook.send(text=str(number))).status_code == 200
    sixth = await hook.send(text="6")
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    assert len(ana.sees(CHANNEL)) == 6
    assert workspace.violations == ["response_url: used_url"]


async def test_thirty_minutes(hook: AsyncWebhookClient, clock: Any) -> None:
    """On the workspace's clock."""
    clock.advance(1800)
    assert (await hook.send(text="in time")).status_code == 200
    clock.advance(1)
    assert (await hook.send(text="late")).status_code == 404


async def test_what_it_does_not_take(
    hook: AsyncWebhookClient, client: AsyncWebClient, workspace: Workspace
) -> None:
    """Nothing at all, wrong blocks, a body that is no object, an invented URL."""
    assert (await hook.send(text="")).status_code == 404
    assert (await hook.send(text="x", blocks=[{"type": "banner"}])).status_code == 404
    assert client.session is not None
    async with client.session.post(hook.url, data=b"text") as response:
        assert response.status == 404
    other = AsyncWebhookClient(hook.url[:-6] + "999999", session=client.session)
    assert (await other.send(text="x")).status_code == 404
    assert [text.split(":")[1].strip() for text in workspace.violations] == [
        "no_text",
        "invalid_blocks",
        "invalid_json",
        "invalid_url",
    ]


async def test_it_goes_into_a_thread_that_is_active(hook: AsyncWebhookClient, ana: Person) -> None:
    """With `thread_ts`; under a message that is not there it is refused."""
    (card,) = ana.sees(CHANNEL)
    await ana.say(CHANNEL, "first", thread_ts=card.ts)
    await hook.send_dict({"text": "private", "thread_ts": card.ts})
    texts = [m.text for m in ana.sees_thread(CHANNEL, card.ts)]
    assert texts == ["card", "first", "private"]
    assert (await hook.send_dict({"text": "x", "thread_ts": "1.000001"})).status_code == 404
