"""One request from its filing to the beginning of its run, and the people who answer it."""

from dataclasses import replace

from bot.domain.commands import Answer, Approve, Begin, CompletePlan, Press
from bot.domain.plan import digest, short
from bot.domain.request import Choice, Entry, Place, Request, State
from bot.domain.target import Target
from bot.domain.values import RequestId
from bot.ports import Applied, CardItem, Looker, OutboxItem, Signature
from bot.preflight import Preflight
from bot.runbooks.preflight import Ready
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from tests.builders import ANA, BEN, CHI, a_filing, a_standing, a_wish

CARD = Place("C0INCIDENT", "1.0")
AUDIT_KEY = b"0123456789abcdef0123456789abcdef"


async def an_approved_request(
    ledger: SqlLedger, outbox: SqlOutbox, preflight: Preflight, target: Target
) -> Request:
    """File a request for the latest backup, have two leads approve it, and begin its run."""
    wish = replace(a_wish(), target=target.key, scope=target.scope, backup="latest")
    filing = a_filing(id=RequestId("R-7QK2M9"), wish=wish)
    filed = await ledger.file(filing, Signature("file", ANA))
    assert isinstance(filed, Applied), filed
    request = filed.request
    await delivered(outbox)
    seen = await preflight.look(target.key, wish.scope, wish.backup, Looker("bot", request.id))
    assert isinstance(seen, Ready), seen
    whole = digest(seen.plan)
    await ledger.apply(
        request.id, CompletePlan(seen.plan, whole, seen.notes), Signature("p", "bot")
    )
    for lead in (BEN, CHI):
        approve = Approve(a_standing(lead), Press(CARD, short(whole)))
        applied = await ledger.apply(request.id, approve, Signature(f"a-{lead}", lead, CARD))
        assert applied.decision.accepted, applied.decision
    voters = tuple(a_standing(lead) for lead in (BEN, CHI))
    begun = await ledger.apply(request.id, Begin(seen.plan, whole, voters), Signature("b", "bot"))
    assert begun.request.state is State.RUNNING, begun.decision
    return begun.request


async def delivered(outbox: SqlOutbox) -> list[tuple[OutboxItem, Place]]:
    """Deliver all that is due now; return what, and where it stands."""
    done: list[tuple[OutboxItem, Place]] = []
    for item in await outbox.due():
        place = CARD if isinstance(item, CardItem) else Place(CARD.channel, f"{item.id}.5")
        await outbox.begin(item)
        await outbox.sent(item, place)
        done.append((item, place))
    return done


async def answer(
    ledger: SqlLedger,
    request: Request,
    place: Place,
    choice: Choice,
    entries: tuple[Entry, ...] = (),
) -> None:
    """Have a lead answer the open question, which stands at `place`."""
    assert request.question is not None
    command = Answer(a_standing(CHI), Press(place, None), choice, entries)
    signature = Signature(f"answer:{request.question.key}", CHI, place)
    applied = await ledger.apply(request.id, command, signature)
    assert applied.decision.accepted, applied.decision
