"""A channel as text: what a person reads, and what is new since the last look."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LiveTranscript, Person, Workspace, render

CHANNEL = "C0INCIDENT"
CARD: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Restore dc1-nsxt"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*awaiting approval*"}},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "R-7QK2M9"}]},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": a, "text": {"type": "plain_text", "text": t}}
            for a, t in (("approve", "Approve"), ("deny", "Deny"))
        ],
    },
]


async def test_a_channel_reads_like_this(
    client: AsyncWebClient, workspace: Workspace, clock: Any, ana: Person
) -> None:
    """Times, authors, blocks, buttons, replies, private marks, broadcasts, files."""
    clock.now = 1_790_000_000.0
    await ana.say(CHANNEL, "node is down")
    clock.advance(5)
    card = await client.chat_postMessage(channel=CHANNEL, text="Restore", blocks=CARD)
    clock.advance(5)
    await client.chat_postMessage(channel=CHANNEL, thread_ts=card["ts"], text="1 of 2 approvals")
    clock.advance(5)
    await client.chat_postEphemeral(
        channel=CHANNEL, user="U0ANA", thread_ts=card["ts"], text="You are not a lead."
    )
    await client.files_upload_v2(
        channel=CHANNEL, thread_ts=card["ts"], filename="report.md", content="# Restored\n"
    )
    clock.advance(5)
    await client.chat_postMessage(
        channel=CHANNEL, thread_ts=card["ts"], text="succeeded", reply_broadcast=True
    )
    expected = """\
#incident
14:13:20  ana: node is down
14:13:25  nsx-restore (app):
          Restore dc1-nsxt
          *awaiting approval*
          R-7QK2M9
          [Approve] [Deny]
    14:13:30  nsx-restore (app): 1 of 2 approvals
    14:13:35  nsx-restore (app) (only visible to you): You are not a lead.
    14:13:35  nsx-restore (app): [file: report.md, 11 bytes]
    14:13:40  nsx-restore (app) (also sent to the channel): succeeded
"""
    assert render(workspace, CHANNEL, "U0ANA") == expected
    assert "You are not a lead." not in render(workspace, CHANNEL, "U0BEN")


async def test_only_what_is_new(client: AsyncWebClient, workspace: Workspace, clock: Any) -> None:
    """New messages in full, one line for an edit, one for a removal, nothing for nothing."""
    clock.now = 1_790_000_000.0
    live = LiveTranscript(workspace, CHANNEL, "U0ANA")
    assert live.new() == []
    posted = await client.chat_postMessage(channel=CHANNEL, text="awaiting approval")
    assert live.new() == ["14:13:20  nsx-restore (app): awaiting approval"]
    assert live.new() == []
    clock.advance(1)
    await client.chat_postMessage(channel=CHANNEL, thread_ts=posted["ts"], text="approved")
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="running: step 3 of 8")
    assert live.new() == [
        "14:13:21  nsx-restore edited 14:13:20: running: step 3 of 8",
        "    14:13:21  nsx-restore (app): approved",
    ]
    await client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    assert live.new()[0] == "14:13:21  nsx-restore removed: running: step 3 of 8"


async def test_every_block_can_be_read(client: AsyncWebClient, ana: Person) -> None:
    """Fields, rich text, lists, images, tables and inputs as plain lines."""
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "ask "},
                    {"type": "user", "user_id": "U0BEN"},
                    {"type": "emoji", "name": "wave"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                ],
            },
        ],
    }
    cell = {"type": "raw_text", "text": "a"}
    blocks: list[dict[str, Any]] = [
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Target*"}]},
        {"type": "divider"},
        rich,
        {"type": "image", "image_url": "https://a.example/b.png", "alt_text": "a chart"},
        {"type": "table", "rows": [[cell, cell]]},
        {"type": "markdown", "text": "# Title\ntext"},
    ]
    await client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
    assert ana.sees(CHANNEL)[0].full_text.splitlines() == [
        "*Target*",
        "---",
        "ask <@U0BEN>:wave:",
        "- one",
        "[image: a chart]",
        "a | a",
        "# Title",
        "text",
    ]


async def test_markup_is_shown_as_a_client_shows_it(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    """People, groups and channels by name, dates by their fallback, entities as characters."""
    workspace.add_usergroup("S0TEXT", "nsx-leads", ["U0ANA"])
    live = LiveTranscript(workspace, CHANNEL, "U0ANA")
    await client.chat_postMessage(
        channel=CHANNEL,
        text="<@U0ANA> in <#C0INCIDENT>: <!subteam^S0TEXT> by <!date^1790000000^{time}|14:13 UTC>"
        " &lt;now&gt;",
    )
    assert live.new()[0].endswith("@ana in #incident: @nsx-leads by 14:13 UTC <now>")


async def test_new_buttons_show_the_whole_message(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    """When a message offers other buttons than before, all of it is worth reading again."""
    posted = await client.chat_postMessage(channel=CHANNEL, text="Restore", blocks=CARD)
    live = LiveTranscript(workspace, CHANNEL, "U0ANA")
    live.new()
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="Restore", blocks=CARD[:2])
    assert [line.strip() for line in live.new()][1:] == ["Restore dc1-nsxt", "*awaiting approval*"]
