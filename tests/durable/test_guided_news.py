"""What of a restore is news to people, and for how long it may say nothing new."""

from datetime import timedelta

from bot.domain import commands as c
from bot.runbooks.restoring import Followed
from bot.store.database import Database
from tests.builders import REQUEST_ID
from tests.durable.followed import OFFERS, RUNNING, SUCCESS, a_following, says


async def test_a_restore_that_stands_still_for_a_day_is_followed_all_day(
    database: Database,
) -> None:
    """However many looks that takes; then people are asked."""
    stage = await a_following(database, stable_timeout=timedelta(hours=24))

    seen = await stage.follow(RUNNING, heeds_suspend=False)

    assert isinstance(seen, Followed)
    assert (seen.why, seen.status) == ("late", RUNNING)
    assert stage.looked > 2000


async def test_a_description_that_counts_is_told_once(database: Database) -> None:
    """Step and word make a line; what is said of a step, and what is offered, do not."""
    stage = await a_following(database)
    counts = [says(step_said=f"Restoring {host} of 812") for host in range(1, 40)]

    await stage.follow(*counts, SUCCESS)

    assert await stage.told() == [
        "The manager says step 5 of 11: Restoring 1 of 812 (RUNNING).",
        "The manager says step 11 of 11: RESTORE_NODE (SUCCESS).",
    ]


async def test_a_description_that_counts_is_not_told_again_by_another_process(
    database: Database,
) -> None:
    """Nor in another turn."""
    stage = await a_following(database)
    await stage.follow_until_killed(says(step_said="Restoring 1 of 812"))

    await stage.follow(says(step_said="Restoring 2 of 812"), says("FAILED"))
    await stage.follow(says("FAILED", step_said="Restoring 3 of 812"), SUCCESS, turn=2)

    assert await stage.words() == ["RUNNING", "FAILED"]


async def test_a_sentence_of_our_own_does_not_make_it_told_again(database: Database) -> None:
    """What the bot tells beside it says nothing of the restore."""
    stage = await a_following(database)
    await stage.follow_until_killed(RUNNING)
    where, suspendable = "step 5 of 11: RESTORE_NODE (RUNNING)", False
    await stage.desk.give(c.NoteProgress("The bot did it unasked.", where, suspendable))

    await stage.follow(RUNNING, SUCCESS)

    assert (await stage.told()).count(f"The manager says {where}.") == 1


async def test_a_restore_that_counts_hosts_is_not_stuck(database: Database) -> None:
    """A change of description is a sign of life: patience counts anew."""
    stage = await a_following(database, stable_timeout=timedelta(hours=1))
    longer = timedelta(minutes=40)
    counts = [says(step_said=f"Restoring {host} of 812") for host in range(1, 5)]

    seen = await stage.follow(
        counts[0], longer, counts[1], longer, counts[2], longer, counts[3], SUCCESS
    )

    assert isinstance(seen, Followed)
    assert seen.why == "changed"


async def test_a_bot_that_starts_late_in_a_step_that_counts_asks_nobody(database: Database) -> None:
    """What it says is not what was told last, so it lives, though nothing was told since."""
    stage = await a_following(database, stable_timeout=timedelta(hours=1))
    since = stage.clock.now()
    await stage.follow_until_killed(says(step_said="Restoring 1 of 812"))
    stage.clock.jump(timedelta(hours=2))

    seen = await stage.follow(says(step_said="Restoring 9 of 812"), SUCCESS, since=since)

    assert isinstance(seen, Followed)
    assert seen.why == "changed"


async def test_an_offer_that_comes_and_goes_is_for_the_card_alone(database: Database) -> None:
    """The Suspend button is as the manager says at last; the thread tells each step once."""
    stage = await a_following(database)

    await stage.follow_until_killed(OFFERS, RUNNING, OFFERS, RUNNING, OFFERS)

    assert [said for said in await stage.told() if said] == [
        "The manager says step 5 of 11: RESTORE_NODE (RUNNING)."
    ]
    request = await stage.desk.ledger.get(REQUEST_ID)
    assert request.progress is not None
    assert request.progress.suspendable


async def test_an_offer_that_goes_while_nobody_follows_leaves_the_card(database: Database) -> None:
    """Another process compares with what the card shows."""
    stage = await a_following(database)
    await stage.follow_until_killed(OFFERS)

    await stage.follow_until_killed(RUNNING, RUNNING)

    request = await stage.desk.ledger.get(REQUEST_ID)
    assert request.progress is not None
    assert not request.progress.suspendable
    assert len(await stage.told()) == 2, "one line, and one change of the card"


async def test_what_comes_and_goes_within_one_turn_is_told_each_time(database: Database) -> None:
    """A step, or a word, that comes back is news again."""
    stage = await a_following(database)

    await stage.follow(RUNNING, says("SUSPENDING"), RUNNING, says("SUSPENDING"), SUCCESS)

    assert await stage.words() == [*["RUNNING", "SUSPENDING"] * 2, "SUCCESS"]


async def test_what_comes_and_goes_over_a_crash_is_told_each_time_and_once(
    database: Database,
) -> None:
    """Another process continues the count of what was told."""
    stage = await a_following(database)
    suspending = says("SUSPENDING")
    await stage.follow_until_killed(RUNNING, suspending)
    await stage.follow_until_killed(suspending, RUNNING)
    await stage.follow_until_killed(RUNNING, RUNNING)
    await stage.follow(suspending, SUCCESS)

    assert await stage.words() == [*["RUNNING", "SUSPENDING"] * 2, "SUCCESS"]
