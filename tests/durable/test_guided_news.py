"""What of a restore is news to people, and for how long it may say nothing new."""

from datetime import timedelta

from bot.runbooks.restoring import Followed
from bot.store.database import Database
from tests.durable.followed import RUNNING, a_following


async def test_a_restore_that_stands_still_for_a_day_is_followed_all_day(
    database: Database,
) -> None:
    """However many looks that takes; then people are asked."""
    stage = await a_following(database, stable_timeout=timedelta(hours=24))

    seen = await stage.follow(RUNNING, heeds_suspend=False)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("late", RUNNING)
    assert stage.looked > 2000
