"""The command line: exit codes, and one clear message for everything that a user can cause."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import re
import socket
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import rfc8785
import yaml

from bot.sandbox.ssh_sessions import SshFault
from bot.sandbox.stage import GUIDED_TARGET, LEADS, TARGET, free_port
from tests.scenario.command_line import Ran, run, run_apart
from tests.scenario.theatre import Scene, configuration_of, one_target

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASON = "It can be repaired in place. :fire: [bold]Wait.[/bold]"
"""Words that a console may take for something else."""

BOTH = f"{TARGET}, {GUIDED_TARGET}"
"""The targets of the stage, as a complaint names them."""

Amended = Callable[[Callable[[dict[str, Any]], None]], dict[str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def denied(scene: Scene) -> AsyncIterator[str]:
    """A request that was denied: something to list, show and report."""
    ts = await scene.awaiting()
    await scene.cast.deny(LEADS[0], ts, REASON)
    await scene.cast.until_end(ts)
    await scene.until_report(ts)
    yield scene.request_id(ts)


@pytest.fixture
def amended(scene: Scene, tmp_path: Path) -> Amended:
    """Return the environment with a changed copy of the configuration file."""

    def change(amend: Callable[[dict[str, Any]], None]) -> dict[str, str]:
        configuration = yaml.safe_load(configuration_of(scene.stage).read_text())
        amend(configuration)
        path = tmp_path / "changed.yaml"
        path.write_text(yaml.safe_dump(configuration, sort_keys=False))
        return {**scene.stage.environment(), "NSX_RESTORE_CONFIG": str(path)}

    return change


def one_line(ran: Ran) -> str:
    """Return the one line of a refusal."""
    assert ran.refused, ran
    assert ran.out == ""
    [line] = ran.err.splitlines()
    return line


# -- what is missing or wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
@pytest.mark.parametrize("value", [None, "  "])
async def test_all_that_is_missing_is_named(scene: Scene, command: str, value: str | None) -> None:
    """Missing or blank values that are needed stop the start, with one line about all of them."""
    environment = scene.stage.environment()
    for name in ("SLACK_BOT_TOKEN", "AUDIT_KEY"):
        environment.pop(name)
        if value is not None:
            environment[name] = value
    line = one_line(await run(environment, command))
    assert re.findall(r"(\w+) is missing", line) == ["SLACK_BOT_TOKEN", "AUDIT_KEY"]


async def test_the_doctor_names_all_that_is_missing_and_goes_on(scene: Scene) -> None:
    """In words and as JSON: what needs nothing of it is checked all the same."""
    environment = scene.stage.environment()
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "AUDIT_KEY"):
        environment.pop(name)
    absent = {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "AUDIT_KEY"}

    told, listed = await run(environment, "doctor"), await run(environment, "doctor", "--json")

    assert (told.code, listed.code, told.err, listed.err) == (1, 1, "", "")
    assert set(re.findall(r"^FAIL  (\w+): missing; set it to ", told.out, re.MULTILINE)) == absent
    findings = {each["about"]: each for each in json.loads(listed.out)}
    wanting = {about for about, each in findings.items() if not each["holds"]}
    assert wanting == absent | {"slack", "leads"}
    assert {"database", f"{TARGET} manager", f"{GUIDED_TARGET} manager"} <= set(findings)


async def doctored(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what the doctor finds wanting, by what it is about, from its JSON."""
    ran = await run(environment, "doctor", "--json")
    assert (ran.code, ran.err) == (1, "")
    wanting: dict[str, list[str]] = {}
    for each in json.loads(ran.out):
        if not each["holds"]:
            wanting.setdefault(each["about"], []).append(each["said"])
    return wanting


async def test_the_doctor_names_all_that_is_malformed_and_goes_on(scene: Scene) -> None:
    """A mistyped variable is a finding like a missing one, and what it is for is not guessed."""
    malformed = {
        "SLACK_BOT_TOKEN": "abc",
        "DATABASE_URL": "mysql://db",
        "AUDIT_KEY": "a key itself",
        "ADMIN_PORT": "x",
    }
    wanting = await doctored({**scene.stage.environment(), **malformed})
    assert set(wanting) == {*malformed, "slack", "leads", "database"}
    assert wanting["SLACK_BOT_TOKEN"] == ["is not a bot token: those begin with xoxb-"]
    assert wanting["database"] == ["not checked: correct DATABASE_URL first."]
    assert wanting["slack"] == ["not checked: Slack answers nobody without SLACK_BOT_TOKEN."]


async def test_the_doctor_asks_no_other_slack_than_the_one_that_is_meant(scene: Scene) -> None:
    """With its address mistyped, the token goes nowhere."""
    wanting = await doctored({**scene.stage.environment(), "SLACK_API_URL": "slack.com"})
    assert set(wanting) == {"SLACK_API_URL", "slack", "leads"}
    assert wanting["slack"] == ["not checked: correct SLACK_API_URL first."]


async def test_a_configuration_that_is_not_there_is_a_finding(scene: Scene) -> None:
    """Whatever needs nothing of it is checked: here the key is wanting, and Slack answers."""
    environment = {**scene.stage.environment(), "NSX_RESTORE_CONFIG": "/nowhere/at-all.yaml"}
    environment.pop("AUDIT_KEY")
    wanting = await doctored(environment)
    assert set(wanting) == {"configuration", "AUDIT_KEY", "leads", "targets"}
    assert wanting["configuration"][0].startswith("/nowhere/at-all.yaml: cannot be read")


async def test_each_mistake_in_the_configuration_is_a_finding(amended: Amended) -> None:
    """With its line, as the other commands name it."""
    environment = amended(lambda c: c["policy"].update(aprovals=2, request_tl="1m"))
    path = environment["NSX_RESTORE_CONFIG"]
    wanting = await doctored(environment)
    assert set(wanting) == {"configuration", "leads", "targets"}
    for name, said in zip(("aprovals", "request_tl"), wanting["configuration"], strict=True):
        number = 1 + next(n for n, one in enumerate(lines_of(path)) if f"  {name}:" in one)
        assert said.startswith(f"{path}:{number}: policy.{name}: unknown key")


async def test_no_way_in_from_slack_is_named(scene: Scene) -> None:
    """Neither an app token nor a signing secret: both are named, the empty one does not count."""
    environment = {**scene.stage.environment(), "SLACK_APP_TOKEN": ""}
    line = one_line(await run(environment, "serve"))
    assert "SLACK_SIGNING_SECRET is missing" in line
    assert "SLACK_APP_TOKEN" in line


@pytest.mark.parametrize("words", [("serve",), ("plan", TARGET), ("list",)])
async def test_an_unknown_key_is_named_with_its_line(
    amended: Amended, words: tuple[str, ...]
) -> None:
    """A typing error in the configuration stops everything that reads it."""
    environment = amended(lambda c: c["policy"].update(aprovals=2))
    path = environment["NSX_RESTORE_CONFIG"]
    number = 1 + lines_of(path).index("  aprovals: 2")
    assert f"{path}:{number}: policy.aprovals" in one_line(await run(environment, *words))


def lines_of(path: str) -> list[str]:
    """Return the lines of a file."""
    return Path(path).read_text().splitlines()


@pytest.mark.parametrize("text", ["slack: [", "a: 1\na: 2\n", "", "- 1\n", "\tx: 1\n"])
async def test_a_file_that_is_no_configuration_is_refused(
    scene: Scene, tmp_path: Path, text: str
) -> None:
    """The message names the file and a line."""
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    environment = {**scene.stage.environment(), "NSX_RESTORE_CONFIG": str(path)}
    ran = await run(environment, "plan", TARGET)
    assert ran.refused
    assert re.search(rf"{re.escape(str(path))}:\d+: ", ran.err), ran.err


async def test_a_configuration_that_is_not_there_is_named(scene: Scene) -> None:
    """With what to do about it."""
    environment = {**scene.stage.environment(), "NSX_RESTORE_CONFIG": "/nowhere/at-all.yaml"}
    line = one_line(await run(environment, "serve"))
    assert "/nowhere/at-all.yaml: cannot be read" in line
    assert "NSX_RESTORE_CONFIG" in line


async def test_a_secret_that_others_can_read_is_refused(
    amended: Amended, scene: Scene, tmp_path: Path
) -> None:
    """The file is named with its mode, its content is not."""
    password = tmp_path / "manager"
    password.write_text("open-to-all")
    password.chmod(0o644)
    ref = f"file:{password}"
    environment = amended(lambda c: one_target(c)["manager"].update(password=ref))
    ran = await run(environment, "plan", TARGET)
    assert ran.refused
    assert f"{ref} is open to others (mode 0644)" in ran.err
    assert "open-to-all" not in ran.err

    audit = {**scene.stage.environment(), "AUDIT_KEY": ref}
    assert f"{ref} is open to others (mode 0644)" in one_line(await run(audit, "audit", "verify"))


async def test_a_manager_that_cannot_be_reached_is_said_to_be_so(amended: Amended) -> None:
    """`plan` refuses, as a request would be rejected."""
    url = f"https://127.0.0.1:{free_port()}"
    environment = amended(lambda c: one_target(c)["manager"].update(url=url))
    ran = await run(environment, "plan", TARGET)
    assert ran.refused
    assert "could not be reached" in ran.err


async def test_an_unknown_target_is_answered_with_the_known_ones(scene: Scene) -> None:
    """Whoever mistypes a target learns what there is."""
    line = one_line(await run(scene.stage.environment(), "plan", "dc9"))
    assert line == f"nsx-restore: There is no target 'dc9'. There are: {BOTH}."


@pytest.mark.parametrize("command", ["show", "report"])
async def test_an_unknown_id_is_refused(scene: Scene, command: str) -> None:
    """An id that nobody was given, and a text that is no id."""
    environment = scene.stage.environment()
    line = one_line(await run(environment, command, "R-222222"))
    said = "There is no request R-222222. `nsx-restore list` shows which there are."
    assert line == f"nsx-restore: {said}"
    line = one_line(await run(environment, command, "latest"))
    assert line == "nsx-restore: 'latest' is not a request id; those look like R-7QK2M9."


async def test_a_database_that_cannot_be_reached_is_said_to_be_so(scene: Scene) -> None:
    """Reads and the worker alike; the password in the address is not repeated."""
    port = free_port()
    url = f"postgresql://bot:hidden@127.0.0.1:{port}/nsx"
    environment = {**scene.stage.environment(), "DATABASE_URL": url}
    for ran in (
        await run(environment, "list"),
        await run(environment, "migrate"),
        await run(environment, "audit", "verify"),
        await run_apart({**environment, "ADMIN_PORT": str(free_port())}, "worker"),
    ):
        line = one_line(ran)
        assert f"127.0.0.1:{port}/nsx cannot be used" in line
        assert "hidden" not in line


async def test_a_database_without_a_schema_is_said_to_be_so(scene: Scene, tmp_path: Path) -> None:
    """`worker` and `web` leave the schema to `migrate`, and say so; so do the reads."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    environment = {
        **scene.stage.environment(),
        "DATABASE_URL": url,
        "ADMIN_PORT": str(free_port()),
    }
    worker, web = await asyncio.gather(
        run_apart(environment, "worker"), run_apart(environment, "web")
    )
    for ran in (worker, web, await run(environment, "list")):
        assert "Run `nsx-restore migrate`." in one_line(ran)


async def test_migrate_says_what_it_did(scene: Scene, tmp_path: Path) -> None:
    """The first one creates the schema, another finds it as it should be."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    environment = {**scene.stage.environment(), "DATABASE_URL": url}
    first, second = await run(environment, "migrate"), await run(environment, "migrate")
    assert (first.out, first.code) == ("The schema was created.\n", 0)
    assert (second.out, second.code) == ("The schema is up to date.\n", 0)


@pytest.mark.parametrize(("words", "said"), [("plan", "TARGET"), ("show", "ID"), ("report", "ID")])
async def test_help_names_arguments_as_the_readme_does(words: str, said: str) -> None:
    """And says what each is."""
    told = (await run({"PATH": os.environ["PATH"], "COLUMNS": "200"}, words, "--help")).out
    assert f"nsx-restore {words} [OPTIONS] {said}" in told
    if said == "ID":
        assert "The request's id, such as R-7QK2M9." in told


async def test_a_directory_is_no_database(scene: Scene, tmp_path: Path) -> None:
    """Whether it is to be read or to be set up, in the same words."""
    environment = {**scene.stage.environment(), "DATABASE_URL": f"sqlite:///{tmp_path}"}
    for words in (("list",), ("migrate",), ("show", "R-222222")):
        line = one_line(await run(environment, *words))
        assert f"DATABASE_URL names {tmp_path}, which is not a regular file. Name a file" in line


async def test_a_database_of_a_newer_release_is_left_alone(scene: Scene, tmp_path: Path) -> None:
    """Nothing reads what it does not know, and `migrate` brings nothing back."""
    path = tmp_path / "newer.db"
    environment = {**scene.stage.environment(), "DATABASE_URL": f"sqlite:///{path}"}
    assert (await run(environment, "migrate")).code == 0
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("list",), ("show", "R-222222"), ("report", "R-222222"), ("migrate",)):
        line = one_line(await run(environment, *words))
        assert "is newer than this release. Install the newer release, or" in line


async def test_a_port_that_is_taken_is_named_by_its_variable(scene: Scene) -> None:
    """Both for machines and for Slack: what to set is said."""
    environment = scene.stage.environment()
    environment.pop("SLACK_APP_TOKEN")
    environment["SLACK_SIGNING_SECRET"] = "0123456789abcdef0123456789abcdef"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        own = {**environment, "ADMIN_PORT": port}
        slack = {**environment, "ADMIN_PORT": str(free_port()), "PORT": port}
        for name, ran in zip(
            ("ADMIN_PORT", "PORT"),
            await asyncio.gather(run_apart(own, "web"), run_apart(slack, "web")),
            strict=True,
        ):
            assert ran.code == 1
            assert "Traceback" not in ran.err + ran.out
            last = ran.err.splitlines()[-1]
            assert last.startswith(f"nsx-restore: Cannot listen on 127.0.0.1:{port}: ")
            assert f"Set {name} to another one" in last


async def test_a_taken_port_ends_serve_before_it_leads(scene: Scene, tmp_path: Path) -> None:
    """Nothing has been begun by then, so that one line is all there is, with what to set."""
    environment = {
        **scene.stage.environment(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}",
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
        "ADMIN_PORT": str(free_port()),
    }
    environment.pop("SLACK_APP_TOKEN")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = await run_apart({**environment, "PORT": port}, "serve")
    assert f"Cannot listen on 127.0.0.1:{port}: " in one_line(ran)


async def test_a_database_that_is_no_file_is_refused(scene: Scene, tmp_path: Path) -> None:
    """Before anything about it is changed, by whatever command."""
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o640)
    path.chmod(0o640)
    environment = {
        **scene.stage.environment(),
        "DATABASE_URL": f"sqlite:///{path}",
        "ADMIN_PORT": str(free_port()),
    }
    for ran in (await run(environment, "migrate"), await run_apart(environment, "serve")):
        assert f"DATABASE_URL names {path}, which is not a regular file." in one_line(ran)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.glob("pipe?*")) == []  # noqa: ASYNC240 - nobody else waits


@pytest.mark.parametrize(
    "words",
    [
        ("restore",),
        ("plan",),
        ("show",),
        ("list", "--limit", "0"),
        ("report", "R-222222", "--format", "pdf"),
        ("audit", "verify", "--anchor", "12"),
        ("audit", "verify", "--anchor", "12:abc"),
        ("demo", "--headless", "--scenario", "unheard-of"),
        ("serve", "--force"),
    ],
    ids=" ".join,
)
async def test_a_usage_error_ends_with_2(scene: Scene, words: tuple[str, ...]) -> None:
    """What cannot be understood is not tried."""
    ran = await run(scene.stage.environment(), *words)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.out == ""


# -- what is there --------------------------------------------------------------------------------


async def test_list_show_and_report_tell_of_a_request(scene: Scene, denied: str) -> None:
    """Each reads the database alone, whoever runs the bot."""
    environment = scene.stage.environment()
    listed = await run(environment, "list")
    assert listed.code == 0
    assert denied in listed.out
    assert "denied" in listed.out

    shown = await run(environment, "show", denied)
    assert shown.code == 0
    assert REASON in shown.out.replace("\\", "")

    report = await run(environment, "report", denied, "--format", "json")
    assert report.code == 0
    told = json.loads(report.out)
    assert told["audit_head"]["seq"] > 0
    assert told["request"]["conclusion"] == [REASON]

    line = one_line(await run(environment, "list", "--target", "another"))
    assert line == f"nsx-restore: There is no target 'another'. There are: {BOTH}."


async def test_an_auditor_reads_without_the_key(scene: Scene, denied: str) -> None:
    """Only `audit verify` judges the chain; an id may be typed in small letters."""
    environment = scene.stage.environment()
    environment.pop("AUDIT_KEY")
    for words in (("list",), ("show", denied.lower()), ("report", denied), ("audit", "export")):
        ran = await run(environment, *words)
        assert (ran.code, ran.err) == (0, "")
        assert denied in ran.out
    assert "AUDIT_KEY is missing" in one_line(await run(environment, "audit", "verify"))


async def test_the_audit_is_exported_row_by_row_and_verifies(scene: Scene, denied: str) -> None:
    """One JSON object a line, linked to the one before."""
    environment = scene.stage.environment()
    exported = await run(environment, "audit", "export")
    rows = [json.loads(line) for line in exported.out.splitlines()]
    assert exported.code == 0
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["prev"] for row in rows[1:]] == [row["mac"] for row in rows[:-1]]
    assert denied in {row["request_id"] for row in rows}
    assert REASON in {row["details"].get("reason") for row in rows}
    key = (scene.stage.directory / "audit").read_bytes().strip()
    assert [row["mac"] for row in rows] == [mac(key, row) for row in rows]

    verified = await run(environment, "audit", "verify")
    assert verified.code == 0
    assert "intact" in verified.out


def mac(key: bytes, row: dict[str, Any]) -> str:
    """Seal an exported row as the audit does, from what was printed alone."""
    sealed = {name: value for name, value in row.items() if name not in {"prev", "mac"}}
    message = bytes.fromhex(row["prev"]) + rfc8785.dumps(sealed)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


async def test_what_is_logged_meanwhile_is_not_part_of_the_answer(
    scene: Scene, tmp_path: Path
) -> None:
    """A row that cannot be read is told on standard error; what is printed can be processed."""
    path = tmp_path / "newer.db"
    environment = {**scene.stage.environment(), "DATABASE_URL": f"sqlite:///{path}"}
    assert (await run(environment, "migrate")).code == 0
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO request VALUES "
            "('R-222222', 'dc1', 'denied', 'U0ANA', 'U0ANA', '2026-03-14', '2026-03-14', '{}')"
        )

    listed = await run(environment, "list")

    assert (listed.code, listed.out) == (0, "There are no requests yet.\n")
    assert json.loads(listed.err)["event"] == "row.unreadable"


async def test_the_manifest_is_printed_for_both_ways_in() -> None:
    """No environment is needed."""
    socket_mode = await run({}, "manifest")
    assert socket_mode.code == 0
    assert yaml.safe_load(socket_mode.out)["settings"]["socket_mode_enabled"] is True
    url = "https://bot.example.com/slack/events"
    http = await run({}, "manifest", "--request-url", url)
    assert yaml.safe_load(http.out)["settings"]["socket_mode_enabled"] is False
    assert url in http.out


async def test_plan_prints_the_digest_of_the_card(scene: Scene) -> None:
    """What is planned on the command line is what a lead would approve."""
    ran = await run(scene.stage.environment(), "plan", TARGET)
    assert ran.code == 0, ran.err
    ts = await scene.awaiting()
    code = re.search(r"plan code \*([0-9A-F-]{9})\*", scene.cast.card(ts).full_text)
    assert code is not None
    assert f"Plan code:   {code[1]}" in ran.out
    await scene.finish(ts)


async def test_doctor_finds_nothing_where_all_is_well(scene: Scene) -> None:
    """Every finding holds, in words and as JSON."""
    environment = scene.stage.environment()
    told = await run(environment, "doctor")
    assert told.code == 0, told.out
    assert "FAIL" not in told.out
    listed = await run(environment, "doctor", "--json")
    findings = json.loads(listed.out)
    assert listed.code == 0
    assert [finding for finding in findings if not finding["holds"]] == []
    about = {finding["about"] for finding in findings}
    assert {"configuration", "database", "slack", "scopes", "clock", "leads"} <= about


async def test_doctor_names_each_fault_and_ends_with_1(scene: Scene, amended: Amended) -> None:
    """Group, manager, backup server and passphrase are each found wanting, in one go."""

    def break_it(configuration: dict[str, Any]) -> None:
        one_target(configuration)["manager"]["url"] = f"https://127.0.0.1:{free_port()}"
        one_target(configuration)["backup"]["passphrase"] = "env:NOT_SET"

    environment = amended(break_it)
    scene.stage.workspace.fail_usergroup("S0LEADS", "no_such_subteam")
    scene.stage.backups.fault = SshFault.REFUSE_LOGIN
    try:
        ran = await run(environment, "doctor", "--json")
    finally:
        scene.stage.workspace.fail_usergroup("S0LEADS", None)
        scene.stage.backups.fault = SshFault.NONE
    assert ran.code == 1
    wanting = {finding["about"] for finding in json.loads(ran.out) if not finding["holds"]}
    assert wanting == {"leads"} | {
        f"{TARGET} {part}" for part in ("manager", "passphrase", "backups")
    }
