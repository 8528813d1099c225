"""First come, first served, for each name by itself."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Queues, one for each name that somebody stands in line for; an empty one is not kept."""

    def __init__(self) -> None:
        self._queues: dict[str, list[asyncio.Event]] = {}

    @contextmanager
    def place(self, name: str) -> Iterator[asyncio.Event]:
        """Stand in line while the block lasts; the event is set when it is one's turn.

        Whoever leaves early, for whatever reason, hands nobody's turn to those behind.
        """
        queue = self._queues.setdefault(name, [])
        mine = asyncio.Event()
        queue.append(mine)
        queue[0].set()
        try:
            yield mine
        finally:
            queue.remove(mine)
            if queue:
                queue[0].set()
            else:
                del self._queues[name]
