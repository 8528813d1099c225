"""A ledger and an outbox on a database, with the short ways that these tests take."""

from dataclasses import dataclass, field
from typing import Final

from bot.domain import commands as c
from bot.domain.request import Place, Request
from bot.domain.standing import Finding
from bot.domain.values import RequestId
from bot.ports import Applied, CardItem, LineItem
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from tests.builders import (
    BEN,
    CARD,
    CHI,
    PEOPLE,
    QUESTION_PLACE,
    REQUEST_ID,
    a_digest,
    a_filing,
    a_plan,
    a_policy,
    a_question,
    a_signature,
    a_standing,
    a_wish,
    an_approval,
)
from tests.hand_clock import HandClock

KEY: Final = b"an audit key of thirty-two bytes"


@dataclass
class Desk:
    """Files and moves requests the way the product does."""

    database: Database
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        """Put the parts on the desk."""
        self.ledger = SqlLedger(self.database, self.clock, a_policy(), KEY, people=PEOPLE)
        self.outbox = SqlOutbox(self.database, self.clock)
        self._given = 0

    def signature_key(self) -> str:
        """Return a key that no command has had."""
        self._given += 1
        return f"given-{self._given}"

    async def give(self, command: c.Command, request_id: RequestId = REQUEST_ID) -> Applied:
        """Apply a command under a key of its own."""
        return await self.ledger.apply(request_id, command, a_signature(self.signature_key()))

    async def file(self, request_id: RequestId = REQUEST_ID, target: str = "dc1-nsxt") -> Request:
        """File a request."""
        filing = a_filing(id=request_id, wish=a_wish(target=target))
        filed = await self.ledger.file(filing, a_signature(self.signature_key()))
        assert not isinstance(filed, Finding)
        return filed.request

    async def post_card(self, request_id: RequestId = REQUEST_ID, place: Place = CARD) -> None:
        """Deliver the card of a request."""
        card = next(
            item
            for item in await self.outbox.due()
            if isinstance(item, CardItem) and item.request_id == request_id
        )
        await self.outbox.sent(card, place)

    async def post_lines(self, place: Place = QUESTION_PLACE) -> list[LineItem]:
        """Deliver all lines; the one that asks stands at `place`."""
        delivered: list[LineItem] = []
        while lines := [item for item in await self.outbox.due() if isinstance(item, LineItem)]:
            for line in lines:
                await self.outbox.sent(line, place)
                delivered.append(line)
        return delivered

    async def awaiting_approval(
        self, request_id: RequestId = REQUEST_ID, target: str = "dc1-nsxt", place: Place = CARD
    ) -> Request:
        """File a request and bring it to where leads decide, with its card posted."""
        await self.file(request_id, target)
        applied = await self.give(c.CompletePlan(a_plan(), a_digest(), ()), request_id)
        await self.post_card(request_id, place)
        return applied.request

    async def running(self) -> Request:
        """Bring a request to where its restore runs."""
        await self.awaiting_approval()
        for lead in (BEN, CHI):
            await self.give(an_approval(lead))
        self.clock.move(seconds=10)
        voters = tuple(a_standing(lead) for lead in (BEN, CHI))
        await self.give(c.Begin(a_plan(), a_digest(), voters))
        return (await self.give(c.StartStep("restore"))).request

    async def asking(self) -> Request:
        """Bring a running request to its question, posted where buttons count."""
        await self.running()
        asked = await self.give(c.Ask(a_question()))
        await self.post_lines()
        return asked.request
