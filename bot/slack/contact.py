"""Whether Slack answers us: the outcome of the last call, whoever made it and whatever it was."""

import asyncio
import time
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.failures import CALL_FAILED, failure

AGAIN: Final = 2.0
"""Seconds after a failed call before one is made only to see whether Slack is there again."""

WITHIN: Final = 2.0
"""Seconds that such a call may take."""

_SHUT_OUT: Final = frozenset(
    {
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "org_login_required",
        "token_expired",
        "token_revoked",
    }
)
"""Refusals of the token itself (docs.slack.dev/reference/methods/auth.test); others are answers."""


class Contact:
    """What the last call told. Without any call there is no contact."""

    def __init__(self) -> None:
        self.is_good = False
        self._at = float("-inf")

    def note(self, error: BaseException | None = None) -> None:
        """Note how a call went: it was answered, or failed with an error of `CALL_FAILED`."""
        seen = failure(error) if error is not None else None
        self.is_good = (
            seen is None
            or seen.code == "ratelimited"
            or (seen.refused and seen.code not in _SHUT_OUT)
        )
        self._at = time.monotonic()

    async def now(self, client: "WatchedClient") -> bool:
        """Return whether there is contact; after a failure Slack is asked anew, now and then.

        Otherwise a process that nobody calls, since it said that it is not ready, would never
        notice that Slack is back.
        """
        if not self.is_good and time.monotonic() - self._at > AGAIN:
            try:
                async with asyncio.timeout(WITHIN):
                    await client.auth_test()
            except CALL_FAILED as error:
                self.note(error)
        return self.is_good


class WatchedClient(AsyncWebClient):
    """A client of the Web API that notes how each call went."""

    def __init__(self, contact: Contact, **options: Any) -> None:
        super().__init__(**options)
        self._contact = contact

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """Call a method, as `AsyncWebClient` does."""
        try:
            reply = await super().api_call(api_method, **options)
        except CALL_FAILED as error:
            self._contact.note(error)
            raise
        self._contact.note()
        return reply
