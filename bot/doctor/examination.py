"""The examination as a whole: what is the bot's own, Slack, and then each target."""

from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

from bot import records
from bot.app import Parts
from bot.diagnosis import Diagnosis, fault, ill, people_found, well
from bot.doctor.targets import target_found
from bot.domain.errors import OutsideError
from bot.domain.target import Configuration
from bot.slack.clients import SlackClients, web_client
from bot.slack.directory import SlackDirectory
from bot.slack.identity import CHECK_WAY, Identity, identify, socket_address
from bot.store.database import Database
from config.errors import ConfigError
from config.manifest import BOT_SCOPES
from config.settings import Malformed, Purpose, Settings, missing

SKEW: Final = timedelta(seconds=60)
"""A clock that differs more than this from Slack's is a fault: expiry and signatures need it."""


async def examine(
    settings: Settings,
    configuration: Configuration | ConfigError,
    parts: Parts,
    malformed: Sequence[Malformed] = (),
) -> list[Diagnosis]:
    """Check environment, database, audit key, Slack, quorum, clock, and each target.

    What is missing from the environment, `malformed` there or wrong in the configuration keeps
    nothing from being checked that does not need it.
    """
    wrong = frozenset(each.name for each in malformed)
    found = [*_configuration(configuration), *_environment(settings, malformed)]
    found += [each async for each in _records(settings, parts, wrong)]
    known = None if isinstance(configuration, ConfigError) else configuration
    if "SLACK_API_URL" in wrong:
        # The default is another Slack than the one that was meant: it gets no token.
        found += [_not_checked("slack", "SLACK_API_URL"), _nobody_known()]
    else:
        token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
        async with SlackClients.open(token, settings.slack_api_url) as slack:
            found += [each async for each in _slack(slack, settings, known, parts)]
    if known is None:
        return [*found, _not_checked("targets", "the configuration")]
    for target in known.targets.values():
        found += [each async for each in target_found(target, parts)]
    return found


def _configuration(configuration: Configuration | ConfigError) -> list[Diagnosis]:
    """Name every mistake, each with its line."""
    if isinstance(configuration, ConfigError):
        return [ill("configuration", line) for line in configuration.lines]
    return [well("configuration", _counted(configuration))]


def _counted(configuration: Configuration) -> str:
    policy = configuration.policy
    return (
        f"{len(configuration.targets)} targets, {policy.approvals} approvals, "
        f"policy {policy.version}"
    )


def _environment(settings: Settings, malformed: Sequence[Malformed]) -> list[Diagnosis]:
    """Name every variable that is wrong or missing: `serve` needs all that `web` and `worker` do.

    What is wrong is there, so it is not missing too.
    """
    absent = missing(Purpose.SERVE, settings.given | {each.name for each in malformed})
    if not absent and not malformed:
        return [well("environment", "all that is needed is set")]
    return [
        *(ill(each.name, each.said) for each in malformed),
        *(ill(each.name, f"missing; {each.advice}") for each in absent),
    ]


def _not_checked(about: str, first: str) -> Diagnosis:
    return ill(about, f"not checked: correct {first} first.")


def _nobody_known() -> Diagnosis:
    return ill("leads", "not checked: Slack can tell who they are once it answers the bot.")


async def _records(
    settings: Settings, parts: Parts, wrong: AbstractSet[str]
) -> AsyncIterator[Diagnosis]:
    """Judge the database and the key of its chain, each as far as it goes alone."""
    key = _audit_key(settings, parts) if settings.audit_key is not None else None
    if "DATABASE_URL" in wrong:
        yield _not_checked("database", "DATABASE_URL")
        if key is not None:
            yield key
        return
    try:
        async with records.database_of(settings) as database:
            yield well("database", "reachable, schema up to date")
            if key is not None and key.holds:
                key = await _key_of_chain(settings, parts, database)
    except OutsideError as error:
        yield fault("database", error)
    if key is not None:
        yield key


def _audit_key(settings: Settings, parts: Parts) -> Diagnosis:
    try:
        records.audit_key(settings, parts.credentials)
    except OutsideError as error:
        return fault("audit key", error)
    return well("audit key", "good by itself; not compared with the chain")


async def _key_of_chain(settings: Settings, parts: Parts, database: Database) -> Diagnosis:
    try:
        begun = await records.check_audit_key(settings, parts.credentials, database)
    except OutsideError as error:
        return fault("audit key", error)
    return well("audit key", "the one of the chain" if begun else "good; the chain is still empty")


async def _slack(
    slack: SlackClients, settings: Settings, configuration: Configuration | None, parts: Parts
) -> AsyncIterator[Diagnosis]:
    """Judge the tokens first: without the bot's own, nothing else can be asked."""
    if settings.slack_app_token is not None:
        yield await _app_token(slack, settings)
    if settings.slack_bot_token is None:
        yield ill("slack", "not checked: Slack answers nobody without SLACK_BOT_TOKEN.")
    else:
        try:
            seen = await identify(slack.reads)
        except OutsideError as error:
            yield fault("slack", error)
        else:
            if seen is not None:
                async for each in _workspace_found(seen, slack, configuration, parts):
                    yield each
                return
            yield ill("slack", f"Slack cannot be reached. {CHECK_WAY}")
    yield _nobody_known()


async def _workspace_found(
    seen: Identity, slack: SlackClients, configuration: Configuration | None, parts: Parts
) -> AsyncIterator[Diagnosis]:
    """Judge what only the bot's token lets see."""
    for each in (_workspace(seen, configuration), _scopes(seen), _clock(seen, parts)):
        yield each
    if configuration is None:
        yield _not_checked("leads", "the configuration")
        return
    async for each in people_found(SlackDirectory(slack.reads), configuration):
        yield each


async def _app_token(slack: SlackClients, settings: Settings) -> Diagnosis:
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    try:
        url = await socket_address(web_client(slack.session, token, settings.slack_api_url))
    except OutsideError as error:
        return fault("socket mode", error)
    if url is None:
        return ill("socket mode", f"Slack cannot be reached. {CHECK_WAY}")
    return well("socket mode", "the app token is accepted")


def _workspace(seen: Identity, configuration: Configuration | None) -> Diagnosis:
    if configuration is None or seen.team_id == configuration.team_id:
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
