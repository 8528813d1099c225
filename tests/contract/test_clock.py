"""What every `Clock` does."""

from datetime import UTC, timedelta

import pytest

from bot.clock import SystemClock
from bot.ports import Clock
from tests.fakes import FakeClock


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()], ids=["system", "in memory"])
async def test_time_is_utc_and_passes_while_one_sleeps(clock: Clock) -> None:
    """After a sleep it is at least so much later."""
    before = clock.now()
    await clock.sleep(0.01)
    assert before.tzinfo is UTC
    assert clock.now() - before >= timedelta(seconds=0.009)
