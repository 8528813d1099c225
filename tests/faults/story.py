"""One restore in which the bot is killed once, and what must hold of it afterwards."""

import asyncio
import contextlib
import math
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bot.sandbox.cast import Cast
from bot.sandbox.slack import Message, RateLimits
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


async def play(directory: Path, point: str, database_url: str | None = None) -> Outcome:
    """Play a whole restore, with the bot killed at `point` (empty: never) and started again."""
    setting = Setting(
        speed=SPEED,
        limits=UNHURRIED,
        database_url=database_url,
        policy=PATIENT,
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
            await _settled(stage)
        finally:
            supervising.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervising
        wrong = (*_lost(point, ended, gave_up=people.gave_up), *_wrong(stage))
        return Outcome(
            point, ended, stage.manager.restore_posts, (directory / "killed").exists(), wrong
        )


def points(directory: Path) -> list[str]:
    """Return the points to be played, each once, in order.

    All of the run, with repeated polls only twice; of the deliveries the first of each kind and
    position. A private text is not among them: it may come twice.
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


async def _settled(stage: Stage) -> None:
    """Wait until nothing is left to be shown."""
    async with asyncio.timeout(60):
        while _rows(stage, "SELECT id FROM outbox WHERE delivered < wanted"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # another process


def _rows(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    """Read rows of the bot's database, without the bot."""
    if stage.setting.database_url is not None:
        with psycopg.connect(stage.setting.database_url) as postgres:
            return postgres.execute(query.encode()).fetchall()
    uri = f"file:{stage.directory / 'nsx-restore.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        return connection.execute(query).fetchall()


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
    yield from _picture_faults(stage)
    yield from stage.workspace.violations


def _picture_faults(stage: Stage) -> Iterator[str]:
    """One card, one report, and nothing left to press but "File it again"."""
    shown = stage.workspace.book.everything(CHANNEL)
    cards = sum(_kind(message) == "nsx_restore_request" for message in shown)
    if cards != 1:
        yield f"there are {cards} cards"
    reports = sum(bool(message.files) for message in shown)
    if reports != 1:
        yield f"there are {reports} reports"
    left = {button for message in shown for button in message.action_ids} - {"resubmit"}
    if left:
        yield f"buttons are left after the end: {sorted(left)}"


def _kind(message: Message) -> str:
    return str((message.metadata or {}).get("event_type"))


def _thread_faults(stage: Stage) -> Iterator[str]:
    seqs = [
        int(message.metadata["event_payload"]["seq"])
        for message in stage.workspace.book.everything(CHANNEL)
        if message.metadata and message.metadata["event_type"] == "nsx_restore_event"
    ]
    wanted = [seq for (seq,) in _rows(stage, "SELECT seq FROM outbox WHERE kind = 'line'")]
    if sorted(seqs) != sorted(wanted):
        yield f"thread lines are not the ones that were wanted: {sorted(wanted)}"
    doubled = [seq for seq, count in Counter(seqs).items() if count > 1]
    if doubled:
        yield f"thread lines doubled: {doubled}"
    if sorted(set(seqs)) != list(range(1, max(seqs, default=0) + 1)):
        yield f"thread lines missing: there are {sorted(set(seqs))}"
    if seqs != sorted(seqs):
        yield f"thread lines out of order: {seqs}"
