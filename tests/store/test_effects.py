"""An effect is sent at most once: by the one caller whose claim is committed first."""

import asyncio

import pytest

from bot.domain import commands as c
from bot.domain.errors import NotFoundError
from bot.domain.values import RequestId
from bot.ports import Claim, Outcome
from bot.store.database import Database
from tests.builders import NOON, REQUEST_ID, a_digest
from tests.hand_clock import HandClock
from tests.store.desk import Desk

KIND = "cluster_restore"


@pytest.fixture
def desk(database: Database, clock: HandClock) -> Desk:
    """A desk on each kind of database."""
    return Desk(database, clock)


async def test_only_the_first_claim_is_mine(desk: Desk) -> None:
    """Whoever comes later learns what is known of the first one's."""
    await desk.running()
    at = desk.clock.now()
    first = await desk.ledger.claim(REQUEST_ID, KIND)
    desk.clock.move(minutes=1)
    second = await desk.ledger.claim(REQUEST_ID, KIND)
    assert first == Claim(mine=True, outcome="claimed", said="", at=at)
    assert second == Claim(mine=False, outcome="claimed", said="", at=at)


async def test_of_many_claims_at_once_one_is_mine(desk: Desk) -> None:
    """Also when they come together."""
    await desk.running()
    claims = await asyncio.gather(*(desk.ledger.claim(REQUEST_ID, KIND) for _ in range(16)))
    assert [claim.mine for claim in claims].count(True) == 1


async def test_kinds_are_claimed_apart(desk: Desk) -> None:
    """The cluster's restore and the node's are two effects."""
    await desk.running()
    assert (await desk.ledger.claim(REQUEST_ID, KIND)).mine
    assert (await desk.ledger.claim(REQUEST_ID, "node_restore")).mine


async def test_a_claim_and_its_outcome_are_in_the_audit(desk: Desk) -> None:
    """No audit row, no action."""
    await desk.running()
    before = len(await desk.ledger.story(REQUEST_ID))
    await desk.ledger.claim(REQUEST_ID, KIND)
    await desk.ledger.settle(REQUEST_ID, KIND, "accepted", "202 Accepted")
    rows = (await desk.ledger.story(REQUEST_ID))[before:]
    assert [(row.action, row.digest) for row in rows] == [
        ("claimed", a_digest()),
        ("settled", a_digest()),
    ]
    assert rows[1].details == {
        "kind": KIND,
        "attempt": 1,
        "outcome": "accepted",
        "said": "202 Accepted",
    }


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        (["accepted", "refused"], "accepted"),
        (["refused", "unknown"], "refused"),
        (["unknown", "accepted"], "accepted"),
        (["unknown", "claimed"], "unknown"),
        (["claimed"], "claimed"),
        (["unknown", "unknown"], "unknown"),
    ],
)
async def test_an_outcome_only_moves_forward(
    desk: Desk, steps: list[Outcome], last: Outcome
) -> None:
    """What is known stays known; a step back changes nothing and leaves no row."""
    await desk.running()
    await desk.ledger.claim(REQUEST_ID, KIND)
    for number, outcome in enumerate(steps):
        await desk.ledger.settle(REQUEST_ID, KIND, outcome, f"said {number}")
    assert (await desk.ledger.claim(REQUEST_ID, KIND)).outcome == last
    settled = [row for row in await desk.ledger.story(REQUEST_ID) if row.action == "settled"]
    assert [row.details["outcome"] for row in settled][-1:] == ([last] if last != "claimed" else [])


async def test_only_a_running_request_can_claim(desk: Desk) -> None:
    """A run that goes on after its request has ended finds the way to the manager closed."""
    await desk.awaiting_approval()
    early = await desk.ledger.claim(REQUEST_ID, KIND)
    assert early == Claim(
        mine=False,
        outcome="refused",
        said="R-7QK2M9 is awaiting approval, not running. Nothing was sent.",
        at=NOON,
    )
    assert await _last_row(desk) == (
        "refused",
        {"rule": "is_running", "sentence": early.said, "command": "Claim", "kind": KIND},
    )


async def test_a_lapsed_approval_lets_nobody_send(desk: Desk) -> None:
    """However long a run was held up on its way to the request, a late one is not sent.

    The refusal is kept: it holds for whoever claims later, even if the clock is set back.
    """
    lapsed = (await desk.running()).start_by
    assert lapsed is not None
    desk.clock.move(seconds=(lapsed - desk.clock.now()).total_seconds())

    late = await desk.ledger.claim(REQUEST_ID, KIND)
    desk.clock.move(minutes=-5)
    again = await desk.ledger.claim(REQUEST_ID, KIND)

    assert (
        late
        == again
        == Claim(
            mine=False,
            outcome="refused",
            said="The approval lapsed at 12:10 UTC; nothing was sent.",
            at=lapsed,
        )
    )
    assert await _last_row(desk) == (
        "refused",
        {"rule": "sent_in_time", "sentence": late.said, "command": "Claim", "kind": KIND},
    )


async def test_an_approval_holds_until_the_moment_it_lapses(desk: Desk) -> None:
    """A second before it is in time; what is in time is sent."""
    lapses = (await desk.running()).start_by
    assert lapses is not None
    desk.clock.move(seconds=(lapses - desk.clock.now()).total_seconds() - 1)

    assert (await desk.ledger.claim(REQUEST_ID, KIND)).mine


async def test_the_node_restore_of_a_run_under_way_is_not_cut_off(desk: Desk) -> None:
    """The point of no return is behind it: half a restore would be worse than a late one."""
    await desk.running()
    assert (await desk.ledger.claim(REQUEST_ID, KIND)).mine
    desk.clock.move(hours=3)

    assert (await desk.ledger.claim(REQUEST_ID, "node_restore")).mine


async def test_a_refusal_to_send_is_audited_once(desk: Desk) -> None:
    """A run that a crash repeats adds no second row."""
    await desk.awaiting_approval()
    await desk.ledger.claim(REQUEST_ID, KIND)
    rows = len(await desk.ledger.story(REQUEST_ID))

    again = await desk.ledger.claim(REQUEST_ID, KIND)

    assert again.outcome == "refused"
    assert len(await desk.ledger.story(REQUEST_ID)) == rows


async def test_after_the_end_a_claim_still_tells_what_became_of_it(desk: Desk) -> None:
    """Nothing is sent again, and what is known is not forgotten."""
    await desk.running()
    await desk.ledger.claim(REQUEST_ID, KIND)
    await desk.give(c.Fail("The engine gave up.", "Look at the manager."))
    again = await desk.ledger.claim(REQUEST_ID, KIND)
    assert (again.mine, again.outcome) == (False, "claimed")


async def test_nothing_is_settled_that_was_not_claimed(desk: Desk) -> None:
    """A bug in the run shows at once."""
    await desk.running()
    with pytest.raises(NotFoundError, match="no claim of cluster_restore"):
        await desk.ledger.settle(REQUEST_ID, KIND, "accepted", "202")
    with pytest.raises(NotFoundError):
        await desk.ledger.claim(RequestId("R-ABCDEF"), KIND)


async def _last_row(desk: Desk) -> tuple[str, dict[str, object]]:
    row = (await desk.ledger.story(REQUEST_ID))[-1]
    return row.action, row.details
