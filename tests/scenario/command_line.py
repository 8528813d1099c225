"""Runs the command line: here in this process, or as a process of its own."""

import asyncio
import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from unittest import mock

import structlog

from bot.cli.main import main
from tests.scenario.theatre import CLI, HERE

WITHIN: Final = 60.0
"""Real seconds within which any command must have ended."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command went."""

    code: int
    out: str
    err: str

    @property
    def refused(self) -> bool:
        """Whether it ended as everything does that a user can cause: one message, no traceback."""
        return (
            self.code == 1
            and self.err.startswith("nsx-restore: ")
            and "Traceback" not in self.err + self.out
        )


async def run(environment: Mapping[str, str], *words: str) -> Ran:
    """Run a command in this process; what it raises besides its exit is raised here."""
    return await asyncio.to_thread(_run, environment, words)


def _run(environment: Mapping[str, str], words: tuple[str, ...]) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        _own_logs(),
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch("sys.argv", ["nsx-restore", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    return Ran(int(str(code or 0)), out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _own_logs() -> Iterator[None]:
    """Take back what a command sets up for its logs: they would go to a closed book."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


async def run_apart(environment: Mapping[str, str], *words: str) -> Ran:
    """Run a command as a process of its own, to its end."""
    process = await asyncio.create_subprocess_exec(
        *CLI,
        *words,
        env={"PATH": os.environ["PATH"], **HERE, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WITHIN):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ran(process.returncode or 0, out.decode(), err.decode())
