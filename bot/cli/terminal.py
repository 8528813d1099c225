"""What all commands share: what they print, how they refuse and end, and how they are set up."""

import asyncio
import os
import resource
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from rich.console import Console

from bot.interruption import INTERRUPTED, INTERRUPTED_STATUS
from bot.telemetry import configure_logs
from config.settings import LogFormat, Purpose, Settings, load_settings

# What people wrote is evidence: it is printed as it is, never read as markup or emoji codes.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

T = TypeVar("T")


def refuse(text: str) -> NoReturn:
    """End with status 1 and this reason."""
    err.print(f"nsx-restore: {text}")
    sys.exit(1)


def interrupted() -> NoReturn:
    """End as Ctrl-C ends a command."""
    err.print(INTERRUPTED)
    sys.exit(INTERRUPTED_STATUS)


def keep_private() -> None:
    """Let no file of ours be read by others, and no crash write our memory to disk."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def settings_for(purpose: Purpose) -> Settings:
    """Read the environment as this purpose needs it, and begin to log."""
    return logging_as_set(load_settings(purpose))


def logging_as_set(settings: Settings) -> Settings:
    """Let whatever is logged from here on go to standard error."""
    configure_logs(settings.log_level, json=settings.log_format is LogFormat.JSON)
    return settings


def carry_out(work: Coroutine[Any, Any, T]) -> T:
    """Do the work in an event loop of its own; Ctrl-C ends the command."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        interrupted()
