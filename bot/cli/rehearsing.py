"""The command that needs no account: `demo`, with its page or without."""

from typing import Annotated

import typer
from pydantic_core import PydanticCustomError

from bot.cli.terminal import carry_out, interrupted, out, refuse
from bot.sandbox.demo import PortTakenError, Show, present
from bot.sandbox.drill_record import DrillRecord
from bot.sandbox.ending import until_asked_to_end
from bot.sandbox.rehearsal import StuckError, rehearse
from bot.sandbox.scenario import Scenario
from bot.sandbox.scenarios import SCENARIOS
from config.forms import positive_duration


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
        verdict = carry_out(until_asked_to_end(work))
    except StuckError as error:
        refuse(f"The story got stuck: {error}")
    if verdict is None:
        interrupted()
    _tell_drill(record)
    if not verdict.is_good:
        refuse("\n  - ".join((f"{story.name} did not go as it must:", *verdict.faults)))
    _tell(f"\n{story.name}: the request ended as {verdict.ended}, as it must.")


def _show(wanted: Show) -> None:
    try:
        carry_out(present(wanted, _tell))
    except PortTakenError as taken:
        refuse(str(taken))
    _tell_drill(wanted.drill)


def _tell_drill(record: DrillRecord | None) -> None:
    if record is not None:
        _tell(f"\n{record.summary()}")


def _tell(line: str) -> None:
    out.print(line)
