"""Windows of one person: opened within Slack's three seconds, filled when what they show is read.

Source: docs.slack.dev/reference/methods/views.open: a trigger lives three seconds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import modals
from handlers.answers import CALL_FAILED, NO_FORM, NOT_FILLED, code, tell, trouble

log = structlog.get_logger()

Json = dict[str, Any]

_CLOSED: Final = "not_found"
"""The person has closed the window meanwhile (docs.slack.dev/reference/methods/views.update)."""


@dataclass(frozen=True, slots=True)
class Window:
    """An open modal; `hash` changes with each update."""

    id: str
    hash: str | None


async def open_window(
    client: AsyncWebClient, trigger_id: str, response_url: str, view: Json
) -> Window | None:
    """Open a modal. `None` if Slack did not; then the person has been told."""
    try:
        reply = await client.views_open(trigger_id=trigger_id, view=view)
    except CALL_FAILED as error:
        log.warning("slack.no_window", code=code(error))
        await tell(client, response_url, NO_FORM)
        return None
    shown = reply.get("view") or {}
    return Window(str(shown.get("id")), str(shown.get("hash")))


async def show(
    client: AsyncWebClient,
    trigger_id: str,
    response_url: str,
    title: str,
    draw: Callable[[], Awaitable[Json]],
    *,
    instead: str,
) -> None:
    """Open a window at once, and fill it with what takes a moment to read.

    It never stays empty without a word: what breaks is shown in it, and if Slack does not show
    that, the person is told so, with what to type `instead`.
    """
    window = await open_window(client, trigger_id, response_url, modals.loading(title))
    if window is None:
        return
    try:
        view = await draw()
    except Exception as error:  # noqa: BLE001
        # Border: nobody who asks is left without an answer; logged, and told to them.
        view = modals.problem(title, *trouble(error))
    failed = await fill_window(client, window, view)
    if failed not in {None, _CLOSED}:
        await tell(client, response_url, f"{NOT_FILLED}, or type `{instead}`.")


async def fill_window(client: AsyncWebClient, window: Window, view: Json) -> str | None:
    """Show something else in an open modal; return Slack's reason if that was not possible."""
    try:
        await client.views_update(view_id=window.id, hash=window.hash, view=view)
    except CALL_FAILED as error:
        log.warning("slack.window_not_filled", code=code(error))
        return code(error)
    return None
