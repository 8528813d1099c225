"""What the database itself does not let happen, whatever the code above it does."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from bot.store import schema
from bot.store.database import Database
from tests.builders import ANA, BEN, CHI, NOON, REQUEST_ID, a_digest
from tests.hand_clock import HandClock
from tests.store.desk import Desk


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one request that awaits approval."""
    desk = Desk(database, HandClock())
    await desk.awaiting_approval()
    return desk


async def vote(desk: Desk, person: str, user: str, **changes: object) -> None:
    """Write a vote behind the ledger's back."""
    values: dict[str, object] = {
        "request_id": REQUEST_ID,
        "person": person,
        "user_id": user,
        "requester_person": ANA,
        "digest": a_digest(),
        "at": NOON,
    }
    async with desk.database.writing() as tx:
        await tx.execute(sa.insert(schema.vote).values(values | changes))


async def test_a_person_has_one_vote_that_counts(desk: Desk) -> None:
    """Not even with another account; another person has another vote."""
    await vote(desk, BEN, BEN)
    await vote(desk, CHI, CHI)
    with pytest.raises(IntegrityError):
        await vote(desk, BEN, "U0BEN2")


async def test_a_void_vote_makes_room_for_a_new_one(desk: Desk) -> None:
    """Void votes are history: any number of them may stand there."""
    await vote(desk, BEN, BEN, voided_at=NOON)
    await vote(desk, BEN, BEN, voided_at=NOON)
    await vote(desk, BEN, BEN)


async def test_the_requester_has_no_vote(desk: Desk) -> None:
    """The database refuses it too."""
    with pytest.raises(IntegrityError):
        await vote(desk, ANA, "U0ANA2")


async def test_a_vote_belongs_to_a_request(desk: Desk) -> None:
    """Foreign keys are enforced, on SQLite too."""
    with pytest.raises(IntegrityError):
        await vote(desk, BEN, BEN, request_id="R-ABCDEF")


@pytest.mark.parametrize("state", ["planning", "approved", "running", "awaiting_operator"])
async def test_two_active_requests_for_one_target_cannot_be_written(desk: Desk, state: str) -> None:
    """Whatever active states the two are in."""
    with pytest.raises(IntegrityError):
        await copy_request(desk, state)


@pytest.mark.parametrize("state", ["denied", "succeeded", "expired"])
async def test_an_ended_request_does_not_hold_its_target(desk: Desk, state: str) -> None:
    """Any number of ended ones may stand beside an active one."""
    await copy_request(desk, state)


async def copy_request(desk: Desk, state: str) -> None:
    """Write a second request for the same target behind the ledger's back."""
    changed = {"id": sa.literal("R-ABCDEF"), "state": sa.literal(state)}
    columns = schema.request.columns
    row = sa.select(*(changed.get(column.name, column) for column in columns))
    async with desk.database.writing() as tx:
        await tx.execute(sa.insert(schema.request).from_select(list(columns), row))


async def test_a_moment_without_a_zone_is_refused(desk: Desk) -> None:
    """A naive time would mean something else on another machine."""
    with pytest.raises(StatementError, match="without a time zone"):
        await vote(desk, BEN, BEN, at=NOON.replace(tzinfo=None))


async def test_an_outcome_is_one_of_four_words(desk: Desk) -> None:
    """Any other is a bug that must not reach the table."""
    with pytest.raises(DBAPIError):
        async with desk.database.writing() as tx:
            await tx.execute(
                sa.insert(schema.effect).values(
                    request_id=REQUEST_ID, kind="x", attempt=1, outcome="sent", said="", at=NOON
                )
            )
