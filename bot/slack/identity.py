"""Who we are to Slack: asked once at the start, and by the doctor."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import Kind, SlackError
from bot.slack.failures import CALL_FAILED, failure

log = structlog.get_logger()


CHECK_WAY: Final = "Check SLACK_API_URL and the way out."
"""What helps where Slack cannot be reached."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot as Slack knows it: its workspace, its scopes, and Slack's own time.

    `bot_id` is what the token acts as; `None` when Slack did not say.
    """

    team_id: str
    bot_user: str
    bot_id: str | None
    scopes: frozenset[str]
    slack_time: datetime | None


async def identify(client: AsyncWebClient) -> Identity | None:
    """Ask `auth.test` who we are; `None` while Slack cannot be reached.

    Raises:
        SlackError: Slack refuses the token.

    """
    try:
        reply = await client.auth_test()
    except CALL_FAILED as error:
        seen = failure(error)
        if not seen.refused:
            return None
        raise SlackError(
            Kind.AUTH,
            f"Slack refuses SLACK_BOT_TOKEN: {seen.code}.",
            "Install the app again and set the new token.",
        ) from None
    headers = {str(name).lower(): str(value) for name, value in reply.headers.items()}
    scopes = frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(","))
    date = headers.get("date")
    return Identity(
        team_id=str(reply["team_id"]),
        bot_user=str(reply["user_id"]),
        bot_id=reply.get("bot_id"),
        scopes=scopes - {""},
        slack_time=parsedate_to_datetime(date) if date else None,
    )


async def app_of(client: AsyncWebClient, seen: Identity) -> str | None:
    """Ask `bots.info` which app the token belongs to: its payloads name it.

    Source: docs.slack.dev/reference/methods/bots.info; `users:read` is enough. `None` where Slack
    does not say: then signature and token alone tell whose a payload is.
    """
    if seen.bot_id is None:
        return None
    try:
        reply = await client.bots_info(bot=seen.bot_id)
    except CALL_FAILED as error:
        log.warning("slack.app_unknown", code=failure(error).code)
        return None
    found = (reply.get("bot") or {}).get("app_id")
    return str(found) if found else None


async def socket_address(client: AsyncWebClient) -> str | None:
    """Ask `apps.connections.open` for a socket's address; `None` while Slack cannot be reached.

    `client` has the app token. Nothing is connected by asking.

    Raises:
        SlackError: Slack refuses the token.

    """
    try:
        reply = await client.apps_connections_open(app_token=client.token or "")
    except CALL_FAILED as error:
        seen = failure(error)
        if not seen.refused:
            return None
        raise app_token_refused(seen.code) from None
    return str(reply.get("url"))


def app_token_refused(code: str) -> SlackError:
    """Slack takes the app token no more, or never did; `code` is its word for that."""
    return SlackError(
        Kind.AUTH,
        f"Slack refuses SLACK_APP_TOKEN: {code}.",
        "Make an app-level token with the scope connections:write, and see that Socket Mode is on.",
    )
