"""The kill matrix: `uv run python -m tests.faults [--runbook NAME] [--postgres] [--sqlite]`.

A control run collects the points that a restore passes; then each point is a story of its own, in
which the bot's process ends by SIGKILL there and is started again. Prints what was seen, as counts.
With `--every N` each N-th point is played, with `--jobs N` so many stories at the same time, and
with `--point POINT` a single one.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import story
from tests.faults.databases import Databases
from tests.faults.tales import TALES


async def main() -> int:
    """Play the matrix on the chosen databases; 1 if anything was wrong."""
    options = _options()
    began = time.monotonic()
    failures = 0
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print(
        f"{'runbook':<16}{'database':<10}{'points':>7}{'killed':>8}{'lost':>6}{'doubled':>9}"
        f"{'thread':>8}{'wrong':>7}"
    )
    with Databases() as databases:
        for runbook in TALES if options.runbook == "all" else [options.runbook]:
            for kind in [k for k in ("sqlite", "postgres") if getattr(options, k)]:
                outcomes = await _sweep(runbook, kind, databases, options)
                failures += _report(runbook, kind, outcomes)
    print(f"wall time: {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


async def _sweep(
    runbook: str, kind: str, databases: Databases, options: argparse.Namespace
) -> list[story.Outcome]:
    with tempfile.TemporaryDirectory() as directory:
        control = await story.play(Path(directory), "", databases.new(kind), runbook)
        chosen = options.point or story.points(Path(directory))[options.first :: options.every]
    turns = asyncio.Semaphore(options.jobs)

    async def one(point: str) -> story.Outcome:
        async with turns:
            with tempfile.TemporaryDirectory() as directory:
                outcome = await _played(Path(directory), point, databases.new(kind), runbook)
        print("x" if outcome.wrong else ".", end="", file=sys.stderr, flush=True)
        return outcome

    return [control, *await asyncio.gather(*map(one, chosen))]


async def _played(directory: Path, point: str, url: str | None, runbook: str) -> story.Outcome:
    """Play one point; a story that gets stuck is an outcome too."""
    try:
        return await story.play(directory, point, url, runbook)
    except (TimeoutError, RuntimeError, LookupError) as error:
        said = f"it ended as stuck: {type(error).__name__} {str(error)[-400:]}"
        return story.Outcome(point, "stuck", 0, (directory / "killed").exists(), (said,))


def _report(runbook: str, kind: str, outcomes: list[story.Outcome]) -> int:
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    every = [fault for outcome in wrong for fault in outcome.wrong]
    lost = sum("lost" in fault or "ended as" in fault for fault in every)
    doubled = sum("sent twice" in fault for fault in every)
    thread = sum("thread lines" in fault for fault in every)
    killed = sum(outcome.killed for outcome in outcomes)
    print(
        f"{runbook:<16}{kind:<10}{len(outcomes) - 1:>7}{killed:>8}{lost:>6}{doubled:>9}"
        f"{thread:>8}{len(wrong):>7}",
        flush=True,
    )
    for outcome in wrong:
        print(f"  {outcome.point or 'control'}: {outcome.ended}; {'; '.join(outcome.wrong)}")
    never = [o.point for o in outcomes[1:] if not o.killed]
    if never:
        print(f"  never reached: {', '.join(never)}")
    return len(wrong) + len(never)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--runbook", choices=[*TALES, "all"], default="all")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL")
    parser.add_argument("--every", type=int, default=1, help="play every N-th point only")
    parser.add_argument("--first", type=int, default=0, help="begin with this point, from 0")
    parser.add_argument("--point", action="append", help="play this point, whatever is passed")
    parser.add_argument("--jobs", type=int, default=2, help="stories at the same time")
    options = parser.parse_args()
    if not (options.sqlite or options.postgres):
        options.sqlite = options.postgres = True
    return options


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
