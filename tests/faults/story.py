"""One restore in which the bot is killed once, and what must hold of it afterwards."""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.cast import Cast
from bot.sandbox.slack import RateLimits
from bot.sandbox.stage import CHANNEL, LEADS, REQUESTER, Setting, Stage

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
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one story went: the end, how many restores the manager saw, and all that is wrong."""

    point: str
    ended: str
    posts: int
    killed: bool
    wrong: tuple[str, ...]


async def play(directory: Path, point: str, database_url: str | None = None) -> Outcome:
    """Play a whole restore, with the bot killed at `point` (empty: never) and started again."""
    setting = Setting(
        speed=SPEED,
        limits=UNHURRIED,
        database_url=database_url,
        timing={"poll": "50ms", "request_timeout": "5s"},
        command=(sys.executable, "-m", "tests.faults.bot_process"),
        environment={
            "KILL_POINT": point,
            "KILLED_FILE": str(directory / "killed"),
            "POINTS_FILE": str(directory / "points"),
            "PYTHONPATH": str(ROOT),
        },
    )
    async with Stage(directory, setting) as stage:
        await stage.start_bot()
        supervising = asyncio.create_task(_supervise(stage))
        people = People(stage)
        try:
            ended = await _act(Cast(stage), people)
            await stage.workspace.until(lambda: _has_report(stage), 30)
        finally:
            supervising.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervising
        wrong = (*_lost(point, ended, gave_up=people.gave_up), *_wrong(stage))
        return Outcome(
            point, ended, stage.manager.restore_posts, (directory / "killed").exists(), wrong
        )


def points(directory: Path) -> list[str]:
    """Return the points that a run passed, each once, in order; repeated polls only twice."""
    passed = dict.fromkeys((directory / "points").read_text().splitlines())
    return [p for p in passed if " inside " not in p or int(p.rsplit(" ", 1)[1]) <= POLLS]


POLLS = 2


async def _supervise(stage: Stage) -> None:
    """Start the bot again each time it has ended, as a service manager does."""
    while True:
        await stage.bot.ended()
        await stage.start_bot()


async def _act(cast: Cast, people: "People") -> str:
    card = await cast.file()
    await cast.approve(card.ts)
    return await cast.operate(card.ts, decide=people.decide)


@dataclass(slots=True)
class People:
    """Answer as people would who have looked at the manager, and know whether they gave up."""

    stage: Stage
    gave_up: bool = False

    def decide(self, text: str) -> tuple[str, str]:
        """Return who answers a question, and by which button."""
        if "Outcome unknown" not in text:
            return REQUESTER, "continue"
        manager = self.stage.manager
        posts = manager.node_restore_posts if "the node restore" in text else manager.restore_posts
        if posts:
            return LEADS[2], "continue"
        self.gave_up = True
        return LEADS[2], "give_up"


def _has_report(stage: Stage) -> bool:
    return any(message.files for message in stage.workspace.book.everything(CHANNEL))


def _lost(point: str, ended: str, *, gave_up: bool) -> Iterator[str]:
    """A restore ends in success, unless people gave it up; nothing else may end it."""
    if gave_up and not point:
        yield "nothing was killed, and yet the outcome of a request was unknown"
    must = "failed" if gave_up else "succeeded"
    if ended != must:
        yield f"lost: it ended as {ended}, not as {must}"


def _wrong(stage: Stage) -> Iterator[str]:
    manager = stage.manager
    if manager.restore_posts > 1 or manager.node_restore_posts > 1:
        yield f"restores sent twice: {manager.restore_posts}, {manager.node_restore_posts}"
    yield from _thread_faults(stage)
    yield from stage.workspace.violations


def _thread_faults(stage: Stage) -> Iterator[str]:
    seqs = [
        int(message.metadata["event_payload"]["seq"])
        for message in stage.workspace.book.everything(CHANNEL)
        if message.metadata and message.metadata["event_type"] == "nsx_restore_event"
    ]
    doubled = [seq for seq, count in Counter(seqs).items() if count > 1]
    if doubled:
        yield f"thread lines doubled: {doubled}"
    if sorted(set(seqs)) != list(range(1, max(seqs, default=0) + 1)):
        yield f"thread lines missing: there are {sorted(set(seqs))}"
    if seqs != sorted(seqs):
        yield f"thread lines out of order: {seqs}"
