"""What can be done on the control panel: one table of actions, which the page draws as it is."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_controllers import Controller
from bot.sandbox.page.keeper import UP, BotKeeper
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import CONTROLLERS, Stage

BOT: Final = "The bot"
CONSOLE: Final = "Operator's console"
REHEARSAL: Final = "Rehearsal"

Run = Callable[[], Awaitable[str | None]]
"""Does it, and returns what it said. Raises `ValueError` with a sentence."""


@dataclass(frozen=True, slots=True)
class Lever:
    """One action: how it is drawn, when it can be done, and what it does."""

    key: str
    group: str
    label: str
    help: str
    run: Run
    is_enabled: Callable[[], bool]
    style: Literal["danger", "primary"] | None = None
    confirm: str | None = None

    def as_json(self) -> Json:
        """The action, and whether it can be done now."""
        shown: Json = {
            "key": self.key,
            "group": self.group,
            "label": self.label,
            "help": self.help,
            "enabled": self.is_enabled(),
        }
        if self.style is not None:
            shown["style"] = self.style
        if self.confirm is not None:
            shown["confirm"] = self.confirm
        return shown


def levers(stage: Stage, bot: BotKeeper) -> Iterator[Lever]:
    """Yield every action of this stage, in the order in which they are drawn."""
    yield from _bot(bot)
    yield from _console(stage.manager)
    yield Lever(
        "fresh_manager",
        REHEARSAL,
        "Put the manager back to fresh",
        "A manager as it was in the beginning, for another rehearsal.",
        partial(_deploy_anew, stage.manager),
        lambda: True,
        confirm="What was restored is lost, and a restore that runs now will fail.",
    )


def _bot(bot: BotKeeper) -> Iterator[Lever]:
    async def kill() -> None:
        await bot.kill()

    async def start() -> None:
        bot.start()

    yield Lever(
        "kill_bot",
        BOT,
        "Kill the bot",
        "kill -9, as a power cut: it has no time to say or to store anything.",
        kill,
        lambda: bot.state in UP,
        style="danger",
    )
    yield Lever(
        "start_bot",
        BOT,
        "Start again",
        "It goes on where it was killed.",
        start,
        lambda: bot.state not in UP,
        style="primary",
    )


def _console(manager: Nsxt1Manager) -> Iterator[Lever]:
    for address in CONTROLLERS:
        yield Lever(
            f"restart_controller_{re.sub(r'[^0-9]', '_', address)}",
            CONSOLE,
            f"Restart controller {address}",
            "What an operator does at the controller's console when the bot asks for it.",
            partial(_restart, manager, address),
            partial(_may_restart, manager, address),
        )
    yield Lever(
        "helper_script",
        CONSOLE,
        "Run the helper script",
        "The vendor's script, which an operator runs after the node restore.",
        partial(_run_script, manager),
        lambda: bool(manager.state()["node_restored"]),
    )


async def _restart(manager: Nsxt1Manager, address: str) -> None:
    manager.restart_controller(address)


def _may_restart(manager: Nsxt1Manager, address: str) -> bool:
    return bool(manager.state()["controllers"][address] != Controller.RESTARTING.value)


async def _run_script(manager: Nsxt1Manager) -> str:
    try:
        return manager.run_helper_script()
    except RuntimeError as early:
        raise ValueError(f"Not yet: {early}.") from early


async def _deploy_anew(manager: Nsxt1Manager) -> None:
    await manager.deploy_anew()
