"""What cannot work is refused before anything begins: one message, no traceback, no secret."""

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from bot.sandbox.slack import AppCredentials, SlackServer, Workspace
from bot.sandbox.stage import free_port
from bot.store.revisions import migrate
from tests.scenario.command_line import Ran, run, run_apart
from tests.scenario.theatre import CLI, HERE, ROOT

SECRET = "4uhasWak-canary"


def environment(tmp_path: Path, **changed: str) -> dict[str, str]:
    """Return an environment in which all is well, but for what is changed."""
    key = tmp_path / "audit"
    key.touch(mode=0o600)
    key.write_text("0123456789abcdef")
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.db'}",
        "NSX_RESTORE_CONFIG": str(ROOT / "config" / "nsx-restore.example.yaml"),
        "AUDIT_KEY": f"file:{key}",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/",
        "ADMIN_PORT": str(free_port()),
        **changed,
    }


def last_line(ran: Ran) -> str:
    """Return the last line of a refusal; a process that serves may have logged before it."""
    assert ran.code == 1, ran
    assert "Traceback" not in ran.err + ran.out
    assert SECRET not in ran.err + ran.out
    return ran.err.splitlines()[-1]


# -- the database ---------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("migrate",), ("list",), ("audit", "verify")])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:pw@127.0.0.1:1/x?foo=1", "an option (from ? on)"),
        (f"postgresql://u@127.0.0.1:1/x?password={SECRET}", "has password among its options"),
        (f"postgresql://u@127.0.0.1:1/x?sslpassword={SECRET}", "has sslpassword among"),
        (f"postgresql://u:pass@{SECRET}@127.0.0.1:1/x", "more than one @"),
        (f"postgresql://u:pass/{SECRET}@127.0.0.1:1/x", "is not an address that PostgreSQL"),
        ("sqlite:////nowhere/a%00b", "%00"),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused(
    tmp_path: Path, url: str, said: str, words: tuple[str, ...]
) -> None:
    """By everything that opens the database; whatever may be a password is not repeated."""
    line = last_line(await run(environment(tmp_path, DATABASE_URL=url), *words))
    assert line.startswith("nsx-restore: DATABASE_URL ")
    assert said in line


async def test_a_password_is_not_part_of_the_databases_name(tmp_path: Path) -> None:
    """Where the server does not answer, the place alone is named: no user, no option."""
    url = f"postgresql://{SECRET}:{SECRET}@127.0.0.1:1/x?application_name={SECRET}"
    line = last_line(await run(environment(tmp_path, DATABASE_URL=url), "migrate"))
    assert "The database postgresql://127.0.0.1:1/x cannot be used" in line


async def test_a_value_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 have no place in the environment."""
    odd = os.fsdecode(b"sqlite:////nowhere/a\xff\xfe.db")
    ran = await run(environment(tmp_path, DATABASE_URL=odd), "migrate")
    assert last_line(ran) == "nsx-restore: DATABASE_URL is not UTF-8 text."


async def test_a_journal_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """`serve` ends with the name of the file, and does not begin without it."""
    journal = tmp_path / "bot.db.journal"
    journal.mkdir()
    line = last_line(await run_apart(environment(tmp_path), "serve"))
    assert line.startswith(f"nsx-restore: The journal of runs {journal} cannot be used: ")


# -- other variables ------------------------------------------------------------------------------


async def test_an_audit_key_that_leads_nowhere_is_named_by_its_variable(tmp_path: Path) -> None:
    """The reference too, since that is what is to be corrected."""
    await migrate(f"sqlite:///{tmp_path / 'bot.db'}")
    ran = await run(environment(tmp_path, AUDIT_KEY="env:NOPE"), "audit", "verify")
    assert last_line(ran).startswith("nsx-restore: AUDIT_KEY: env:NOPE is not set")


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_token_that_slack_refuses_is_named(tmp_path: Path, name: str) -> None:
    """`serve` ends: it would be refused again."""
    app = AppCredentials()
    async with SlackServer(Workspace(), app=app) as slack:
        given = environment(
            tmp_path,
            SLACK_API_URL=slack.api_url,
            SLACK_BOT_TOKEN=app.bot_token,
            SLACK_APP_TOKEN=app.app_token,
        )
        ran = await run_apart({**given, name: f"{given[name]}x"}, "serve")
    assert last_line(ran).startswith(f"nsx-restore: Slack refuses {name}: invalid_auth. ")


# -- what is printed ------------------------------------------------------------------------------


def full_disk() -> BinaryIO:
    """Open a file that takes nothing."""
    return Path("/dev/full").open("wb")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
async def test_a_full_disk_is_told() -> None:
    """Whoever sends the output to a file learns that it is not all there."""
    with full_disk() as full:
        process = await asyncio.create_subprocess_exec(
            *CLI,
            "manifest",
            env={"PATH": os.environ["PATH"], **HERE},
            stdout=full,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await process.communicate()
    said = b"nsx-restore: No space left on device: not everything could be written.\n"
    assert (process.returncode, err) == (1, said)
