"""A model of a request, written apart from the rules: people, votes and clocks in plain sets."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.domain.plan import Plan
from bot.domain.request import State
from bot.domain.values import UserId
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CHI,
    DEE,
    NOON,
    a_policy,
)

ANA_TWO: Final = UserId("U0ANA2")
EVE: Final = UserId("U0EVE")
PERSONS: Final = {ANA_TWO: ANA, BEN_TWO: BEN}
POLICY: Final = a_policy()


@dataclass
class Model:
    """Where the request must be, and who may do what."""

    state: State = State.PLANNING
    votes: dict[UserId, UserId] = field(default_factory=dict)
    plan: Plan | None = None
    expires_at: datetime = NOON + POLICY.request_ttl
    start: datetime | None = None
    leads: set[UserId] = field(default_factory=lambda: {ANA_TWO, BEN, CHI, DEE})
    guests: set[UserId] = field(default_factory=set)
    group_readable: bool = True

    def human(self, user: UserId) -> UserId:
        """Who that is."""
        return PERSONS.get(user, user)

    def leads_now(self, user: UserId) -> bool:
        """A full member and a lead, as far as can be known."""
        return (
            self.group_readable
            and user not in self.guests
            and bool({user, self.human(user)} & self.leads)
        )

    def reopen(self) -> None:
        """An approval is gone."""
        self.state, self.start = State.AWAITING_APPROVAL, None
