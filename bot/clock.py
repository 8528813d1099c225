"""Time and chance of a running bot; everything else is handed what it needs of them."""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Final

from bot.domain.values import ID_ALPHABET, RequestId

_ID_LENGTH: Final = 6


class SystemClock:
    """The system's own time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  (the one place that reads the system's clock)

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


def new_request_id() -> RequestId:
    """Draw the id of a new request, such as `R-7QK2M9`."""
    return RequestId("R-" + "".join(secrets.choice(ID_ALPHABET) for _ in range(_ID_LENGTH)))
