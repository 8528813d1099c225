"""Store, then ack, then do: what somebody did is a row before Slack hears "ok"."""

import asyncio
from typing import Final

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.intents import Intent
from handlers.desk import Desk

STORE_WITHIN: Final = 2.0
"""Seconds; an ack must be with Slack within three."""


async def take(desk: Desk, ack: AsyncAck, key: str, intent: Intent) -> None:
    """Store an intent under its key, ack, and see to it that it is performed.

    A repeat is acked and not performed again. The ack comes last: an error after it would make
    Bolt take it back.

    Raises:
        Exception: whatever kept it from being stored; then there is no ack (see `register`).
    """
    async with asyncio.timeout(STORE_WITHIN):
        is_new = await desk.service.receive(key, intent)
    if is_new:
        desk.spawn(desk.service.perform(key, intent), f"perform {key}")
    await ack()
