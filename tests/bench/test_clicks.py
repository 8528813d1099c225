"""A few rounds of the clicks bench in every run."""

from bot.store.audit import verify
from bot.store.database import Database
from tests.bench.clicks import KEY, SIZES, WAYS, play


async def test_simultaneous_clicks_make_exactly_one_decision(database: Database) -> None:
    """Every way of pressing, with every number of clicks, once; and the chain holds."""
    tallies = await play(database, rounds=len(SIZES) * len(WAYS))
    assert {tally.rounds for tally in tallies.values()} == {1}
    assert [failure for tally in tallies.values() for failure in tally.failures] == []
    assert (await verify(database, KEY)).intact
