"""One restore in which the bot is killed once, and what must hold of it afterwards."""

import asyncio
import contextlib
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.slack import RateLimits
from bot.sandbox.stage import Setting, Stage
from tests.faults import judge, rows
from tests.faults.tales import CLUSTER_BACKUP, TALES

UNHURRIED = RateLimits(
    tier1=10_000,
    tier2=10_000,
    tier3=10_000,
    tier4=10_000,
    special=10_000,
    posts_per_second=1_000.0,
    post_burst=1_000,
    posts_per_minute=100_000,
)
"""Slack's limits do not matter here, and waiting for them would take most of the time."""

SPEED = 100.0

PATIENT = {"request_ttl": "10m", "start_ttl": "5m"}
"""A press that a kill left behind is judged ten real seconds later; nothing expires meanwhile."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one story went: the end, how many restores the manager saw, and all that is wrong."""

    point: str
    ended: str
    posts: int
    killed: bool
    wrong: tuple[str, ...]


async def play(
    directory: Path,
    point: str,
    database_url: str | None = None,
    runbook: str = CLUSTER_BACKUP,
) -> Outcome:
    """Play a whole restore, with the bot killed at `point` (empty: never) and started again."""
    tale = TALES[runbook]
    setting = Setting(
        speed=SPEED,
        limits=UNHURRIED,
        database_url=database_url,
        policy=PATIENT,
        timing={"poll": "50ms", "request_timeout": "5s"},
        guided=tale.guided,
        command=(sys.executable, "-m", "tests.faults.bot_process"),
        environment={
            "KILL_POINT": point,
            "KILLED_FILE": str(directory / "killed"),
            "POINTS_FILE": str(directory / "points"),
            "PYTHONPATH": str(ROOT),
        },
    )
    async with Stage(directory, setting) as stage:
        tale.prepare(stage)
        await stage.start_bot()
        supervising = asyncio.create_task(_supervise(stage))
        people = tale.people(stage)
        try:
            ended = await people.act()
            await _settled(stage)
        finally:
            supervising.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervising
        audit = await rows.audit(stage)
        wrong = (
            *_lost(point, ended, gave_up=people.gave_up),
            *judge.wrong(stage, audit),
            *tale.wrong(stage, audit.entries, judge.End(point, ended)),
        )
        killed = (directory / "killed").exists()
        return Outcome(point, ended, tale.posts(stage), killed, wrong)


def points(directory: Path) -> list[str]:
    """Return the points to be played, each once, in order.

    All of the run, with repeated looks only twice in a step; of the deliveries the first of each
    kind and position. A private text is not among them: it may come twice.
    """
    passed = dict.fromkeys((directory / "points").read_text().splitlines())
    return [p for p in passed if _times(p) <= _most(p)]


POLLS = 2


def _times(point: str) -> int:
    return int(point.rsplit(" ", 1)[1])


def _most(point: str) -> float:
    if point.startswith("show:"):
        return 0 if point.startswith("show:private ") else 1
    return POLLS if " inside " in point else math.inf


async def _supervise(stage: Stage) -> None:
    """Start the bot again each time it has ended, as a service manager does."""
    while True:
        await stage.bot.ended()
        await stage.start_bot()


async def _settled(stage: Stage) -> None:
    """Wait until nothing is left to be shown."""
    undelivered = "SELECT id FROM outbox WHERE delivered < wanted"
    async with asyncio.timeout(60):
        while rows.select(stage, undelivered):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # another process


def _lost(point: str, ended: str, *, gave_up: bool) -> Iterator[str]:
    """A restore ends in success, unless people gave it up; nothing else may end it."""
    if gave_up and not point:
        yield "nothing was killed, and yet the outcome of a request was unknown"
    must = "failed" if gave_up else "succeeded"
    if ended != must:
        yield f"lost: it ended as {ended}, not as {must}"
