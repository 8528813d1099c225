"""The clock of a running bot; everything else takes its time from a `Clock`."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The system's own time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  (the one place that reads the system's clock)

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)
