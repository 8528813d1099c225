"""An orderly end: Ctrl-C, a polite kill or a closed terminal ends the work, wherever it is."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, Final, TypeVar

T = TypeVar("T")

ASKS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_asked_to_end(work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work; return `None` if somebody asked for the end before it was done.

    Its own `finally` blocks run to their end, however often somebody asks meanwhile.
    """
    with _asking() as asked:
        working = asyncio.create_task(work)
        waiting = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            if not working.done():
                working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            return await working
        return None


@contextlib.contextmanager
def _asking() -> Iterator[asyncio.Event]:
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread hears signals
        return
    for one in ASKS:
        loop.add_signal_handler(one, asked.set)
    try:
        yield asked
    finally:
        for one in ASKS:
            loop.remove_signal_handler(one)
            # Who asks once more finds nothing to end.
            signal.signal(one, signal.SIG_IGN)
