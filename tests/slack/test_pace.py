"""The arithmetic of pace."""

from datetime import datetime, timedelta

import pytest

from bot.slack.pace import Bucket, Pace, Pacer, Rate
from tests.builders import CHANNEL, NOON

POST = "chat.postMessage"


def _at(seconds: float) -> object:
    return NOON + timedelta(seconds=seconds)


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """Three at once, then one a second; a pause fills it again, to the burst and no further."""
    bucket = Bucket(Rate(burst=3, per_second=1))
    for _ in range(3):
        assert bucket.wait(NOON) == 0
        bucket.take()
    assert bucket.wait(NOON) == pytest.approx(1)
    assert bucket.wait(NOON + timedelta(seconds=1)) == 0
    bucket.take()
    assert bucket.wait(NOON + timedelta(hours=1)) == 0
    assert bucket.level == 3


def test_a_clock_that_goes_back_gives_nothing() -> None:
    """A step back in time neither gives tokens nor takes them."""
    bucket = Bucket(Rate(burst=1, per_second=1))
    assert bucket.wait(NOON) == 0
    bucket.take()
    assert bucket.wait(NOON - timedelta(hours=1)) == pytest.approx(1)


def test_channels_have_buckets_of_their_own_and_one_together() -> None:
    """A full channel holds up no other; the workspace's own limit holds for all."""
    pace = Pace(posts_in_channel=Rate(1, 1), posts=Rate(2, 0.5))
    pacer = Pacer(pace)
    pacer.take(POST, CHANNEL, None)
    assert pacer.ready_at(POST, CHANNEL, None, NOON) == _at(1)
    assert pacer.ready_at(POST, "C0OTHER", None, NOON) == _at(0)
    pacer.take(POST, "C0OTHER", None)
    assert pacer.ready_at(POST, "C0THIRD", None, NOON) == _at(2)


def test_a_hold_is_kept_and_never_shortened() -> None:
    """What Slack asked for holds for the method, in every channel."""
    pacer = Pacer(Pace())
    pacer.hold(POST, NOON + timedelta(seconds=30))
    pacer.hold(POST, NOON + timedelta(seconds=5))
    assert pacer.ready_at(POST, CHANNEL, None, NOON) == _at(30)
    assert pacer.ready_at("chat.update", CHANNEL, None, NOON) == _at(0)


def test_a_card_shows_three_edits_at_once_and_then_one_every_three_seconds() -> None:
    """So the answer to a click is immediate; another card, and posts, do not wait for this one."""
    pacer = Pacer(Pace())
    for _ in range(3):
        assert pacer.ready_at("chat.update", CHANNEL, "R-1", NOON) == _at(0)
        pacer.take("chat.update", CHANNEL, "R-1")
    assert pacer.ready_at("chat.update", CHANNEL, "R-1", NOON) == _at(3)
    assert pacer.ready_at("chat.update", CHANNEL, "R-2", NOON) == _at(0)
    assert pacer.ready_at(POST, CHANNEL, None, NOON) == _at(0)
    pacer.take("chat.update", CHANNEL, "R-1")
    assert pacer.ready_at("chat.update", CHANNEL, "R-1", NOON) == _at(6)


def test_a_card_that_rested_may_be_edited_three_times_again() -> None:
    """A pause fills its bucket, to three and no further."""
    pacer = Pacer(Pace())
    later = NOON + timedelta(hours=1)
    for now in (NOON, later):
        for _ in range(3):
            assert pacer.ready_at("chat.update", CHANNEL, "R-1", now) == now
            pacer.take("chat.update", CHANNEL, "R-1")
        assert pacer.ready_at("chat.update", CHANNEL, "R-1", now) == now + timedelta(seconds=3)


def test_waits_double_up_to_a_minute() -> None:
    """1, 2, 4, 8, 16, 32, 60, 60 seconds, and no overflow."""
    pace = Pace()
    assert [pace.wait_after(n) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pace.wait_after(10**6) == 60


@pytest.mark.parametrize(
    ("method", "places", "tier"),
    [
        (POST, 1, 60),
        (POST, 40, 300),
        ("chat.update", 40, 50),
        ("chat.postEphemeral", 40, 100),
    ],
)
def test_no_minute_sees_more_than_slack_documents(method: str, places: int, tier: int) -> None:
    """However much waits at the start: the first minute and each later one keep below the tier."""
    pacer, made, now = Pacer(Pace()), 0, NOON
    calls: list[datetime] = []
    while now < NOON + timedelta(minutes=3):
        place = f"C{made % places}"
        card = f"R-{made % 40}" if method == "chat.update" else None
        ready = pacer.ready_at(method, place, card, now)
        if ready > now:
            now = ready
            continue
        pacer.take(method, place, card)
        calls.append(now)
        made += 1
    busiest = max(
        sum(start <= call < start + timedelta(minutes=1) for call in calls) for start in calls
    )
    assert tier * 0.8 < busiest <= tier


def test_cards_and_channels_that_rest_are_forgotten() -> None:
    """However many requests there were, the pacer stays small; who is in debt is remembered."""
    pacer = Pacer(Pace())
    for number in range(1000):
        now = NOON + timedelta(minutes=number)
        pacer.ready_at("chat.update", CHANNEL, f"R-{number}", now)
        pacer.take("chat.update", CHANNEL, f"R-{number}")
    assert len(pacer._buckets) <= 210
    for _ in range(3):
        pacer.take("chat.update", CHANNEL, "R-999")
    assert pacer.ready_at("chat.update", CHANNEL, "R-999", now) > now


def test_a_call_that_did_not_wait_makes_the_next_ones_wait() -> None:
    """An edit on the side is counted, so that the minute stays what it may be."""
    pacer = Pacer(Pace(updates=Rate(1, 1)))
    for _ in range(2):
        pacer.take("chat.update", CHANNEL, None)
    assert pacer.ready_at("chat.update", CHANNEL, None, NOON) == _at(2)
