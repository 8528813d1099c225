"""What a followed restore says for a moment only, and for how long a refusal is borne."""

from datetime import timedelta

import pytest

from bot.domain.errors import ManagerError
from bot.durable.following import REFUSED_TRIES
from bot.runbooks import observations as o
from bot.runbooks.restoring import SUSPEND, Followed, RestoreStatus
from bot.store.database import Database
from tests.durable.followed import (
    AWAY,
    BUSY,
    FINGERPRINT,
    FORBIDDEN,
    FOREIGN,
    IDLE,
    NAMELESS,
    OFFERS,
    RUNNING,
    SUCCESS,
    a_following,
    says,
)


@pytest.mark.parametrize("odd", [IDLE, FOREIGN, NAMELESS], ids=["idle", "foreign", "foreign id"])
async def test_one_odd_reading_late_in_a_restore_is_nothing(
    database: Database, odd: RestoreStatus
) -> None:
    """Neither told nor asked about, however long after the start, and however rare the looks."""
    stage = await a_following(database)
    since = stage.clock.now()
    standing = [RUNNING] * 12
    later = timedelta(minutes=50)

    seen = await stage.follow(*standing, later, odd, *standing, odd, SUCCESS, since=since)

    assert isinstance(seen, Followed)
    assert seen.status == SUCCESS
    assert await stage.words() == ["RUNNING", "SUCCESS"]


@pytest.mark.parametrize("odd", [IDLE, FOREIGN, NAMELESS], ids=["idle", "foreign", "foreign id"])
async def test_an_odd_reading_that_persists_is_for_people(
    database: Database, odd: RestoreStatus
) -> None:
    """For the settle time; a success of another backup is not told as ours even then."""
    stage = await a_following(database)

    seen = await stage.follow(RUNNING, odd)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("changed", odd)
    assert 60 <= (seen.at - stage.desk.clock.now()).total_seconds() <= 75
    assert await stage.told() == ["The manager says step 5 of 11: RESTORE_NODE (RUNNING)."]


async def test_odd_readings_between_outages_do_not_add_up(database: Database) -> None:
    """A manager that restarts may say anything in between."""
    stage = await a_following(database)

    seen = await stage.follow(RUNNING, *[AWAY, IDLE, FOREIGN] * 30, RUNNING, SUCCESS)

    assert isinstance(seen, Followed)
    assert seen.status == SUCCESS


async def test_a_busy_manager_does_not_make_an_odd_reading_normal(database: Database) -> None:
    """It says nothing of the restore."""
    stage = await a_following(database)

    seen = await stage.follow(RUNNING, FOREIGN, *[BUSY] * 10, FOREIGN)

    assert isinstance(seen, Followed)
    assert seen.status == FOREIGN


async def test_a_restore_of_others_is_never_told_to_suspend(database: Database) -> None:
    """The wish was for ours, and waits until that is seen again."""
    stage = await a_following(database)
    await stage.follow_until_killed(OFFERS)
    await stage.ask_to_suspend()
    theirs = says(id="theirs", backup_timestamp=1, offered=(SUSPEND,))

    seen = await stage.follow(theirs, OFFERS)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("suspend", OFFERS)


async def test_a_late_restore_is_not_told_by_the_words_of_another(database: Database) -> None:
    """The question says whose they are."""
    stage = await a_following(database, stable_timeout=timedelta(minutes=5))

    seen = await stage.follow(RUNNING, timedelta(minutes=6), FOREIGN)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("late", None)
    assert "of another restore" in seen.last


@pytest.mark.parametrize("refusal", [FORBIDDEN, FINGERPRINT], ids=["403", "another kind"])
async def test_a_refusal_that_stays_is_asked_about(
    database: Database, refusal: ManagerError
) -> None:
    """A plain 403 does not pass by waiting; a few looks, far apart, tell that it stays."""
    stage = await a_following(database)

    seen = await stage.follow(RUNNING, refusal)

    assert isinstance(seen, o.Trouble)
    assert (seen.kind, stage.looked) == (refusal.kind, REFUSED_TRIES)
    assert stage.clock.slept[-1] == 60


async def test_a_refusal_that_passes_is_not_asked_about(database: Database) -> None:
    """Only a few in a row count."""
    stage = await a_following(database)

    seen = await stage.follow(
        RUNNING, *[FORBIDDEN, FORBIDDEN, RUNNING, FORBIDDEN, BUSY] * 3, SUCCESS
    )

    assert isinstance(seen, Followed)
    assert seen.status == SUCCESS


async def test_a_busy_manager_is_borne_for_long(database: Database) -> None:
    """429 passes by waiting."""
    stage = await a_following(database)

    seen = await stage.follow(RUNNING, *[BUSY] * 50, SUCCESS)

    assert isinstance(seen, Followed)
    assert seen.status == SUCCESS
