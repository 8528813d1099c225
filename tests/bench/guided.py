"""How much longer a guided restore takes with the bot than the manager itself takes.

    uv run python -m tests.bench.guided --runs 10 --speed 20

Both times are of the same restore and begin at the same instant, when the simulated manager accepts
the start. The manager's own time ends with SUCCESS, by its own clock, without the time in which it
stood suspended. The bot's ends at the moment that its audit gives for the end of the step
`restore`, without the time in which its question waited for an answer.

A restore that stands still is looked at ever less often, down to one sixth of the poll. A change is
therefore noticed within six polls at the latest, and two of them hold the bot up: the one question
that the manager asks, and its end. Demanded is

    bot's time <= 1.05 x manager's own time + 2 x 6 x poll

Durations of the manager and the poll are both divided by the speed, requests over the network are
not: so a run at speed 20 is twenty times more sensitive to what a request takes than a real one.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.ports import AuditEntry
from bot.sandbox.cast import Cast
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS
from bot.sandbox.slack import Message
from bot.sandbox.stage import GUIDED_TARGET, LEADS, GuidedSetting, Setting, Stage
from config import file
from tests.bench.figures import Count, Figure, Goal, Row, show
from tests.bench.overhead import SHARE, story_to
from tests.bench.stages import raised

STEP = "restore"
SLOWEST = 6
CHANGES = 2
"""What is to be noticed and holds the bot up: the question, and the end."""

ASKING = GuidedSetting(prompts=(COMPUTE_MANAGERS,))


@dataclass(frozen=True, slots=True)
class Pair:
    """One restore, timed by both; real seconds from its acceptance on, without people's time."""

    manager: float
    bot: float
    poll: float

    @property
    def beyond(self) -> float:
        """What the bot took beyond the manager's time, whatever for."""
        return self.bot - self.manager

    @property
    def allowed(self) -> float:
        """How much that may be."""
        return SHARE * self.manager + CHANGES * SLOWEST * self.poll


async def measure(runs: int, speed: float) -> Sequence[Row]:
    """Time so many restores, each on a stage of its own."""
    return rows([await _run(speed) for _ in range(runs)])


def rows(pairs: Sequence[Pair]) -> Sequence[Row]:
    """Return the times of both, and what is left between them."""
    wrong = [
        f"{pair.beyond:.3f} s, allowed are {pair.allowed:.3f} s"
        for pair in pairs
        if pair.beyond > pair.allowed
    ]
    goal = Goal(100, min(pair.allowed for pair in pairs))
    return [
        Figure("guided: manager's own time", tuple(pair.manager for pair in pairs)),
        Figure("guided: bot's time", tuple(pair.bot for pair in pairs)),
        Figure("guided: bot - own", tuple(pair.beyond for pair in pairs), goal),
        Figure("guided: the poll", tuple(pair.poll for pair in pairs)),
        Count("guided: runs that lose more than that", len(pairs), tuple(wrong)),
    ]


async def timed(stage: Stage, card: Message) -> Pair:
    """Time the restore of an approved request, and answer its question at once."""
    cast = Cast(stage)
    answering = asyncio.create_task(cast.fill(card.ts, LEADS[2], {}))
    story = await story_to(stage, card, STEP)
    await answering
    own, accepted_at = stage.guided.own_seconds, stage.guided.restore_accepted_at
    if own is None or accepted_at is None:
        raise RuntimeError("the bot saw a success before there was one")
    # The bot's audit is dated by the wall clock; both clocks are of this machine.
    offset = time.time() - asyncio.get_running_loop().time()
    timing = file.load(stage.directory / "nsx-restore.yaml").targets[GUIDED_TARGET].timing
    took = story[-1].at.timestamp() - (accepted_at + offset) - _waited(story)
    return Pair(own, took, timing.poll.total_seconds())


def _waited(story: Sequence[AuditEntry]) -> float:
    """Seconds in which questions of the restore waited for people."""
    moments = {
        kind: [entry.at.timestamp() for entry in story if entry.action == kind]
        for kind in ("question_asked", "question_answered")
    }
    return sum(moments["question_answered"]) - sum(moments["question_asked"])


async def _run(speed: float) -> Pair:
    async with raised(Setting(speed=speed, guided=ASKING)) as stage:
        await stage.start_bot()
        cast = Cast(stage)
        card = await cast.file(target=GUIDED_TARGET)
        await cast.approve(card.ts)
        return await timed(stage, card)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--speed", type=float, default=20.0)
    given = parser.parse_args()
    started = time.monotonic()
    sys.exit(show(asyncio.run(measure(given.runs, given.speed)), started))
