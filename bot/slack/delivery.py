"""One item of the outbox on its way into Slack, drawn from the rows as they are now.

What is posted once must be there once: before anything is tried again, it is looked for.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar, assert_never
from weakref import WeakValueDictionary

import structlog
from slack_sdk.errors import SlackApiError

from bot.blocks import card, report, thread
from bot.blocks.message import Message, simpler
from bot.domain.events import Reminded
from bot.domain.request import Place, Question, Request
from bot.domain.target import Group
from bot.ports import (
    CardItem,
    Clock,
    Ledger,
    LineItem,
    OutboxItem,
    PrivateItem,
    QuestionItem,
    ReportItem,
)
from bot.slack.clients import SlackClients
from bot.slack.failures import CALL_FAILED, failure
from bot.slack.search import Search, card_metadata, line_metadata
from bot.slack.upload import upload

log = structlog.get_logger()

T = TypeVar("T")

CARD_LOST: Final = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})
"""The card cannot be edited any more: it was deleted, is too old, or is not ours."""

UNSHOWABLE: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)
"""What Slack says of a message that it will never take as it is.

Source: docs.slack.dev/reference/methods/chat.postMessage and chat.update, Errors.
"""

THREAD_LOST: Final = frozenset({"thread_not_found", "message_not_found"})

_NOT_THERE: Final = frozenset(
    {"user_not_in_channel", "channel_not_found", "not_in_channel", "is_archived"}
)
"""A private text cannot be shown in the channel, so it goes into a direct message."""

_NOBODY: Final = frozenset({"user_not_found", "user_disabled", "cannot_dm_bot", "users_not_found"})
"""There is no person to tell."""

_SKEW: Final = timedelta(hours=1)
"""How far Slack's clock may be from ours when a card is looked for."""

_QUIET: Final[dict[str, Any]] = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True)
class Sent:
    """Where an item stands in Slack now, if it is a message of its own.

    `card` is where the card stands that had to be posted anew for it; `question` is the one that
    it asks, with buttons.
    """

    place: Place | None = None
    card: Place | None = None
    question: Question | None = None


class Delivery:
    """Delivers items. Raises what slack_sdk raises, and leaves the outbox to its caller."""

    def __init__(
        self, ledger: Ledger, slack: SlackClients, clock: Clock, leads: Group, *, typed: bool
    ) -> None:
        self._ledger = ledger
        self._slack = slack
        self._clock = clock
        self._leads = leads
        self._typed = typed
        self._search = Search(slack.reads)
        self._posting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def deliver(self, item: OutboxItem) -> Sent:
        """Bring an item into Slack."""
        match item:
            case CardItem():
                return Sent(await self._card(item))
            case LineItem():
                return await self._line(item)
            case QuestionItem():
                await self._question(item)
            case PrivateItem():
                await self._private(item)
            case ReportItem():
                await self._report(item)
            case _:
                assert_never(item)
        return Sent()

    # -- cards ----------------------------------------------------------------------------------

    async def _card(self, item: CardItem) -> Place:
        request = await self._ledger.get(item.request_id)
        if item.place is None:
            return await self._post_card(request, looked_for=item.attempts > 0)
        drawn = await self._drawn(request)
        try:
            await self._edit(item.place, drawn)
        except SlackApiError as error:
            if failure(error).code not in CARD_LOST:
                raise
            log.warning("slack.card_lost", request_id=request.id, code=failure(error).code)
            return await self._post_card(request, looked_for=True, lost=item.place)
        return item.place

    async def _post_card(
        self, request: Request, *, looked_for: bool, lost: Place | None = None
    ) -> Place:
        """Post the card, or adopt the one that is there. One at a time for each request."""
        async with self._posting.setdefault(request.id, asyncio.Lock()):
            drawn = await self._drawn(request)
            found = await self._found_card(request) if looked_for else None
            if found is not None and found != lost:
                await self._edit(found, drawn)
                return found
            return await self._post(request.channel, drawn, metadata=card_metadata(request.id))

    async def _found_card(self, request: Request) -> Place | None:
        oldest = (request.created_at - _SKEW).timestamp()
        return await self._search.card(request.channel, request.id, oldest)

    async def _drawn(self, request: Request) -> Message:
        head = None if request.is_active else await self._ledger.head()
        return card.card(request, now=self._clock.now(), head=head, typed=self._typed)

    # -- the thread -----------------------------------------------------------------------------

    async def _line(self, item: LineItem) -> Sent:
        request = await self._ledger.get(item.request_id)
        asks = thread.asked(request, item.event)
        if item.attempts > 0:
            found = await self._found(item)
            if found is not None:
                if isinstance(item.event, Reminded):
                    # Whether it asks may have changed since it was posted.
                    await self._edit(found, self._told(request, item))
                return Sent(found, question=asks)
        try:
            return Sent(await self._post_line(request, item, item.card), question=asks)
        except SlackApiError as error:
            if failure(error).code not in THREAD_LOST:
                raise
        # The thread went with its card. A new card begins a new one, where the story goes on.
        anew = await self._post_card(request, looked_for=True, lost=item.card)
        return Sent(await self._post_line(request, item, anew), card=anew, question=asks)

    async def _found(self, item: LineItem) -> Place | None:
        try:
            return await self._search.line(item.card, item.request_id, item.seq)
        except SlackApiError as error:
            if failure(error).code not in THREAD_LOST:
                raise
            return None

    async def _post_line(self, request: Request, item: LineItem, under: Place) -> Place:
        return await self._post(
            under.channel,
            self._told(request, item),
            thread_ts=under.ts,
            reply_broadcast=thread.is_broadcast(request, item.event),
            metadata=line_metadata(item.request_id, item.seq),
        )

    def _told(self, request: Request, item: LineItem) -> Message:
        return thread.line(request, item.event, item.at, leads=self._leads)

    async def retire(self, place: Place, question: Question) -> None:
        """Take the buttons from a message whose question is asked by a newer one.

        It may fail: whoever presses there is told to use the newest message.
        """
        try:
            await self._edit(place, thread.asked_again(question))
        except CALL_FAILED as error:
            log.warning("slack.question_not_retired", code=failure(error).code)

    async def _question(self, item: QuestionItem) -> None:
        request = await self._ledger.get(item.request_id)
        try:
            await self._edit(item.place, thread.answered(item.question, item.answer, request.state))
        except SlackApiError as error:
            # Its buttons count for nothing any more, so there is nothing to repair.
            if failure(error).code not in CARD_LOST:
                raise
            log.warning("slack.question_lost", request_id=request.id, code=failure(error).code)

    async def _report(self, item: ReportItem) -> None:
        request = await self._ledger.get(item.request_id)
        story, head = await self._ledger.story(item.request_id), await self._ledger.head()
        name = f"{request.id}-report"
        data = json.dumps(report.to_json(request, story, head), indent=2, ensure_ascii=False)
        files = {
            f"{name}.md": report.markdown(request, story, head).encode(),
            f"{name}.json": data.encode(),
        }
        if item.attempts > 0 and await self._search.files(item.card, frozenset(files)):
            return
        comment = f"The report of {request.id}, to read and to process."
        await upload(self._slack.posts, self._slack.session, item.card, files, comment)

    # -- one person alone -----------------------------------------------------------------------

    async def _private(self, item: PrivateItem) -> None:
        try:
            await self._slack.posts.chat_postEphemeral(
                channel=item.channel, user=item.user, text=item.text
            )
        except SlackApiError as error:
            code = failure(error).code
            if code not in _NOT_THERE | _NOBODY:
                raise
            await self._direct(item)

    async def _direct(self, item: PrivateItem) -> None:
        try:
            opened = await self._slack.reads.conversations_open(users=item.user)
            channel = str((opened.get("channel") or {}).get("id"))
            await self._slack.posts.chat_postMessage(channel=channel, text=item.text, **_QUIET)
        except SlackApiError as error:
            if failure(error).code not in _NOBODY:
                raise
            log.warning("slack.nobody_to_tell", user=item.user, code=failure(error).code)

    # -- the two calls --------------------------------------------------------------------------

    async def _post(self, channel: str, shown: Message, **more: Any) -> Place:
        reply = await _plainer_if_refused(
            lambda drawn: self._slack.posts.chat_postMessage(
                channel=channel, text=drawn.text, blocks=drawn.blocks or None, **_QUIET, **more
            ),
            shown,
        )
        return Place(str(reply["channel"]), str(reply["ts"]))

    async def _edit(self, place: Place, shown: Message) -> None:
        await _plainer_if_refused(
            lambda drawn: self._slack.reads.chat_update(
                channel=place.channel, ts=place.ts, text=drawn.text, blocks=drawn.blocks, **_QUIET
            ),
            shown,
        )


async def _plainer_if_refused(call: Callable[[Message], Awaitable[T]], shown: Message) -> T:
    """Show a message, or so much of it as Slack takes: it would say no for ever."""
    for plainer in simpler(shown):
        try:
            return await call(shown)
        except SlackApiError as error:
            if failure(error).code not in UNSHOWABLE:
                raise
            code = failure(error).code
            log.error("slack.shown_plainly", code=code)  # noqa: TRY400 - what Slack echoes stays out
        shown = plainer
    return await call(shown)
