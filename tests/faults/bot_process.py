"""The bot as it is, in a process that ends itself by SIGKILL at one point of a run or a delivery.

`KILL_POINT` is `step position n`: the n-th time that a run (or, as `show:what`, a delivery into
Slack) passes there. `KILLED_FILE` is made
before the end, so that the process that is started next lives. `POINTS_FILE` collects the points
that a run passes, for the sweep to choose from.
"""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

from bot import app
from bot.app import Parts, Role
from bot.slack.messenger import Pace
from bot.telemetry import configure_logs
from config import file
from config.settings import Purpose, load_settings


class Points:
    """Counts the points that a run passes, and ends the process at the chosen one."""

    def __init__(self, chosen: str, killed: Path, passed: Path) -> None:
        self._chosen = chosen
        self._killed = killed
        self._passed = passed
        self._counts: Counter[tuple[str, str]] = Counter()

    def __call__(self, step: str, position: str) -> None:
        """Note one point."""
        self._counts[step, position] += 1
        point = f"{step} {position} {self._counts[step, position]}"
        with self._passed.open("a") as passed:
            passed.write(point + "\n")
        if point == self._chosen and not self._killed.exists():
            self._killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve, as `nsx-restore serve` does, watched."""
    settings = load_settings(Purpose.SERVE)
    configure_logs(settings.log_level, json=True)
    points = Points(
        os.environ.get("KILL_POINT", ""),
        Path(os.environ["KILLED_FILE"]),
        Path(os.environ["POINTS_FILE"]),
    )
    parts = Parts(checkpoint=points, pace=Pace.unhurried())
    asyncio.run(app.run(Role.SERVE, settings, file.load(settings.nsx_restore_config), parts))


if __name__ == "__main__":
    main()
