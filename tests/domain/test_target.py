"""People have accounts; who is not listed as an alias is their own person."""

from bot.domain.values import PersonId
from tests.builders import ANA, BEN, BEN_TWO, PEOPLE


def test_an_alias_is_the_person_it_points_to() -> None:
    """And an account without an alias is a person by itself."""
    assert PEOPLE.person(BEN_TWO) == PersonId(BEN)
    assert PEOPLE.person(BEN) == PersonId(BEN)
    assert PEOPLE.person(ANA) == PersonId(ANA)
