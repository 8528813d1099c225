"""The commands that read: what would be planned, and what has been recorded of requests."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final

import typer
from rich.table import Table

from bot import app, records
from bot.app import Parts
from bot.blocks import plan_text, report, status
from bot.cli.terminal import carry_out, keep_private, out, refuse, settings_for
from bot.domain.plan import digest
from bot.domain.values import REQUEST_ID, RequestId
from bot.ports import Looker
from bot.runbooks.preflight import LATEST, NotReady
from config import file
from config.settings import Purpose

COMMAND_LINE: Final = "command line"
"""The actor of what is done from here: who sits there, only the machine knows."""


RequestArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The request's id, such as R-7QK2M9.")
]


class Format(StrEnum):
    """How a report is written."""

    MD = "md"
    JSON = "json"


def plan(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A target of the configuration.")],
    backup: Annotated[
        str, typer.Option(help="latest, a file's name or path, or NODE:TIMESTAMP.")
    ] = LATEST,
) -> None:
    """Print what a request would plan now, and its digest; nothing is filed.

    A manager of 2.0 and later that knows no backup server is told the configured one, as by the
    checks of a request; that is audited first, so it needs AUDIT_KEY and the database.
    """
    keep_private()
    settings = settings_for(Purpose.OFFLINE)
    configuration = file.load(settings.nsx_restore_config)
    known = configuration.targets.get(target)
    if known is None:
        refuse(_no_target(target, configuration.targets))
    parts = Parts()
    announce = records.announcing(settings, configuration, parts.clock, parts.credentials)
    looking = app.preflight(configuration, parts, announce)
    seen = carry_out(looking.look(known.key, known.scope, backup, Looker(COMMAND_LINE)))
    if isinstance(seen, NotReady):
        refuse("\n  - ".join(("This restore is refused:", *seen.reasons)))
    out.print(plan_text.plan_text(seen.plan, digest(seen.plan), seen.worth_knowing))


def _no_target(target: str, known: Iterable[str]) -> str:
    return f"There is no target {target!r}. There are: {', '.join(known)}."


def list_requests(
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
) -> None:
    """List requests, newest first."""
    settings = settings_for(Purpose.OFFLINE)
    known = file.load(settings.nsx_restore_config).targets
    requests = carry_out(records.listed(settings, target=target, limit=limit))
    if target is not None and not requests and target not in known:
        refuse(_no_target(target, known))
    table = Table("request", "target", "state", "requester", "filed", box=None)
    for request in requests:
        filed = f"{request.created_at:%Y-%m-%d %H:%M} UTC"
        state = status.headline(request)
        table.add_row(request.id, request.wish.target, state, request.requester, filed)
    whose = f" for {target}" if target is not None else ""
    out.print(table if requests else f"There are no requests{whose} yet.")


def show(request_id: RequestArgument) -> None:
    """Print one request with all that happened to it."""
    out.print(_report(request_id, Format.MD))


def print_report(
    request_id: RequestArgument,
    form: Annotated[Format, typer.Option("--format", help="md or json.")] = Format.MD,
) -> None:
    """Print the report of a request, as it stands up in a post-mortem."""
    out.print(_report(request_id, form))


def _report(request_id: str, form: Format) -> str:
    typed = request_id.upper()
    if not REQUEST_ID.fullmatch(typed):
        refuse(f"{request_id!r} is not a request id; those look like R-7QK2M9.")
    told = carry_out(records.story(settings_for(Purpose.OFFLINE), RequestId(typed)))
    if form is Format.JSON:
        return json.dumps(report.to_json(*told), indent=2)
    return report.markdown(*told)
