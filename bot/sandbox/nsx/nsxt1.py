"""The NSX-T 1.x Manager simulator: a real HTTPS server with the life cycle of a restore."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.authority import Authority
from bot.sandbox.backup_files import BackupKind
from bot.sandbox.backup_source import BackupSource
from bot.sandbox.nsx.nsxt1_api import Nsxt1Api
from bot.sandbox.nsx.nsxt1_appliance import Appliance, Identity, RestoreTimes
from bot.sandbox.nsx.nsxt1_controllers import Controllers
from bot.sandbox.nsx.nsxt1_faults import Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Durations, Phase
from bot.sandbox.nsx.simulated_time import Time
from bot.sandbox.nsx.simulator import Simulator

_FRESH_UUID = "422E901F-B167-DA0A-951F-C0278CA8A4BA"
_RESTORED_UUID = "422E5D2C-7A61-4B1E-3C52-9F0E6D1B8A47"


class Nsxt1Manager(Simulator[Appliance, Nsxt1Api]):
    """A freshly deployed NSX-T 1.x Manager on 127.0.0.1, waiting for its restore.

    It is made inside a running event loop and runs while the `async with` block lasts. `authority`
    issues its certificate, `backups` is where it gets backup files from (`SshBackupServer.facts`,
    or `OverSsh()` to really connect), `durations` are simulated seconds of which `speed` pass in a
    real one unless a `time` of one's own is given, and `node_restore_path` is the path and query
    of the node restore, which no public document names. `faults`, `durations` and `speed` may be
    changed while it runs.
    """

    def __init__(
        self,
        *,
        authority: Authority,
        password: str,
        backups: BackupSource,
        username: str = "admin",
        version: str = "1.1.0.0.0.4788147",
        address: str = "10.0.0.5",
        controllers: Iterable[str] = ("10.0.0.11", "10.0.0.12", "10.0.0.13"),
        node_restore_path: str = "/api/v1/node/backups?action=restore",
        durations: Durations | None = None,
        speed: float = 1.0,
        time: Time | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.faults = faults or Faults()
        super().__init__(
            authority=authority,
            username=username,
            password=password,
            faults=self.faults,
            speed=speed,
            time=time,
        )
        self._controllers = Controllers(controllers)
        self._appliance = Appliance(
            identity=Identity(version, address, _FRESH_UUID, _RESTORED_UUID),
            backups=backups,
            controllers=self._controllers,
            durations=replace(durations or Durations()),
            faults=self.faults,
            time=self._time,
            changes=self._changes,
            services=self._services,
        )
        self._api = Nsxt1Api(
            appliance=self._appliance,
            accounts=self._accounts,
            recording=self._recording,
            changes=self._changes,
            node_restore_path=node_restore_path,
        )

    @property
    def phase(self) -> Phase:
        """What the appliance is doing."""
        return self._appliance.phase

    @property
    def restore_posts(self) -> int:
        """How many cluster restore requests arrived, whatever came of them."""
        return self._api.restore_posts[BackupKind.CLUSTER]

    @property
    def node_restore_posts(self) -> int:
        """How many node restore requests arrived, whatever came of them."""
        return self._api.restore_posts[BackupKind.NODE]

    @property
    def cluster_times(self) -> RestoreTimes:
        """When the last cluster restore was accepted and over."""
        return self._appliance.times[BackupKind.CLUSTER]

    @property
    def node_times(self) -> RestoreTimes:
        """When the last node restore was accepted and over."""
        return self._appliance.times[BackupKind.NODE]

    @property
    def restore_accepted_at(self) -> float | None:
        """When the cluster restore was accepted, on the event loop's clock (real seconds)."""
        return self.cluster_times.accepted_at

    @property
    def stable_again_at(self) -> float | None:
        """When the cluster restore was over, on the event loop's clock (real seconds)."""
        return self.cluster_times.stable_again_at

    @property
    def own_seconds(self) -> float | None:
        """Real seconds from the acceptance of the cluster restore until it was stable again."""
        return self.cluster_times.own_seconds

    @property
    def durations(self) -> Durations:
        """How long things take; its values may be changed while it runs."""
        return self._appliance.durations

    async def deploy_anew(self) -> None:
        """Put a fresh appliance in the place of this one: same address, same account, no restore.

        What has arrived stays recorded; the restore requests are counted anew.
        """
        await self._appliance.deploy_anew()
        self._api.restore_posts.clear()

    def restart_controller(self, address: str) -> None:
        """Do what an operator does at a controller's console; it takes its time.

        Raises `ValueError` for an unknown address, or if that controller is restarting already.
        """
        self._appliance.restart_controller(address)

    def run_helper_script(self) -> str:
        """Do what an operator does after the node restore, and return what they see.

        Raises `RuntimeError` before the node restore.
        """
        return self._appliance.run_helper_script()

    def state(self) -> dict[str, Any]:
        """Return a snapshot for a control panel, as JSON and without secrets."""
        appliance = self._appliance
        return {
            "url": self.url,
            "listening": self._services.listening,
            "phase": appliance.phase.value,
            "product_version": appliance.version,
            "node_uuid": appliance.uuid,
            "uptime_ms": appliance.uptime_ms,
            "mgmt_cluster_status": appliance.management_status,
            "control_cluster_status": appliance.control_status,
            "controllers": {
                address: state.value for address, state in self._controllers.states.items()
            },
            "cluster_restored": BackupKind.CLUSTER in appliance.restored,
            "node_restored": BackupKind.NODE in appliance.restored,
            "helper_script_runs": appliance.helper_script_runs,
            "backup_config": appliance.configuration.shown(),
            "restore_posts": self.restore_posts,
            "node_restore_posts": self.node_restore_posts,
            "requests": len(self.requests),
        }
