"""What the doctor finds about a target: its manager, its backup server, its secrets."""

from collections.abc import AsyncIterator
from typing import Final

from bot.app import Parts
from bot.diagnosis import Diagnosis, fault, ill, well
from bot.domain.errors import OutsideError
from bot.domain.target import Target
from bot.domain.values import Generation, SecretRef
from bot.ports import GuidedManager, Manager
from bot.runbooks.generations import wrong_generation
from bot.runbooks.preflight import cluster_backups
from bot.runbooks.restoring import Phase, RestoreStatus

_STOPPED: Final = (
    "A manager on which a restore has not come to its end is half restored: see to it there, or "
    "deploy a fresh one."
)


async def target_found(target: Target, parts: Parts) -> AsyncIterator[Diagnosis]:
    """Yield what holds of a target."""
    match target.generation:
        case Generation.NSXT_1:
            yield await _nsxt1_manager(target, parts)
            yield _secret(target, "passphrase", target.backup.passphrase, parts)
            async for each in _directory(target, parts):
                yield each
        case Generation.NSX:
            for each in await _nsx_manager(target, parts):
                yield each
            yield _secret(target, "backup password", target.backup.password, parts)
            yield _secret(target, "passphrase", target.backup.passphrase, parts)
            yield await _host_key(target, parts)


async def _nsxt1_manager(target: Target, parts: Parts) -> Diagnosis:
    try:
        async with parts.managers()(target) as manager:
            return await _known(target, manager)
    except OutsideError as error:
        return fault(_about(target), error)


async def _nsx_manager(target: Target, parts: Parts) -> list[Diagnosis]:
    """Ask about a restore only a manager that has such a thing."""
    found: list[Diagnosis] = []
    try:
        async with parts.managers().guided(target) as manager:
            found.append(await _known(target, manager))
            if found[0].holds:
                found.append(await _restore(target, manager))
    except OutsideError as error:
        found.append(fault(_about(target), error))
    return found


def _about(target: Target) -> str:
    return f"{target.key} manager"


async def _known(target: Target, manager: Manager) -> Diagnosis:
    facts = await manager.facts()
    if wrong := wrong_generation(facts.version, target.generation):
        return ill(_about(target), wrong)
    status = await manager.cluster_status()
    return well(_about(target), f"version {facts.version}, {status.management}, TLS verified")


async def _restore(target: Target, manager: GuidedManager) -> Diagnosis:
    about = f"{target.key} restore"
    try:
        status = await manager.restore_status()
    except OutsideError as error:
        return fault(about, error)
    return _judged(about, status)


def _judged(about: str, status: RestoreStatus) -> Diagnosis:
    match status.phase:
        case Phase.IDLE:
            return well(about, f"none is under way ({status.word})")
        case Phase.SUCCEEDED:
            # As it stays on a manager that was restored once and is in use since.
            return well(about, f"none is under way; the last one has ended ({status.word})")
        case Phase.RUNNING | Phase.PAUSED | Phase.ASKING:
            return ill(about, f"one is under way: {status.where()}. Bring it to its end first.")
        case Phase.FAILED | Phase.ABORTED:
            return ill(about, f"the last one has not come to its end: {status.where()}. {_STOPPED}")
        case Phase.UNKNOWN:
            return ill(about, f"the manager says {status.word} of it, which no document lists.")


async def _host_key(target: Target, parts: Parts) -> Diagnosis:
    about, wanted = f"{target.key} host key", target.backup.fingerprint
    try:
        key = await parts.backups().host_key(target.backup)
    except OutsideError as error:
        return fault(about, error)
    if key.sha256 == wanted:
        return well(about, f"{key.algorithm}, as configured.")
    seen = f"configured is {wanted}, seen was {key.sha256} ({key.algorithm})"
    return ill(about, f"{seen}. Find out why before anything else; no password was sent.")


async def _directory(target: Target, parts: Parts) -> AsyncIterator[Diagnosis]:
    try:
        listing = await parts.backups().listing(target.backup)
    except OutsideError as error:
        yield fault(f"{target.key} backups", error)
        return
    key, found = listing.host_key, cluster_backups(target.backup, listing.entries)
    pinned = target.backup.host_key_sha256 is not None
    advice = "" if pinned else f" Pin it as well: host_key_sha256: {key.sha256}"
    yield well(f"{target.key} host key", f"{key.algorithm}, as configured.{advice}")
    newest = (
        f"newest {found[0].path}, {found[0].modified_at:%Y-%m-%d %H:%M} UTC" if found else "none"
    )
    yield Diagnosis(
        f"{target.key} backups", holds=bool(found), said=f"{len(found)} cluster backups, {newest}"
    )


def _secret(target: Target, name: str, ref: SecretRef, parts: Parts) -> Diagnosis:
    about = f"{target.key} {name}"
    try:
        parts.credentials.resolve(ref)
    except OutsideError as error:
        return fault(about, error)
    return well(about, "its reference leads to a value")
