"""The Bolt app: Slack's payloads come in here, over HTTP or over Socket Mode."""

import logging
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.logger.messages import (
    warning_client_prioritized_and_token_skipped,
    warning_token_skipped,
)
from slack_sdk.web.async_client import AsyncWebClient

_BY_DESIGN: Final = frozenset(
    {warning_client_prioritized_and_token_skipped(), warning_token_skipped()}
)
"""What Bolt warns of when the token comes with the client, or stands in the environment."""


def build_bolt(token: str, signing_secret: str | None, client: AsyncWebClient) -> AsyncApp:
    """Return an app without listeners.

    Args:
        token: the bot's token.
        signing_secret: with it Bolt verifies signatures too, behind our own verifier; `None` for
            Socket Mode, where the socket itself is authenticated.
        client: used by Bolt; listeners are handed their own.

    Raises:
        ValueError: an empty secret, which Bolt would notice only at the first request.
    """
    if signing_secret is not None and not signing_secret.strip():
        raise ValueError("the signing secret is empty")

    async def authorize(enterprise_id: str | None, team_id: str | None, **_: Any) -> Any:
        # Bolt's own way asks Slack (auth.test) before the first ack; an ack must not wait for that.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    logger = logging.getLogger("slack_bolt.nsx_restore")
    logger.addFilter(_is_news)
    return AsyncApp(
        name="nsx-restore",
        logger=logger,
        client=client,
        authorize=authorize,
        signing_secret=signing_secret,
        request_verification_enabled=signing_secret is not None,
        process_before_response=False,
    )


def _is_news(record: logging.LogRecord) -> bool:
    return record.getMessage() not in _BY_DESIGN
