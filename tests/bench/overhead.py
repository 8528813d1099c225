"""How much longer a restore takes with the bot than the manager itself takes.

    uv run python -m tests.bench.overhead --runs 10 --speed 10

Both times are of the same restore and begin at the same instant, when the simulated manager accepts
the cluster restore. The manager's own time ends when it is stable again, by its own clock. The
bot's ends at the moment that its audit gives for the end of the step `cluster_stable`. Demanded is

    bot's time <= 1.05 x manager's own time + poll

which is printed as it is, and which a short restart cannot meet with `stable_polls` good answers in
a row (docs/decisions/0009-three-good-answers-take-two-polls.md). What the bot itself can lose is
judged without the polls that this rule demands after the first good answer:

    bot's time <= 1.05 x manager's own time + poll + (stable_polls - 1) x poll

Durations of the manager and the poll are both divided by the speed, requests over the network are
not: so a run at speed 10 is ten times more sensitive to what a request takes than a real one.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.clock import SystemClock
from bot.domain.events import StepCompleted
from bot.domain.values import RequestId
from bot.ports import AuditEntry
from bot.sandbox.cast import Cast
from bot.sandbox.slack import Message
from bot.sandbox.stage import TARGET, Setting, Stage
from bot.store.database import Database
from bot.store.documents import event_from_json
from bot.store.ledger import SqlLedger
from config import file
from tests.bench.figures import Count, Figure, Goal, Row, show
from tests.bench.stages import raised

STEP = "cluster_stable"
SHARE = 0.05
PATIENCE = 300.0

LOOK = 0.2
"""Seconds between two looks into the audit; they are no part of what is measured."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One restore, timed by both; real seconds from the acceptance on."""

    manager: float
    bot: float
    poll: float
    demanded_polls: int

    @property
    def beyond(self) -> float:
        """What the bot took beyond the manager's time, whatever for."""
        return self.bot - self.manager

    @property
    def left(self) -> float:
        """What the bot took beyond the manager's time and the polls that the rule demands."""
        return self.beyond - self.demanded_polls * self.poll

    @property
    def allowed(self) -> float:
        """How much that may be."""
        return SHARE * self.manager + self.poll


async def measure(runs: int, speed: float) -> Sequence[Row]:
    """Time so many restores, each on a stage of its own."""
    return rows([await _run(speed) for _ in range(runs)])


def rows(pairs: Sequence[Pair]) -> Sequence[Row]:
    """Return the times of both, and what is left between them."""
    wrong = [
        f"{pair.left:.3f} s, allowed are {pair.allowed:.3f} s"
        for pair in pairs
        if pair.left > pair.allowed
    ]
    allowed = min(pair.allowed for pair in pairs)
    return [
        Figure("restore: manager's own time", tuple(pair.manager for pair in pairs)),
        Figure("restore: bot's time", tuple(pair.bot for pair in pairs)),
        Figure(
            "restore: bot - own, to the letter",
            tuple(pair.beyond for pair in pairs),
            Goal(100, allowed),
            waived="decision 9",
        ),
        Figure("restore: bot - own - demanded polls", _left(pairs), Goal(100, allowed)),
        Count("restore: runs that lose more than that", len(pairs), tuple(wrong)),
    ]


async def timed(stage: Stage, card: Message) -> Pair:
    """Time the restore of an approved request until the manager is stable again."""
    ended = (await story_to(stage, card, STEP))[-1].at.timestamp()
    own, accepted_at = stage.manager.own_seconds, stage.manager.restore_accepted_at
    if own is None or accepted_at is None:
        raise RuntimeError("the bot saw a stable manager before it was stable")
    # The bot's audit is dated by the wall clock; both clocks are of this machine.
    offset = time.time() - asyncio.get_running_loop().time()
    timing = file.load(stage.directory / "nsx-restore.yaml").targets[TARGET].timing
    return Pair(
        manager=own,
        bot=ended - (accepted_at + offset),
        poll=timing.poll.total_seconds(),
        demanded_polls=timing.stable_polls - 1,
    )


async def _run(speed: float) -> Pair:
    async with raised(Setting(speed=speed)) as stage:
        await stage.start_bot()
        cast = Cast(stage)
        card = await cast.file()
        await cast.approve(card.ts)
        return await timed(stage, card)


def _left(pairs: Sequence[Pair]) -> tuple[float, ...]:
    return tuple(pair.left for pair in pairs)


async def story_to(stage: Stage, card: Message, step: str) -> Sequence[AuditEntry]:
    """Wait until the audit holds the end of a step, and return it up to there."""
    request_id = RequestId((card.metadata or {})["event_payload"]["id"])
    configuration = file.load(stage.directory / "nsx-restore.yaml")
    key = (stage.directory / "audit").read_bytes()
    async with (
        Database.open(stage.environment()["DATABASE_URL"]) as database,
        asyncio.timeout(PATIENCE),
    ):
        ledger = SqlLedger(
            database, SystemClock(), configuration.policy, key, people=configuration.people
        )
        while True:
            story = await ledger.story(request_id)
            for place, entry in enumerate(story, start=1):
                event = event_from_json(entry.action, entry.details)
                if isinstance(event, StepCompleted) and event.key == step:
                    return story[:place]
            await asyncio.sleep(LOOK)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--speed", type=float, default=10.0)
    given = parser.parse_args()
    started = time.monotonic()
    sys.exit(show(asyncio.run(measure(given.runs, given.speed)), started))
