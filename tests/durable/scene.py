"""Runs on the real engine and a real database, around one approved request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.backup.ssh import SshBackupServer as SshBackups
from bot.clock import SystemClock
from bot.credentials.references import References
from bot.domain.commands import Answer, Approve, Begin, CompletePlan, Press, Suspend
from bot.domain.events import Event, ProgressNoted, QuestionAsked
from bot.domain.plan import digest, short
from bot.domain.request import Choice, Entry, Place, Request, State
from bot.domain.target import Target
from bot.domain.values import Component, Environment, Generation, RequestId, Scope, SecretRef
from bot.durable.engine import DbosEngine
from bot.durable.tables import journal_url
from bot.durable.work import Hands
from bot.nsx.client import HttpManagers
from bot.ports import CardItem, LineItem, Signature
from bot.preflight import Preflight
from bot.runbooks.preflight import Ready
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.guided import GuidedManager
from bot.sandbox.nsx.guided_durations import Durations
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from bot.store.revisions import migrate
from tests.builders import (
    ANA,
    BEN,
    CHI,
    a_backup_location,
    a_configuration,
    a_filing,
    a_manager_access,
    a_policy,
    a_standing,
    a_target,
    a_timing,
    a_wish,
)

SPEED = 200.0
CARD = Place("C0INCIDENT", "1.0")
AUDIT_KEY = b"0123456789abcdef0123456789abcdef"
PASSPHRASE = "7Taspa5anecR"
OWN = "86f7ec49-6a5b-542a-800c-5cf478b844b4"
NEWEST = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to a question: by which button, and what its form is filled with."""

    choice: Choice
    entries: tuple[Entry, ...] = ()


@dataclass
class GuidedScene:
    """A simulator, a database and an engine around one approved request."""

    manager: GuidedManager
    backups: SshBackupServer
    ledger: SqlLedger
    outbox: SqlOutbox
    engine: DbosEngine
    engines: Callable[[], DbosEngine]
    request: Request
    secrets: dict[str, str]
    lines: list[Event]
    asked: list[str]
    places: dict[str, Place]

    async def run(
        self, answer: Callable[[Request], Given], until: Callable[[], bool] = lambda: False
    ) -> Request:
        """Start the run and answer its questions until it has ended, or until something is so."""
        await self.engine.start(self.request.id)
        while True:
            request = await self.ledger.get(self.request.id)
            if not request.is_active or until():
                await self._deliver()
                return request
            assert await self.engine.stranded() == []
            if request.question is not None:
                self.asked.append(request.question.title)
                await self._answer(request, answer(request))
            await asyncio.sleep(0.02)

    async def until(self, condition: Callable[[Request], bool]) -> Request:
        """Start the run and wait until something is so of its request."""
        await self.engine.start(self.request.id)
        while True:
            request = await self.ledger.get(self.request.id)
            if condition(request):
                return request
            assert request.is_active, request.conclusion
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """End the engine as a restart of the bot does."""
        await self.engine.close()

    async def launch(self) -> None:
        """Launch a new engine, which takes up what the former one has left."""
        # DBOS ends together with the executor of the loop that it was launched on.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        self.engine = self.engines()
        await self.engine.launch()

    async def actions(self) -> list[str]:
        """What the audit says has happened, in order."""
        return [entry.action for entry in await self.ledger.story(self.request.id)]

    def told(self) -> list[str]:
        """What the thread said of the manager's own progress."""
        return [event.said for event in self.lines if isinstance(event, ProgressNoted)]

    async def suspend(self) -> None:
        """Have a lead ask for a pause, as soon as the manager offers that."""
        while True:
            request = await self.ledger.get(self.request.id)
            if request.progress and request.progress.suspendable:
                command = Suspend(a_standing(CHI), Press(CARD, None))
                signature = Signature("suspend", CHI, CARD)
                applied = await self.ledger.apply(request.id, command, signature)
                if applied.decision.accepted:
                    return
            await asyncio.sleep(0.02)

    async def _answer(self, request: Request, given: Given) -> None:
        question = request.question
        assert question is not None
        place = await self._posted(question.key)
        command = Answer(a_standing(CHI), Press(place, None), given.choice, given.entries)
        signature = Signature(f"answer:{question.key}", CHI, place)
        applied = await self.ledger.apply(request.id, command, signature)
        assert applied.decision.accepted, applied.decision

    async def _posted(self, question: str) -> Place:
        """Deliver what is due until the question stands; return where."""
        while question not in self.places:
            await self._deliver()
        return self.places[question]

    async def _deliver(self) -> None:
        """Deliver all that is due now, and note where questions stand."""
        for item in await self.outbox.due():
            place = CARD if isinstance(item, CardItem) else Place(CARD.channel, f"{item.id}.5")
            await self.outbox.begin(item)
            await self.outbox.sent(item, place)
            match item:
                case LineItem(event=QuestionAsked(asked)):
                    self.lines.append(item.event)
                    self.places[asked.key] = place
                case LineItem():
                    self.lines.append(item.event)


def entries_of(request: Request, *chosen: str) -> tuple[Entry, ...]:
    """Fill the form of the open question with the options that have one of these labels."""
    assert request.question is not None
    return tuple(
        Entry(
            field.key,
            tuple(option.value for option in field.options if option.label in chosen),
        )
        for field in request.question.fields
    )


def goes_on(request: Request) -> Given:
    """Answer every question with its first button, a form with nothing chosen; no fresh backup."""
    assert request.question is not None
    first = request.question.offers[0]
    if request.question.key == "fresh_backup":
        return Given(Choice.DECLINE)
    return Given(first.choice, entries_of(request) if first.fills else ())


@contextlib.asynccontextmanager
async def a_guided_scene(
    tmp_path: Path,
    *,
    changes: dict[str, Any] | None = None,
    listed: tuple[ListedBackup, ...] | None = None,
    component: Component = Component.LOCAL,
    unasked: tuple[str, ...] = (),
    timing: dict[str, Any] | None = None,
    **manager: Any,
) -> AsyncIterator[GuidedScene]:
    """Everything around one approved request for a guided restore, at a speed of 200.

    `changes` are secrets that the bot believes instead of the right ones.
    """
    right = {"manager": "Manager1!", "backup": "Backup1!", "passphrase": PASSPHRASE}
    secrets = {name.upper(): value for name, value in (right | (changes or {})).items()}
    refs = References(secrets)
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    await migrate(url)
    async with contextlib.AsyncExitStack() as stack:
        backups = await stack.enter_async_context(
            SshBackupServer(tmp_path / "backups", password=right["backup"])
        )
        wanted = listed or (ListedBackup(OWN, NEWEST, "10.20.0.5", None, PASSPHRASE),)
        backups.stock(*wanted)
        authority = Authority(tmp_path)
        simulator = await stack.enter_async_context(
            GuidedManager(
                authority=authority,
                password=right["manager"],
                backups=backups.facts,
                listed=wanted,
                speed=SPEED,
                component=component.value,
                **{"durations": quick(), **manager},
            )
        )
        target = replace(
            _target(simulator.url, authority, backups, a_timing(**TIMING | (timing or {}))),
            component=component,
            advance_unasked=unasked,
        )
        configuration = a_configuration(
            targets={target.key: target}, policy=a_policy(start_delay=timedelta(0))
        )
        managers = HttpManagers(refs)
        preflight = Preflight(configuration, managers, SshBackups(refs), refs)
        database = await stack.enter_async_context(Database.open(url))
        ledger = SqlLedger(
            database, SystemClock(), configuration.policy, AUDIT_KEY, people=configuration.people
        )
        outbox = SqlOutbox(database, SystemClock())
        request = await _approved(ledger, outbox, preflight, target)

        def engine() -> DbosEngine:
            hands = Hands(ledger, managers, refs, SystemClock(), {target.key: target})
            return DbosEngine(journal_url(url), hands)

        scene = GuidedScene(
            simulator, backups, ledger, outbox, engine(), engine, request, secrets, [], [], {}
        )
        await scene.engine.launch()
        try:
            yield scene
        finally:
            await scene.close()


def quick(**changes: float) -> Durations:
    """Durations of a manager that makes a test no longer than it must be."""
    least = {"away": 10.0, "bad_gateway": 3.0, "starting_json": 3.0, "starting_text": 3.0}
    return Durations(**{"step": 8.0, "nothing_mapped": 3.0, "backup": 10.0, **least, **changes})


TIMING: dict[str, Any] = {
    "poll": timedelta(milliseconds=25),
    "settle": timedelta(milliseconds=300),
    "stable_timeout": timedelta(seconds=20),
    "request_timeout": timedelta(seconds=5),
}


def _target(url: str, authority: Authority, backups: SshBackupServer, timing: Any) -> Target:
    return a_target(
        key="sandbox",
        environment=Environment.SANDBOX,
        generation=Generation.NSX,
        manager=a_manager_access(
            url=url, password=SecretRef("env:MANAGER"), ca_file=str(authority.ca_pem)
        ),
        backup=a_backup_location(
            server="127.0.0.1",
            port=backups.port,
            directory=backups.directory,
            protocol="sftp",
            fingerprint=backups.fingerprint_sha256(),
            host_key_sha256=None,
            username=backups.username,
            password=SecretRef("env:BACKUP"),
            passphrase=SecretRef("env:PASSPHRASE"),
        ),
        scope=Scope.CLUSTER_AND_NODE,
        controllers=(),
        timing=timing,
    )


async def _approved(
    ledger: SqlLedger, outbox: SqlOutbox, preflight: Preflight, target: Target
) -> Request:
    wish = replace(a_wish(), target=target.key, scope=target.scope, backup="latest")
    filing = a_filing(id=RequestId("R-7QK2M9"), wish=wish)
    filed = await ledger.file(filing, Signature("file", ANA))
    request = filed.request  # type: ignore[union-attr]
    for item in await outbox.due():
        await outbox.begin(item)
        await outbox.sent(item, CARD)
    seen = await preflight.look(target.key, wish.scope, wish.backup)
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
