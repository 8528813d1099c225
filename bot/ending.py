"""The end of a process: begun by a signal, and never late."""

import asyncio
import os
import signal
import threading
from typing import Final

LONGEST_END: Final = 10.0
"""Seconds that the end of a process may take."""


def end_at_the_latest(*, status: int) -> None:
    """End the process if it has not ended in order after `LONGEST_END`.

    Whatever hangs then is no loss: everything that counts is committed, as for a kill -9.
    """
    timer = threading.Timer(LONGEST_END, os._exit, (status,))
    timer.daemon = True
    timer.start()


def until_signal() -> asyncio.Event:
    """Return an event that is set when the process is told to end."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return ended
