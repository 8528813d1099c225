"""Check everything the bot depends on, before the night on which it is needed.

Each finding says what holds, or what does not and what to do. Nothing is changed anywhere.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from bot import app, records
from bot.app import Parts
from bot.domain.errors import OutsideError
from bot.domain.standing import Unreadable
from bot.domain.target import Configuration, Target
from bot.domain.values import PersonId
from bot.ports import Directory
from bot.runbooks.observations import BackupListing
from bot.runbooks.preflight import cluster_backups
from bot.slack.clients import SlackClients
from bot.slack.directory import SlackDirectory
from bot.slack.identity import Identity, identify
from config.manifest import BOT_SCOPES
from config.settings import Settings

SKEW: Final = timedelta(seconds=60)
"""A clock that differs more than this from Slack's is a fault: expiry and signatures need it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was checked, and what was found."""

    about: str
    holds: bool
    said: str

    def as_json(self) -> dict[str, Any]:
        """Return the diagnosis as JSON values."""
        return asdict(self)

    def line(self) -> str:
        """Return the diagnosis as a line of text."""
        return f"{'ok  ' if self.holds else 'FAIL'}  {self.about}: {self.said}"


async def examine(
    settings: Settings, configuration: Configuration, parts: Parts
) -> list[Diagnosis]:
    """Check configuration, secrets, database, Slack, quorum, clock, and each target."""
    found = [_well("configuration", _counted(configuration))]
    found.append(await _database(settings, parts))
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    async with SlackClients.open(token, settings.slack_api_url) as slack:
        found += [each async for each in _slack(slack, configuration, parts)]
        directory = SlackDirectory(slack.reads)
        found += [each async for each in _people(directory, configuration)]
    for target in configuration.targets.values():
        found += [each async for each in _target(target, configuration, parts)]
    return found


def _counted(configuration: Configuration) -> str:
    policy = configuration.policy
    return (
        f"{len(configuration.targets)} targets, {policy.approvals} approvals, "
        f"policy {policy.version}"
    )


async def _database(settings: Settings, parts: Parts) -> Diagnosis:
    try:
        records.audit_key(settings, parts.credentials)
        async with records.database_of(settings) as database:
            await records.check_audit_key(settings, parts.credentials, database)
    except OutsideError as error:
        return _fault("database", error)
    return _well("database", "reachable, schema up to date, audit key the one of the chain")


async def _slack(
    slack: SlackClients, configuration: Configuration, parts: Parts
) -> AsyncIterator[Diagnosis]:
    try:
        seen = await identify(slack.reads)
    except OutsideError as error:
        yield _fault("slack", error)
        return
    if seen is None:
        yield _ill("slack", "Slack cannot be reached. Check SLACK_API_URL and the way out.")
        return
    yield _workspace(seen, configuration)
    yield _scopes(seen)
    yield _clock(seen, parts)


def _workspace(seen: Identity, configuration: Configuration) -> Diagnosis:
    if seen.team_id == configuration.team_id:
        return _well("slack", f"the token is for {seen.team_id}, as {seen.bot_user}")
    said = f"the token is for {seen.team_id}, the configuration names {configuration.team_id}"
    return _ill("slack", f"{said}. Correct slack.team_id or the token.")


def _scopes(seen: Identity) -> Diagnosis:
    missing = sorted(set(BOT_SCOPES) - seen.scopes)
    if not missing:
        return _well("scopes", "all that the manifest asks for")
    said = (
        f"missing: {', '.join(missing)}. Update the app from `nsx-restore manifest`, reinstall it."
    )
    return _ill("scopes", said)


def _clock(seen: Identity, parts: Parts) -> Diagnosis:
    if seen.slack_time is None:
        return _ill("clock", "Slack sent no time to compare with. Try again.")
    skew = abs(parts.clock.now() - seen.slack_time)
    said = f"{skew.total_seconds():.0f} s from Slack's"
    if skew <= SKEW:
        return _well("clock", said)
    return _ill("clock", f"{said}. Synchronise this machine's clock (NTP).")


async def _people(directory: Directory, configuration: Configuration) -> AsyncIterator[Diagnosis]:
    people, needed = configuration.people, configuration.policy.approvals
    leads = await directory.members(people.leads)
    if isinstance(leads, Unreadable):
        yield _ill("leads", f"the group cannot be read: {leads.why}.")
    else:
        persons: set[PersonId] = {people.person(user) for user in leads}
        # A lead who asks cannot approve, so one more than the approvals must exist.
        enough = len(persons) > needed
        advice = "" if enough else f" Name at least {needed + 1}, so that a lead may also ask."
        yield Diagnosis(
            "leads", holds=enough, said=f"{len(persons)} persons, {needed} must approve.{advice}"
        )
    if people.requesters is not None:
        asking = await directory.members(people.requesters)
        readable = not isinstance(asking, Unreadable)
        said = f"{len(asking)} people may ask" if not isinstance(asking, Unreadable) else asking.why
        yield Diagnosis("requesters", holds=readable, said=said)
    for channel in sorted(configuration.channels):
        seen = await directory.channel(channel)
        if isinstance(seen, Unreadable):
            yield _ill(f"channel {channel}", f"{seen.why}. Invite the bot to it.")
        else:
            usable = seen.is_member and not (seen.is_archived or seen.is_ext_shared)
            said = "usable" if usable else "archived, shared outside, or without the bot."
            yield Diagnosis(f"channel {channel}", holds=usable, said=said)


async def _target(
    target: Target, configuration: Configuration, parts: Parts
) -> AsyncIterator[Diagnosis]:
    yield await _manager(target, parts)
    yield _passphrase(target, parts)
    listing = await app.preflight(configuration, parts).listing(target)
    if not isinstance(listing, BackupListing):
        yield _ill(f"{target.key} backups", f"{listing.said} {listing.advice}")
        return
    key, found = listing.host_key, cluster_backups(target.backup, listing.entries)
    pinned = target.backup.host_key_sha256 is not None
    advice = "" if pinned else f" Pin it as well: host_key_sha256: {key.sha256}"
    yield _well(f"{target.key} host key", f"{key.algorithm}, as configured.{advice}")
    newest = (
        f"newest {found[0].path}, {found[0].modified_at:%Y-%m-%d %H:%M} UTC" if found else "none"
    )
    yield Diagnosis(
        f"{target.key} backups", holds=bool(found), said=f"{len(found)} cluster backups, {newest}"
    )


async def _manager(target: Target, parts: Parts) -> Diagnosis:
    about = f"{target.key} manager"
    try:
        async with parts.managers()(target) as manager:
            facts, status = await manager.facts(), await manager.cluster_status()
    except OutsideError as error:
        return _fault(about, error)
    return _well(about, f"version {facts.version}, {status.management}, TLS verified")


def _passphrase(target: Target, parts: Parts) -> Diagnosis:
    about = f"{target.key} passphrase"
    try:
        parts.credentials.resolve(target.backup.passphrase)
    except OutsideError as error:
        return _fault(about, error)
    return _well(about, "its reference leads to a value")


def _well(about: str, said: str) -> Diagnosis:
    return Diagnosis(about, holds=True, said=said)


def _ill(about: str, said: str) -> Diagnosis:
    return Diagnosis(about, holds=False, said=said)


def _fault(about: str, error: OutsideError) -> Diagnosis:
    return _ill(about, f"{error.said} {error.advice}")
