"""All benches, one after another, in one table: `uv run python -m tests.bench`.

Each is a command of its own too: `python -m tests.bench.ack` (`clicks`, `guided`, `latency`,
`overhead`, `page`, `start`). Exits with 1 if anything is not as demanded. Takes about a quarter of
an hour.
"""

import asyncio
import sys
import time
from collections.abc import Sequence

from bot.store.audit import verify
from bot.telemetry import configure_logs
from tests.bench import ack, clicks, guided, latency, overhead, page, start
from tests.bench.figures import Count, Row, show

ROUNDS = 1000


async def main() -> Sequence[Row]:
    """Run everything with the numbers that are demanded."""
    return [
        *await start.measure(rounds=10),
        *await page.measure(rounds=10),
        *await latency.measure(requests=20),
        *await overhead.measure(runs=10, speed=10),
        *await guided.measure(runs=10, speed=20),
        *await ack.measure(rate=50, seconds=30),
        await at_once(ROUNDS),
    ]


async def at_once(rounds: int) -> Count:
    """Play rounds of simultaneous clicks on SQLite, and verify the audit that they leave."""
    async with clicks.opened(postgres=False) as database:
        tallies = await clicks.play(database, rounds)
        verdict = await verify(database, clicks.KEY)
    wrong = [failure for tally in tallies.values() for failure in tally.failures]
    if not verdict.intact:
        wrong.append(f"audit: {verdict.fault}")
    return Count("clicks at once: rounds decided twice or wrongly", rounds, tuple(wrong))


if __name__ == "__main__":
    configure_logs("WARNING", json=True)  # refusals are logged, and there are thousands
    started = time.monotonic()
    sys.exit(show(asyncio.run(main()), started))
