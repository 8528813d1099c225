"""A simulator of a Manager of 2.0 and later with its backup server, and the client before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.domain.errors import Kind, ManagerError
from bot.domain.target import Target
from bot.domain.values import Component
from bot.ports import BackupAccess, GuidedManager
from bot.runbooks.restoring import Phase, RestoreStatus
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.listed_backup import REGULAR, ListedBackup
from bot.sandbox.nsx.guided import GuidedManager as Simulator
from tests.nsx.places import PASSPHRASE, PASSWORD, SSH_PASSWORD, guided, managers, trusted

NODE: Final = "86f7ec49-6a5b-542a-800c-5cf478b844b4"
MADE: Final = 1712345678901
BACKUP: Final = ListedBackup(NODE, MADE, "10.20.0.5", (REGULAR,), PASSPHRASE)

PASSING: Final = frozenset(
    {Kind.UNREACHABLE, Kind.BUSY, Kind.MISSING, Kind.MALFORMED, Kind.SESSION}
)
"""What a manager that restarts ends a read in."""


@dataclass
class Rig:
    """The simulator, and the place at which its backups are."""

    simulator: Simulator
    server: SshBackupServer
    authority: Authority
    component: Component

    def target(self, seconds: float = 5.0) -> Target:
        """The simulator as a target."""
        return guided(trusted(self.simulator.url, self.authority, seconds=seconds), self.component)

    def open(self, seconds: float = 5.0) -> AbstractAsyncContextManager[GuidedManager]:
        """Open the client under test for it."""
        return managers().guided(self.target(seconds))

    def access(self, passphrase: str = PASSPHRASE) -> BackupAccess:
        """The backup server, as the simulator is to be told of it."""
        return BackupAccess(
            server=self.server.host,
            port=self.server.port,
            directory=self.server.directory,
            fingerprint=self.server.fingerprint_sha256(),
            username=self.server.username,
            password=SSH_PASSWORD,
            passphrase=passphrase,
        )


@asynccontextmanager
async def a_rig(
    folder: Path,
    *,
    component: Component = Component.LOCAL,
    backups: tuple[ListedBackup, ...] = (BACKUP,),
    **simulator: Any,
) -> AsyncIterator[Rig]:
    """Run a simulator with these backups; a restore takes it about a second."""
    authority = Authority(folder)
    async with SshBackupServer(folder / "backups", password=SSH_PASSWORD) as server:
        server.stock(*backups)
        async with Simulator(
            authority=authority,
            password=PASSWORD,
            backups=server.facts,
            listed=backups,
            component=component.value,
            **{"speed": 500.0} | simulator,
        ) as running:
            yield Rig(running, server, authority, component)


async def follow(manager: GuidedManager, *ends: Phase) -> tuple[RestoreStatus, set[Kind]]:
    """Read the status over restarts until it has one of these phases; return what came between."""
    kinds: set[Kind] = set()
    async with asyncio.timeout(20):
        while True:
            try:
                status = await manager.restore_status()
            except ManagerError as error:
                kinds.add(error.kind)
                if error.kind not in PASSING:
                    raise
            else:
                if status.phase in ends:
                    return status, kinds
            await asyncio.sleep(0.005)
