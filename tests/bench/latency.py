"""From the click of Approve to the edited card that shows the vote, in the default pace.

    uv run python -m tests.bench.latency --requests 20

`nsx-restore serve` runs as a process of its own; the local Slack keeps to Slack's own rate limits.
Requests follow one another: each is filed, approved by one lead (this is what is measured: from
the press until Slack has taken the `chat.update` with that lead on the card) and denied by another,
so that the target is free again. For each request the group of leads is read three times, which
Slack allows 20 times a minute (tier 2), and five messages are posted, one a second: so one begins
every ten seconds.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from bot.sandbox.cast import Cast
from bot.sandbox.slack import Message
from bot.sandbox.stage import CHANNEL, LEADS, Setting, Stage
from tests.bench.figures import Count, Figure, Goal, Row, show
from tests.bench.stages import raised

GOAL = Goal(50, 0.5)

APART = 10.0
"""Seconds from one filing to the next, at least."""

PATIENCE = 30.0


async def measure(requests: int) -> Sequence[Row]:
    """Measure so many requests, one after another."""
    # At real speed, so that no time-out of the configuration falls into the run.
    async with raised(Setting(speed=1.0)) as stage:
        await stage.start_bot()
        return await clicks(stage, requests, APART)


async def clicks(stage: Stage, requests: int, apart: float) -> Sequence[Row]:
    """File, approve and deny so many requests, and return what the approvals took."""
    loop, cast = asyncio.get_running_loop(), Cast(stage)
    seconds = []
    for _ in range(requests):
        began = loop.time()
        card = await cast.file()
        seconds.append(await until_shown(cast, card, LEADS[0]))
        await cast.deny(LEADS[1], card.ts, "Only the way of a vote is measured.")
        await cast.until_end(card.ts)
        await asyncio.sleep(max(began + apart - loop.time(), 0))
    return [
        Figure("click of Approve until the card shows it", tuple(seconds), GOAL),
        Count("click: rules of Slack broken", requests, tuple(stage.workspace.violations)),
    ]


async def until_shown(cast: Cast, card: Message, lead: str) -> float:
    """Have a lead press Approve; return the seconds until the card shows that vote."""
    workspace = cast.stage.workspace
    await workspace.until(lambda: "approve" in cast.card(card.ts).action_ids, PATIENCE)
    pressed = time.monotonic()
    pressing = asyncio.create_task(cast.stage.person(lead).click(CHANNEL, card.ts, "approve"))
    await workspace.until(lambda: f"<@{lead}>" in cast.card(card.ts).full_text, PATIENCE)
    seconds = time.monotonic() - pressed
    await pressing
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20)
    given = parser.parse_args()
    started = time.monotonic()
    sys.exit(show(asyncio.run(measure(given.requests)), started))
