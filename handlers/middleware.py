"""What holds for every payload: whose it is, how long its ack took, and what an error means."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import modals, replies
from bot.blocks.actions import Button
from bot.domain.errors import OutsideError, StoreError
from bot.domain.request import Place
from bot.domain.standing import Finding
from bot.ports import Signature, Tried
from handlers import answers
from handlers.answers import tell
from handlers.desk import Desk
from handlers.payloads import MalformedError, Origin, origin

log = structlog.get_logger()

Body = dict[str, Any]
Next = Callable[[], Awaitable[Any]]

_TITLE: Final = "Not done"

ALLOWED_CHANNEL: Final = "allowed_channel"
"""The rule that a person of our own workspace can break at the gate."""

_LOOKS: Final = frozenset({Button.DETAILS, Button.RESUBMIT})
"""Buttons that show something, without anybody being judged."""


class TimedAck(AsyncAck):
    """An ack that tells how long it took since the payload arrived."""

    def __init__(self, acked: Callable[[float], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._acked = acked
        self._arrived = time.monotonic()

    async def __call__(self, *args: Any, **kwargs: Any) -> BoltResponse:
        """Acknowledge."""
        self._acked(time.monotonic() - self._arrived)
        return await super().__call__(*args, **kwargs)


class Gate:
    """Lets through what comes from the home workspace, the allowed channels and our own app."""

    def __init__(self, desk: Desk, client: AsyncWebClient) -> None:
        self._desk = desk
        self._client = client

    def register(self, app: AsyncApp) -> None:
        """Stand before every listener, and behind every error."""
        app.middleware(self.on_payload)
        app.error(self.on_error)

    async def on_payload(
        self, body: Body, context: AsyncBoltContext, next_: Next
    ) -> BoltResponse | None:
        """Refuse what is not ours, privately, with what to do; nothing of it is performed."""
        context["ack"] = TimedAck(self._desk.acked)
        seen = origin(body)
        refusal = self._refusal(body, seen)
        if refusal is None:
            await next_()
            return None
        log.info(
            "slack.refused",
            kind=_kind(body),
            rule=refusal.rule,
            user=seen.user,
            team=seen.user_team or seen.team,
            channel=seen.channel,
        )
        response = await self._refuse(body, context.ack, refusal.sentence)
        self._audit(body, seen, refusal)
        return response

    def _audit(self, body: Body, seen: Origin, refusal: Finding) -> None:
        """Keep what a person of our own did where it does not belong.

        Strangers are only logged: they must not make the chain grow, or take its lock.
        """
        if refusal.rule != ALLOWED_CHANNEL or seen.user is None or seen.trigger_id is None:
            return
        if _is_foreign(seen.user_team, seen.team):
            return
        signature = Signature(f"gate:{seen.trigger_id}", seen.user, _message(body, seen))
        tried = Tried(_kind(body), seen.channel)
        self._desk.spawn(self._desk.service.refuse(None, refusal, signature, tried), "audit")

    async def on_error(
        self, error: Exception, body: Body, response: BoltResponse | None
    ) -> BoltResponse | None:
        """Answer for an error of a listener.

        An event has been acked before its listener runs; then `response` is `None`, and Bolt wants
        none in return.
        """
        answer = await self._after(error, body)
        return None if response is None else answer

    async def _after(self, error: Exception, body: Body) -> BoltResponse:
        """Answer for an error before the ack.

        What Slack does not send like this is acked and refused. Anything else is not acked, since
        it may not have been stored: Slack then shows an error, and so do we.
        """
        if isinstance(error, MalformedError):
            log.warning("slack.malformed", kind=_kind(body), where=str(error))
            return await self._refuse(body, TimedAck(self._desk.acked), answers.MALFORMED)
        text = replies.not_certain()
        if isinstance(error, OutsideError):
            log.error("slack.not_stored", kind=_kind(body), said=str(error))
            if isinstance(error, StoreError) and error.never_began:
                text = replies.not_stored()
        elif isinstance(error, TimeoutError):
            log.error("slack.stored_late", kind=_kind(body))
        else:
            log.error("slack.broke", kind=_kind(body), exc_info=error)
        self._tell(body, text)
        return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, body="")

    def _refusal(self, body: Body, seen: Origin) -> Finding | None:
        configuration, app_id = self._desk.service.configuration, self._desk.app_id
        if app_id is not None and seen.app_id != app_id:
            return Finding.no("own_app", answers.OTHER_APP)
        if seen.team != configuration.team_id:
            return Finding.no("home_workspace", answers.OTHER_WORKSPACE)
        if _only_looks(body) and _is_foreign(seen.user_team, seen.team):
            return Finding.no("home_member", answers.OTHER_WORKSPACE)
        if seen.channel is not None and seen.channel not in configuration.channels:
            return Finding.no(ALLOWED_CHANNEL, answers.other_channel(configuration.channels))
        return None

    async def _refuse(self, body: Body, ack: AsyncAck, text: str) -> BoltResponse:
        match _kind(body):
            case "command":
                return await ack(text)
            case "view_submission":
                view = modals.problem(_TITLE, text, "Nothing was done.")
                return await ack(response_action="update", view=view)
            case _:
                self._tell(body, text)
                return await ack()

    def _tell(self, body: Body, text: str) -> None:
        url = body.get("response_url")
        if isinstance(url, str):
            self._desk.spawn(tell(self._client, url, text), "tell")


def _only_looks(body: Body) -> bool:
    """Whether a press only shows something: everything else is judged by who the person is."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    return isinstance(first, dict) and first.get("action_id") in _LOOKS


def _message(body: Body, seen: Origin) -> Place | None:
    """The message that a button was pressed on."""
    container = body.get("container")
    ts = container.get("message_ts") if isinstance(container, dict) else None
    return Place(seen.channel, ts) if seen.channel and isinstance(ts, str) else None


def _is_foreign(user_team: str | None, home: str | None) -> bool:
    """Whether a person's own workspace is told and another one.

    In Enterprise Grid it is told as the organization's `E...` id; `users.info` decides then.
    """
    return user_team is not None and not user_team.startswith("E") and user_team != home


def _kind(body: Body) -> str:
    return "command" if "command" in body else str(body.get("type", "unknown"))[:40]
