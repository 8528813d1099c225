"""The stage of a bench: the bot's real process, and a Slack that asks for no patience."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox.slack import RateLimits
from bot.sandbox.stage import Setting, Stage

GENEROUS = RateLimits(
    tier1=100_000,
    tier2=100_000,
    tier3=100_000,
    tier4=100_000,
    special=100_000,
    posts_per_second=1_000.0,
    post_burst=1_000,
    posts_per_minute=100_000,
)
"""Where load is put on the bot: it reads people from Slack for each press, 50 times a second."""


@asynccontextmanager
async def raised(setting: Setting) -> AsyncIterator[Stage]:
    """Raise a stage in a directory of its own; the bot is not started."""
    with tempfile.TemporaryDirectory(prefix="nsx-restore-bench-") as directory:
        async with Stage(Path(directory), setting) as stage:
            try:
                yield stage
            except TimeoutError as error:
                error.add_note(f"the bot's log ends:\n{stage.bot.tail()}")
                raise
