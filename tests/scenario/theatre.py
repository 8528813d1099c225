"""A stage for one test, or for some that play one after the other, and what to look at there."""

import asyncio
import contextlib
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cast import A_MOMENT, ENDS, PRESS_AGAIN, Cast
from bot.sandbox.slack import Delivery, Message
from bot.sandbox.stage import CHANNEL, REQUESTER, TARGET, Setting, Stage
from tests.faults.story import UNHURRIED

ROOT: Final = Path(__file__).resolve().parents[2]
SPEED: Final = 200.0
BOT: Final = (sys.executable, "-m", "tests.scenario.bot_process")
CLI: Final = (sys.executable, "-m", "bot.start")

HERE: Final = {"PYTHONPATH": str(ROOT)}

POLICY: Final = {"request_ttl": "10m", "start_ttl": "5m"}
"""Long enough for any machine; what lapses in a test says so itself."""

TIMING: Final = {"poll": "50ms", "request_timeout": "10s", "stable_timeout": "10m"}

JUDGED_BY: Final = (
    "SELECT * FROM request",
    "SELECT * FROM vote",
    "SELECT * FROM posted",
    "SELECT * FROM effect",
)
"""The rows by which requests are judged."""

PATIENCE: Final = 60.0
"""Real seconds; a machine that is busy with other things must not fail a test."""

Amend = Callable[[dict[str, Any]], None]
"""Changes the configuration before it is written for good."""


def unamended(_configuration: dict[str, Any]) -> None:
    """Leave the configuration as the stage wrote it."""


@contextlib.asynccontextmanager
async def a_stage(
    directory: Path,
    *,
    amend: Amend = unamended,
    secrets: dict[str, str] | None = None,
    policy: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
    scope: str = "cluster+node",
    **setting: Any,
) -> AsyncIterator[Stage]:
    """Raise a stage without a bot; what is still running at the end is killed."""
    chosen = Setting(
        **{
            "speed": SPEED,
            "limits": UNHURRIED,
            "timing": TIMING,
            "command": BOT,
            "scope": scope,
            "policy": {**POLICY, **(policy or {})},
            "environment": {**HERE, **(environment or {})},
            **setting,
        }
    )
    stage = Stage(directory, chosen)
    stage._secrets.update(secrets or {})
    async with stage:
        rewrite(stage, amend)
        try:
            yield stage
        finally:
            await stage.bot.kill()


def rewrite(stage: Stage, amend: Amend) -> None:
    """Change the configuration file of a stage."""
    path = configuration_of(stage)
    configuration = yaml.safe_load(path.read_text())
    amend(configuration)
    path.write_text(yaml.safe_dump(configuration, sort_keys=False))


def configuration_of(stage: Stage) -> Path:
    """Return where the configuration file is."""
    return stage.directory / "nsx-restore.yaml"


def leads_by_group_alone(configuration: dict[str, Any]) -> None:
    """Let only the user group say who the leads are."""
    configuration["people"]["leads"] = {"usergroup": "S0LEADS"}


@dataclass(frozen=True, slots=True)
class Scene:
    """One bot that is running, and the people around it."""

    stage: Stage

    @property
    def cast(self) -> Cast:
        """The people, as they act."""
        return Cast(self.stage)

    async def awaiting(self, text: str = "reason=The database is lost") -> str:
        """File a request, wait for its plan, and return the card's `ts`."""
        assert self.active() == [], "an earlier test has left a request open"
        card = await self.cast.file(text)
        state = await self.cast.until_state(card.ts, "awaiting approval", *ENDS)
        assert state == "awaiting approval", self.stage.workspace.describe()
        # A line under the card comes only after the bot has recorded where the card stands.
        await self.until_told(card.ts, "The plan is ready")
        return card.ts

    async def asked(self, ts: str) -> Message:
        """Approve, and wait for the first question; return it."""
        await self.cast.approve(ts)
        question: Message = await self.until(lambda: self.cast.questions(ts)[0])
        return question

    async def finish(self, ts: str) -> None:
        """End a request that was not started, whoever has approved it by now."""
        await self.stage.person(REQUESTER).slash(
            CHANNEL, "/nsx-restore", f"cancel {self.request_id(ts)}"
        )
        await self.cast.until_end(ts)

    def request_id(self, ts: str) -> str:
        """Return the request that a card stands for."""
        metadata = self.cast.card(ts).metadata
        assert metadata is not None
        return str(metadata["event_payload"]["id"])

    async def cancel(self, user: str, ts: str, *, says: str) -> str:
        """Have somebody type `cancel`; return what they are told privately."""
        words = f"cancel {self.request_id(ts)}"
        return await self.hears(
            user, self.stage.person(user).slash(CHANNEL, "/nsx-restore", words), says
        )

    async def press(
        self, user: str, ts: str, action: str, *, says: str, stale: Message | None = None
    ) -> str:
        """Have somebody press a button; return what they are told privately.

        Who was quicker than the bot could record its message presses again, as they are told to.
        """
        while True:
            click = self.stage.person(user).click(CHANNEL, ts, action, stale=stale)
            told = await self.hears(user, click, says, PRESS_AGAIN)
            if PRESS_AGAIN not in told:
                return told
            await asyncio.sleep(A_MOMENT)

    async def hears(self, user: str, act: Awaitable[Delivery], *says: str) -> str:
        """Wait until somebody is told one of these after what they did, and nobody else is."""
        known = {message.ts for message in self.private()}
        delivery = await act
        assert delivery.ok, delivery.error

        def told() -> Message | None:
            fresh = [m for m in self.private() if m.ts not in known]
            return next((m for m in fresh if any(part in m.text for part in says)), None)

        found: Message = await self.until(told)
        assert found.visible_to == user
        return found.text

    def private(self) -> list[Message]:
        """Return everything that was shown to one person alone."""
        everything = self.stage.workspace.book.everything(CHANNEL)
        return [message for message in everything if message.is_ephemeral]

    async def until(self, predicate: Callable[[], Any]) -> Any:
        """Wait until something is so in Slack."""
        return await self.stage.workspace.until(predicate, PATIENCE)

    async def until_told(self, ts: str, part: str) -> Message:
        """Wait until the thread of a card says something."""
        found: Message = await self.until(
            lambda: next((m for m in self.replies(ts) if part in m.text), None)
        )
        return found

    def replies(self, ts: str) -> list[Message]:
        """Return the thread under a card as everybody sees it."""
        thread = self.stage.workspace.thread(CHANNEL, ts, viewer=REQUESTER)
        return [m for m in thread[1:] if not m.is_ephemeral]

    async def until_report(self, ts: str) -> Message:
        """Wait until the report stands in the thread: it is the last that is posted."""
        found: Message = await self.until(
            lambda: next((m for m in self.replies(ts) if m.files), None)
        )
        return found

    def active(self) -> list[str]:
        """Return the ids of the requests that have not ended."""
        rows = select(self.stage, "SELECT id, state FROM request")
        return [request_id for request_id, state in rows if state not in ENDS]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows by which requests are judged, as the SQLite file has them, by query."""
        return {query: list(select(self.stage, query)) for query in JUDGED_BY}


def select(stage: Stage, query: str) -> Iterator[tuple[Any, ...]]:
    """Read rows of the stage's SQLite file, without the bot."""
    uri = f"file:{stage.directory / 'nsx-restore.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        yield from connection.execute(query).fetchall()


@contextlib.asynccontextmanager
async def a_scene(directory: Path, **setting: Any) -> AsyncIterator[Scene]:
    """Raise a stage with a bot that is ready."""
    async with a_stage(directory, **setting) as stage:
        await stage.start_bot()
        yield Scene(stage)


def thread_faults(scene: Scene, ts: str) -> list[str]:
    """Return what is wrong with the numbers in a thread: gaps, doubles, another order."""
    told = [m.metadata["event_payload"] for m in scene.replies(ts) if m.metadata]
    numbers = [int(payload["seq"]) for payload in told]
    faults = [f"line {seq} is there {n} times" for seq, n in Counter(numbers).items() if n > 1]
    if sorted(set(numbers)) != list(range(1, max(numbers, default=0) + 1)):
        faults.append(f"lines are missing: {sorted(set(numbers))}")
    if numbers != sorted(numbers):
        faults.append(f"lines are out of order: {numbers}")
    if {payload["id"] for payload in told} != {scene.request_id(ts)}:
        faults.append("the thread tells of another request too")
    return faults


def another_process(stage: Stage, role: str, **environment: str) -> BotProcess:
    """Return one more process of the bot, on the same stage; it is still to be started."""
    return BotProcess(
        lambda: {**stage.environment(), **environment},
        stage.directory / f"{role}-{environment.get('ADMIN_PORT', '')}.log",
        (*BOT, role),
    )


async def readiness(port: int) -> dict[str, str]:
    """Return what a process says of its parts; nothing while it cannot be asked."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            reply = await client.get(f"http://127.0.0.1:{port}/readyz")
    except httpx.HTTPError:
        return {}
    words: dict[str, str] = reply.json()
    return words


async def until_ready(port: int, **parts: str) -> None:
    """Wait until a process says these words of its parts."""
    async with asyncio.timeout(PATIENCE):
        while not parts.items() <= (await readiness(port)).items():  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # another process


def one_target(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the configuration about the stage's target, to be changed."""
    target: dict[str, Any] = configuration["targets"][TARGET]
    return target
