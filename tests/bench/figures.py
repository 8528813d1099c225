"""Figures as they are printed: N, percentiles, spread, what was demanded, the machine."""

import math
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEADING: Final = (
    f"{'what':<46}{'N':>6}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}{'spread':>9}  demanded"
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A percentile (100 is the greatest value) that must stay under so many seconds."""

    percentile: float
    below: float


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds that something took, each time."""

    what: str
    seconds: tuple[float, ...]
    goal: Goal | None = None
    waived: str = ""
    """Why missing the goal is no failure of the run; it is said beside the verdict."""

    @property
    def is_met(self) -> bool:
        """Whether it is as demanded."""
        return self.goal is None or self.at(self.goal.percentile) < self.goal.below

    def at(self, percentile: float) -> float:
        """Return a percentile by nearest rank: always a value that was measured."""
        return nearest_rank(self.seconds, percentile)

    @property
    def spread(self) -> float:
        """Return the distance between the quartiles."""
        return self.at(75) - self.at(25)

    def line(self) -> str:
        """Return the row of the table, in milliseconds."""
        values = (*(self.at(percentile) for percentile in (50, 95, 99, 100)), self.spread)
        columns = "".join(f"{1000 * value:>9.1f}" for value in values)
        return f"{self.what:<46}{len(self.seconds):>6}{columns}  {self._demanded()}".rstrip()

    def _demanded(self) -> str:
        if self.goal is None:
            return ""
        name = {50: "p50", 99: "p99", 100: "max"}[int(self.goal.percentile)]
        verdict = "met" if self.is_met else f"MISSED{self.waived and f' ({self.waived})'}"
        return f"{name} < {1000 * self.goal.below:.0f}: {verdict}"


@dataclass(frozen=True, slots=True)
class Count:
    """How often something that must not happen did happen, in N tries."""

    what: str
    tries: int
    found: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Whether it never happened."""
        return not self.found

    def line(self) -> str:
        """Return the row of the table."""
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.what:<46}{self.tries:>6}{len(self.found):>9}{'':>36}  0: {verdict}"


Row = Figure | Count


def nearest_rank(values: Sequence[float], percentile: float) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percentile / 100 * len(ordered)), 1) - 1]


def show(rows: Sequence[Row], began: float) -> int:
    """Print the table and the machine; return 1 if anything is not as demanded, else 0.

    `began` is what `time.monotonic` said at the beginning.
    """
    print("milliseconds; the spread is the distance between the quartiles")
    print(HEADING)
    for row in rows:
        print(row.line())
    for row in rows:
        if isinstance(row, Count) and row.found:
            print(f"{row.what}:", *row.found[:10], sep="\n  ")
    print(f"machine: {machine()}; wall time {time.monotonic() - began:.0f} s")
    return 0 if all(row.is_met or _is_waived(row) for row in rows) else 1


def _is_waived(row: Row) -> bool:
    return isinstance(row, Figure) and bool(row.waived)


def machine() -> str:
    """Describe the machine, and how busy it is with everything that runs on it."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load average {load}"
    )
