"""chat.*: what Slack documents about posting, editing and deleting, through slack_sdk."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import AppCredentials, Person, SlackServer, Workspace

CHANNEL = "C0INCIDENT"
METADATA = {"event_type": "nsx_restore_request", "event_payload": {"id": "R-7QK2M9"}}


def section(text: str) -> dict[str, Any]:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


RICH: dict[str, Any] = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hello"}]}],
}


async def refused(call: Any) -> str:
    """The error name with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_blocks_are_stored_with_ids(client: AsyncWebClient, ana: Person) -> None:
    """A missing block_id or action_id is filled in, and none is changed."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [section("one"), {"type": "actions", "block_id": "mine", "elements": [button]}]
    await client.chat_postMessage(channel=CHANNEL, text="one", blocks=blocks)
    (message,) = ana.sees(CHANNEL)
    assert message.blocks[0]["block_id"]
    assert message.blocks[1]["block_id"] == "mine"
    assert all(message.action_ids)


async def test_an_empty_message_is_refused(client: AsyncWebClient, workspace: Workspace) -> None:
    """`no_text`, and a broken rule."""
    with pytest.warns(UserWarning, match="text"):
        assert await refused(client.chat_postMessage(channel=CHANNEL, text="")) == "no_text"
    assert workspace.violations == ["chat.postMessage: no_text"]


async def test_blocks_without_text_are_noted(client: AsyncWebClient, workspace: Workspace) -> None:
    """Slack takes them; notifications and screen readers would have nothing."""
    with pytest.warns(UserWarning, match="text"):
        await client.chat_postMessage(channel=CHANNEL, blocks=[section("one")])
    assert workspace.violations == ["chat.postMessage: no text beside the blocks"]


async def test_a_long_text_is_cut(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """Posts are cut at 40,000 characters."""
    await client.chat_postMessage(channel=CHANNEL, text="x" * 40_001)
    assert len(ana.sees(CHANNEL)[0].text) == 40_000
    assert workspace.violations == ["chat.postMessage: the text was cut at 40000 characters"]


async def test_an_update_takes_4000_characters(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    """chat.update refuses a longer text with `msg_too_long`."""
    ts = (await client.chat_postMessage(channel=CHANNEL, text="one"))["ts"]
    await client.chat_update(channel=CHANNEL, ts=ts, text="x" * 4_000)
    too_long = client.chat_update(channel=CHANNEL, ts=ts, text="x" * 4_001)
    assert await refused(too_long) == "msg_too_long"
    assert workspace.violations == ["chat.update: msg_too_long"]


async def test_text_alone_removes_the_blocks(client: AsyncWebClient, ana: Person) -> None:
    """`text` without `blocks` removes them; blocks are replaced by blocks."""
    posted = await client.chat_postMessage(channel=CHANNEL, text="one", blocks=[section("one")])
    ts = posted["ts"]
    await client.chat_update(channel=CHANNEL, ts=ts, text="two", blocks=[section("two")])
    assert ana.sees(CHANNEL)[0].full_text == "two"
    await client.chat_update(channel=CHANNEL, ts=ts, text="three")
    assert ana.sees(CHANNEL)[0].blocks == []


async def test_edited_shows_for_text_changes_only(client: AsyncWebClient, ana: Person) -> None:
    """New blocks under the same text leave no mark."""
    ts = (await client.chat_postMessage(channel=CHANNEL, text="one", blocks=[section("a")]))["ts"]
    await client.chat_update(channel=CHANNEL, ts=ts, text="one", blocks=[section("b")])
    assert ana.sees(CHANNEL)[0].edited_at is None
    await client.chat_update(channel=CHANNEL, ts=ts, text="two", blocks=[section("b")])
    assert ana.sees(CHANNEL)[0].edited_at is not None


async def test_metadata_is_kept_and_cleared(client: AsyncWebClient, ana: Person) -> None:
    """An update without metadata keeps it, `{}` clears it."""
    posted = await client.chat_postMessage(channel=CHANNEL, text="one", metadata=METADATA)
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="two")
    assert ana.sees(CHANNEL)[0].metadata == METADATA
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="two", metadata={})
    assert ana.sees(CHANNEL)[0].metadata is None


async def test_metadata_has_a_shape(client: AsyncWebClient) -> None:
    """It carries an event_type and an event_payload."""
    wrong = client.chat_postMessage(channel=CHANNEL, text="one", metadata={"id": "R-7QK2M9"})
    assert await refused(wrong) == "invalid_metadata_format"


async def test_rich_text_stays_rich_text(client: AsyncWebClient) -> None:
    """`block_mismatch` when another kind of block takes its place."""
    ts = (await client.chat_postMessage(channel=CHANNEL, text="hello", blocks=[RICH]))["ts"]
    other = client.chat_update(channel=CHANNEL, ts=ts, text="one", blocks=[section("one")])
    assert await refused(other) == "block_mismatch"


async def test_what_cannot_be_edited(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """Messages of people, unknown ones, ephemerals, and a user id in place of a channel."""
    typed = await ana.say(CHANNEL, "hello")
    own = await client.chat_postMessage(channel="U0ANA", text="one")
    private = await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst")
    update = client.chat_update
    assert await refused(update(channel=CHANNEL, ts=typed.ts, text="x")) == "cant_update_message"
    assert await refused(update(channel=CHANNEL, ts="1.000001", text="x")) == "message_not_found"
    hidden = update(channel=CHANNEL, ts=private["message_ts"], text="x")
    assert await refused(hidden) == "message_not_found"
    assert await refused(update(channel="U0ANA", ts=own["ts"], text="x")) == "channel_not_found"
    await update(channel=own["channel"], ts=own["ts"], text="two")
    assert workspace.direct_messages("U0ANA")[0].text == "two"


async def test_the_edit_window_closes(
    client: AsyncWebClient, workspace: Workspace, clock: Any
) -> None:
    """A workspace may forbid late edits; an archived channel takes none."""
    workspace.edit_window = 60
    ts = (await client.chat_postMessage(channel=CHANNEL, text="one"))["ts"]
    clock.advance(61)
    late = client.chat_update(channel=CHANNEL, ts=ts, text="two")
    assert await refused(late) == "edit_window_closed"
    workspace.set_channel(CHANNEL, is_archived=True)
    archived = client.chat_update(channel=CHANNEL, ts=ts, text="two")
    assert await refused(archived) == "is_inactive"


async def test_where_a_bot_may_post(client: AsyncWebClient, workspace: Workspace) -> None:
    """Only where it was invited; a private channel does not exist for it otherwise."""
    workspace.add_channel("C0OTHER", "other", ["U0ANA"])
    workspace.add_channel("C0SECRET", "secret", ["U0ANA"], is_private=True)
    workspace.add_channel("D0TWO", "directmessage", ["U0ANA", "U0BEN"], im_with="U0BEN")
    workspace.set_channel(CHANNEL, is_archived=True)
    expected = {
        "C0OTHER": "not_in_channel",
        "C0SECRET": "channel_not_found",
        "D0TWO": "channel_not_found",
        "C0NOWHERE": "channel_not_found",
        "U0NOBODY": "channel_not_found",
        CHANNEL: "is_archived",
    }
    for channel, error in expected.items():
        assert await refused(client.chat_postMessage(channel=channel, text="x")) == error


async def test_markdown_text_stands_alone(client: AsyncWebClient) -> None:
    """`markdown_text` with `text` is a conflict; alone it is a message."""
    both = client.chat_postMessage(channel=CHANNEL, text="one", markdown_text="*one*")
    assert await refused(both) == "markdown_text_conflict"
    await client.chat_postMessage(channel=CHANNEL, markdown_text="*one*")


async def test_a_reply_goes_under_a_parent(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """Under a parent it is a reply; under a reply, or under nothing, it is refused."""
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    reply = await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)
    assert [m.text for m in ana.sees(CHANNEL)] == ["parent"]
    assert [m.text for m in ana.sees_thread(CHANNEL, parent)] == ["parent", "reply"]
    below = client.chat_postMessage(channel=CHANNEL, text="x", thread_ts=reply["ts"])
    assert await refused(below) == "cannot_reply_to_message"
    nowhere = client.chat_postMessage(channel=CHANNEL, text="x", thread_ts="1.000001")
    assert await refused(nowhere) == "thread_not_found"
    assert len(workspace.violations) == 2


async def test_a_broadcast_is_seen_in_both_places(client: AsyncWebClient, ana: Person) -> None:
    """`reply_broadcast` shows a reply in the channel as well."""
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    await client.chat_postMessage(
        channel=CHANNEL, text="done", thread_ts=parent, reply_broadcast=True
    )
    assert [m.text for m in ana.sees(CHANNEL)] == ["parent", "done"]
    assert [m.text for m in ana.sees_thread(CHANNEL, parent)] == ["parent", "done"]


async def test_a_late_broadcast_changes_nothing_else(client: AsyncWebClient, ana: Person) -> None:
    """Broadcasting an old reply and changing it takes two calls."""
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    reply = await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)
    both = client.chat_update(channel=CHANNEL, ts=reply["ts"], text="new", reply_broadcast=True)
    assert await refused(both) == "no_dual_broadcast_content_update"
    await client.chat_update(channel=CHANNEL, ts=reply["ts"], text="reply", reply_broadcast=True)
    assert [m.text for m in ana.sees(CHANNEL)] == ["parent", "reply"]


async def test_an_ephemeral_is_seen_by_one(
    client: AsyncWebClient, workspace: Workspace, ana: Person, ben: Person
) -> None:
    """By its addressee, until they reload."""
    await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst")
    assert [m.text for m in ana.sees(CHANNEL)] == ["psst"]
    assert ben.sees(CHANNEL) == []
    workspace.reload("U0ANA")
    assert ana.sees(CHANNEL) == []


async def test_an_ephemeral_needs_its_reader_in_the_channel(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    """`user_not_in_channel` otherwise."""
    workspace.add_user("U0DEE", "dee")
    away = client.chat_postEphemeral(channel=CHANNEL, user="U0DEE", text="psst")
    assert await refused(away) == "user_not_in_channel"


async def test_an_ephemeral_in_an_inactive_thread_is_never_seen(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """Slack shows it only where somebody has replied; the reply says nothing about that."""
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    send = client.chat_postEphemeral
    await send(channel=CHANNEL, user="U0ANA", text="lost", thread_ts=parent)
    assert [m.text for m in workspace.book.unseen] == ["lost"]
    await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)
    await send(channel=CHANNEL, user="U0ANA", text="seen", thread_ts=parent)
    texts = [m.text for m in ana.sees_thread(CHANNEL, parent)]
    assert texts == ["parent", "reply", "seen"]


async def test_delete_removes_own_messages(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """A person's message stays."""
    typed = await ana.say(CHANNEL, "hello")
    theirs = client.chat_delete(channel=CHANNEL, ts=typed.ts)
    assert await refused(theirs) == "cant_delete_message"
    ts = (await client.chat_postMessage(channel=CHANNEL, text="one"))["ts"]
    await client.chat_delete(channel=CHANNEL, ts=ts)
    assert [m.text for m in ana.sees(CHANNEL)] == ["hello"]
    assert workspace.violations == []


async def test_a_permalink_names_channel_and_message(
    client: AsyncWebClient, server: SlackServer
) -> None:
    """A reply's link carries its thread."""
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    reply = (await client.chat_postMessage(channel=CHANNEL, text="r", thread_ts=parent))["ts"]
    link = (await client.chat_getPermalink(channel=CHANNEL, message_ts=reply))["permalink"]
    expected = f"{server.origin}/archives/{CHANNEL}/p{reply.replace('.', '')}"
    assert link == f"{expected}?thread_ts={parent}&cid={CHANNEL}"


async def test_a_closed_messages_tab_refuses_direct_messages(
    workspace: Workspace,
) -> None:
    """`messages_tab_disabled` (Slack: the App Home's Messages tab)."""
    app = AppCredentials(bot_user_id="U0NSXBOT", messages_tab=False)
    async with SlackServer(workspace, app=app) as closed:
        other = AsyncWebClient(token=app.bot_token, base_url=closed.api_url)
        direct = other.chat_postMessage(channel="U0ANA", text="hello")
        assert await refused(direct) == "messages_tab_disabled"


async def test_legacy_extras_are_not_taken(client: AsyncWebClient) -> None:
    """Attachments are not part of this workspace; another name needs its own scope."""
    attached = client.chat_postMessage(channel=CHANNEL, text="x", attachments=[{"text": "y"}])
    assert await refused(attached) == "invalid_attachments"
    renamed = client.chat_postMessage(channel=CHANNEL, text="x", username="boss")
    assert await refused(renamed) == "missing_scope"


async def test_form_and_query_are_understood_too(
    server: SlackServer, session: aiohttp.ClientSession, ana: Person
) -> None:
    """`blocks` as a JSON string in a form, and arguments in the query."""
    headers = {"Authorization": f"Bearer {server.app.bot_token}"}
    url = f"{server.api_url}chat.postMessage"
    form = {"channel": CHANNEL, "text": "one", "blocks": '[{"type": "divider"}]'}
    async with session.post(url, data=form, headers=headers) as response:
        assert (await response.json())["ok"] is True
    query = {"channel": CHANNEL, "text": "two"}
    async with session.get(url, params=query, headers=headers) as response:
        assert (await response.json())["ok"] is True
    broken = {"channel": CHANNEL, "text": "three", "blocks": "[{"}
    async with session.post(url, data=broken, headers=headers) as response:
        assert (await response.json())["error"] == "invalid_blocks_format"
    assert [m.text for m in ana.sees(CHANNEL)] == ["one", "two"]
