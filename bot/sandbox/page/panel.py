"""The control panel: what goes on behind the workspace, and the hand that a visitor has in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final

from bot.sandbox.nsx.simulated_time import Changes
from bot.sandbox.page.acts import PanelAct
from bot.sandbox.page.calls import Calls
from bot.sandbox.page.keeper import BotKeeper
from bot.sandbox.page.knobs import knobs
from bot.sandbox.page.levers import levers
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import GUIDED_TARGET, TARGET, Stage

LOOKS_EVERY: Final = 0.1
"""Real seconds: a panel changes at most ten times a second."""

NOT_SHOWN: Final = ("uptime_ms", "requests")
"""Of a manager's state: what changes all the time, and what the calls tell."""


def no_drill() -> Json | None:
    """Say that this is no drill."""
    return None


class StagePanel:
    """The panel of one stage; `drill` gives the drill's figures so far, if it is one."""

    def __init__(
        self, stage: Stage, bot: BotKeeper, drill: Callable[[], Json | None] = no_drill
    ) -> None:
        self._stage = stage
        self._bot = bot
        self._drill = drill
        self._knobs = {knob.key: knob for knob in knobs(stage)}
        self._levers = {lever.key: lever for lever in levers(stage, bot)}
        self._changes = Changes()
        self._version = 1
        self._calls = Calls(stage)
        self._shown = self._snapshot()

    async def watch(self) -> None:
        """Look at everything ten times a second, and wake the windows when something is new."""
        while True:
            self._look()
            await asyncio.sleep(LOOKS_EVERY)

    async def frames(self) -> AsyncIterator[Json]:
        """Yield what one window is to show: now, and again each time that something is new.

        Calls come once, and once more when a call that had no answer yet has one.
        """
        version, told, unanswered = 0, 0, set[int]()
        while True:
            await self._changes.until(partial(self._is_newer, version))
            version = self._version
            calls = self._calls
            news = [n for n in sorted(unanswered) if calls.is_answered(n)]
            news += range(told, len(calls))
            told = len(calls)
            unanswered = {n for n in {*unanswered, *news} if not calls.is_answered(n)}
            yield {**self._shown, "calls": [calls.shown(n) for n in news]}

    async def act(self, act: PanelAct) -> str | None:
        """Set a fault or do an action; return what it said. Raises `ValueError`."""
        said: str | None = None
        if act.act == "fault":
            if act.key not in self._knobs:
                raise ValueError(f"There is no fault {act.key}.")
            self._knobs[act.key].set(act.value)
        else:
            if act.key not in self._levers:
                raise ValueError(f"There is no action {act.key}.")
            said = await self._levers[act.key].run()
        self._look()
        return said

    def _is_newer(self, version: int) -> bool:
        return self._version > version

    def _look(self) -> None:
        is_new = self._calls.look()
        shown = self._snapshot()
        if is_new or shown != self._shown:
            self._shown = shown
            self._version += 1
            self._changes.announce()

    def _snapshot(self) -> Json:
        stage = self._stage
        return {
            "speed": stage.manager.speed,
            "bot": self._bot.as_json(),
            "managers": [
                {"name": TARGET, "generation": "NSX-T 1.x", **_told(stage.manager.state())},
                {"name": GUIDED_TARGET, "generation": "NSX", **_told(stage.guided.state())},
            ],
            "backups": {
                "files": stage.backups.backup_names(),
                "fingerprint": stage.backups.fingerprint_md5(),
                "passwords_received": stage.backups.passwords_received,
            },
            "faults": [knob.as_json() for knob in self._knobs.values()],
            "actions": [lever.as_json() for lever in self._levers.values()],
            "violations": list(stage.workspace.violations),
            "drill": self._drill(),
        }


def _told(state: Json) -> Json:
    return {name: value for name, value in state.items() if name not in NOT_SHOWN}
