"""Check everything the bot depends on, before the night on which it is needed.

Each finding says what holds, or what does not and what to do. Nothing is changed anywhere.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from bot import app, records
from bot.app import Parts
from bot.diagnosis import Diagnosis, fault, ill, people_found, well
from bot.domain.errors import OutsideError
from bot.domain.target import Configuration, Target
from bot.runbooks.observations import BackupListing
from bot.runbooks.preflight import cluster_backups
from bot.slack.clients import SlackClients, web_client
from bot.slack.directory import SlackDirectory
from bot.slack.identity import Identity, identify, socket_address
from config.manifest import BOT_SCOPES
from config.settings import Settings

_WAY: Final = "Check SLACK_API_URL and the way out."

SKEW: Final = timedelta(seconds=60)
"""A clock that differs more than this from Slack's is a fault: expiry and signatures need it."""


async def examine(
    settings: Settings, configuration: Configuration, parts: Parts
) -> list[Diagnosis]:
    """Check configuration, secrets, database, Slack, quorum, clock, and each target."""
    found = [well("configuration", _counted(configuration))]
    found.append(await _database(settings, parts))
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    async with SlackClients.open(token, settings.slack_api_url) as slack:
        found += [each async for each in _slack(slack, settings, configuration, parts)]
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
        return fault("database", error)
    return well("database", "reachable, schema up to date, audit key the one of the chain")


async def _slack(
    slack: SlackClients, settings: Settings, configuration: Configuration, parts: Parts
) -> AsyncIterator[Diagnosis]:
    """Judge the tokens first: without the bot's own, nothing else can be asked."""
    if settings.slack_app_token is not None:
        yield await _app_token(slack, settings)
    try:
        seen = await identify(slack.reads)
    except OutsideError as error:
        yield fault("slack", error)
    else:
        if seen is not None:
            for each in (_workspace(seen, configuration), _scopes(seen), _clock(seen, parts)):
                yield each
            async for each in people_found(SlackDirectory(slack.reads), configuration):
                yield each
            return
        yield ill("slack", f"Slack cannot be reached. {_WAY}")
    yield ill("leads", "not checked: Slack can tell who they are once it answers the bot.")


async def _app_token(slack: SlackClients, settings: Settings) -> Diagnosis:
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    try:
        url = await socket_address(web_client(slack.session, token, settings.slack_api_url))
    except OutsideError as error:
        return fault("socket mode", error)
    if url is None:
        return ill("socket mode", f"Slack cannot be reached. {_WAY}")
    return well("socket mode", "the app token is accepted")


def _workspace(seen: Identity, configuration: Configuration) -> Diagnosis:
    if seen.team_id == configuration.team_id:
        return well("slack", f"the token is for {seen.team_id}, as {seen.bot_user}")
    said = f"the token is for {seen.team_id}, the configuration names {configuration.team_id}"
    return ill("slack", f"{said}. Correct slack.team_id or the token.")


def _scopes(seen: Identity) -> Diagnosis:
    missing = sorted(set(BOT_SCOPES) - seen.scopes)
    if not missing:
        return well("scopes", "all that the manifest asks for")
    said = (
        f"missing: {', '.join(missing)}. Update the app from `nsx-restore manifest`, reinstall it."
    )
    return ill("scopes", said)


def _clock(seen: Identity, parts: Parts) -> Diagnosis:
    if seen.slack_time is None:
        return ill("clock", "Slack sent no time to compare with. Try again.")
    skew = abs(parts.clock.now() - seen.slack_time)
    said = f"{skew.total_seconds():.0f} s from Slack's"
    if skew <= SKEW:
        return well("clock", said)
    return ill("clock", f"{said}. Synchronise this machine's clock (NTP).")


async def _target(
    target: Target, configuration: Configuration, parts: Parts
) -> AsyncIterator[Diagnosis]:
    yield await _manager(target, parts)
    yield _passphrase(target, parts)
    listing = await app.preflight(configuration, parts).listing(target)
    if not isinstance(listing, BackupListing):
        yield ill(f"{target.key} backups", f"{listing.said} {listing.advice}")
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


async def _manager(target: Target, parts: Parts) -> Diagnosis:
    about = f"{target.key} manager"
    try:
        async with parts.managers()(target) as manager:
            facts, status = await manager.facts(), await manager.cluster_status()
    except OutsideError as error:
        return fault(about, error)
    return well(about, f"version {facts.version}, {status.management}, TLS verified")


def _passphrase(target: Target, parts: Parts) -> Diagnosis:
    about = f"{target.key} passphrase"
    try:
        parts.credentials.resolve(target.backup.passphrase)
    except OutsideError as error:
        return fault(about, error)
    return well(about, "its reference leads to a value")
