"""The commands that run the bot, and those that prepare and check that: no request is touched."""

import json
from typing import Annotated, Final

import typer

from bot import app, records
from bot.app import Parts, Role
from bot.cli.terminal import carry_out, keep_private, logging_as_set, out, settings_for
from bot.doctor import examine
from bot.domain.target import Configuration
from bot.store.revisions import Migrated
from config import file
from config.errors import ConfigError
from config.settings import Malformed, Purpose, Settings, read_settings


def serve() -> None:
    """Run everything in one process (Socket Mode if SLACK_APP_TOKEN is set, else HTTP)."""
    _run(Role.SERVE, Purpose.SERVE)


def web() -> None:
    """Run the Slack side alone."""
    _run(Role.WEB, Purpose.WEB)


def worker() -> None:
    """Run the engine side alone; on PostgreSQL a second one waits as hot standby."""
    _run(Role.WORKER, Purpose.WORKER)


def _run(role: Role, purpose: Purpose) -> None:
    keep_private()
    settings = settings_for(purpose)
    configuration = file.load(settings.nsx_restore_config)
    carry_out(app.run(role, settings, configuration, Parts()))


_MIGRATED: Final = {
    Migrated.CREATED: "The schema was created.",
    Migrated.UPGRADED: "The schema was upgraded.",
    Migrated.CURRENT: "The schema is up to date.",
}


def migrate() -> None:
    """Create or upgrade the schema; safe to repeat."""
    keep_private()
    settings = settings_for(Purpose.OFFLINE)
    out.print(_MIGRATED[carry_out(records.migrate(settings))])


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check configuration, Slack, quorum, each target, fingerprints and the clock."""
    settings, malformed = read_settings()
    logging_as_set(settings)
    configuration = _examinable(settings, malformed)
    findings = carry_out(examine(settings, configuration, Parts(), malformed))
    if as_json:
        out.print_json(json.dumps([finding.as_json() for finding in findings]))
    else:
        for finding in findings:
            out.print(finding.line())
    raise typer.Exit(0 if all(finding.holds for finding in findings) else 1)


def _examinable(
    settings: Settings, malformed: tuple[Malformed, ...]
) -> Configuration | ConfigError:
    """Load the configuration, or return what is wrong with it: that is a finding like others."""
    if any(each.name == "NSX_RESTORE_CONFIG" for each in malformed):
        return ConfigError(("not read: correct NSX_RESTORE_CONFIG first.",))
    try:
        return file.load(settings.nsx_restore_config)
    except ConfigError as error:
        return error
