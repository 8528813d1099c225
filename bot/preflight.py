"""Look at everything a restore depends on, and have it judged."""

import asyncio
from dataclasses import replace
from posixpath import basename

import structlog

from bot.domain.errors import CredentialError, Kind, OutsideError, PlaceSetError
from bot.domain.target import Configuration, Target
from bot.domain.values import Generation, Scope
from bot.ports import (
    Announce,
    BackupAccess,
    BackupServer,
    Credentials,
    GuidedManager,
    Looker,
    Managers,
    Telling,
)
from bot.runbooks import guided_backups, guided_preflight, preflight
from bot.runbooks.guided_backups import ManagerSeen
from bot.runbooks.observations import (
    BackupListing,
    ClusterStatus,
    HostKey,
    ListedRestore,
    ManagerFacts,
    Offered,
    OfferedBackup,
    Trouble,
)

log = structlog.get_logger()


class Preflight:
    """Reads the manager and the backup server of a target.

    Nothing is changed, with one exception: a manager of 2.0 and later lists backups only of a
    server that it knows, so a fresh one that knows none yet is told ours, with automatic backups
    disabled, after everything else has been found right. It is audited before, by `announce`, or it
    is not done; and whoever looks is told of it. A server that somebody sets meanwhile is never
    overwritten. See docs/decisions/0010.
    """

    def __init__(
        self,
        configuration: Configuration,
        managers: Managers,
        backups: BackupServer,
        credentials: Credentials,
        announce: Announce,
    ) -> None:
        self._configuration = configuration
        self._managers = managers
        self._backups = backups
        self._credentials = credentials
        self._announce = announce

    async def look(
        self, target_key: str, scope: Scope, backup: str, looker: Looker
    ) -> preflight.Ready | preflight.NotReady:
        """Return the plan for a restore of this target, or all reasons against it."""
        target = self._configuration.targets.get(target_key)
        if target is None:
            return preflight.NotReady(
                (f"The configuration has no target {target_key} any more. File a new request.",)
            )
        version = self._configuration.policy.version
        if target.generation is Generation.NSX:
            seen_guided = await self._guided(target, looker)
            return guided_preflight.judge(target, backup, seen_guided, version)
        manager, listing = await asyncio.gather(self._manager(target), self.listing(target))
        seen = preflight.Seen(*manager, listing, self._secrets(target))
        return preflight.judge(target, scope, backup, seen, version)

    async def listing(self, target: Target) -> BackupListing | Trouble:
        """Return the backup directory of a target of NSX-T 1.x."""
        try:
            return await self._backups.listing(target.backup)
        except OutsideError as error:
            return Trouble.of(error)

    async def offered(self, target: Target, looker: Looker) -> Offered | Trouble:
        """Return the backups that a request for this target can name, newest first."""
        if target.generation is Generation.NSX:
            return await self._offered_by_manager(target, looker)
        listing = await self.listing(target)
        if isinstance(listing, Trouble):
            return listing
        files = preflight.cluster_backups(target.backup, listing.entries)
        return Offered(
            tuple(
                OfferedBackup(file.path, basename(file.path), file.modified_at, file.size)
                for file in files
            )
        )

    def _secrets(self, target: Target) -> tuple[Trouble, ...]:
        """Resolve, and let go at once, what only the restore itself needs."""
        lost: list[Trouble] = []
        for ref in (target.backup.password, target.backup.passphrase):
            try:
                self._credentials.resolve(ref)
            except CredentialError as error:
                lost.append(Trouble.of(error))
        return tuple(lost)

    async def _manager(
        self, target: Target
    ) -> tuple[ManagerFacts | Trouble, ClusterStatus | Trouble]:
        try:
            async with self._managers(target) as manager:
                return await manager.facts(), await manager.cluster_status()
        except OutsideError as error:
            return Trouble.of(error), Trouble.of(error)

    # -- 2.0 and later --------------------------------------------------------------------------

    async def _offered_by_manager(self, target: Target, looker: Looker) -> Offered | Trouble:
        seen = await self._guided(target, looker)
        notes = () if seen.told is None else (seen.told,)
        match seen:
            case guided_preflight.Seen(ManagerSeen() as manager, _, tuple() as listing):
                return Offered(guided_backups.offered(manager, listing), notes)
            case _:
                reasons = dict.fromkeys(guided_preflight.against(target, seen))
                return Trouble(Kind.REFUSED, " ".join((*reasons, *notes)), "")

    async def _guided(self, target: Target, looker: Looker) -> guided_preflight.Seen:
        """Look at everything; the backups are asked for only if nothing speaks against it."""
        host_key = await self._host_key(target)
        secrets = self._secrets(target)
        try:
            async with self._managers.guided(target) as manager:
                says = await _asked(manager, target)
                seen = guided_preflight.Seen(says, host_key, None, secrets)
                if any(guided_preflight.against(target, seen)):
                    return seen
                if says.place is None:
                    seen = await self._tell(manager, target, looker, seen)
                if seen.listing is None:
                    seen = replace(seen, listing=await _listed(manager))
                return seen
        except OutsideError as error:
            return guided_preflight.Seen(Trouble.of(error), host_key, None, secrets)

    async def _host_key(self, target: Target) -> HostKey | Trouble:
        try:
            return await self._backups.host_key(target.backup)
        except OutsideError as error:
            return Trouble.of(error)

    async def _tell(
        self,
        manager: GuidedManager,
        target: Target,
        looker: Looker,
        seen: guided_preflight.Seen,
    ) -> guided_preflight.Seen:
        """Tell a manager that knows no backup server ours, once it is audited."""
        telling = _telling(target)
        try:
            access = self._access(target)
            await self._announce(looker, telling)
        except OutsideError as error:
            said = f"The manager knows no backup server, and was not told ours. {error.said}"
            return replace(seen, listing=Trouble(error.kind, said, error.advice))
        told = log.bind(
            target=telling.target,
            server=telling.server,
            actor=looker.actor,
            request_id=looker.request_id,
        )
        try:
            written = await manager.keep_backups_unless_set(access)
        except PlaceSetError as error:
            told.warning("manager.backup_server_was_set", ours=False)
            return replace(seen, listing=Trouble.of(error))
        except OutsideError as error:
            told.info("manager.told_backup_server", confirmed=False)
            return replace(seen, listing=Trouble.of(error), told=guided_preflight.TOLD_PERHAPS)
        if not written:
            told.info("manager.backup_server_was_set", ours=True)
            return seen
        told.info("manager.told_backup_server", confirmed=True)
        return replace(seen, told=guided_preflight.TOLD)

    def _access(self, target: Target) -> BackupAccess:
        location, resolve = target.backup, self._credentials.resolve
        return BackupAccess(
            server=location.server,
            port=location.port,
            directory=location.directory,
            fingerprint=location.fingerprint,
            username=location.username,
            password=resolve(location.password),
            passphrase=resolve(location.passphrase),
        )


async def _listed(manager: GuidedManager) -> tuple[ListedRestore, ...] | Trouble:
    try:
        return tuple(await manager.backups())
    except OutsideError as error:
        return Trouble.of(error)


def _telling(target: Target) -> Telling:
    location = target.backup
    server = f"{location.server}:{location.port}{location.directory}"
    return Telling(target.key, target.manager.url, server, location.fingerprint)


async def _asked(manager: GuidedManager, target: Target) -> ManagerSeen:
    """Ask a manager about itself, one thing after the other: the first refusal is enough."""
    return ManagerSeen(
        facts=await manager.facts(),
        status=await manager.cluster_status(),
        publishes_fqdn=await manager.publishes_fqdn(),
        restore=await manager.restore_status(),
        census=await manager.census(),
        key=await manager.ssh_fingerprint(target.backup.server, target.backup.port),
        place=await manager.backup_place(),
    )
