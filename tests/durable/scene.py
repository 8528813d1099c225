"""Runs on the real engine and a real database, around one approved request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.domain.commands import Press, Suspend
from bot.domain.events import Event, ProgressNoted, QuestionAsked
from bot.domain.request import Choice, Entry, Place, Request
from bot.durable.engine import DbosEngine
from bot.durable.tables import journal_url
from bot.durable.work import Hands
from bot.ports import LineItem, Signature
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.guided import GuidedManager
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from bot.store.revisions import migrate
from tests.builders import CHI, a_standing
from tests.durable.approved import AUDIT_KEY, CARD, an_approved_request, answer, delivered
from tests.durable.outside import an_outside


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
        await answer(self.ledger, request, place, given.choice, given.entries)

    async def _posted(self, question: str) -> Place:
        """Deliver what is due until the question stands; return where."""
        while question not in self.places:
            await self._deliver()
        return self.places[question]

    async def _deliver(self) -> None:
        """Deliver all that is due now, and note where questions stand."""
        for item, place in await delivered(self.outbox):
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
async def a_guided_scene(tmp_path: Path, **outside: Any) -> AsyncIterator[GuidedScene]:
    """Everything around one approved request for a guided restore; see `an_outside`."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    await migrate(url)
    async with an_outside(tmp_path, **outside) as there, Database.open(url) as database:
        configuration = there.configuration
        ledger = SqlLedger(
            database, SystemClock(), configuration.policy, AUDIT_KEY, people=configuration.people
        )
        outbox = SqlOutbox(database, SystemClock())
        request = await an_approved_request(ledger, outbox, there.preflight, there.target)

        def engine() -> DbosEngine:
            hands = Hands(
                ledger, there.managers, there.references, SystemClock(), configuration.targets
            )
            return DbosEngine(journal_url(url), hands)

        scene = GuidedScene(
            there.manager,
            there.backups,
            ledger,
            outbox,
            engine(),
            engine,
            request,
            there.secrets,
            [],
            [],
            {},
        )
        await scene.engine.launch()
        try:
            yield scene
        finally:
            await scene.close()
