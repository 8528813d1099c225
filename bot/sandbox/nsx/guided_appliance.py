"""A 2.0 to 9.x Manager without its wire: what it is, what it holds, and what changes it."""

import asyncio
import time as system_time
from collections.abc import Coroutine, Iterable
from typing import Any

from bot.sandbox.backup_source import KnownServer
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.errors import BACKUP, COMMON, ApiError
from bot.sandbox.nsx.guided_actions import Action
from bot.sandbox.nsx.guided_backup_config import GuidedBackupConfiguration, place_of
from bot.sandbox.nsx.guided_backups import Backups
from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.guided_faults import Faults, OtherRestore
from bot.sandbox.nsx.guided_identity import Identity, ManagementConfig
from bot.sandbox.nsx.guided_listing import Listing, connect, is_ip
from bot.sandbox.nsx.guided_plan import Chosen, RestorePlan
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_restore import GuidedRestore
from bot.sandbox.nsx.guided_status import other_document, restore_document
from bot.sandbox.nsx.guided_window import RestartWindow, Services
from bot.sandbox.nsx.simulated_time import Changes, Time

FRESH_UUID = "3b1c6f42-9c5e-4f0a-8a57-2f6d1e0c7b94"
_STANDING = frozenset({RestoreState.INITIAL, RestoreState.SUCCESS, RestoreState.NOT_AVAILABLE})


class RestoreConflict(Exception):  # noqa: N818 (the product's word for it)
    """The restore is in a state that does not take this order; the answer is its status."""


class GuidedAppliance:
    """The state of one Manager; every change is announced to `changes`."""

    def __init__(
        self,
        *,
        identity: Identity,
        plan: RestorePlan,
        server: KnownServer,
        listed: Iterable[ListedBackup],
        publish_fqdns: bool,
        durations: Durations,
        faults: Faults,
        time: Time,
        changes: Changes,
        services: Services,
    ) -> None:
        self.identity = identity
        self.profile = identity.profile
        self.faults = faults
        self.durations = durations
        self.listing = Listing(server=server, backups=listed, profile=self.profile, faults=faults)
        self.backups = Backups(profile=self.profile, listing=self.listing, wall=self.wall_ms)
        self.window = RestartWindow(
            services=services, durations=durations, time=time, changes=changes
        )
        self._publish_at_first = publish_fqdns
        self._time = time
        self._changes = changes
        self._services = services
        self._epoch_ms = int(system_time.time() * 1_000)
        self._tasks: set[asyncio.Task[None]] = set()
        self.restore = GuidedRestore(
            profile=self.profile,
            plan=plan,
            durations=durations,
            faults=faults,
            time=time,
            changes=changes,
            wall=self.wall_ms,
            reboot=self.window.reboot,
            done=self._become,
        )
        self._begin()

    def _begin(self) -> None:
        """Be freshly deployed."""
        self.uuid = FRESH_UUID
        self.configuration = GuidedBackupConfiguration(self.profile)
        self.management = ManagementConfig(self._publish_at_first)
        self.joined = False
        self.advances: list[dict[str, Any]] = []
        self._other_came = False

    @property
    def version(self) -> str:
        """The product version."""
        return self.faults.product_version or self.identity.version

    @property
    def uptime_ms(self) -> int:
        """Simulated milliseconds since the appliance started."""
        return int((self._time.now() - self.window.booted_at) * 1_000)

    def wall_ms(self) -> int:
        """Return epoch milliseconds: when this began, and what has been simulated since."""
        return self._epoch_ms + int(self._time.now() * 1_000)

    @property
    def at_rest(self) -> bool:
        """Whether no restore is at work, suspended, failed or aborted."""
        return self.restore.state in _STANDING

    @property
    def restored(self) -> bool:
        """Whether it holds what a backup held."""
        return self.restore.state is RestoreState.SUCCESS

    @property
    def alone(self) -> bool:
        """Whether it is the only node of a restored cluster that had more."""
        return self.restored and self.identity.nodes > 1 and not self.joined

    @property
    def management_status(self) -> str:
        """The management cluster's word."""
        if not self.at_rest:
            return "UNSTABLE"
        if self.faults.management_status is not None:
            return self.faults.management_status
        if not self.alone:
            return "STABLE"
        return "DEGRADED" if self.profile.has(Profile.V2_5) else "UNSTABLE"

    @property
    def control_status(self) -> str:
        """The control cluster's word; before 2.4 a fresh Manager has no controllers."""
        if self.at_rest and self.faults.control_status is not None:
            return self.faults.control_status
        if self.profile.has(Profile.V2_5):
            return self.management_status
        return "STABLE" if self.restored else "NO_CONTROLLERS"

    def restore_status(self) -> dict[str, Any]:
        """Return the ClusterRestoreStatus that is shown."""
        if (other := self._other_shown) is not None:
            return other_document(other, self.profile, self.faults)
        return restore_document(self.restore, self.profile, self.faults)

    def others_come_first(self) -> None:
        """Let somebody else's restore appear that comes with a start request."""
        self._other_came = True

    def take(self, action: Action) -> None:
        """Raise `RestoreConflict` unless this order is taken now."""
        if (other := self._other_shown) is not None:
            over = other.state is RestoreState.SUCCESS and self.faults.starts_after_success
            if not (over and action is Action.START):
                raise RestoreConflict
        elif action not in self.restore.offered:
            raise RestoreConflict

    def start(self, node_id: str, timestamp: int, address: str | None) -> None:
        """Begin a restore; raise `ApiError` with 400, or `RestoreConflict`."""
        place = self.configuration.place
        if place is None:
            raise ApiError(400, 29_231, BACKUP, "No backup server is configured.")
        backup = self.listing.find(place, node_id, timestamp)
        if address is not None and address != self.listing.address(backup):
            raise ApiError(400, 29_212, BACKUP, f"The backup is not of {address}.")
        if self.listing.policy_only(backup):
            raise ApiError(400, 29_213, BACKUP, "The backup is for a policy-only restore.")
        self.take(Action.START)
        self._check_address(self.listing.address(backup))
        if self.faults.refuse_other_version and backup.version != self.version:
            reason = f"The backup was made by {backup.version}, this is {self.version}."
            raise ApiError(400, 29_215, BACKUP, reason)
        seal = self.listing.seal(place, backup)
        self.restore.start(Chosen(backup, seal, self.configuration.passphrase))

    def put_configuration(self, configuration: dict[str, Any]) -> None:
        """Store a checked configuration once its server has let the Manager in."""
        place = place_of(configuration)
        if place is not None:
            connect(self.listing.server, place)
        if self.faults.backup_stays_enabled:
            self.configuration.keep_enabled(configuration)
        else:
            self.configuration.store(configuration)

    def put_management(self, *, publish_fqdns: bool, revision: int) -> None:
        """Publish the FQDN or stop to; raise `ApiError` with 409 for a stale revision."""
        if revision != self.management.revision:
            raise ApiError(409, 205, COMMON, "The object was modified by somebody else. Read it.")
        self.management = ManagementConfig(publish_fqdns, revision + 1)
        self._changes.announce()

    def back_up(self) -> None:
        """Make a backup, which takes its time; raise `ApiError` if that cannot be."""
        if not self.at_rest:
            raise ApiError(409, 29_232, BACKUP, "A restore is in progress.")
        address = self.identity.fqdn if self.management.publish_fqdns else self.identity.address
        backup = self.backups.begin(self.configuration, self.uuid, address, self.version)
        self._changes.announce()
        self._run(self._back_up(backup))

    def restart_service(self) -> None:
        """Restart the manager service, which takes its time."""
        self._run(self._restart_service())

    def reboot(self) -> None:
        """Restart the appliance, which takes its time."""
        self._run(self._reboot())

    def join_nodes(self) -> None:
        """Bring the other nodes of the backed-up cluster back."""
        self.joined = True
        self._changes.announce()

    async def deploy_anew(self) -> None:
        """Be a fresh appliance in the place of this one, whatever is going on."""
        await self.end()
        self.restore.forget()
        self.window.begin()
        self.backups.forget()
        self._begin()
        await self._services.renew()
        self._changes.announce()

    async def end(self) -> None:
        """Stop everything that is going on."""
        await self.restore.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _other_shown(self) -> OtherRestore | None:
        """Somebody else's restore, where the status speaks of that."""
        if self.faults.shows_instead is not None:
            return self.faults.shows_instead
        other = self.faults.other_restore
        if other is None or self.restore.state is not RestoreState.INITIAL:
            return None
        return other if self._other_came or not other.with_start else None

    def _check_address(self, listed: str) -> None:
        """Refuse a backup of another node: NSX administration guide, "Restore a Backup"."""
        publishes = self.management.publish_fqdns
        if is_ip(listed):
            fits = listed == self.identity.address and not publishes
        else:
            fits = listed == self.identity.fqdn and listed == listed.lower() and publishes
        if not fits:
            raise ApiError(
                400,
                29_214,
                BACKUP,
                f"The backup belongs to {listed}. The node must have that IP address and not "
                "publish its FQDN, or that FQDN in lower case and publish it.",
            )

    def _become(self, backup: ListedBackup) -> None:
        self.uuid = backup.node_id
        self.configuration.restored(backup.passphrase)
        self.backups.remember(backup)

    async def _back_up(self, backup: ListedBackup) -> None:
        await self._time.until(self._time.now() + self.durations.backup)
        self.backups.finish(self.configuration, backup)
        self._changes.announce()

    async def _restart_service(self) -> None:
        await self.window.restart_service()
        self.restore.service_restarted()

    async def _reboot(self) -> None:
        await self.window.reboot()
        self.restore.service_restarted()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
