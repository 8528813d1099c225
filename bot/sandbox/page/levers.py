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
from bot.sandbox.stage import CONTROLLERS, GUIDED_TARGET, TARGET, Stage

BOT: Final = "The bot"

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
    yield _fresh("fresh_manager", TARGET, stage.manager.deploy_anew)
    yield from _guided(stage)


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
            TARGET,
            f"Restart controller {address}",
            "What an operator does at the controller's console when the bot asks for it.",
            partial(_restart, manager, address),
            partial(_may_restart, manager, address),
        )
    yield Lever(
        "helper_script",
        TARGET,
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


def _guided(stage: Stage) -> Iterator[Lever]:
    """What an operator does at a manager of 2.0 and later, which may be another one by then."""

    async def restart() -> None:
        stage.guided.restart_service()

    async def join() -> None:
        stage.guided.join_nodes()

    yield Lever(
        "nsx_restart_service",
        GUIDED_TARGET,
        "Restart the manager service",
        "What heals a step that failed in passing: the restore then goes on by itself.",
        restart,
        lambda: True,
    )
    yield Lever(
        "nsx_join_nodes",
        GUIDED_TARGET,
        "Join the other nodes",
        "Nodes 2 and 3 of the backed-up cluster, after the restore.",
        join,
        lambda: stage.guided.lacks_nodes,
    )
    yield _fresh("fresh_guided", GUIDED_TARGET, stage.deploy_guided_anew)


def _fresh(key: str, target: str, run: Callable[[], Awaitable[None]]) -> Lever:
    return Lever(
        key,
        target,
        f"Put {target} back to fresh",
        "A manager as it was in the beginning, for another rehearsal.",
        run,
        lambda: True,
        confirm="What was restored is lost, and a restore that runs now cannot succeed.",
    )
