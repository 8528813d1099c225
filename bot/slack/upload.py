"""Put files into a thread, in Slack's three steps.

Source: docs.slack.dev/messaging/working-with-files, Uploading files.
"""

from collections.abc import Mapping

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.request import Place


class UploadError(aiohttp.ClientError):
    """The address that Slack named did not take the bytes. `status` is its HTTP status."""

    def __init__(self, status: int) -> None:
        """Keep the status; the address is a secret for a while and stays out of the text."""
        super().__init__(f"upload answered {status}")
        self.status = status


async def upload(
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    thread: Place,
    files: Mapping[str, bytes],
    comment: str,
) -> None:
    """Share files, by name, in one message of a thread. Raises what slack_sdk raises."""
    shared: list[dict[str, str | None]] = [
        {"id": await _send(client, session, name, content), "title": name}
        for name, content in files.items()
    ]
    await client.files_completeUploadExternal(
        files=shared, channel_id=thread.channel, thread_ts=thread.ts, initial_comment=comment
    )


async def _send(
    client: AsyncWebClient, session: aiohttp.ClientSession, name: str, content: bytes
) -> str:
    reply = await client.files_getUploadURLExternal(filename=name, length=len(content))
    async with session.post(
        str(reply["upload_url"]), data=content, proxy=client.proxy, allow_redirects=False
    ) as answer:
        if not answer.ok:
            raise UploadError(answer.status)
    return str(reply["file_id"])
