"""A 1.x Manager without its wire: what it holds, and what a restore does to it over time."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.sandbox.backup_files import BackupKind
from bot.sandbox.backup_source import BackupRefused, BackupSource, RestoreFile
from bot.sandbox.nsx.errors import BACKUP, ApiError
from bot.sandbox.nsx.nsxt1_backup_config import BackupConfiguration, backed_up_configuration
from bot.sandbox.nsx.nsxt1_controllers import Controller, Controllers
from bot.sandbox.nsx.nsxt1_faults import Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Durations, Phase, management_word, phases
from bot.sandbox.nsx.simulated_time import Changes, Time


class Services(Protocol):
    """What a restart of the appliance takes down and brings up."""

    def stop(self) -> Awaitable[None]:
        """Stop to serve and forget every session."""
        ...

    def start(self) -> Awaitable[None]:
        """Serve again."""
        ...

    def renew(self) -> Awaitable[None]:
        """Forget every session, and serve with the certificate from the beginning."""
        ...


@dataclass(slots=True)
class RestoreTimes:
    """When a restore was accepted and when it was over: the event loop's clock, real seconds."""

    accepted_at: float | None = None
    stable_again_at: float | None = None

    @property
    def own_seconds(self) -> float | None:
        """How long the appliance itself took, in real seconds; `None` until it is stable again."""
        if self.accepted_at is None or self.stable_again_at is None:
            return None
        return self.stable_again_at - self.accepted_at


@dataclass(frozen=True, slots=True)
class Identity:
    """Version and address of the appliance, and its uuid before and after a node restore."""

    version: str
    address: str
    fresh_uuid: str
    restored_uuid: str


class Appliance:
    """The state of one Manager; every change is announced to `changes`."""

    def __init__(
        self,
        *,
        identity: Identity,
        backups: BackupSource,
        controllers: Controllers,
        durations: Durations,
        faults: Faults,
        time: Time,
        changes: Changes,
        services: Services,
    ) -> None:
        self.faults = faults
        self.durations = durations
        self.controllers = controllers
        self._identity = identity
        self._backups = backups
        self._time = time
        self._changes = changes
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()
        self._life = 0
        self._begin()

    def _begin(self) -> None:
        """Be freshly deployed."""
        self.phase = Phase.READY
        self.configuration = BackupConfiguration()
        self.times = {kind: RestoreTimes() for kind in BackupKind}
        self.restored: dict[BackupKind, RestoreFile] = {}
        self.restarts = 0
        self.helper_script_runs = 0
        self._busy = False
        self._booted_at = self._time.now() - self.durations.uptime
        self._life += 1

    @property
    def version(self) -> str:
        """The product version, e.g. `1.1.0.0.0.4788147`."""
        return self.faults.product_version or self._identity.version

    @property
    def uuid(self) -> str:
        """The node's uuid; a node restore brings back that of the node in the backup."""
        if BackupKind.NODE in self.restored:
            return self._identity.restored_uuid
        return self._identity.fresh_uuid

    @property
    def address(self) -> str:
        """The address that the management cluster listens on."""
        return self._identity.address

    @property
    def uptime_ms(self) -> int:
        """Simulated milliseconds since the appliance started."""
        return int((self._time.now() - self._booted_at) * 1_000)

    @property
    def management_status(self) -> str:
        """The management cluster's word."""
        if not self._busy and self.faults.management_status is not None:
            return self.faults.management_status
        return management_word(self.phase)

    @property
    def control_status(self) -> str:
        """The control cluster's word."""
        fresh = self.times[BackupKind.CLUSTER].accepted_at is None
        if fresh and self.faults.control_status is not None:
            return self.faults.control_status
        return self.controllers.word

    async def restore(self, kind: BackupKind, file: RestoreFile) -> None:
        """Copy the backup and begin to restore it; raise `ApiError` if that is refused."""
        self._check_order(kind)
        self._busy = True
        life = self._life
        try:
            await self._sleep(self.durations.copy)
            await self._copy(kind, file)
        except ApiError:
            self._busy = False
            raise
        if life != self._life:
            raise ApiError(503, 503, BACKUP, "The appliance was deployed anew.")
        self.times[kind].accepted_at = asyncio.get_running_loop().time()
        self.times[kind].stable_again_at = None
        self._enter(Phase.ACCEPTED)
        self._start(self._run(kind, file))

    def put_configuration(self, body: Any) -> None:
        """Store a backup configuration; raise `ApiError` with 400 for a bad one."""
        if self.faults.backup_stays_enabled:
            self.configuration.put_all_but_enabled(body)
        else:
            self.configuration.put(body)

    def restart_controller(self, address: str) -> None:
        """Restart one controller; its cache is dropped for good only after a cluster restore."""
        self.controllers.begin_restart(address)
        self._changes.announce()
        dropped = BackupKind.CLUSTER in self.restored
        after = Controller.RESTARTED if dropped else Controller.STALE
        self._start(self._restart(address, after))

    def run_helper_script(self) -> str:
        """Run the vendor's helper script and return what it prints.

        Raises `RuntimeError` before the node restore: there is nothing to reconcile yet.
        """
        if BackupKind.NODE not in self.restored:
            raise RuntimeError("the node backup has not been restored")
        self.helper_script_runs += 1
        self._changes.announce()
        return "Hosts and edges agree with the restored state."

    async def deploy_anew(self) -> None:
        """Be a fresh appliance in the place of this one, whatever is going on."""
        await self.end()
        self.controllers.forget()
        self._begin()
        await self._services.renew()
        self._changes.announce()

    async def end(self) -> None:
        """Stop everything that is going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _check_order(self, kind: BackupKind) -> None:
        if self._busy:
            raise ApiError(409, 409, BACKUP, "A restore is in progress.")
        if kind is BackupKind.NODE and BackupKind.CLUSTER not in self.restored:
            reason = "You must restore a cluster backup before restoring a node backup."
            raise ApiError(400, 29_001, BACKUP, reason)

    async def _copy(self, kind: BackupKind, file: RestoreFile) -> None:
        checked = replace(file, passphrase="") if self.faults.refuse_passphrase else file
        try:
            await self._backups.check(checked, kind)
        except BackupRefused as refused:
            raise ApiError(self.faults.refusal_status, 29_002, BACKUP, str(refused)) from refused

    async def _run(self, kind: BackupKind, file: RestoreFile) -> None:
        at = self._time.now()
        for phase, seconds in phases(kind, self.durations, self.faults):
            self._enter(phase)
            if phase is Phase.AWAY:
                await self._services.stop()
                self._changes.announce()
            at += seconds
            await self._time.until(at)
            if phase is Phase.AWAY:
                self._come_back_as(kind, file)
                await self._services.start()
        if self.faults.never_stable:
            self._enter(Phase.UNSTABLE)
            return
        self.restored[kind] = file
        if kind is BackupKind.NODE:
            self.controllers.node_restored()
        self.times[kind].stable_again_at = asyncio.get_running_loop().time()
        self._busy = False
        self._enter(Phase.READY)
        self._connect_controllers()

    def _come_back_as(self, kind: BackupKind, file: RestoreFile) -> None:
        self.phase = Phase.BAD_GATEWAY
        self.restarts += 1
        self._booted_at = self._time.now()
        if kind is BackupKind.CLUSTER:
            self.restored.clear()
            self.controllers.forget()
            self.configuration.restore(backed_up_configuration(file))

    async def _restart(self, address: str, after: Controller) -> None:
        await self._sleep(self.durations.controller_restart)
        self.controllers.end_restart(address, after)
        self._changes.announce()
        self._connect_controllers()

    def _connect_controllers(self) -> None:
        if self.controllers.may_connect:
            self.controllers.word = "UNSTABLE"
            self._changes.announce()
            self._start(self._finish_connecting())

    async def _finish_connecting(self) -> None:
        await self._sleep(self.durations.controllers_connect)
        self.controllers.word = "STABLE"
        self._changes.announce()

    async def _sleep(self, seconds: float) -> None:
        await self._time.until(self._time.now() + seconds)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._changes.announce()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
