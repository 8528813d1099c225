"""The commands that run the bot, and those that prepare and check that: no request is touched."""

import json
from typing import Annotated

import typer

from bot import app, records
from bot.app import Parts, Role
from bot.cli.terminal import carry_out, keep_private, logging_as_set, out, settings_for
from bot.doctor import examine
from bot.domain.target import Configuration
from config import file
from config.errors import ConfigError
from config.settings import Purpose, Settings, missing, read_settings


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


def migrate() -> None:
    """Create or upgrade the schema; safe to repeat."""
    keep_private()
    settings = settings_for(Purpose.OFFLINE)
    carry_out(records.migrate(settings))
    out.print("The schema is up to date.")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check configuration, Slack, quorum, each target, fingerprints and the clock."""
    settings = logging_as_set(read_settings())
    configuration = _examinable(settings)
    findings = carry_out(examine(settings, configuration, Parts()))
    if as_json:
        out.print_json(json.dumps([finding.as_json() for finding in findings]))
    else:
        for finding in findings:
            out.print(finding.line())
    raise typer.Exit(0 if all(finding.holds for finding in findings) else 1)


def _examinable(settings: Settings) -> Configuration:
    """Load the configuration; nothing is examined without, so what else is missing is told too."""
    try:
        return file.load(settings.nsx_restore_config)
    except ConfigError as error:
        absent = map(str, missing(Purpose.SERVE, settings.given))
        raise ConfigError((*error.lines, *absent)) from None
