"""Look at everything a restore depends on, changing nothing, and have it judged."""

import asyncio
from posixpath import basename

from bot.domain.errors import CredentialError, OutsideError
from bot.domain.target import Configuration, Target
from bot.domain.values import Scope
from bot.ports import BackupServer, Credentials, Managers
from bot.runbooks import preflight
from bot.runbooks.observations import (
    BackupListing,
    ClusterStatus,
    ManagerFacts,
    OfferedBackup,
    Trouble,
)


class Preflight:
    """Reads the manager and the backup server of a target, at the same time."""

    def __init__(
        self,
        configuration: Configuration,
        managers: Managers,
        backups: BackupServer,
        credentials: Credentials,
    ) -> None:
        self._configuration = configuration
        self._managers = managers
        self._backups = backups
        self._credentials = credentials

    async def look(
        self, target_key: str, scope: Scope, backup: str
    ) -> preflight.Ready | preflight.NotReady:
        """Return the plan for a restore of this target, or all reasons against it."""
        target = self._configuration.targets.get(target_key)
        if target is None:
            return preflight.NotReady(
                (f"The configuration has no target {target_key} any more. File a new request.",)
            )
        manager, listing = await asyncio.gather(self._manager(target), self.listing(target))
        seen = preflight.Seen(*manager, listing, self._secrets(target))
        return preflight.judge(target, scope, backup, seen, self._configuration.policy.version)

    async def listing(self, target: Target) -> BackupListing | Trouble:
        """Return the backup directory of a target."""
        try:
            return await self._backups.listing(target.backup)
        except OutsideError as error:
            return _trouble(error)

    async def offered(self, target: Target) -> tuple[OfferedBackup, ...] | Trouble:
        """Return the backups that a request for this target can name, newest first."""
        listing = await self.listing(target)
        if isinstance(listing, Trouble):
            return listing
        return tuple(
            OfferedBackup(file.path, basename(file.path), file.modified_at, file.size)
            for file in preflight.cluster_backups(target.backup, listing.entries)
        )

    def _secrets(self, target: Target) -> tuple[Trouble, ...]:
        """Resolve, and let go at once, what only the restore itself needs."""
        lost: list[Trouble] = []
        for ref in (target.backup.password, target.backup.passphrase):
            try:
                self._credentials.resolve(ref)
            except CredentialError as error:
                lost.append(_trouble(error))
        return tuple(lost)

    async def _manager(
        self, target: Target
    ) -> tuple[ManagerFacts | Trouble, ClusterStatus | Trouble]:
        try:
            async with self._managers(target) as manager:
                return await manager.facts(), await manager.cluster_status()
        except OutsideError as error:
            return _trouble(error), _trouble(error)


def _trouble(error: OutsideError) -> Trouble:
    return Trouble(error.kind, error.said, error.advice)
