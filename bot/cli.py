"""The command line: `nsx-restore`.

Exit codes: 0 done, 1 refused or failed with a reason, 2 usage, 130 interrupted.
"""

import asyncio
import contextlib
import json
import os
import re
import resource
import sys
from collections.abc import Coroutine, Iterable
from enum import StrEnum
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from pydantic_core import PydanticCustomError
from rich.console import Console
from rich.table import Table

from bot import app, doctor, records
from bot.app import Parts, Role
from bot.blocks import plan_text, report, status
from bot.domain.errors import NotFoundError, OutsideError
from bot.domain.plan import digest
from bot.domain.target import Configuration
from bot.domain.values import REQUEST_ID, RequestId
from bot.durable.leader import AlreadyRunningError
from bot.interruption import INTERRUPTED, INTERRUPTED_STATUS
from bot.ports import AuditHead, Looker
from bot.runbooks.preflight import LATEST, NotReady
from bot.sandbox.demo import PortTakenError, Show, present
from bot.sandbox.drill_record import DrillRecord
from bot.sandbox.ending import until_asked_to_end
from bot.sandbox.rehearsal import StuckError, rehearse
from bot.sandbox.scenario import Scenario
from bot.sandbox.scenarios import SCENARIOS
from bot.telemetry import configure_logs
from config import file
from config.errors import ConfigError
from config.forms import positive_duration
from config.manifest import manifest_yaml
from config.settings import LogFormat, Purpose, Settings, load_settings, missing, read_settings

cli = typer.Typer(
    name="nsx-restore",
    help="Restore an NSX Manager from the incident channel, approved by two leads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
audit = typer.Typer(help="The audit chain.", no_args_is_help=True)
cli.add_typer(audit, name="audit")

# What people wrote is evidence: it is printed as it is, never read as markup or emoji codes.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

T = TypeVar("T")
HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[!-~]*")

COMMAND_LINE: Final = "command line"
"""The actor of what is done from here: who sits there, only the machine knows."""

ANCHOR: Final = re.compile(r"[1-9][0-9]{0,17}:[0-9a-f]{12,64}")
"""A head of the audit chain as a report (all digits) or a card (the first twelve) shows it."""


class Format(StrEnum):
    """How a report is written."""

    MD = "md"
    JSON = "json"


def main() -> None:
    """Run the command line; everything a user can cause ends in one clear message."""
    try:
        cli()
    except ConfigError as error:
        _refuse(str(error))
    except OutsideError as error:
        _refuse(f"{error.said} {error.advice}")
    except NotFoundError as error:
        _refuse(f"{error} `nsx-restore list` shows which there are.")
    except AlreadyRunningError as error:
        _refuse(str(error))
    except OSError as error:
        # Errors of what is outside have been told above: this is our own output, or the machine.
        _stop_printing()
        _refuse(f"{error.strerror or type(error).__name__}: not everything could be written.")
    except KeyboardInterrupt:
        _interrupted()


def _stop_printing() -> None:
    """Let what standard output has not taken yet go nowhere: its end would complain once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(text: str) -> NoReturn:
    err.print(f"nsx-restore: {text}")
    sys.exit(1)


def _interrupted() -> NoReturn:
    err.print(INTERRUPTED)
    sys.exit(INTERRUPTED_STATUS)


# -- running ------------------------------------------------------------------------------------


@cli.command()
def serve() -> None:
    """Run everything in one process (Socket Mode if SLACK_APP_TOKEN is set, else HTTP)."""
    _run(Role.SERVE, Purpose.SERVE)


@cli.command()
def web() -> None:
    """Run the Slack side alone."""
    _run(Role.WEB, Purpose.WEB)


@cli.command()
def worker() -> None:
    """Run the engine side alone; on PostgreSQL a second one waits as hot standby."""
    _run(Role.WORKER, Purpose.WORKER)


def _run(role: Role, purpose: Purpose) -> None:
    _keep_private()
    settings = _settings(purpose)
    configuration = file.load(settings.nsx_restore_config)
    _await(app.run(role, settings, configuration, Parts()))


def _keep_private() -> None:
    """Let no file of ours be read by others, and no crash write our memory to disk."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@cli.command()
def migrate() -> None:
    """Create or upgrade the schema; safe to repeat."""
    _keep_private()
    settings = _settings(Purpose.OFFLINE)
    _await(records.migrate(settings))
    out.print("The schema is up to date.")


@cli.command(name="doctor")
def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check configuration, Slack, quorum, each target, fingerprints and the clock."""
    settings = _logging(read_settings())
    configuration = _examinable(settings)
    findings = _await(doctor.examine(settings, configuration, Parts()))
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


# -- reading ------------------------------------------------------------------------------------


@cli.command()
def plan(
    target: Annotated[str, typer.Argument(help="A target of the configuration.")],
    backup: Annotated[
        str, typer.Option(help="latest, a file's name or path, or NODE:TIMESTAMP.")
    ] = LATEST,
) -> None:
    """Print what a request would plan now, and its digest; nothing is filed.

    A manager of 2.0 and later that knows no backup server is told the configured one, as by the
    checks of a request; that is audited first, so it needs AUDIT_KEY and the database.
    """
    _keep_private()
    settings = _settings(Purpose.OFFLINE)
    configuration = file.load(settings.nsx_restore_config)
    known = configuration.targets.get(target)
    if known is None:
        _refuse(_no_target(target, configuration.targets))
    parts = Parts()
    announce = records.announcing(settings, configuration, parts.clock, parts.credentials)
    looking = app.preflight(configuration, parts, announce)
    seen = _await(looking.look(known.key, known.scope, backup, Looker(COMMAND_LINE)))
    if isinstance(seen, NotReady):
        _refuse("\n  - ".join(("This restore is refused:", *seen.reasons)))
    out.print(plan_text.plan_text(seen.plan, digest(seen.plan), seen.notes))


def _no_target(target: str, known: Iterable[str]) -> str:
    return f"There is no target {target!r}. There are: {', '.join(known)}."


@cli.command(name="list")
def list_command(
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
) -> None:
    """List requests, newest first."""
    settings = _settings(Purpose.OFFLINE)
    known = file.load(settings.nsx_restore_config).targets
    requests = _await(records.listed(settings, target=target, limit=limit))
    if target is not None and not requests and target not in known:
        _refuse(_no_target(target, known))
    table = Table("request", "target", "state", "requester", "filed", box=None)
    for request in requests:
        filed = f"{request.created_at:%Y-%m-%d %H:%M} UTC"
        state = status.headline(request)
        table.add_row(request.id, request.wish.target, state, request.requester, filed)
    whose = f" for {target}" if target is not None else ""
    out.print(table if requests else f"There are no requests{whose} yet.")


@cli.command()
def show(request_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Print one request with all that happened to it."""
    out.print(_report(request_id, Format.MD))


@cli.command(name="report")
def report_command(
    request_id: Annotated[str, typer.Argument(metavar="ID")],
    form: Annotated[Format, typer.Option("--format", help="md or json.")] = Format.MD,
) -> None:
    """Print the report of a request, as it stands up in a post-mortem."""
    out.print(_report(request_id, form))


def _report(request_id: str, form: Format) -> str:
    typed = request_id.upper()
    if not REQUEST_ID.fullmatch(typed):
        _refuse(f"{request_id!r} is not a request id; those look like R-7QK2M9.")
    told = _await(records.story(_settings(Purpose.OFFLINE), RequestId(typed)))
    if form is Format.JSON:
        return json.dumps(report.to_json(*told), indent=2)
    return report.markdown(*told)


@audit.command()
def verify(
    anchor: Annotated[
        str | None,
        typer.Option(help="A head that was kept outside, as SEQ:MAC (from a card or a report)."),
    ] = None,
) -> None:
    """Verify the audit chain: finds any edit, removal, reordering or truncation."""
    verdict = _await(records.verify(_settings(Purpose.OFFLINE), _anchor(anchor)))
    if verdict.fault is not None:
        _refuse(
            f"The audit chain does not hold (row {verdict.fault.seq}): {verdict.fault.why} "
            "Keep the database as it is, and compare it with a copy and with the heads on cards "
            "and in reports."
        )
    head = f"{verdict.head.seq}:{verdict.head.mac}" if verdict.head else "none yet"
    out.print(f"The audit chain is intact: {verdict.rows} rows, head {head}")


@audit.command()
def export() -> None:
    """Print all audit rows as JSON lines."""

    async def printing() -> None:
        async for line in records.export(_settings(Purpose.OFFLINE)):
            out.print(line)

    _await(printing())


def _anchor(text: str | None) -> AuditHead | None:
    if text is None:
        return None
    if not ANCHOR.fullmatch(text):
        raise typer.BadParameter(
            "an anchor is written SEQ:MAC, with at least 12 digits of the mac",
            param_hint="--anchor",
        )
    seq, _, mac = text.partition(":")
    return AuditHead(int(seq), mac)


@cli.command()
def manifest(
    request_url: Annotated[
        str | None, typer.Option(help="Public URL of POST /slack/events; absent: Socket Mode.")
    ] = None,
) -> None:
    """Print the Slack app manifest."""
    if request_url is not None and not HTTPS.fullmatch(request_url):
        raise typer.BadParameter(
            "a public URL such as https://bot.example.com/slack/events", param_hint="--request-url"
        )
    out.print(manifest_yaml(request_url), end="")


# -- the sandbox --------------------------------------------------------------------------------


@cli.command()
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="No page: play one restore and print it.")
    ] = False,
    scenario: Annotated[
        str, typer.Option(help="What goes wrong; with --headless also how people act.")
    ] = "happy",
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Simulated seconds in a real one.")
    ] = 20.0,
    list_scenarios: Annotated[
        bool, typer.Option("--list-scenarios", help="List the scenarios.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page on 127.0.0.1; 0: any.")
    ] = 3080,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the page's address.")
    ] = False,
    drill: Annotated[
        bool, typer.Option("--drill", help="Print at the end how long everybody took.")
    ] = False,
    within: Annotated[
        str | None, typer.Option(help="The time that a drill is given, such as 10m; else exit 1.")
    ] = None,
) -> None:
    """Rehearse a restore: a local Slack in the browser, a simulated manager, a real SSH server."""
    if list_scenarios:
        _tell("\n".join(f"{known.name:<23} {known.story}" for known in SCENARIOS.values()))
        return
    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"one of {', '.join(SCENARIOS)}", param_hint="--scenario")
    record = _drill_record(within, drill=drill)
    if headless:
        _play(SCENARIOS[scenario], speed, record)
    else:
        _show(Show(SCENARIOS[scenario], speed, port, not no_browser, record))
    if record is not None and not record.is_met:
        raise typer.Exit(1)


def _drill_record(within: str | None, *, drill: bool) -> DrillRecord | None:
    if within is None:
        return DrillRecord(None) if drill else None
    if not drill:
        raise typer.BadParameter("only a drill is given a time: add --drill", param_hint="--within")
    try:
        return DrillRecord(positive_duration(within))
    except PydanticCustomError as wrong:
        raise typer.BadParameter(wrong.message(), param_hint="--within") from None


def _play(story: Scenario, speed: float, record: DrillRecord | None) -> None:
    work = rehearse(story, speed=speed, tell=_tell, drill=record)
    try:
        verdict = _await(until_asked_to_end(work))
    except StuckError as error:
        _refuse(f"The story got stuck: {error}")
    if verdict is None:
        _interrupted()
    _tell_drill(record)
    if not verdict.is_good:
        _refuse("\n  - ".join((f"{story.name} did not go as it must:", *verdict.faults)))
    _tell(f"\n{story.name}: the request ended as {verdict.ended}, as it must.")


def _show(wanted: Show) -> None:
    try:
        _await(present(wanted, _tell))
    except PortTakenError as taken:
        _refuse(str(taken))
    _tell_drill(wanted.drill)


def _tell_drill(record: DrillRecord | None) -> None:
    if record is not None:
        _tell(f"\n{record.summary()}")


def _tell(line: str) -> None:
    out.print(line)


def _settings(purpose: Purpose) -> Settings:
    """Read the environment as this purpose needs it, and begin to log."""
    return _logging(load_settings(purpose))


def _logging(settings: Settings) -> Settings:
    """Let whatever is logged from here on go to standard error."""
    configure_logs(settings.log_level, json=settings.log_format is LogFormat.JSON)
    return settings


def _await(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        _interrupted()


if __name__ == "__main__":
    main()
