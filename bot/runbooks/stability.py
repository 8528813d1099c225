"""When a manager counts as stable again after a restore.

A `STABLE` seen right after the request may still be the state from before it. So stable means
several good answers in a row, each of them after the outage was seen or a settle time had passed.
Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 3 ("Wait for the system to become
stable again").
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.errors import Kind
from bot.domain.target import Timing
from bot.runbooks.observations import ClusterStatus

STABLE: Final = "STABLE"

SIGNS_OF_A_RESTART: Final = frozenset(
    {Kind.UNREACHABLE, Kind.MALFORMED, Kind.MISSING, Kind.SESSION}
)
"""What a manager shows whose services restart: no connection, 5xx, HTML, addresses not there, and
sessions that it has forgotten."""

PASSING: Final = SIGNS_OF_A_RESTART | {Kind.BUSY}
"""What passes by waiting."""


def is_good(status: ClusterStatus, *, controllers: bool) -> bool:
    """Say whether the manager says STABLE; with `controllers` its control cluster too."""
    return status.management == STABLE and (not controllers or status.control == STABLE)


@dataclass(frozen=True, slots=True)
class Watch:
    """A wait in progress: since when (the restore request), and what was seen so far.

    `in_a_row` counts good answers after the outage or the settle time. `uptime` is the milliseconds
    since system start as last seen; a smaller one means a restart.
    """

    sent_at: datetime
    timing: Timing
    controllers: bool
    in_a_row: int = 0
    outage_seen: bool = False
    uptime: int | None = None

    def saw(self, status: ClusterStatus, uptime: int | None, now: datetime) -> "Watch":
        """Return the wait after an answer; `uptime` is `None` where it was not told."""
        restarted = uptime is not None and self.uptime is not None and uptime < self.uptime
        outage = self.outage_seen or status.management != STABLE or restarted
        counts = outage or now - self.sent_at >= self.timing.settle
        before = 0 if restarted else self.in_a_row
        return replace(
            self,
            in_a_row=before + 1 if counts and is_good(status, controllers=self.controllers) else 0,
            outage_seen=outage,
            uptime=uptime if uptime is not None else self.uptime,
        )

    def saw_nothing(self, why: Kind) -> "Watch":
        """Return the wait after a look without a usable answer.

        A manager that is busy or refuses breaks the row, but is no sign of a restart.
        """
        outage = self.outage_seen or why in SIGNS_OF_A_RESTART
        return replace(self, in_a_row=0, outage_seen=outage)

    def is_over(self) -> bool:
        """Say whether the manager is stable again."""
        return self.in_a_row >= self.timing.stable_polls
