"""The bot's Slack side whole, over real sockets: local Slack, real Bolt, real rows.

Only manager and backup server are stand-ins in memory. Time stands still until a test moves it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from bot.background import Background
from bot.clock import SystemClock
from bot.domain import commands as c
from bot.domain.request import Place, Request
from bot.domain.target import Configuration
from bot.domain.values import RequestId
from bot.ports import Signature
from bot.preflight import Preflight
from bot.sandbox.slack import AppCredentials, Message, Person, RateLimits, SlackServer, Workspace
from bot.sandbox.slack.workspace import Predicate
from bot.service import Service
from bot.serving import serving
from bot.slack.bolt import build_bolt
from bot.slack.clients import SlackClients
from bot.slack.directory import SlackDirectory
from bot.slack.messenger import Messenger, Pace
from bot.slack.pace import Rate
from bot.slack.socket import Patience, SocketMode
from bot.slack.web import web_app
from bot.store.audit import export
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from handlers import Desk, register
from tests.builders import (
    ANA,
    BEN,
    CHANNEL,
    CHI,
    DEE,
    REQUEST_ID,
    TEAM,
    a_configuration,
    a_digest,
    a_filing,
    a_plan,
    a_standing,
    a_wish,
    an_approval,
)
from tests.fakes import FakeBackupServer, FakeCredentials, FakeManagers
from tests.hand_clock import HandClock
from tests.store.places import undelivered

Mode = Literal["http", "socket"]
T = TypeVar("T")

BOT: Final = "U0NSXBOT"
EVE: Final = "U0EVE"
GUS: Final = "U0GUS"
ELSEWHERE: Final = "C0ELSEWHERE"
KEY: Final = b"an audit key of thirty-two bytes"
QUICK: Final = Pace(
    posts_in_channel=Rate(1000, 1000),
    posts=Rate(1000, 1000),
    updates=Rate(1000, 1000),
    private=Rate(1000, 1000),
    edits_of_card=Rate(1000, 1000),
    longest_wait=1.0,
)
"""For tests that are not about pace."""

GENEROUS: Final = RateLimits(
    tier1=6000,
    tier2=6000,
    tier3=6000,
    tier4=6000,
    special=6000,
    posts_per_second=1000,
    post_burst=1000,
    posts_per_minute=6000,
)
"""The local Slack's part of it."""


@asynccontextmanager
async def endless(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run what never comes to an end by itself, while the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass
class World:
    """Everything a test of the Slack side looks at."""

    clock: HandClock
    workspace: Workspace
    slack: SlackServer
    clients: SlackClients
    database: Database
    configuration: Configuration
    backups: FakeBackupServer
    ledger: SqlLedger
    inbox: SqlInbox
    outbox: SqlOutbox
    service: Service
    background: Background
    managers: FakeManagers
    preflight: Preflight
    acks: list[float] = field(default_factory=list)
    _keys: int = 0

    @property
    def ana(self) -> Person:
        """The requester."""
        return self.slack.person(ANA)

    @property
    def ben(self) -> Person:
        """A lead."""
        return self.slack.person(BEN)

    @property
    def chi(self) -> Person:
        """Another lead."""
        return self.slack.person(CHI)

    def desk(self, **changes: Any) -> Desk:
        """Return what listeners are handed."""
        values: dict[str, Any] = {
            "service": self.service,
            "client": self.clients.reads,
            "now": self.clock.now,
            "spawn": self.background.spawn,
            "acked": self.acks.append,
        }
        return Desk(**values | changes)

    # -- the ways in ----------------------------------------------------------------------------

    @asynccontextmanager
    async def hearing(self, mode: Mode, **changes: Any) -> AsyncIterator[None]:
        """Run the real Bolt app, over HTTP or over Socket Mode."""
        app = self.slack.app
        secret = app.signing_secret if mode == "http" else None
        bolt = build_bolt(app.bot_token, secret, self.clients.reads)
        register(bolt, self.desk(**changes))
        if secret is not None:
            asgi = web_app(bolt, secret, SystemClock().now)
            async with serving(asgi, host="127.0.0.1", port=0, name="PORT") as port:
                self.slack.deliver_over_http(f"http://127.0.0.1:{port}/slack/events")
                yield
            return
        socket = SocketMode(
            bolt, app.app_token, self.clients.session, self.slack.api_url, Patience(grace=0.2)
        )
        async with endless(socket.run()):
            await self.until(lambda: socket.is_connected)
            yield

    @asynccontextmanager
    async def telling(self, pace: Pace = QUICK) -> AsyncIterator[Messenger]:
        """Run the delivery loop."""
        messenger = Messenger(
            ledger=self.ledger,
            outbox=self.outbox,
            slack=self.clients,
            clock=self.clock,
            leads=self.configuration.people.leads,
            typed_confirmation=self.configuration.policy.typed_confirmation,
            pace=pace,
        )
        async with endless(messenger.run()):
            yield messenger

    # -- requests -------------------------------------------------------------------------------

    async def give(self, command: c.Command, request_id: RequestId = REQUEST_ID) -> Request:
        """Apply a command under a key of its own."""
        self._keys += 1
        signature = Signature(f"given-{self._keys}", BEN)
        return (await self.ledger.apply(request_id, command, signature)).request

    async def filed(self, request_id: RequestId = REQUEST_ID, **wish: Any) -> Request:
        """File Ana's request."""
        self._keys += 1
        filing = a_filing(id=request_id, wish=a_wish(**wish))
        await self.ledger.file(filing, Signature(f"given-{self._keys}", ANA))
        return await self.ledger.get(request_id)

    async def planned(self, request_id: RequestId = REQUEST_ID, **wish: Any) -> Request:
        """File Ana's request and complete its plan."""
        await self.filed(request_id, **wish)
        return await self.give(c.CompletePlan(a_plan(), a_digest(), ()), request_id)

    async def running(self, place: Place) -> Request:
        """Approve a planned request whose card stands at `place`, and begin its run."""
        press = c.Press(place, (await self.ledger.get(REQUEST_ID)).short_digest)
        for lead in (BEN, CHI):
            await self.give(an_approval(lead, press))
        self.clock.move(seconds=10)
        voters = tuple(a_standing(lead) for lead in (BEN, CHI))
        await self.give(c.Begin(a_plan(), a_digest(), voters))
        return await self.give(c.StartStep("restore"))

    async def posted(self, request_id: RequestId = REQUEST_ID) -> Place:
        """Bring the card of a planned request into Slack, nothing else."""
        async with self.telling():
            card = await self.until(lambda: self.card(request_id))
            place = Place(CHANNEL, card.ts)
            while f"card:{request_id}" in await self._waiting():
                pass
        return place

    async def _waiting(self) -> set[str]:
        """Ask the rows what waits: `due` would take the bell by which the delivery loop wakes."""
        await asyncio.sleep(0.01)
        return await undelivered(self.database, self.clock.now())

    async def state(self, request_id: RequestId = REQUEST_ID) -> str:
        """Return the state a request is in."""
        return (await self.ledger.get(request_id)).state.value

    async def rows(self) -> list[dict[str, Any]]:
        """Return the audit, oldest row first."""
        return [json.loads(line) async for line in export(self.database)]

    async def last_row(self) -> dict[str, Any]:
        """Return the newest row of the audit."""
        return (await self.rows())[-1]

    # -- what people see ------------------------------------------------------------------------

    def cards(self, request_id: RequestId = REQUEST_ID) -> list[Message]:
        """Return every card of a request, oldest first."""
        wanted = {"event_type": "nsx_restore_request", "event_payload": {"id": request_id}}
        return [one for one in self.workspace.book.everything(CHANNEL) if one.metadata == wanted]

    def card(self, request_id: RequestId = REQUEST_ID) -> Message:
        """Return the newest card of a request; LookupError while there is none."""
        return self.cards(request_id)[-1]

    def seqs(self, request_id: RequestId = REQUEST_ID) -> list[int]:
        """Return the numbers of a request's lines as they stand in Slack, oldest first."""
        return [
            one.metadata["event_payload"]["seq"]
            for one in self.workspace.book.everything(CHANNEL)
            if one.metadata
            and one.metadata["event_type"] == "nsx_restore_event"
            and one.metadata["event_payload"]["id"] == request_id
        ]

    def private(self, user: str, channel: str = CHANNEL) -> list[str]:
        """Return what only this person was told in a channel, oldest first."""
        everything = self.workspace.book.everything(channel)
        return [one.text for one in everything if one.visible_to == user]

    async def told(self, user: str, words: str, channel: str = CHANNEL) -> str:
        """Wait until this person has been told something with these words in it."""
        return await self.until(
            lambda: next(text for text in self.private(user, channel) if words in text)
        )

    def excuse_violations(self) -> list[str]:
        """Return the rules of Slack that were broken on purpose, and forget them."""
        broken = list(self.workspace.violations)
        self.workspace.violations.clear()
        return broken

    async def until(self, predicate: Predicate[T], patience: float = 10) -> T:
        """Wait until something holds. Raises TimeoutError with what Slack shows."""
        return await self.workspace.until(lambda: _asked(predicate), patience)

    async def all_told(self) -> None:
        """Wait until nothing that is due is left in the outbox."""
        async with asyncio.timeout(10):
            while await self._waiting():
                pass

    async def in_time(self, predicate: Predicate[T], seconds: int = 300) -> T:
        """Let time pass, second by second, until something holds."""
        for _ in range(seconds):
            try:
                return await self.until(predicate, 0.01)
            except TimeoutError:
                self.clock.move(seconds=1)
        return await self.until(predicate, 1)


def _asked(predicate: Predicate[T]) -> T | Literal[False] | None:
    try:
        return predicate()
    except StopIteration:
        return None


def seed(workspace: Workspace) -> None:
    """The people of these tests: Ana asks, three leads, Eve is no lead, Gus is a guest."""
    for user in (ANA, BEN, CHI, DEE, EVE):
        workspace.add_user(user, user.removeprefix("U0").lower())
    workspace.add_user(GUS, "gus", is_restricted=True)
    members = [BOT, ANA, BEN, CHI, DEE, EVE, GUS]
    workspace.add_channel(CHANNEL, "incident", members)
    workspace.add_channel(ELSEWHERE, "elsewhere", members)
    workspace.add_usergroup("S0LEADS", "leads", [BEN, CHI, DEE])


@asynccontextmanager
async def a_world(
    path: Path, *, limits: RateLimits = GENEROUS, app: AppCredentials | None = None, **policy: Any
) -> AsyncIterator[World]:
    """Raise a world on a migrated SQLite file; `policy` are other configuration values."""
    clock = HandClock()
    workspace = Workspace(clock=lambda: clock.now().timestamp(), limits=limits)
    seed(workspace)
    configuration = a_configuration(**policy)
    credentials = FakeCredentials(
        {"env:BACKUP_PASSWORD": "the password", "env:BACKUP_PASSPHRASE": "the passphrase"}
    )
    backups = FakeBackupServer(credentials, "the password")
    backups.add("backup-cluster-2026-03-14.tar")
    managers = FakeManagers()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        slack = await enter(SlackServer(workspace, app=app or AppCredentials(team_id=TEAM)))
        clients = await enter(SlackClients.open(slack.app.bot_token, slack.api_url))
        database = await enter(Database.open(f"sqlite:///{path}"))
        ledger = SqlLedger(database, clock, configuration.policy, KEY, people=configuration.people)
        inbox, outbox = SqlInbox(database, clock), SqlOutbox(database, clock)
        preflight = Preflight(configuration, managers, backups, credentials, ledger.announce)
        background = Background()
        stack.push_async_callback(background.close)
        service = Service(
            configuration=configuration,
            ledger=ledger,
            inbox=inbox,
            outbox=outbox,
            directory=SlackDirectory(clients.reads),
            preflight=preflight,
            new_id=lambda: REQUEST_ID,
        )
        yield World(
            clock,
            workspace,
            slack,
            clients,
            database,
            configuration,
            backups,
            ledger,
            inbox,
            outbox,
            service,
            background,
            managers,
            preflight,
        )
        assert not workspace.violations, workspace.violations
