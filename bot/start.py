"""The way in: `nsx-restore`.

Loading the command line takes a moment, in which Ctrl-C would end in a traceback from the middle
of some import. Nothing has begun then, so it ends the process at once.
"""

import gc
import os
import signal
import sys
from types import FrameType

from bot.interruption import INTERRUPTED, INTERRUPTED_STATUS


def main() -> None:
    """Load the command line, and run it."""
    signal.signal(signal.SIGINT, _end)
    # What loading makes stays: to look for garbage in it takes a sixth of the time.
    gc.disable()
    from bot.cli import main as cli  # noqa: PLC0415 - this is what takes the moment

    gc.freeze()
    gc.enable()

    # The demo's page is ended by Ctrl-C and by nothing else: it takes over from here by itself.
    if not _is_page():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


def _end(_number: int, _frame: FrameType | None) -> None:
    if _is_page():
        os._exit(0)
    os.write(sys.stderr.fileno(), f"{INTERRUPTED}\n".encode())
    os._exit(INTERRUPTED_STATUS)


def _is_page() -> bool:
    return sys.argv[1:2] == ["demo"] and "--headless" not in sys.argv


if __name__ == "__main__":
    main()
