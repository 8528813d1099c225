"""When a manager counts as stable again: good answers in a row, after its outage or settled."""

from datetime import datetime, timedelta

import pytest

from bot.domain.errors import Kind
from bot.runbooks.observations import ClusterStatus
from bot.runbooks.stability import Watch
from tests.builders import NOON, a_timing

GOOD = ClusterStatus("STABLE", "NO_CONTROLLERS", ())
CONNECTED = ClusterStatus("STABLE", "STABLE", ())
POLL = timedelta(seconds=5)
SETTLE = timedelta(seconds=60)

Look = tuple[ClusterStatus | None, int | None]


def stable_at(looks: list[Look], *, controllers: bool = False) -> datetime | None:
    """When the wait is over, with one look every poll, the first one poll after the request."""
    watch, now = Watch(NOON, a_timing(), controllers), NOON
    for status, uptime in looks:
        now += POLL
        if status is None:
            watch = watch.saw_nothing(Kind.UNREACHABLE)
        else:
            watch = watch.saw(status, uptime, now)
        if watch.is_over():
            return now
    return None


def looks(*statuses: ClusterStatus | None) -> list[Look]:
    """Looks that were told no uptime."""
    return [(status, None) for status in statuses]


def test_stable_right_after_the_request_does_not_count() -> None:
    """It may still be the state from before: the row begins when the settle time has passed."""
    assert stable_at(looks(*[GOOD] * 13)) is None
    assert stable_at(looks(*[GOOD] * 14)) == NOON + SETTLE + 2 * POLL


@pytest.mark.parametrize(
    "bad",
    [None, *(ClusterStatus(word, "NO_CONTROLLERS", ()) for word in ("UNSTABLE", "DEGRADED", "x"))],
)
def test_after_an_outage_three_good_answers_are_enough(bad: ClusterStatus | None) -> None:
    """No answer, or any other word than STABLE, is an outage."""
    assert stable_at(looks(GOOD, GOOD, bad, GOOD, GOOD)) is None
    assert stable_at(looks(GOOD, GOOD, bad, GOOD, GOOD, GOOD)) == NOON + 6 * POLL


def test_good_answers_must_come_in_a_row() -> None:
    """A manager that flaps is not stable, however long it takes."""
    assert stable_at(looks(*[GOOD, GOOD, None] * 20)) is None


def test_one_bad_answer_after_the_settle_time_starts_the_row_again() -> None:
    """Settled is not stable."""
    assert stable_at(looks(*[None] * 13, GOOD, GOOD, None, GOOD, GOOD)) is None
    assert stable_at(looks(*[None] * 13, GOOD, GOOD, GOOD)) == NOON + 16 * POLL


def test_a_restart_between_two_looks_is_seen_by_the_uptime() -> None:
    """A smaller uptime is an outage that nobody saw."""
    seen: list[Look] = [(GOOD, 900_000), (GOOD, 905_000), (GOOD, 1_000), (GOOD, 6_000)]

    assert stable_at(seen) is None
    assert stable_at([*seen, (GOOD, 11_000)]) == NOON + 5 * POLL


def test_good_answers_from_before_the_restart_do_not_count() -> None:
    """The row starts anew with the first answer after the restart."""
    watch = Watch(NOON, a_timing(), controllers=False)
    for uptime in (900_000, 905_000, 1_000):
        watch = watch.saw(GOOD, uptime, NOON + 2 * SETTLE)

    assert watch.outage_seen
    assert watch.in_a_row == 1
    assert not watch.is_over()


def test_an_uptime_that_was_not_told_says_nothing() -> None:
    """The last one that was told stays the measure."""
    assert stable_at([(GOOD, 900_000), (GOOD, None), (GOOD, None), (GOOD, 901_000)]) is None
    restarted: list[Look] = [(GOOD, 900_000), (GOOD, None), (GOOD, 1), (GOOD, 2), (GOOD, 3)]
    assert stable_at(restarted) == NOON + 5 * POLL


def test_a_system_that_stays_up_keeps_waiting_for_the_settle_time() -> None:
    """A growing uptime, or the same one twice, is no restart."""
    assert stable_at([(GOOD, 900_000)] * 13) is None


def test_controllers_count_only_where_they_are_asked_for() -> None:
    """Before the node restore NO_CONTROLLERS is normal; after it they must be connected."""
    unconnected = [None, *[GOOD] * 20]

    assert stable_at(looks(*unconnected)) is not None
    assert stable_at(looks(*unconnected), controllers=True) is None
    assert stable_at(looks(None, *[CONNECTED] * 3), controllers=True) == NOON + 4 * POLL


def test_unconnected_controllers_are_no_outage_of_the_manager() -> None:
    """Only the manager's own silence shows that it restarts."""
    watch = Watch(NOON, a_timing(), controllers=True).saw(GOOD, None, NOON + SETTLE)

    assert not watch.outage_seen
    assert watch.in_a_row == 0


@pytest.mark.parametrize("kind", [Kind.UNREACHABLE, Kind.MALFORMED, Kind.MISSING, Kind.SESSION])
def test_what_a_starting_manager_answers_is_an_outage(kind: Kind) -> None:
    """No connection, 5xx, HTML, addresses that are not there yet, and forgotten sessions."""
    watch = Watch(NOON, a_timing(), controllers=False).saw(GOOD, None, NOON).saw_nothing(kind)

    assert watch.outage_seen
    assert watch.in_a_row == 0


@pytest.mark.parametrize("kind", [Kind.BUSY, Kind.REFUSED, Kind.AUTH, Kind.TLS, Kind.REDIRECT])
def test_a_busy_or_unwilling_manager_is_no_sign_of_a_restart(kind: Kind) -> None:
    """It breaks the row of good answers; the settle time must still pass."""
    watch = Watch(NOON, a_timing(), controllers=False).saw(GOOD, None, NOON).saw_nothing(kind)

    assert not watch.outage_seen
    assert watch.in_a_row == 0


def test_one_good_answer_is_enough_where_the_timing_says_so() -> None:
    """The number of answers and the settle time are the target's own."""
    timing = a_timing(stable_polls=1, settle=timedelta(0))

    assert Watch(NOON, timing, controllers=False).saw(GOOD, None, NOON).is_over()
    assert not Watch(NOON, timing, controllers=False).is_over()
