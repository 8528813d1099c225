"""The composition root: the only file that knows every part, and puts them together."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import structlog
from pydantic import SecretStr

from bot.admin import FAIL, admin_app
from bot.background import Background
from bot.backup.ssh import SshBackupServer
from bot.clock import SystemClock, new_request_id
from bot.credentials.references import References
from bot.domain.errors import Kind, OutsideError, SlackError
from bot.domain.target import Configuration
from bot.durable.engine import DbosEngine
from bot.durable.leader import Leadership, Place, lead
from bot.durable.tables import journal_url
from bot.durable.work import Checkpoint, Hands, unwatched
from bot.ending import end_at_the_latest, until_signal
from bot.nsx.client import HttpManagers
from bot.ports import Announce, BackupServer, Clock, Credentials, Managers
from bot.preflight import Preflight
from bot.records import audit_key, check_audit_key, database_of, prepared
from bot.service import Service
from bot.serving import Address, reserved, serving, serving_on
from bot.slack.bolt import build_bolt
from bot.slack.clients import SlackClients
from bot.slack.directory import SlackDirectory
from bot.slack.identity import CHECK_WAY, Identity, app_of, identify
from bot.slack.messenger import Messenger, Pace
from bot.slack.socket import SocketMode
from bot.slack.web import web_app
from bot.store import revisions
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from bot.sweeper import Sweeper
from bot.telemetry import Metrics
from config.settings import Settings
from handlers import Desk, register

log = structlog.get_logger()

MEASURE: Final = 5.0
"""Seconds between two readings of the figures that no event brings."""

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
"""Seconds between two tries to reach Slack at the start, doubling from the one to the other."""


class Role(StrEnum):
    """Which half of the bot a process is."""

    SERVE = "serve"
    WEB = "web"
    WORKER = "worker"

    @property
    def listens(self) -> bool:
        """Whether it hears Slack."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether it runs restores and delivers messages, once it leads."""
        return self is not Role.WEB


@dataclass(frozen=True, slots=True)
class Parts:
    """The outside as the bot reaches it; tests state others."""

    clock: Clock = field(default_factory=SystemClock)
    credentials: Credentials = field(default_factory=References)
    pace: Pace = field(default_factory=Pace)
    checkpoint: Checkpoint = unwatched

    def backups(self) -> BackupServer:
        """Return the way to backup servers."""
        return SshBackupServer(self.credentials)

    def managers(self) -> Managers:
        """Return the way to managers."""
        return HttpManagers(self.credentials)


def preflight(configuration: Configuration, parts: Parts, announce: Announce) -> Preflight:
    """Return the preflight alone: `nsx-restore plan` needs nothing else."""
    return Preflight(configuration, parts.managers(), parts.backups(), parts.credentials, announce)


async def run(role: Role, settings: Settings, configuration: Configuration, parts: Parts) -> None:
    """Run one process of the bot until it is told to end (SIGTERM, SIGINT).

    Raises:
        OutsideError: it cannot begin: database, Slack, a secret or a port is not as needed.
        AlreadyRunningError: another worker works on the same SQLite file.

    """
    ended = until_signal()
    async with AsyncExitStack() as stack:
        leadership = await prepared(settings, stack) if role is Role.SERVE else None
        database = await stack.enter_async_context(database_of(settings))
        await check_audit_key(settings, parts.credentials, database)
        token = _secret(settings.slack_bot_token)
        slack = await stack.enter_async_context(SlackClients.open(token, settings.slack_api_url))
        bot = Bot(role, settings, configuration, parts=parts, database=database, slack=slack)
        await bot.run(stack, ended, leadership)


class Bot:
    """One process of the bot, put together."""

    def __init__(
        self,
        role: Role,
        settings: Settings,
        configuration: Configuration,
        *,
        parts: Parts,
        database: Database,
        slack: SlackClients,
    ) -> None:
        self._role = role
        self._settings = settings
        self._configuration = configuration
        self._parts = parts
        self._database = database
        self._slack = slack
        self._metrics = Metrics()
        self._background = Background()
        key = audit_key(settings, parts.credentials)
        self._ledger = SqlLedger(
            database,
            parts.clock,
            configuration.policy,
            key,
            self._metrics.on_event,
            people=configuration.people,
            on_rows=self._metrics.on_rows,
        )
        self._inbox = SqlInbox(database, parts.clock)
        self._outbox = SqlOutbox(database, parts.clock)
        self._preflight = preflight(configuration, parts, self._ledger.announce)
        self._service = Service(
            configuration=configuration,
            ledger=self._ledger,
            inbox=self._inbox,
            outbox=self._outbox,
            directory=SlackDirectory(slack.reads),
            preflight=self._preflight,
            new_id=new_request_id,
        )
        self._words = {"database": "ok", "slack": FAIL, "worker": FAIL if role.works else "none"}
        self._placed = asyncio.Event()
        self._socket: SocketMode | None = None
        self._door: socket.socket | None = None
        self._doors = AsyncExitStack()

    async def run(
        self, stack: AsyncExitStack, ended: asyncio.Event, leadership: Leadership | None = None
    ) -> None:
        """Start what this role does, wait until it is told to end, and end in order.

        `leadership` is the lock, if this process has it already.
        """
        stack.push_async_callback(self._doors.aclose)
        signalled = asyncio.create_task(ended.wait(), name="signal")
        tasks: set[asyncio.Task[object]] = {signalled}
        if self._hears_http:
            # A port that somebody else has is told before anything is begun.
            self._door = stack.enter_context(reserved(self._address()))
        if self._role.works:
            working = asyncio.create_task(self._work(stack, leadership), name="work")
            tasks.add(working)
            placed = asyncio.create_task(self._placed.wait(), name="placed")
            await asyncio.wait({placed, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            placed.cancel()
            if working.done():
                working.result()
        await self._show_health(stack)
        tasks.add(asyncio.create_task(self._meet_slack(), name="slack"))
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        end_at_the_latest(status=1 if any(task.exception() for task in done) else 0)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # Nothing more comes in before what has come in is dealt with.
        await self._doors.aclose()
        await self._background.close()
        for task in done:
            task.result()

    async def _show_health(self, stack: AsyncExitStack) -> None:
        app = admin_app(self._metrics, self._readiness)
        port = self._settings.admin_port
        await stack.enter_async_context(
            serving(app, host="127.0.0.1", port=port, name="ADMIN_PORT")
        )

    async def _meet_slack(self) -> None:
        """Make ourselves known and listen; restores go on meanwhile, however long that takes."""
        seen = await introduce(self._slack, self._configuration.team_id)
        if self._role.listens:
            await self._listen(await app_of(self._slack.reads, seen))
        # Only now: ready is who can hear. Whether a socket stands is asked each time.
        self._words["slack"] = "ok"
        log.info("bot.started", role=self._role.value)
        await (self._socket.run() if self._socket else asyncio.Event().wait())

    @property
    def _hears_http(self) -> bool:
        return self._role.listens and self._settings.slack_app_token is None

    def _address(self) -> Address:
        return Address(self._settings.host, self._settings.port, "PORT")

    async def _listen(self, app_id: str | None) -> None:
        """Hear Slack: over a socket if there is an app token, else over HTTP."""
        settings = self._settings
        signing_secret = _secret(settings.slack_signing_secret) if self._door else None
        token = _secret(settings.slack_bot_token)
        bolt = build_bolt(token, signing_secret, self._slack.reads)
        register(bolt, self._desk(app_id))
        if self._door is None or signing_secret is None:
            self._socket = SocketMode(
                bolt, _secret(settings.slack_app_token), self._slack.session, settings.slack_api_url
            )
            return
        app = web_app(bolt, signing_secret, self._parts.clock.now)
        await self._doors.enter_async_context(serving_on(self._door, self._address(), app))

    def _desk(self, app_id: str | None) -> Desk:
        return Desk(
            service=self._service,
            client=self._slack.reads,
            now=self._parts.clock.now,
            spawn=self._background.spawn,
            acked=self._metrics.ack_seconds.observe,
            app_id=app_id,
        )

    async def _work(self, stack: AsyncExitStack, leadership: Leadership | None) -> None:
        """Become leader, then carry restores, move what time moves, and tell Slack."""
        url = self._settings.database_url.get_secret_value()
        if leadership is None:
            stack.callback((await lead(url, waiting=self._wait_as)).release)
        self._words["worker"] = "leader"
        self._placed.set()
        hands = Hands(
            ledger=self._ledger,
            managers=self._parts.managers(),
            credentials=self._parts.credentials,
            clock=self._parts.clock,
            targets=self._configuration.targets,
            checkpoint=self._parts.checkpoint,
        )
        engine = DbosEngine(journal_url(url), hands)
        stack.push_async_callback(engine.close)
        await engine.launch()
        await self._outbox.redraw()
        await asyncio.gather(self._sweeper(engine).run(), self._messenger().run(), self._measure())

    def _wait_as(self, place: Place) -> None:
        self._words["worker"] = "standby" if place is Place.STANDBY else FAIL
        self._placed.set()

    def _sweeper(self, engine: DbosEngine) -> Sweeper:
        return Sweeper(
            service=self._service,
            ledger=self._ledger,
            inbox=self._inbox,
            preflight=self._preflight,
            engine=engine,
            clock=self._parts.clock,
            background=self._background,
        )

    def _messenger(self) -> Messenger:
        return Messenger(
            ledger=self._ledger,
            outbox=self._outbox,
            slack=self._slack,
            clock=self._parts.clock,
            leads=self._configuration.people.leads,
            typed_confirmation=self._configuration.policy.typed_confirmation,
            pace=self._parts.pace,
            checkpoint=self._parts.checkpoint,
        )

    async def _measure(self) -> None:
        """Keep the figures that no event brings."""
        while True:
            try:
                lag = await self._outbox.lag()
                active = await self._ledger.requests(active=True, limit=1000)
                self._metrics.measured(outbox_lag=lag, active=len(active))
            except OutsideError as error:
                log.warning("figures.not_read", said=error.said)
            await self._parts.clock.sleep(MEASURE)

    async def _readiness(self) -> Mapping[str, str]:
        words = dict(self._words)
        try:
            await revisions.check(self._database)
        except OutsideError:
            words["database"] = FAIL
        if words["slack"] != FAIL and not await self._slack_is_there():
            words["slack"] = FAIL
        return words

    async def _slack_is_there(self) -> bool:
        """Whether Slack answers us, and can reach us where it needs a socket for that."""
        connected = self._socket is None or self._socket.is_connected
        return connected and await self._slack.contact.now(self._slack.reads)


async def introduce(slack: SlackClients, team_id: str) -> Identity:
    """See that Slack knows us, in the configured workspace; wait while it cannot be reached.

    Raises:
        SlackError: the token is refused, or belongs to another workspace.

    """
    wait = FIRST_WAIT
    while (seen := await identify(slack.reads)) is None:
        log.warning("slack.unreachable", again_in_seconds=wait, advice=CHECK_WAY)
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
    if seen.team_id != team_id:
        raise SlackError(
            Kind.REFUSED,
            f"SLACK_BOT_TOKEN belongs to the workspace {seen.team_id}, the configuration names "
            f"{team_id}.",
            "Correct slack.team_id, or use the token of that workspace.",
        )
    return seen


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value is not None else ""
