"""A backup server with one backup, and a freshly deployed 2.0 to 9.x Manager, in a test's time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.host_keys import sha256_of
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.guided import GuidedManager
from bot.sandbox.nsx.guided_faults import Failure, Faults
from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.guided_prompts import Prompt
from tests.sandbox.nsx.stepped_time import SteppedTime

PASSPHRASE = "7Taspa5anecR"
BACKUP = ListedBackup(
    node_id="86f7ec49-6a5b-542a-800c-5cf478b844b4",
    timestamp=1_712_345_678_901,
    address="10.20.0.5",
    restore_type=("REGULAR_RESTORE",),
    passphrase=PASSPHRASE,
)
QUESTION = Prompt(name="SIM_QUESTION", actions=("SIM_YES",), at_step=3)
RESTORE = "/api/v1/cluster/restore"
STATUS = f"{RESTORE}/status"
CONFIG = "/api/v1/cluster/backups/config"
TIMESTAMPS = f"{RESTORE}/backuptimestamps"


@dataclass
class GuidedScene:
    """A Manager, its backup server, a client with the right login, and time moved by hand."""

    manager: GuidedManager
    server: SshBackupServer
    client: httpx.AsyncClient
    time: SteppedTime
    backup: ListedBackup
    authority: Authority

    def configuration(self, **changes: Any) -> dict[str, Any]:
        """Return a backup configuration that the Manager accepts."""
        keys = self.server.facts.keys
        return {
            "backup_enabled": False,
            "inventory_summary_interval": 300,
            "passphrase": PASSPHRASE,
            "remote_file_server": {
                "server": "127.0.0.1",
                "port": self.server.port,
                "directory_path": "/vol0/backups",
                "protocol": {
                    "protocol_name": "sftp",
                    "ssh_fingerprint": sha256_of(keys.ecdsa or keys.key()),
                    "authentication_scheme": {
                        "scheme_name": "PASSWORD",
                        "username": "backup",
                        "password": "4uhasWak",
                    },
                },
            },
        } | changes

    async def configure(self, **changes: Any) -> httpx.Response:
        """Put the backup configuration."""
        return await self.client.put(CONFIG, json=self.configuration(**changes))

    async def start(self, backup: ListedBackup | None = None) -> httpx.Response:
        """Order the start."""
        chosen = backup or self.backup
        body = {"node_id": chosen.node_id, "timestamp": chosen.timestamp}
        return await self.client.post(RESTORE, params={"action": "start"}, json=body)

    async def order(self, action: str) -> httpx.Response:
        """Give any order, with the body that it needs now."""
        if action == "start":
            return await self.start()
        if action == "retry_with_updated_config":
            return await self.client.post(f"{RESTORE}/action/{action}")
        if action == "advance":
            return await self.advance()
        return await self.client.post(RESTORE, params={"action": action})

    async def advance(self) -> httpx.Response:
        """Answer every open question without acting on any resource."""
        shown = self.manager.state()["prompts"]
        body = {"data": [{"id": prompt["id"], "resources": []} for prompt in shown]}
        return await self.client.post(RESTORE, params={"action": "advance"}, json=body)

    async def status(self) -> dict[str, Any]:
        """Read the status of the restore."""
        reply = await self.client.get(STATUS)
        assert reply.status_code == 200, reply.text
        status: dict[str, Any] = reply.json()
        return status

    async def word(self) -> str:
        """Read the status word."""
        return str((await self.status())["status"]["value"])

    async def work_until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until a condition holds."""
        async with asyncio.timeout(20):
            while not condition():
                self.time.pass_by(1)
                for _ in range(3):
                    await asyncio.sleep(0)

    async def work_to(self, state: RestoreState) -> None:
        """Let time pass until the restore is there."""
        await self.work_until(lambda: self.manager.phase is state)

    async def bring_to(self, state: RestoreState) -> None:
        """Configure, and lead a fresh Manager to any state."""
        await self.configure()
        faults = self.manager.faults
        faults.failures = (Failure(2),) if state is RestoreState.FAILED else ()
        faults.restore_unavailable = state is RestoreState.NOT_AVAILABLE
        if state in {RestoreState.INITIAL, RestoreState.NOT_AVAILABLE}:
            return
        assert (await self.start()).status_code == 200
        suspended = {RestoreState.SUSPENDING, RestoreState.SUSPENDED_BY_USER, RestoreState.ABORTED}
        if state in suspended:
            assert (await self.order("suspend")).status_code == 200
        if state is RestoreState.ABORTED:
            await self.work_to(RestoreState.SUSPENDED_BY_USER)
            assert (await self.order("cancel")).status_code == 200
        await self.work_to(state)


@asynccontextmanager
async def guided_scene(root: Path, **options: Any) -> AsyncIterator[GuidedScene]:
    """Run a Manager of two steps with a question, unless the options say otherwise."""
    authority = Authority(root)
    backup: ListedBackup = options.pop("backup", BACKUP)
    listed = options.pop("listed", [backup])
    time = SteppedTime()
    defaults: dict[str, Any] = {"total_steps": 4, "restart_steps": (), "faults": Faults()}
    async with SshBackupServer(
        root / "disk", password="4uhasWak", **options.pop("server", {})
    ) as server:
        server.stock(*listed)
        async with (
            GuidedManager(
                authority=authority,
                password="VMware1!",
                backups=server.facts,
                listed=listed,
                time=time,
                **(defaults | options),
            ) as manager,
            httpx.AsyncClient(
                base_url=manager.url,
                auth=("admin", "VMware1!"),
                verify=authority.client_context(),
                timeout=5,
            ) as client,
        ):
            yield GuidedScene(manager, server, client, time, backup, authority)
