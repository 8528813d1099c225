"""Ways to answer one person privately, and the sentences that only the edge to Slack needs."""

from collections.abc import Collection
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.blocks.text import channel as channel_link
from bot.domain.errors import OutsideError, StoreError

log = structlog.get_logger()

CALL_FAILED: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, UnicodeDecodeError)
"""Everything that a call of slack_sdk raises for what happens between it and Slack."""

MALFORMED: Final = (
    "Slack sent this in a form that the bot does not understand, so nothing was done. Try again; "
    "if it stays so, tell the owner of the bot."
)

RETIRED: Final = (
    "This button is no longer used, so nothing was done: the request it stands for is closed, or "
    "its message was replaced. Type `/nsx-restore list` for the open requests."
)

OTHER_WORKSPACE: Final = (
    "This bot serves another workspace, so nothing was done. Ask somebody of that workspace who "
    "is on call there."
)

OTHER_APP: Final = (
    "This belongs to another app, so the bot did nothing. Use that app's own messages."
)

NO_FORM: Final = (
    "Slack did not open the window in time. Try again, or type `/nsx-restore help` for the "
    "commands that need none."
)

NOT_FILLED: Final = "Slack did not show in the window what belongs there. Close it and try again"

BROKE: Final = "This could not be read; the logs name the cause."
NO_ROWS: Final = "The bot's database cannot be read now; the logs name the cause."
AGAIN: Final = "Try again in a moment."

_OK: Final = 200


def trouble(error: Exception) -> tuple[str, str]:
    """Return what a person is told of an error of a read, and what to do. It is logged here.

    What the database and its driver say names hosts and accounts, so it stays in the logs.
    """
    if isinstance(error, StoreError):
        log.error("slack.not_read", said=str(error))
        return NO_ROWS, AGAIN
    if isinstance(error, OutsideError):
        log.warning("slack.not_read", said=error.said)
        return error.said, error.advice
    log.error("slack.read_broke", exc_info=error)
    return BROKE, AGAIN


def other_channel(allowed: Collection[str]) -> str:
    """Say where the bot can be used instead."""
    places = ", ".join(channel_link(one) for one in sorted(allowed))
    return f"A restore is not asked for or decided in this channel. Go to {places}."


async def tell(client: AsyncWebClient, response_url: str, text: str) -> None:
    """Answer whoever typed or pressed, where they did, so that nobody else sees it.

    Source: docs.slack.dev/interactivity/handling-user-interaction, response URLs. Never raises for
    what happens on the way: then the answer is lost, and the logs say so.
    """
    hook = AsyncWebhookClient(response_url, session=client.session, retry_handlers=[])
    hook.proxy = client.proxy
    message = {
        "text": text,
        "response_type": "ephemeral",
        "replace_original": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    try:
        reply = await hook.send_dict(message)
    except CALL_FAILED as error:
        log.warning("slack.answer_lost", code=type(error).__name__)
        return
    if reply.status_code != _OK:
        log.warning("slack.answer_lost", code=f"http_{reply.status_code}")


def code(error: BaseException) -> str:
    """Return Slack's name for an error, or the error's own; its text may hold addresses."""
    data = getattr(error.response, "data", None) if isinstance(error, SlackApiError) else None
    named = data.get("error") if isinstance(data, dict) else None
    return str(named or type(error).__name__)
