"""The page in a real browser: start to usable, a message to the screen, 2,000 messages.

    uv run python -m tests.bench.page --rounds 10

*Start* counts from the creation of the demo's stage until somebody can type in the page and the
bot is ready; *open* is a window of a running demo. *A message* counts from the moment the workspace
has it until the page has painted it. Scrolling and typing are frames and keys with 2,000 messages.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.sandbox.stage import CHANNEL
from tests.bench.figures import Figure, Goal, Row, show
from tests.browser.chromium import launched
from tests.browser.house import House, a_house
from tests.browser.screen import Screen
from tests.browser.test_window import many

START = Goal(100, 5.0)
REACHES = Goal(100, 0.2)

PAINTED = """(text) => new Promise((done) => {
  const look = () => document.querySelector("#place").textContent.includes(text)
    ? requestAnimationFrame(() => done(Date.now())) : requestAnimationFrame(look);
  look();
})"""

FRAMES = """async () => {
  const node = document.querySelector("#place .scroller");
  const times = [];
  let last = performance.now();
  for (let step = 0; step < 60; step += 1) {
    node.scrollTop -= 400;
    await new Promise((done) => requestAnimationFrame(done));
    times.push((performance.now() - last) / 1000);
    last = performance.now();
  }
  return times;
}"""

TYPED = """async () => {
  const node = document.querySelector("#composer-input");
  const times = [];
  for (const letter of "/nsx-restore request sandbox-nsxt") {
    const began = performance.now();
    node.value += letter;
    node.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push((performance.now() - began) / 1000);
  }
  return times;
}"""


async def measure(rounds: int) -> Sequence[Row]:
    """Start so many times, then send so many messages, then with 2,000 of them in the channel."""
    starts = tuple([await start() for _ in range(rounds)])
    with tempfile.TemporaryDirectory(prefix="nsx-restore-bench-") as directory:
        async with launched() as browser, a_house(browser, Path(directory)) as house:
            few = await messages(house, rounds)
            many(house.stage)
            opened, full, frames, keys = await with_many(house, rounds)
    return [
        Figure("page: start to usable page, bot ready", starts, START),
        Figure("page: a message until it is painted", few, REACHES),
        Figure("page: a window opened on 2,000 messages", opened, START),
        Figure("page: a message beside 2,000 others", full, REACHES),
        Figure("page: a frame while scrolling 2,000", frames),
        Figure("page: a key typed beside 2,000", keys),
    ]


async def start() -> float:
    """Raise stage, page and bot, and open a window; return the seconds until one can type."""
    async with launched() as browser:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="nsx-restore-bench-") as directory:
            async with (
                a_house(browser, Path(directory)) as house,
                house.window("U0ANA"),
            ):
                return time.monotonic() - began


async def messages(house: House, rounds: int) -> tuple[float, ...]:
    """Say so many things, one after another; return what each took to the screen."""
    async with house.window("U0ANA") as ana:
        return tuple([await one_message(house, ana, f"bench {n} of a few") for n in range(rounds)])


async def one_message(house: House, ana: Screen, text: str) -> float:
    """Say one thing as somebody else; both clocks are this machine's."""
    painted = asyncio.create_task(ana.page.evaluate(PAINTED, text))
    await asyncio.sleep(0.05)
    said = time.time()
    await house.stage.person("U0EVE").say(CHANNEL, text)
    return max(float(await painted) / 1000 - said, 0.0)


async def with_many(house: House, rounds: int) -> tuple[tuple[float, ...], ...]:
    """Open a window on 2,000 messages, and use it."""
    began = time.monotonic()
    async with house.window("U0ANA") as ana:
        await ana.messages.last.wait_for()
        opened = time.monotonic() - began
        full = tuple([await one_message(house, ana, f"bench {n} of many") for n in range(rounds)])
        frames = tuple(await ana.page.evaluate(FRAMES))
        keys = tuple(await ana.page.evaluate(TYPED))
    return (opened,), full, frames, keys


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    started = time.monotonic()
    sys.exit(show(asyncio.run(measure(given.rounds)), started))
