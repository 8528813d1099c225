"""Play a story from beginning to end, print its thread as it grows, and judge how it went."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.sandbox.cast import Cast, RefusedError
from bot.sandbox.drill_record import DrillRecord
from bot.sandbox.scenario import Scenario
from bot.sandbox.slack.transcript import LiveTranscript
from bot.sandbox.stage import CHANNEL, REQUESTER, Stage

LAST_WORDS = 20.0
"""Real seconds that the thread may take to catch up after the end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a rehearsal went: the end it came to, and everything that should not have been."""

    ended: str
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the story ended as it must, with no rule broken."""
        return not self.faults


class StuckError(RuntimeError):
    """A story that does not go on. One line, which names the file that tells everything."""


async def rehearse(
    scenario: Scenario,
    *,
    speed: float,
    tell: Callable[[str], None],
    drill: DrillRecord | None = None,
) -> Verdict:
    """Play one scenario in a directory of its own. `tell` gets each new line of the thread.

    `drill` is filled with what the bot has recorded, at the end.

    Raises:
        StuckError: the bot did not start, or the story does not go on.

    """
    setting = replace(scenario.setting, speed=speed)
    with tempfile.TemporaryDirectory(prefix="nsx-restore-") as directory:
        async with Stage(Path(directory), setting) as stage, _unstuck(stage):
            await stage.start_bot()
            transcript = LiveTranscript(stage.workspace, CHANNEL, REQUESTER)
            printing = asyncio.create_task(_print(stage, transcript, tell))
            try:
                scenario.prepare(stage)
                cast = Cast(stage)
                async with _in_time(2 * cast.patience):
                    ended = await scenario.play(stage, cast)
                await _last_words(stage)
            finally:
                printing.cancel()
                _tell_new(transcript, tell)
                if drill is not None:
                    await drill.read(stage)
            return Verdict(ended, tuple(_faults(scenario, stage, ended)))


@contextlib.asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """Give a story so long: people who wait for one another would never notice."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise TimeoutError(str(error) or f"the story did not end within {seconds:g} s") from error


@contextlib.asynccontextmanager
async def _unstuck(stage: Stage) -> AsyncIterator[None]:
    """Tell in one line why a story does not go on, and keep the rest in a file."""
    try:
        yield
    except (LookupError, RefusedError, RuntimeError, TimeoutError) as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise StuckError(f"{why.rstrip(':')}. See {_kept(stage, error)}") from error


def _kept(stage: Stage, error: Exception) -> str:
    """Write down what there is to know about a story that got stuck; return the file's name."""
    parts = [str(error), stage.workspace.describe(), f"the bot's log:\n{stage.bot.tail(200)}"]
    descriptor, path = tempfile.mkstemp(prefix="nsx-restore-stuck-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write("\n\n".join(parts))
    return path


def _faults(scenario: Scenario, stage: Stage, ended: str) -> list[str]:
    faults = [f"Slack's rule broken: {violation}" for violation in stage.workspace.violations]
    if ended != scenario.ends:
        faults.append(f"the request ended as {ended}, not as {scenario.ends}")
    for target, seen in stage.restores_asked.items():
        wanted = scenario.posts if target == scenario.target else 0
        if seen != wanted:
            faults.append(f"the manager {target} saw {seen} restore requests, not {wanted}")
    return faults


async def _last_words(stage: Stage) -> None:
    """Wait until the report stands in the thread: it is the last thing that is posted."""

    def has_report() -> bool:
        messages = stage.workspace.book.everything(CHANNEL)
        return any(message.files for message in messages)

    await stage.workspace.until(has_report, LAST_WORDS)


async def _print(stage: Stage, transcript: LiveTranscript, tell: Callable[[str], None]) -> None:
    """Print what is new, each time something has changed."""
    while True:
        _tell_new(transcript, tell)
        await stage.workspace.until(partial(_is_newer, stage, stage.workspace.version), 3600.0)


def _is_newer(stage: Stage, version: int) -> bool:
    return stage.workspace.version != version


def _tell_new(transcript: LiveTranscript, tell: Callable[[str], None]) -> None:
    for line in transcript.new():
        tell(line)
