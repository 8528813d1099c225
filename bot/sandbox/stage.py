"""The stage of a rehearsal: a local Slack, an NSX Manager, a backup server, and the bot itself.

The bot runs in a process of its own and knows nothing of the stage: it is configured by files and
environment, like any other, and reaches everything over sockets.
"""

import asyncio
import contextlib
import secrets
import socket
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import yaml

from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.bot_process import READY_WITHIN, BotProcess
from bot.sandbox.nsx.guided import GuidedManager
from bot.sandbox.nsx.guided_durations import Durations as GuidedDurations
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_prompts import Prompt
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Durations
from bot.sandbox.slack import AppCredentials, Person, RateLimits, SlackServer, Workspace
from bot.sandbox.stage_configuration import Written, people
from bot.sandbox.stock import Stock

CHANNEL: Final = "C0INCIDENT"
REQUESTER: Final = "U0ANA"
LEADS: Final = ("U0BEN", "U0CHI", "U0DEE")
OUTSIDER: Final = "U0EVE"
GUEST: Final = "U0GUS"
TARGET: Final = "sandbox-nsxt"
"""The target of NSX-T 1.x."""
GUIDED_TARGET: Final = "sandbox-nsx"
"""The target of 2.0 and later, whose manager restores by itself and asks on the way."""
CONTROLLERS: Final = ("10.0.0.11", "10.0.0.12", "10.0.0.13")


@dataclass(frozen=True, slots=True)
class GuidedSetting:
    """How the manager of 2.0 and later is made: its words, its questions, its pace.

    `nodes` is the size of the cluster that was backed up; `target` overrides configuration keys.
    """

    profile: Profile = Profile.V4
    nodes: int = 1
    prompts: tuple[Prompt, ...] = ()
    durations: GuidedDurations = field(default_factory=GuidedDurations)
    target: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """How the stage is set.

    `requesters` may ask; with none named every full member may.
    `speed` is how many simulated seconds pass in a real one; durations of the configuration are
    divided by it. `socket_mode` or HTTP; `policy` and `target` override single configuration keys.
    """

    speed: float = 20.0
    socket_mode: bool = True
    scope: str = "cluster+node"
    requesters: tuple[str, ...] = ()
    policy: dict[str, Any] = field(default_factory=dict)
    timing: dict[str, Any] = field(default_factory=dict)
    durations: Durations = field(default_factory=Durations)
    guided: GuidedSetting = field(default_factory=GuidedSetting)
    limits: RateLimits = field(default_factory=RateLimits)
    database_url: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "bot.start")


class Stage:
    """Everything around one bot, on loopback, in one directory.

    There are two managers: `manager` of NSX-T 1.x with its `faults`, and `guided` of 2.0 and later,
    which has its own, and is made by `guided_setting` whenever it is deployed anew.
    """

    def __init__(self, directory: Path, setting: Setting) -> None:
        self.directory = directory
        self.setting = setting
        self.workspace = Workspace(limits=setting.limits)
        self.faults = Faults()
        self.guided_setting = setting.guided
        self.app = AppCredentials(
            bot_token=f"xoxb-{secrets.token_hex(12)}",
            app_token=f"xapp-{secrets.token_hex(12)}",
            signing_secret=secrets.token_hex(16),
        )
        self._secrets = {name: secrets.token_urlsafe(18) for name in SECRETS}
        self._exit = contextlib.AsyncExitStack()
        self._guided_exit = contextlib.AsyncExitStack()
        self._deploying = asyncio.Lock()
        self.bot = BotProcess(self.environment, directory / "bot.log", setting.command)
        self.port = free_port()
        self.admin_port = free_port()

    async def __aenter__(self) -> Self:
        """Raise everything but the bot."""
        async with self._exit as raised:
            await self._raise()
            self._exit = raised.pop_all()
        return self

    async def _raise(self) -> None:
        authority = Authority(self.directory)
        self.backups = await self._exit.enter_async_context(
            SshBackupServer(self.directory / "backups", password=self._secrets["backup"])
        )
        self.stock = Stock(self.backups, self._secrets["passphrase"])
        self.stock.lay_in()
        self.manager = await self._exit.enter_async_context(
            Nsxt1Manager(
                authority=authority,
                password=self._secrets["manager"],
                backups=self.backups.facts,
                controllers=CONTROLLERS,
                durations=self.setting.durations,
                speed=self.setting.speed,
                faults=self.faults,
            )
        )
        self._make_guided = partial(
            GuidedManager,
            authority=authority,
            password=self._secrets["manager"],
            backups=self.backups.facts,
            listed=self.stock.lay_in_listed(self.setting.guided.profile),
        )
        self._exit.push_async_callback(self._guided_exit.aclose)
        await self._raise_guided(durations=self.setting.guided.durations, speed=self.setting.speed)
        self._people()
        self.slack = await self._exit.enter_async_context(SlackServer(self.workspace, app=self.app))
        if not self.setting.socket_mode:
            self.slack.deliver_over_http(f"http://127.0.0.1:{self.port}/slack/events")
        self._write_configuration(authority)

    async def _raise_guided(self, **more: Any) -> None:
        wanted = self.guided_setting
        manager = self._make_guided(
            profile=wanted.profile, prompts=wanted.prompts, nodes=wanted.nodes, **more
        )
        self.guided = await self._guided_exit.enter_async_context(manager)

    async def deploy_guided_anew(self) -> None:
        """Put a fresh manager of 2.0 and later in the place of this one: same address and faults.

        It is made as `guided_setting` says by now, with the questions that the old one had; its
        requests are recorded anew.
        """
        async with self._deploying:
            old = self.guided
            self.guided_setting = replace(self.guided_setting, prompts=old.prompts)
            await self._guided_exit.aclose()
            await self._raise_guided(
                port=old.port, durations=old.durations, speed=old.speed, faults=old.faults
            )

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End the bot, then everything else."""
        await self.bot.stop()
        await self._exit.aclose()

    @property
    def restores_asked(self) -> dict[str, int]:
        """How many requests to restore have arrived, by target, whatever came of them."""
        return {TARGET: self.manager.restore_posts, GUIDED_TARGET: self.guided.start_posts}

    def person(self, user: str) -> Person:
        """Return one of the cast, to act as."""
        return self.slack.person(user)

    async def start_bot(self) -> float:
        """Start the bot and wait until it is ready; return the seconds that took."""
        return await self.bot.start(self._is_ready)

    async def until_ready(self) -> None:
        """Wait until the bot is ready, whoever starts it. Raises `TimeoutError`."""
        try:
            async with asyncio.timeout(READY_WITHIN):
                while not await self._is_ready():  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"the bot was not ready within {READY_WITHIN:g} s") from None

    def environment(self) -> dict[str, str]:
        """Return the environment the bot is started with."""
        way_in = (
            {"SLACK_APP_TOKEN": self.app.app_token}
            if self.setting.socket_mode
            else {"SLACK_SIGNING_SECRET": self.app.signing_secret}
        )
        return {
            "SLACK_BOT_TOKEN": self.app.bot_token,
            "SLACK_API_URL": self.slack.api_url,
            "DATABASE_URL": self.setting.database_url
            or f"sqlite:///{self.directory / 'nsx-restore.db'}",
            "NSX_RESTORE_CONFIG": str(self.directory / "nsx-restore.yaml"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ADMIN_PORT": str(self.admin_port),
            "AUDIT_KEY": f"file:{self.directory / 'audit'}",
            "LOG_FORMAT": "json",
            **way_in,
            **self.setting.environment,
        }

    async def _is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                reply = await client.get(f"http://127.0.0.1:{self.admin_port}/readyz")
        except httpx.HTTPError:
            return False
        return reply.status_code == httpx.codes.OK

    def _people(self) -> None:
        everybody = [REQUESTER, *LEADS, OUTSIDER, GUEST]
        for user in everybody:
            name = user.removeprefix("U0").lower()
            self.workspace.add_user(user, name, is_restricted=user == GUEST)
        members = [*everybody, self.app.bot_user_id]
        self.workspace.install(self.app)
        self.workspace.add_channel(CHANNEL, "incident", members)
        self.workspace.add_usergroup("S0LEADS", "nsx-leads", list(LEADS))

    def _write_configuration(self, authority: Authority) -> None:
        for name, value in self._secrets.items():
            path = self.directory / name
            path.touch(mode=0o600)
            path.write_text(value)
        path = self.directory / "nsx-restore.yaml"
        path.write_text(yaml.safe_dump(self._configuration(authority), sort_keys=False))

    def _configuration(self, authority: Authority) -> dict[str, Any]:
        written = Written(self.setting.speed, self.directory, authority.ca_pem, self.backups)
        setting, timing = self.setting, self.setting.timing
        return {
            "slack": {"team_id": self.app.team_id, "channels": [CHANNEL]},
            "people": people(setting.requesters, LEADS),
            "policy": written.policy() | setting.policy,
            "targets": {
                TARGET: written.nsxt_target(self.manager.url, timing)
                | {"scope": setting.scope, "controllers": list(CONTROLLERS)},
                GUIDED_TARGET: written.guided_target(self.guided.url, timing)
                | setting.guided.target,
            },
        }

    def set_secret(self, name: str, value: str) -> None:
        """Put another value behind a reference of the configuration, as its owner would."""
        (self.directory / name).write_text(value)

    def secret(self, name: str) -> str:
        """Return the right value of a secret of the stage."""
        return self._secrets[name]


SECRETS: Final = ("manager", "backup", "passphrase", "audit")
"""The secrets of the stage: made anew each time, in files that only their owner can read."""


FIRST_PORT: Final = 20_000
PORTS: Final = 10_000
"""Below what Linux (32768 to 60999) and others give to outgoing connections."""


def free_port() -> int:
    """Return a loopback port that nobody uses, and that no connection gets by chance meanwhile."""
    while True:
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
