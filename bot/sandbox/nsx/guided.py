"""The NSX 2.0 to 9.x Manager simulator: a real HTTPS server with an orchestrated restore."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from bot.sandbox.authority import Authority
from bot.sandbox.backup_source import KnownServer
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.guided_api import GuidedApi
from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.guided_faults import Faults
from bot.sandbox.nsx.guided_identity import Identity
from bot.sandbox.nsx.guided_plan import RestorePlan
from bot.sandbox.nsx.guided_profile import Component, Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import Prompt
from bot.sandbox.nsx.guided_state import snapshot
from bot.sandbox.nsx.simulated_time import Time
from bot.sandbox.nsx.simulator import Simulator


class GuidedManager(Simulator[GuidedAppliance, GuidedApi]):
    """A freshly deployed NSX 2.0 to 9.x Manager on 127.0.0.1, waiting for its restore.

    It is made inside a running event loop and runs while the `async with` block lasts. `authority`
    issues its certificate, `backups` tells what is known of the backup server
    (`SshBackupServer.facts`), and `listed` are the backups whose files were put there
    (`SshBackupServer.stock`). A `global` component is a Global Manager and asks no questions.
    `nodes` is the size of the cluster that was backed up. `durations` are simulated seconds of
    which `speed` pass in a real one unless a `time` of one's own is given. `faults`, `durations`
    and `speed` may be changed while it runs. `port` 0 is one that the system chooses. Raises
    `ValueError` for a Global Manager of a profile that has none.
    """

    def __init__(
        self,
        *,
        authority: Authority,
        password: str,
        backups: KnownServer,
        listed: Iterable[ListedBackup] = (),
        username: str = "admin",
        profile: Profile = Profile.V4,
        component: Literal["local", "global"] = "local",
        version: str | None = None,
        address: str = "10.20.0.5",
        fqdn: str = "nsx.example.com",
        publish_fqdns: bool = False,
        nodes: int = 1,
        total_steps: int = 11,
        restart_steps: tuple[int, ...] = (4, 8),
        prompts: tuple[Prompt, ...] = (),
        durations: Durations | None = None,
        speed: float = 1.0,
        time: Time | None = None,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        self.faults = faults or Faults()
        kind = Component(component)
        if kind is Component.GLOBAL and not profile.has(Profile.V4):
            raise ValueError(f"profile {profile} has no Global Manager")
        super().__init__(
            authority=authority,
            username=username,
            password=password,
            faults=self.faults,
            speed=speed,
            time=time,
            port=port,
        )
        version = version or profile.default_version
        asked = () if kind is Component.GLOBAL else prompts
        self._appliance = GuidedAppliance(
            identity=Identity(profile, kind, version, address, fqdn, nodes),
            plan=RestorePlan(total_steps, restart_steps, prompts=asked),
            server=backups,
            listed=listed,
            publish_fqdns=publish_fqdns,
            durations=replace(durations or Durations()),
            faults=self.faults,
            time=self._time,
            changes=self._changes,
            services=self._services,
        )
        self._api = GuidedApi(
            appliance=self._appliance,
            accounts=self._accounts,
            recording=self._recording,
            changes=self._changes,
            pem=lambda: self._services.certificate_pem,
        )

    @property
    def profile(self) -> Profile:
        """The API that it has."""
        return self._appliance.profile

    @property
    def lacks_nodes(self) -> bool:
        """Whether it is the only node of a restored cluster that had more."""
        return self._appliance.alone

    @property
    def phase(self) -> RestoreState:
        """Where the restore is, whatever the words on the wire."""
        return self._appliance.restore.state

    @property
    def start_posts(self) -> int:
        """How many start requests arrived, whatever came of them."""
        return self._api.start_posts

    @property
    def orders(self) -> Counter[str]:
        """How many orders of each name were accepted, `start` among them."""
        return self._appliance.restore.orders

    @property
    def advances(self) -> list[dict[str, Any]]:
        """The bodies of the accepted orders to advance."""
        return self._appliance.advances

    @property
    def listed(self) -> list[ListedBackup]:
        """The backups that may be in the directory; it may be changed at any time."""
        return self._appliance.listing.backups

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The questions of a restore; it may be changed at any time, for those that open later."""
        return self._appliance.restore.plan.prompts

    @prompts.setter
    def prompts(self, prompts: tuple[Prompt, ...]) -> None:
        self._appliance.restore.plan = replace(self._appliance.restore.plan, prompts=prompts)

    @property
    def largest_page(self) -> int:
        """How many entries a page of a list has at most, whatever is asked for."""
        return self._appliance.listing.largest_page

    @largest_page.setter
    def largest_page(self, largest: int) -> None:
        self._appliance.listing.largest_page = largest

    @property
    def restore_accepted_at(self) -> float | None:
        """When the start was accepted, by the event loop's clock; `None` before."""
        return self._appliance.restore.times.accepted_at

    @property
    def own_seconds(self) -> float | None:
        """Real seconds from the accepted start to SUCCESS without those spent suspended."""
        return self._appliance.restore.times.own_seconds

    @property
    def durations(self) -> Durations:
        """How long things take; its values may be changed while it runs."""
        return self._appliance.durations

    async def deploy_anew(self) -> None:
        """Put a fresh appliance in the place of this one: same address, same account, no restore.

        What has arrived stays recorded; starts, orders and advances are counted anew.
        """
        await self._appliance.deploy_anew()
        self._api.start_posts = 0

    def restart_service(self) -> None:
        """Restart the manager service, as an operator does to heal a transient failure.

        It takes its time; `POST /api/v1/node/services/manager?action=restart` does the same.
        """
        self._appliance.restart_service()

    def reboot(self) -> None:
        """Restart the whole appliance, which takes longer; `POST /api/v1/node?action=restart`."""
        self._appliance.reboot()

    def join_nodes(self) -> None:
        """Bring the other nodes of the backed-up cluster back, as an operator does afterwards."""
        self._appliance.join_nodes()

    def state(self) -> dict[str, Any]:
        """Return a snapshot for a control panel, as JSON and without secrets."""
        return {
            "url": self.url,
            "listening": self._services.listening,
            **snapshot(self._appliance),
            "start_posts": self.start_posts,
            "requests": len(self.requests),
        }
