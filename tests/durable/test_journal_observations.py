"""Every observation comes back from the journal as it was: a run continues by reading it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.errors import Kind
from bot.domain.request import Choice, Entry
from bot.domain.values import UserId
from bot.durable.journal import Json, JsonOnly, observation, observed
from bot.runbooks import observations as o
from bot.runbooks.restoring import (
    Followed,
    Instruction,
    Resource,
    Resources,
    RestoreStatus,
    Started,
)

AT = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)
STATUS = RestoreStatus(
    word="SUSPENDED_FOR_USER_ACTION",
    said='It waits: "ä"',
    id="86b29990-9f2a-5aea-8ac5-8be848a92ffc",
    backup_timestamp=1712345678901,
    step=5,
    total=11,
    step_name="SIM_STEP_05",
    step_said="Restoring Node",
    step_word="RUNNING",
    instructions=(
        Instruction("i-1", "Hosts not found", ("RESOLVE", "SKIP"), ("display_name",)),
        Instruction("i-2", ""),
    ),
    offered=("advance", "cancel"),
)
CLUSTER = o.ClusterStatus("STABLE", "STABLE", ("node-1",), ("10.0.0.5", "2001:db8::5"))

SAMPLES: tuple[o.Observation, ...] = (
    CLUSTER,
    o.ClusterStatus("UNSTABLE", "NO_CONTROLLERS", ()),
    o.Schedule(enabled=True),
    o.Sent("unknown", "The connection was cut.", AT),
    o.Stable(CLUSTER, AT, 12.5, outage_seen=True),
    o.NotStable(3600.0, "management DEGRADED."),
    o.Answered(Choice.GIVE_UP, UserId("U0BEN"), AT),
    o.Answered(
        Choice.CONTINUE,
        UserId("U0BEN"),
        AT,
        (Entry("i-1", ("esx-7", "esx-8")), Entry("i-2", ())),
    ),
    o.Answered(Choice.RETRY_UPDATED, UserId("U0BEN"), AT),
    o.Census(12, 0),
    o.Census(None, None),
    o.Proof(
        o.ManagerFacts("4.2.1", "node-1", "nsx.example.com"), CLUSTER, o.Schedule(enabled=False)
    ),
    o.Proof(
        o.ManagerFacts("4.2.1", "node-1"), CLUSTER, o.Schedule(enabled=True), o.Census(12, None)
    ),
    o.BackupRun(running=False, ended_at=1712345678901, success=True, said=""),
    o.BackupRun(running=True, ended_at=None, success=None, said="BACKUP_TIMEOUT"),
    o.FreshBackup(made=False, said="The backup failed.", at=AT),
    STATUS,
    RestoreStatus("INITIAL"),
    Resources(()),
    Resources(
        (
            Resource("esx-7", "FabricNode", "esx-07", ("esx-07", "192.0.2.77")),
            Resource("", "", ""),
        )
    ),
    Started("accepted", "HTTP 200.", AT, STATUS),
    Started("taken", "HTTP 409.", AT, RestoreStatus("RUNNING")),
    Started("unknown", "The connection was cut.", AT),
    Followed("changed", AT, "step 5 of 11.", STATUS),
    Followed("suspend", AT, "RUNNING.", RestoreStatus("RUNNING", offered=("suspend",))),
    Followed("late", AT, "nothing yet.", None, 3600.25),
    o.Trouble(Kind.SESSION, "The session is dead.", "Log in again."),
)


def journaled(seen: o.Observation | None) -> o.Observation | None:
    """An observation as it is read back from the journal's text."""
    written = JsonOnly().serialize(observed(seen))
    values: Json = JsonOnly().deserialize(written)
    return observation(values)


@pytest.mark.parametrize("seen", SAMPLES, ids=lambda seen: type(seen).__name__)
def test_an_observation_comes_back_as_it_was(seen: o.Observation) -> None:
    """With its type, its nested values as values, its lists as tuples, its moment to the µs."""
    read = journaled(seen)

    assert type(read) is type(seen)
    assert read == seen


def test_nothing_observed_comes_back_as_nothing() -> None:
    """What follows the end of a step."""
    assert journaled(None) is None


def test_every_kind_of_observation_is_tried_here() -> None:
    """A new kind that does not survive a crash would be found in production."""
    assert {type(seen) for seen in SAMPLES} == set(o.Observation.__args__)


def test_a_timestamp_in_milliseconds_is_not_rounded() -> None:
    """It names a backup, and is sent back exactly as it was listed."""
    exact = RestoreStatus("RUNNING", backup_timestamp=2**53 + 1)

    assert journaled(exact) == exact


def test_a_moment_is_the_same_moment_in_whichever_zone_it_was_written() -> None:
    """The runbooks only compare and subtract them."""
    elsewhere = AT.astimezone(timezone(timedelta(hours=2)))
    read = journaled(o.Sent("accepted", "HTTP 200.", elsewhere))

    assert isinstance(read, o.Sent)
    assert read.at == AT
    assert read.at.tzinfo is not None


@pytest.mark.parametrize(
    "values",
    [
        {"type": "Followed", "values": {"why": "bored", "at": "2026-03-14T12:00:00Z", "last": ""}},
        {"type": "Started", "values": {"outcome": "accepted"}},
        {"type": "Schedule", "values": {}},
        {"type": "NoSuchThing", "values": {}},
    ],
    ids=["word", "missing", "empty", "kind"],
)
def test_what_is_no_observation_is_not_read_as_one(values: Json) -> None:
    """A journal of another release stops the run instead of leading it astray."""
    with pytest.raises((KeyError, ValueError)):
        observation(values)
