"""What Slack must still show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.events import Event, QuestionAnswered
from bot.domain.request import Place, Question
from bot.domain.values import RequestId, UserId


@dataclass(frozen=True, slots=True)
class CardItem:
    """The card of a request is out of date. `place` is where it stands, once posted.

    `version` counts what happened to the request: read the request after `due` gave the item, so
    that the card shows at least this; what happens later makes it out of date again.
    """

    id: int
    request_id: RequestId
    place: Place | None
    attempts: int
    version: int = 0


@dataclass(frozen=True, slots=True)
class LineItem:
    """A line of a request's thread is to be posted; `seq` counts them from 1 without gaps."""

    id: int
    request_id: RequestId
    card: Place
    seq: int
    event: Event
    at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """A question was answered or its run has ended: its message loses the buttons."""

    id: int
    request_id: RequestId
    place: Place
    question: Question
    answer: QuestionAnswered | None
    attempts: int


@dataclass(frozen=True, slots=True)
class PrivateItem:
    """A text for one person alone, queued at `since`."""

    id: int
    user: UserId
    channel: str
    text: str
    since: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class ReportItem:
    """The report files of an ended request are to be put into its thread."""

    id: int
    request_id: RequestId
    card: Place
    attempts: int


OutboxItem = CardItem | LineItem | QuestionItem | PrivateItem | ReportItem


class Outbox(Protocol):
    """What Slack must still show. Rows are written by the ledger; one loop delivers them."""

    async def due(self) -> Sequence[OutboxItem]:
        """Return what can be delivered now.

        For each request: its card while it has none or is out of date; its oldest undelivered
        line, once the card stands; what only that line waits for stays back. So a thread is
        complete and in order.
        """
        ...

    async def begin(self, item: OutboxItem) -> None:
        """Note, committed, that a delivery is being tried: after a crash it is looked for first."""
        ...

    async def sent(self, item: OutboxItem, place: Place | None) -> None:
        """Note that an item stands in Slack, and where."""
        ...

    async def note_card(self, request_id: RequestId, place: Place) -> None:
        """Note that a request's card had to be posted anew: its buttons count there from now on."""
        ...

    async def note_question(self, request_id: RequestId, key: str, place: Place) -> Place | None:
        """Note that answers to a question count here from now on; return where they did before."""
        ...

    async def postpone(self, item: OutboxItem, until: datetime, why: str) -> None:
        """Try again later. `why` is kept for the logs, without secrets."""
        ...

    async def tell(self, key: str, user: UserId, channel: str, text: str) -> None:
        """Queue a private text, once for each key."""
        ...

    async def redraw(self) -> None:
        """Mark the cards of all active requests as out of date (after a start)."""
        ...

    async def lag(self) -> float:
        """Return how many seconds the oldest undelivered item has been waiting; 0 if none is."""
        ...

    async def changed(self, seconds: float) -> None:
        """Return when there may be something new, at the latest after so many seconds."""
        ...
