"""The bot as it is, in a process of its own, that does not wait for Slack's rate limits.

The first argument is the role. `CLOCK_AHEAD` are seconds by which its clock goes ahead of the
machine's: so a test starts the bot again "a while later" without waiting.
"""

import asyncio
import os
import sys
from datetime import datetime, timedelta

from bot import app
from bot.app import Parts, Role
from bot.clock import SystemClock
from bot.slack.messenger import Pace
from bot.telemetry import configure_logs
from config import file
from config.settings import Purpose, load_settings


class ClockAhead(SystemClock):
    """The system's own time, and some more."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Return the moment that this process takes for the present."""
        return super().now() + self._ahead


def main() -> None:
    """Run one role, as the command line does."""
    role = Role(sys.argv[1])
    settings = load_settings(Purpose(role.value))
    configure_logs(settings.log_level, json=True)
    ahead = timedelta(seconds=float(os.environ.get("CLOCK_AHEAD", "0")))
    parts = Parts(pace=Pace.unhurried(), clock=ClockAhead(ahead))
    asyncio.run(app.run(role, settings, file.load(settings.nsx_restore_config), parts))


if __name__ == "__main__":
    main()
