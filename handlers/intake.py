"""Store, then ack, then do: what somebody did is a row before Slack hears "ok"."""

import asyncio
from typing import Final

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import OutsideError
from bot.domain.intents import Intent
from handlers.desk import Desk

log = structlog.get_logger()

STORE_WITHIN: Final = 2.0
"""Seconds; an ack must be with Slack within three."""


async def take(desk: Desk, ack: AsyncAck, key: str, intent: Intent) -> None:
    """Store an intent under its key, ack, and see to it that it is performed.

    A repeat is acked and not performed again. The ack comes last: an error after it would make
    Bolt take it back.

    Raises:
        TimeoutError: it may be stored yet; if it is, it is performed as any other.
        Exception: whatever kept it from being stored; then there is no ack (see `register`).
    """
    storing = asyncio.create_task(desk.service.receive(key, intent), name=f"store {key}")
    try:
        async with asyncio.timeout(STORE_WITHIN):
            # A commit that is under way cannot be taken back: it is not given up half-way.
            is_new = await asyncio.shield(storing)
    except TimeoutError:
        desk.spawn(_once_stored(desk, storing, key, intent), f"perform late {key}")
        raise
    except asyncio.CancelledError:
        storing.cancel()
        raise
    if is_new:
        desk.spawn(desk.service.perform(key, intent), f"perform {key}")
    await ack()


async def _once_stored(desk: Desk, storing: asyncio.Task[bool], key: str, intent: Intent) -> None:
    try:
        is_new = await storing
    except OutsideError as error:
        log.warning("slack.not_stored_late", key=key, said=error.said)
        return
    if is_new:
        await desk.service.perform(key, intent)
