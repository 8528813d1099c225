"""The running bot's own time and chance."""

from datetime import UTC

from bot.clock import SystemClock, new_request_id
from bot.domain.values import REQUEST_ID


async def test_the_systems_clock_goes_forward_in_utc() -> None:
    """Aware, and never back."""
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.001)
    assert before.tzinfo is UTC
    assert clock.now() > before


def test_request_ids_look_like_request_ids_and_differ() -> None:
    """Six characters that can be read aloud."""
    ids = {new_request_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(REQUEST_ID.fullmatch(one) for one in ids)
