"""A failed step that people wait out: for how long nobody is asked about it."""

from datetime import timedelta

import pytest

from bot.runbooks.restoring import Followed
from bot.store.database import Database
from tests.durable.followed import AWAY, RUNNING, a_following, says

FAILED = says("FAILED")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("stable_timeout", "after"), [(60, 10), (7, 7)])
async def test_what_still_stands_is_asked_about_again(
    database: Database, stable_timeout: int, after: int
) -> None:
    """After ten times the settle time, and no later than anything else that stands still."""
    stage = await a_following(database, settle=MINUTE, stable_timeout=stable_timeout * MINUTE)
    since = stage.clock.now()

    seen = await stage.follow(FAILED, past=FAILED, waits=True)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("late", FAILED)
    assert after * MINUTE <= seen.at - since < (after + 1) * MINUTE
    assert seen.seconds == (seen.at - since).total_seconds()


async def test_a_manager_that_restarts_meanwhile_gets_its_time(database: Database) -> None:
    """Nobody knows how it stands until it answers: a restart is what people wait for."""
    stage = await a_following(database, settle=MINUTE, stable_timeout=60 * MINUTE)
    since = stage.clock.now()

    seen = await stage.follow(FAILED, AWAY, 20 * MINUTE, FAILED, past=FAILED, waits=True)

    assert isinstance(seen, Followed)
    assert seen.why == "late"
    assert 20 * MINUTE < seen.at - since < 22 * MINUTE


async def test_what_went_on_is_not_waited_out_any_more(database: Database) -> None:
    """It fails anew, so it is asked about at once."""
    stage = await a_following(database, settle=MINUTE)
    since = stage.clock.now()

    seen = await stage.follow(FAILED, RUNNING, FAILED, past=FAILED, waits=True)

    assert isinstance(seen, Followed)
    assert seen.why == "changed"
    assert seen.at - since < MINUTE


@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "retried"])
async def test_a_manager_that_never_comes_back_is_asked_about_as_silent(
    database: Database, *, waits: bool
) -> None:
    """Not as the failure that it told before: nobody knows whether that still stands."""
    stage = await a_following(database, settle=MINUTE, stable_timeout=60 * MINUTE)

    seen = await stage.follow(FAILED, AWAY, past=FAILED, waits=waits)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("late", None)
    assert seen.last == AWAY.said
