"""The Events API: one delivery, and three more when the app did not take it.

Slack, "The Events API": retries almost at once, after a minute, after five minutes, always with
the same `event_id`; `X-Slack-No-Retry: 1` stops them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.slack.delivery import Kind, Outbound, Outcome, Receipt, Wire
from bot.sandbox.slack.json_types import Json

RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds between one attempt and the next, on the workspace's clock."""
POLL_SECONDS = 0.02
REASONS = {
    Outcome.LATE: "http_timeout",
    Outcome.LOST: "http_timeout",
    Outcome.REFUSED: "http_error",
    Outcome.UNREACHABLE: "connection_failed",
}
SUCCESS = range(200, 300)


@dataclass(eq=False, slots=True)
class EventDelivery:
    """One event and what became of its attempts; `due` is when the next one is, if any."""

    payload: Json
    attempts: list[Receipt] = field(default_factory=list)
    due: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the app has accepted it."""
        return bool(self.attempts) and _taken(self.attempts[-1])


class Events:
    """Sends events and repeats them.

    Args:
        clock: decides when a retry is due; it may be a simulated one.
        changed: is called after every attempt.
    """

    def __init__(self, wire: Wire, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._wire = wire
        self._clock = clock
        self._changed = changed
        self._held: list[EventDelivery] | None = None
        self._retrying: asyncio.Task[None] | None = None
        self.deliveries: list[EventDelivery] = []

    async def send(self, payload: Json) -> EventDelivery:
        """Send an event for the first time; while events are held, keep it."""
        delivery = EventDelivery(payload)
        self.deliveries.append(delivery)
        if self._held is None:
            await self._attempt(delivery)
        else:
            self._held.append(delivery)
        return delivery

    def hold(self) -> None:
        """Keep events back from now on."""
        self._held = []

    async def release(self, *, newest_first: bool = False) -> None:
        """Send what was held, one after the other, in order or reordered."""
        held, self._held = self._held or [], None
        for delivery in reversed(held) if newest_first else held:
            await self._attempt(delivery)

    async def duplicate(self, delivery: EventDelivery) -> Receipt:
        """Send an event once more although it was taken; the same `event_id`, no retry header."""
        return await self._wire.deliver(Outbound(Kind.EVENT, delivery.payload))

    async def deliver_due(self) -> None:
        """Send every retry whose time has come."""
        for delivery in self.deliveries:
            if delivery.due is not None and delivery.due <= self._clock():
                await self._attempt(delivery)

    async def close(self) -> None:
        """Forget the retries still to come."""
        if self._retrying is not None:
            self._retrying.cancel()
            await asyncio.wait({self._retrying})

    async def _attempt(self, delivery: EventDelivery) -> None:
        number = len(delivery.attempts)
        delivery.due = None
        retry = (number, REASONS[delivery.attempts[-1].outcome]) if number else None
        receipt = await self._wire.deliver(Outbound(Kind.EVENT, delivery.payload, retry=retry))
        delivery.attempts.append(receipt)
        if not _taken(receipt) and not receipt.no_retry and number < len(RETRY_AFTER):
            delivery.due = self._clock() + RETRY_AFTER[number]
            self._watch()
        self._changed()

    def _watch(self) -> None:
        if self._retrying is None or self._retrying.done():
            self._retrying = asyncio.get_running_loop().create_task(self._repeat())

    async def _repeat(self) -> None:
        while any(delivery.due is not None for delivery in self.deliveries):
            await asyncio.sleep(POLL_SECONDS)
            await self.deliver_due()


def _taken(receipt: Receipt) -> bool:
    return receipt.outcome is Outcome.ACKED or receipt.status in SUCCESS
