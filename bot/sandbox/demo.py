"""The demo with its page: everything around one bot, and a browser in front of it."""

import asyncio
import contextlib
import signal
import tempfile
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.sandbox.page.keeper import BotKeeper
from bot.sandbox.page.server import PageServer
from bot.sandbox.page.shown import CommandHelp, Legend
from bot.sandbox.stage import GUEST, LEADS, OUTSIDER, REQUESTER, Setting, Stage

LEGEND: Final = Legend(
    roles={
        REQUESTER: "requester",
        **dict.fromkeys(LEADS, "lead"),
        OUTSIDER: "outside the group",
        GUEST: "guest",
    },
    commands=(
        CommandHelp(
            "/nsx-restore",
            "Restore an NSX Manager from its backup",
            "[request TARGET reason=... | status | list | help]",
        ),
    ),
)


async def main(port: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nsx-restore-") as directory:
        async with Stage(Path(directory), Setting()) as stage:
            keeper = BotKeeper(stage)
            async with PageServer(stage.slack, legend=LEGEND, port=port) as page:
                print(page.url_as(REQUESTER), flush=True)
                keeper.start()
                await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(3080))
