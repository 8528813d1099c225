"""Ack of commands and clicks at 50 a second, over HTTP and over Socket Mode, on SQLite.

    uv run python -m tests.bench.ack --rate 50 --seconds 30

`nsx-restore serve` runs as a process of its own; the local Slack, which judges every answer by
Slack's rules, runs in this one. Commands and clicks are let loose at fixed times, whether or not
earlier ones were answered, and an ack counts from that time on: a stall is seen by everything
that falls into it. Every fourth is `status`, a `request` for a target that is busy, a click on
Approve by a lead who has voted, a click by somebody who is no lead; all but `status` are stored
before the ack and decided after it.
"""

import argparse
import asyncio
import itertools
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from bot.sandbox.cast import COMMAND, Cast
from bot.sandbox.slack import Delivery, Message
from bot.sandbox.stage import CHANNEL, LEADS, OUTSIDER, REQUESTER, TARGET, Setting, Stage
from tests.bench.figures import Count, Figure, Goal, Row, show
from tests.bench.stages import GENEROUS, raised

GOAL = Goal(99, 0.25)

DECIDED_WITHIN = 120.0
"""Seconds after which a stored intent that was not dealt with counts as forgotten."""

READ = "status"
"""The one kind that is only looked up, and stores nothing."""

Act = Callable[[], Awaitable[Delivery]]


@dataclass
class Tally:
    """What came of the load: seconds by kind, how late the generator was, what went wrong.

    `stored` is how many of those that the bot must have stored were acked.
    """

    acks: dict[str, list[float]]
    stored: int = 0
    late: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def measure(rate: float, seconds: float) -> Sequence[Row]:
    """Put the load on the bot in both modes, one after the other."""
    rows: list[Row] = []
    for socket_mode in (False, True):
        setting = Setting(
            socket_mode=socket_mode, limits=GENEROUS, policy={"request_ttl": "1h"}, speed=1.0
        )
        async with raised(setting) as stage:
            await stage.start_bot()
            cast = Cast(stage)
            card = await cast.file()
            await cast.press(LEADS[0], card.ts, "approve")
            rows += await under_load(stage, card, rate, round(rate * seconds))
    return rows


async def under_load(stage: Stage, card: Message, rate: float, number: int) -> Sequence[Row]:
    """Let so many commands and clicks loose, and judge what came back.

    `card` is of a request that keeps the target busy and that the first lead has approved.
    """
    already = await asyncio.to_thread(_stored, stage)
    tally = await let_loose(_acts(stage, card.ts), rate, number)
    caught_up = await _caught_up(stage, already + tally.stored)
    mode = "socket" if stage.setting.socket_mode else "http"
    every = [second for seconds in tally.acks.values() for second in seconds]
    return [
        Figure(f"ack, {mode}: everything at {rate:g}/s", tuple(every), GOAL),
        *(Figure(f"ack, {mode}: {kind}", tuple(each)) for kind, each in tally.acks.items()),
        Figure(f"ack, {mode}: the generator was late by", tuple(tally.late)),
        Figure(f"ack, {mode}: all decided after the last ack", (caught_up,)),
        Count(
            f"ack, {mode}: shown errors, broken rules",
            number,
            (*tally.wrong, *stage.workspace.violations),
        ),
    ]


async def let_loose(acts: dict[str, Act], rate: float, number: int) -> Tally:
    """Perform the acts in turn, each at its time, and wait for the last answer."""
    tally = Tally({kind: [] for kind in acts})
    loop = asyncio.get_running_loop()
    start = loop.time() + 0.1

    async def one(kind: str, act: Act, due: float) -> None:
        delivery = await act()
        tally.acks[kind].append(loop.time() - due)
        tally.stored += delivery.ok and kind != READ
        if not delivery.ok:
            tally.wrong.append(f"{kind}: {delivery.error}")

    async with asyncio.TaskGroup() as group:
        for count, (kind, act) in enumerate(
            itertools.islice(itertools.cycle(acts.items()), number)
        ):
            due = start + count / rate
            await asyncio.sleep(due - loop.time())
            tally.late.append(loop.time() - due)
            group.create_task(one(kind, act, due))
    return tally


def _acts(stage: Stage, card: str) -> dict[str, Act]:
    ana, ben, eve = (stage.person(user) for user in (REQUESTER, LEADS[0], OUTSIDER))
    request = f"request {TARGET} reason=Another one, while the target is busy"
    return {
        READ: partial(ana.slash, CHANNEL, COMMAND, "status"),
        "request": partial(ana.slash, CHANNEL, COMMAND, request),
        "click of a lead": partial(ben.click, CHANNEL, card, "approve"),
        "click of an outsider": partial(eve.click, CHANNEL, card, "approve"),
    }


async def _caught_up(stage: Stage, expected: int) -> float:
    """Wait until all that was acked has been decided; return the seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(DECIDED_WITHIN):
        while await asyncio.to_thread(_stored, stage, decided=True) < expected:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return time.monotonic() - began


def _stored(stage: Stage, *, decided: bool = False) -> int:
    """Count what the bot has stored, or has decided, looking over its shoulder."""
    query = "SELECT count(*), count(done_at) FROM inbox"
    uri = f"{(stage.directory / 'nsx-restore.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        row = connection.execute(query).fetchone()
    return int(row[1 if decided else 0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    started = time.monotonic()
    sys.exit(show(asyncio.run(measure(given.rate, given.seconds)), started))
