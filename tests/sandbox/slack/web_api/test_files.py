"""Uploading a file in three steps, as slack_sdk's files_upload_v2 does."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Person

CHANNEL = "C0INCIDENT"


async def test_a_file_appears_in_the_thread(client: AsyncWebClient, ana: Person) -> None:
    """As a message with its comment; the content is kept; the reply carries no `ts`."""
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    reply = await client.files_upload_v2(
        channel=CHANNEL,
        thread_ts=parent,
        filename="report.md",
        title="Report",
        content="# Restored\n",
        initial_comment="The report",
    )
    assert "ts" not in reply["file"]
    message = ana.sees_thread(CHANNEL, parent)[1]
    assert message.text == "The report"
    assert [(f.title, f.content) for f in message.files] == [("Report", b"# Restored\n")]


async def test_bytes_must_be_complete(
    client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Other than the promised length is refused, and the file cannot be completed."""
    begun = await client.files_getUploadURLExternal(filename="a.txt", length=5)
    async with session.post(begun["upload_url"], data=b"four") as response:
        assert response.status == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=[{"id": begun["file_id"], "title": "a"}])


async def test_a_file_is_completed_once(
    client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """A second completion finds no such upload."""
    begun = await client.files_getUploadURLExternal(filename="a.txt", length=4)
    async with session.post(begun["upload_url"], data=b"four") as response:
        assert await response.text() == "OK - 4"
    files: list[dict[str, Any]] = [{"id": begun["file_id"], "title": "a"}]
    await client.files_completeUploadExternal(files=files, channel_id=CHANNEL)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=files, channel_id=CHANNEL)


async def test_an_empty_file_is_refused(client: AsyncWebClient) -> None:
    """Slack takes no file of no bytes."""
    with pytest.raises((SlackApiError, SlackRequestError)):
        await client.files_getUploadURLExternal(filename="a.txt", length=0)
