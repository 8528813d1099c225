"""Start of `nsx-restore serve` until `/readyz` says 200, beside what the machine takes for nothing.

    uv run python -m tests.bench.start --rounds 10

Each round starts an interpreter that does nothing, then the bot on no database (it creates the
schema), then the bot on that database. A start counts from the creation of the process.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

import httpx

from bot.sandbox.stage import Setting, Stage
from tests.bench.figures import Figure, Goal, Row, show
from tests.bench.stages import raised

GOAL = Goal(100, 3.0)


async def measure(rounds: int) -> Sequence[Row]:
    """Start everything so many times, in turn."""
    async with raised(Setting()) as stage:
        turns = [
            (await nothing(), await first_start(stage), await next_start(stage))
            for _ in range(rounds)
        ]
    bare, first, following = zip(*turns, strict=True)
    return [
        Figure("start: python -c pass (the machine)", bare),
        Figure("start: serve to ready, first start", first, GOAL),
        Figure("start: serve to ready, database exists", following, GOAL),
    ]


async def nothing() -> float:
    """Start an interpreter that ends at once; return the seconds until it has ended."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    return time.monotonic() - began


async def first_start(stage: Stage) -> float:
    """Start the bot on no database, and stop it; return the seconds until it was ready."""
    for path in stage.directory.glob("nsx-restore.db*"):
        path.unlink()
    return await next_start(stage)


async def next_start(stage: Stage) -> float:
    """Start the bot, and stop it; return the seconds until it was ready."""
    url = f"http://127.0.0.1:{stage.admin_port}/readyz"
    # One client: making one costs time on the core that the bot needs.
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:

        async def is_ready() -> bool:
            try:
                return (await client.get(url)).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        seconds = await stage.bot.start(is_ready)
    await stage.bot.stop()
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    started = time.monotonic()
    sys.exit(show(asyncio.run(measure(given.rounds)), started))
