"""What Slack tells without being asked: the Home tab was opened, the bot was mentioned.

Bolt acks events by itself before a listener runs, so nothing that must not be lost is an event.
"""

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import replies
from bot.blocks.elements import View
from bot.blocks.home import home, unreadable
from bot.domain.request import State
from handlers.actions import ANYTHING
from handlers.answers import CALL_FAILED, code, trouble
from handlers.desk import Desk
from handlers.middleware import Body
from handlers.payloads import HomeOpened, Mentioned, read

log = structlog.get_logger()

_WAITING = frozenset({State.PLANNING, State.AWAITING_APPROVAL})

_RECENT = 100


class Events:
    """Listens to events."""

    def __init__(self, desk: Desk, client: AsyncWebClient) -> None:
        self._desk = desk
        self._client = client

    def register(self, app: AsyncApp) -> None:
        """Listen; events that mean nothing here are taken, or Slack would repeat them."""
        app.event("app_home_opened")(self.on_home)
        app.event("app_mention")(self.on_mention)
        app.event(ANYTHING)(self.on_other)

    async def on_home(self, body: Body) -> None:
        """Show what is open and what was."""
        opened = read(HomeOpened, body).event
        if opened.tab == "home":
            self._desk.spawn(self._show_home(opened.user), "show home")

    async def on_mention(self, body: Body) -> None:
        """Say privately how the bot is spoken to; where it is not used, say nothing."""
        mention = read(Mentioned, body).event
        if mention.channel in self._desk.service.configuration.channels:
            self._desk.spawn(self._help(mention.channel, mention.user), "help")

    async def on_other(self) -> None:
        """Nothing depends on it."""

    async def _show_home(self, user: str) -> None:
        try:
            view = await self._home()
        except Exception as error:  # noqa: BLE001
            # Border: nobody who asks is left without an answer; logged, and told to them.
            view = unreadable(*trouble(error))
        try:
            await self._client.views_publish(user_id=user, view=view)
        except CALL_FAILED as error:
            log.warning("slack.home_not_shown", code=code(error))

    async def _home(self) -> View:
        requests = await self._desk.service.requests(limit=_RECENT)
        waiting = [one for one in requests if one.state in _WAITING]
        running = [one for one in requests if one.is_active and one.state not in _WAITING]
        ended = [one for one in requests if not one.is_active]
        return home(waiting, running, ended)

    async def _help(self, channel: str, user: str) -> None:
        try:
            await self._client.chat_postEphemeral(
                channel=channel, user=user, text=replies.help_text()
            )
        except CALL_FAILED as error:
            log.warning("slack.help_not_shown", code=code(error))
