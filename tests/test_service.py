"""The verbs: what a person asked for is decided once, and they are told what was decided."""

import pytest

from bot.domain.intents import CancelIntent, FileIntent, Intent, PressIntent, Verb
from bot.domain.standing import Unreadable
from bot.domain.values import RequestId, UserId
from bot.ports import Channel, PrivateItem
from bot.preflight import Preflight
from bot.service import Service
from bot.store import audit
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHANNEL,
    LEADS,
    PEOPLE,
    REQUEST_ID,
    a_configuration,
    a_wish,
    an_account,
    the_short_digest,
)
from tests.fakes import FakeBackupServer, FakeCredentials, FakeDirectory, FakeManagers
from tests.hand_clock import HandClock
from tests.store.desk import KEY

FILE = FileIntent(ANA, CHANNEL, a_wish())
NOBODYS = RequestId("R-ABCDEF")


class StoppedError(Exception):
    """The process ended here."""


class StoppingOutbox(SqlOutbox):
    """An outbox of a process that ends before it tells the person."""

    async def tell(self, key: str, user: UserId, channel: str, text: str) -> None:
        """End."""
        raise StoppedError(key, user, channel, text)


class World:
    """A service on a database, and what it stands on."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        """Put the parts together."""
        self.database = database
        self.clock = clock
        self.directory = FakeDirectory(
            accounts={user: an_account(user) for user in (ANA, BEN)},
            usergroups={"S0LEADS": LEADS},
            channels={
                CHANNEL: Channel(
                    CHANNEL, "incident", is_archived=False, is_ext_shared=False, is_member=True
                )
            },
        )
        self.configuration = a_configuration()
        policy = self.configuration.policy
        self.ledger = SqlLedger(database, clock, policy, KEY, people=PEOPLE)
        self.outbox = SqlOutbox(database, clock)

    def service(self, outbox: SqlOutbox | None = None) -> Service:
        """Return the service as a process has it."""
        credentials = FakeCredentials({})
        backups = FakeBackupServer(credentials, "the password")
        return Service(
            configuration=self.configuration,
            ledger=self.ledger,
            inbox=SqlInbox(self.database, self.clock),
            outbox=outbox or self.outbox,
            directory=self.directory,
            preflight=Preflight(
                self.configuration, FakeManagers(), backups, credentials, self.ledger.announce
            ),
            new_id=lambda: REQUEST_ID,
        )

    async def do(self, key: str, intent: Intent) -> None:
        """Store and decide."""
        service = self.service()
        await service.receive(key, intent)
        await service.perform(key, intent)

    async def do_and_stop(self, key: str, intent: Intent) -> None:
        """Store and decide in a process that ends before the person is told."""
        service = self.service(StoppingOutbox(self.database, self.clock))
        await service.receive(key, intent)
        with pytest.raises(StoppedError):
            await service.perform(key, intent)

    async def told(self) -> list[str]:
        """Return what people were told privately."""
        due = await self.outbox.due()
        return [item.text for item in due if isinstance(item, PrivateItem)]


@pytest.fixture
def world(database: Database, clock: HandClock) -> World:
    """A world on each kind of database."""
    return World(database, clock)


async def test_a_filed_request_is_told_as_filed_after_a_crash(world: World) -> None:
    """Slack stumbles when the intent is picked up again; what was decided first stands."""
    await world.do_and_stop("k", FILE)
    world.directory.unreadable = Unreadable("timed out")

    await world.service().perform("k", FILE)

    (text,) = await world.told()
    assert REQUEST_ID in text
    assert "could not" not in text
    assert [request.id for request in await world.ledger.requests()] == [REQUEST_ID]


async def test_a_refused_filing_stays_refused_after_a_crash(world: World) -> None:
    """Even if Slack answers by then: nobody is told no and has a request."""
    world.directory.unreadable = Unreadable("timed out")
    await world.do_and_stop("k", FILE)
    world.directory.unreadable = None

    await world.service().perform("k", FILE)

    (text,) = await world.told()
    assert "could not be read" in text
    assert await world.ledger.requests() == []


@pytest.mark.parametrize(
    "intent",
    [
        PressIntent(BEN, CARD, Verb.APPROVE, NOBODYS, the_short_digest()),
        CancelIntent(BEN, CHANNEL, NOBODYS),
    ],
)
async def test_what_is_asked_of_no_request_is_audited(world: World, intent: Intent) -> None:
    """The person is told, and the row says who asked for what."""
    await world.do("k", intent)

    (text,) = await world.told()
    assert f"There is no request `{NOBODYS}`" in text
    async with world.database.reading() as tx:
        row = await audit.under(tx, "k")
    assert row is not None
    assert (row.actor, row.action, row.request_id) == (BEN, "refused", None)
    assert row.details["request"] == NOBODYS
    assert row.details["rule"] == "known_request"
