"""A whole run, carried by the real engine on a real database, against the manager simulator."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dbos import DBOS, WorkflowHandleAsync

from bot.backup.ssh import SshBackupServer as SshBackups
from bot.clock import SystemClock
from bot.credentials.references import References
from bot.domain.commands import Fail
from bot.domain.events import QuestionAsked
from bot.domain.request import Choice, Place, Request, State
from bot.domain.target import Target
from bot.domain.values import Environment, RequestId, Scope, SecretRef
from bot.durable import engine
from bot.durable.engine import DbosEngine, ForeignRunsError
from bot.durable.tables import journal_url
from bot.durable.work import Hands
from bot.nsx.client import HttpManagers
from bot.ports import LineItem, Signature
from bot.preflight import Preflight
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults, PostFault
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from bot.store.revisions import migrate
from tests.builders import (
    a_backup_location,
    a_configuration,
    a_manager_access,
    a_policy,
    a_target,
    a_timing,
)
from tests.durable.approved import AUDIT_KEY, an_approved_request, answer, delivered
from tests.fakes import FakeAnnouncer
from tests.nsx.relay import Relay

SPEED = 200.0


@dataclass
class Scene:
    """A simulator, a database and an engine around one approved request."""

    manager: Nsxt1Manager
    ledger: SqlLedger
    outbox: SqlOutbox
    engine: DbosEngine
    request: Request
    relay: Relay | None = None

    async def run(self, answer: Callable[[Request], Choice]) -> Request:
        """Start the run and answer its questions until it has ended."""
        await self.engine.start(self.request.id)
        while True:
            request = await self.ledger.get(self.request.id)
            if not request.is_active:
                return request
            assert await self.engine.stranded() == []
            if request.question is not None:
                await self._answer(request, answer(request))
            await asyncio.sleep(0.02)

    async def asked(self) -> None:
        """Wait until the run asks something."""
        while True:
            if (await self.ledger.get(self.request.id)).question is not None:
                return
            await asyncio.sleep(0.02)

    async def _answer(self, request: Request, choice: Choice) -> None:
        question = request.question
        assert question is not None
        address = question.title.split()[2] if "Restart controller" in question.title else None
        if address and self.manager.state()["controllers"][address] == "stale":
            self.manager.restart_controller(address)
            await self.manager.until(
                lambda: self.manager.state()["controllers"][address] == "restarted"
            )
        place = await self._posted(question.key)
        await answer(self.ledger, request, place, choice)

    async def _posted(self, question: str) -> Place:
        """Deliver what is due until the question stands; return where."""
        while True:
            for item, place in await delivered(self.outbox):
                match item:
                    case LineItem(event=QuestionAsked(asked)) if asked.key == question:
                        return place


def continues(_request: Request) -> Choice:
    """Answer every question with its first button."""
    return Choice.CONTINUE


@contextlib.asynccontextmanager
async def a_scene(
    tmp_path: Path, faults: Faults, spoils: Callable[[Nsxt1Manager, Relay], bool] | None = None
) -> AsyncIterator[Scene]:
    """Everything around one approved request, at a speed of 200.

    With `spoils` the bot reaches the manager through a relay that spoils those answers.
    """
    secrets = {"manager": "Manager1!", "backup": "Backup1!", "passphrase": "7Taspa5anecR"}
    refs = References({name.upper(): value for name, value in secrets.items()})
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    await migrate(url)
    async with contextlib.AsyncExitStack() as stack:
        backups = await stack.enter_async_context(
            SshBackupServer(tmp_path / "backups", password=secrets["backup"])
        )
        at = datetime(2026, 11, 1, tzinfo=UTC)
        for kind in ("cluster", "node"):
            backups.add_backup(f"backup-{kind}-1.tar.gz", secrets["passphrase"], at)
        authority = Authority(tmp_path)
        manager = await stack.enter_async_context(
            Nsxt1Manager(
                authority=authority,
                password=secrets["manager"],
                backups=backups.facts,
                speed=SPEED,
                faults=faults,
            )
        )
        relay, url_of_manager = None, manager.url
        if spoils is not None:
            relay = Relay(manager.port, lambda: relay is not None and spoils(manager, relay))
            url_of_manager = await stack.enter_async_context(relay.open())
        target = _target(url_of_manager, authority, backups)
        configuration = a_configuration(
            targets={target.key: target}, policy=a_policy(start_delay=timedelta(0))
        )
        preflight = Preflight(
            configuration, HttpManagers(refs), SshBackups(refs), refs, FakeAnnouncer()
        )
        database = await stack.enter_async_context(Database.open(url))
        ledger = SqlLedger(
            database, SystemClock(), configuration.policy, AUDIT_KEY, people=configuration.people
        )
        outbox = SqlOutbox(database, SystemClock())
        request = await an_approved_request(ledger, outbox, preflight, target)
        hands = Hands(ledger, HttpManagers(refs), refs, SystemClock(), {target.key: target})
        runs = DbosEngine(journal_url(url), hands)
        await runs.launch()
        stack.push_async_callback(runs.close)
        yield Scene(manager, ledger, outbox, runs, request, relay)


def _target(url: str, authority: Authority, backups: SshBackupServer) -> Target:
    return a_target(
        key="sandbox",
        environment=Environment.SANDBOX,
        manager=a_manager_access(
            url=url, password=SecretRef("env:MANAGER"), ca_file=str(authority.ca_pem)
        ),
        backup=a_backup_location(
            server="127.0.0.1",
            port=backups.port,
            directory=backups.directory,
            fingerprint=backups.fingerprint_md5(),
            host_key_sha256=None,
            username=backups.username,
            password=SecretRef("env:BACKUP"),
            passphrase=SecretRef("env:PASSPHRASE"),
        ),
        scope=Scope.CLUSTER_AND_NODE,
        controllers=("10.0.0.11", "10.0.0.12", "10.0.0.13"),
        timing=a_timing(
            poll=timedelta(milliseconds=25),
            settle=timedelta(milliseconds=300),
            stable_timeout=timedelta(seconds=20),
            request_timeout=timedelta(seconds=5),
        ),
    )


async def test_a_run_succeeds_in_the_guides_order(tmp_path: Path) -> None:
    """All steps run once, in order; the restore requests are sent once each."""
    async with a_scene(tmp_path, Faults()) as set_up:
        ended = await set_up.run(continues)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert set_up.manager.restore_posts == 1
        assert set_up.manager.node_restore_posts == 1
        completed = [
            entry.details["key"]
            for entry in await set_up.ledger.story(ended.id)
            if entry.action == "step_completed"
        ]
        assert ended.plan is not None
        assert completed == [step.key for step in ended.plan.steps]
        assert set_up.manager.state()["backup_config"]["backup_enabled"] is True


def test_runs_of_another_release_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are named, and left alone: only the release that began them can continue them."""
    request_id = asyncio.run(_left_unfinished(tmp_path))
    monkeypatch.setattr(engine, "VERSION", "2")
    with pytest.raises(ForeignRunsError, match=request_id) as refused:
        asyncio.run(_launched(f"sqlite:///{tmp_path / 'bot.db'}"))
    assert "Start that release again" in refused.value.advice


async def _left_unfinished(tmp_path: Path) -> str:
    """Let a run come to a question, and end the engine there."""
    async with a_scene(tmp_path, Faults(cluster_post=PostFault.CUT_AFTER_ACCEPTING)) as set_up:
        await set_up.engine.start(set_up.request.id)
        while (await set_up.ledger.get(set_up.request.id)).question is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # the manager takes its time
        return set_up.request.id


async def _launched(url: str) -> None:
    """Launch an engine on a journal, and close it."""
    nothing: Hands = Hands(None, None, None, None, {})  # type: ignore[arg-type]
    runs = DbosEngine(journal_url(url), nothing)
    try:
        await runs.launch()
    finally:
        await runs.close()


async def _the_outcome_is_asked(set_up: Scene) -> None:
    """The first question is what became of the request; the run ends well, with one request."""
    asked: list[str] = []

    def answer(request: Request) -> Choice:
        assert request.question is not None
        asked.append(request.question.title)
        return Choice.CONTINUE

    ended = await set_up.run(answer)

    assert ended.state is State.SUCCEEDED, ended.conclusion
    assert asked[0] == "Outcome unknown: did the cluster restore begin?"
    assert set_up.manager.restore_posts == 1


async def test_an_unknown_outcome_is_asked_and_never_sent_again(tmp_path: Path) -> None:
    """A connection cut after the request leaves one request and one question to a lead."""
    async with a_scene(tmp_path, Faults(cluster_post=PostFault.CUT_AFTER_ACCEPTING)) as set_up:
        await _the_outcome_is_asked(set_up)


async def test_a_run_that_was_given_up_is_told_until_its_request_has_ended(tmp_path: Path) -> None:
    """Whoever writes it down may fail at that; it is not told once and forgotten."""
    async with a_scene(tmp_path, Faults()) as set_up:
        nobody = RequestId("R-ABCDEF")
        await set_up.engine.start(nobody)
        while not (found := await set_up.engine.stranded()):  # noqa: ASYNC110 - it is a database
            await asyncio.sleep(0.02)

        assert [request_id for request_id, _ in found] == [nobody]
        assert await set_up.engine.stranded() == found


@pytest.mark.long
async def test_a_bad_record_instead_of_the_reply_is_an_unknown_outcome(tmp_path: Path) -> None:
    """The restore has begun, TLS breaks before its reply: one request, one question to a lead."""

    def reply(manager: Nsxt1Manager, relay: Relay) -> bool:
        return manager.restore_posts == 1 and relay.spoilt == 0

    async with a_scene(tmp_path, Faults(), reply) as set_up:
        await _the_outcome_is_asked(set_up)


@pytest.mark.long
async def test_bad_records_while_the_manager_restarts_end_no_run(tmp_path: Path) -> None:
    """They count as the silence that a restart is."""

    def a_few_after_the_reply(manager: Nsxt1Manager, relay: Relay) -> bool:
        waiting = manager.restore_accepted_at is not None and manager.requests[-1].method == "GET"
        return waiting and relay.spoilt < 3

    async with a_scene(tmp_path, Faults(), a_few_after_the_reply) as set_up:
        ended = await set_up.run(continues)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert set_up.relay is not None
        assert set_up.relay.spoilt == 3


async def test_a_run_whose_request_has_ended_ends_quietly(tmp_path: Path) -> None:
    """It has not broken off: nothing is told to people, and nothing more is done."""
    async with a_scene(tmp_path, Faults()) as set_up:
        ledger, request_id = set_up.ledger, set_up.request.id
        await set_up.engine.start(request_id)
        await set_up.asked()
        await ledger.apply(request_id, Fail("Ended.", "Look."), Signature("elsewhere", "bot"))

        run: WorkflowHandleAsync[str] = await DBOS.retrieve_workflow_async(request_id)

        assert await run.get_result() == "Ended"
        assert await set_up.engine.stranded() == []
        assert (await ledger.get(request_id)).conclusion == ("Ended.", "Look.")
        assert (await ledger.story(request_id))[-1].action == "run_failed"
