"""`nsx-restore demo` as a visitor starts it: a page, an orderly end, and nothing that stays."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from bot.sandbox.stage import CHANNEL, TARGET
from tests.sandbox.page.browser import Browser
from tests.scenario.command_line import run
from tests.scenario.theatre import ROOT

pytestmark = pytest.mark.long

WITHIN: Final = 60.0
"""Real seconds within which anything must have happened, however busy the machine is."""

START: Final = (sys.executable, "-m", "bot.start", "demo")


INTERRUPTED: Final = "nsx-restore: Interrupted."


@dataclass
class Demo:
    """A running demo, all of whose temporary files are in `directory`."""

    process: asyncio.subprocess.Process
    directory: Path

    async def address(self) -> str:
        """Wait until it prints the page's address."""
        while line := await self.line():
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                return found[0]
        raise AssertionError("it ended without an address")

    async def line(self) -> str:
        """Wait for the next line that it prints."""
        assert self.process.stdout is not None
        async with asyncio.timeout(WITHIN):
            return (await self.process.stdout.readline()).decode()

    async def until_loaded(self, module: str) -> None:
        """Wait until Python says that it has loaded a module (`PYTHONPROFILEIMPORTTIME`)."""
        assert self.process.stderr is not None
        async with asyncio.timeout(WITHIN):
            while line := await self.process.stderr.readline():
                if line.decode().rpartition("|")[2].strip() == module:
                    return
        raise AssertionError(f"it ended without {module}")

    def ask_to_end(self, how: signal.Signals = signal.SIGINT) -> None:
        """Send a signal to it and to its bot, as a terminal does."""
        os.killpg(self.process.pid, how)

    async def ended(self) -> tuple[int, str, str]:
        """Wait until it has ended; return its exit status and the rest of what it printed."""
        async with asyncio.timeout(WITHIN):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()

    def leftovers(self) -> list[str]:
        """What should not be there after the end: files, and processes that were given them."""
        files = [str(path) for path in self.directory.iterdir()]
        return [*files, *(str(pid) for pid in self._processes())]

    def _processes(self) -> list[int]:
        """The processes whose environment names our directory."""
        mark = str(self.directory).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                if mark in environment and int(entry.name) != os.getpid():
                    found.append(int(entry.name))
        return found


Starting = Callable[..., Awaitable[Demo]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starting]:
    """Start a demo on any port, with some more options."""
    begun: list[Demo] = []

    async def starting(*options: str, port: int = 0, **environment: str) -> Demo:
        process = await asyncio.create_subprocess_exec(
            *START,
            *options,
            "--port",
            str(port),
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(tmp_path),
                "PYTHONUNBUFFERED": "1",
                **environment,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        begun.append(Demo(process, tmp_path))
        return begun[-1]

    yield starting
    for demo in begun:
        if demo.process.returncode is None:
            os.killpg(demo.process.pid, signal.SIGKILL)
            await demo.process.wait()


async def until_running(browser: Browser) -> None:
    """Wait until the page says that the bot runs."""
    page = await browser.open("U0ANA")
    await page.until(lambda: page.panel["bot"]["state"] == "running")


def browser_of(address: str, session: aiohttp.ClientSession) -> Browser:
    """A browser at this address."""
    return Browser(session, int(address.rstrip("/").rpartition(":")[2]))


# -- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["typer", "sqlalchemy", "dbos", "bot.sandbox.stage"])
async def test_ctrl_c_while_it_is_still_loading_ends_it_quietly(
    start: Starting, module: str
) -> None:
    """In the middle of whatever import: exit 0, no traceback, nothing left."""
    demo = await start("--no-browser", PYTHONPROFILEIMPORTTIME="1")
    await demo.until_loaded(module)
    demo.ask_to_end()
    code, out, err = await demo.ended()
    assert (code, out) == (0, "")
    assert "Traceback" not in err
    assert demo.leftovers() == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_demo_whose_bot_still_starts_ends_when_it_is_asked_to(
    start: Starting, how: signal.Signals
) -> None:
    """By Ctrl-C, a polite kill, or a terminal that closes; the bot's new process ends too."""
    demo = await start("--no-browser")
    await demo.address()
    demo.ask_to_end(how)
    code, _, err = await demo.ended()
    assert (code, err) == (0, "")
    assert demo.leftovers() == []


@pytest.mark.parametrize("module", ["typer", "bot.sandbox.stage"])
async def test_ctrl_c_while_a_demo_without_a_page_is_loading_is_one_line(
    start: Starting, module: str
) -> None:
    """Nothing has begun yet, and it was asked for a story: exit 130."""
    demo = await start("--headless", PYTHONPROFILEIMPORTTIME="1")
    await demo.until_loaded(module)
    demo.ask_to_end()
    code, out, err = await demo.ended()
    said = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert (code, out, said) == (130, "", [INTERRUPTED])
    assert demo.leftovers() == []


async def test_ctrl_c_while_the_bot_of_a_story_starts_is_one_line(start: Starting) -> None:
    """The bot's new process ends with it, and nobody complains that it is gone already."""
    demo = await start("--headless")
    async with asyncio.timeout(WITHIN):
        while not list(demo.directory.glob("*/bot.log")):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.005)
    demo.ask_to_end()
    code, out, err = await demo.ended()
    assert (code, out, err) == (130, "", f"{INTERRUPTED}\n")
    assert demo.leftovers() == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_in_the_middle_of_a_story_is_one_line(
    start: Starting, how: signal.Signals
) -> None:
    """Also for the impatient, who ask again and again while it ends: everything is closed."""
    demo = await start("--headless")
    assert await demo.line()
    demo.ask_to_end(how)
    while demo.process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(demo.process.pid, how)
        await asyncio.sleep(0.01)
    code, _, err = await demo.ended()
    assert (code, err) == (130, f"{INTERRUPTED}\n")
    assert demo.leftovers() == []


async def test_a_running_demo_ends_by_ctrl_c(start: Starting) -> None:
    """With windows open, a command on its way, and an impatient visitor who asks again."""
    async with aiohttp.ClientSession() as session:
        demo = await start("--no-browser")
        browser = browser_of(await demo.address(), session)
        await until_running(browser)
        page = await browser.open("U0BEN")
        page.send("slash", channel=CHANNEL, command="/nsx-restore", text="help")
        await page.flush()
        demo.ask_to_end()
        await page.until(lambda: page.is_closed)
        demo.ask_to_end()
        code, _, err = await demo.ended()
        assert (code, err) == (0, "")
        assert demo.leftovers() == []
        await browser.close()


async def test_a_killed_bot_does_not_keep_the_demo_from_ending(start: Starting) -> None:
    """Killed from the page; then the demo ends as always."""
    async with aiohttp.ClientSession() as session:
        demo = await start("--no-browser")
        browser = browser_of(await demo.address(), session)
        await until_running(browser)
        page = await browser.open("U0ANA")
        await page.panel_act("action", "kill_bot")
        await page.until(lambda: page.panel["bot"]["state"] == "killed")
        demo.ask_to_end()
        code, _, err = await demo.ended()
        assert (code, err) == (0, "")
        assert demo.leftovers() == []
        await browser.close()


# -- the beginning --------------------------------------------------------------------------------


async def test_the_address_and_the_way_to_the_end_are_printed(start: Starting) -> None:
    """Two lines, and the page behind the address is there."""
    demo = await start("--no-browser")
    address = await demo.address()
    assert "Ctrl-C" in await demo.line()
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        assert response.status == 200


async def test_a_port_that_is_taken_is_named(start: Starting) -> None:
    """One line on what to do, exit 1, and nothing left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = await start("--no-browser", port=port)
        code, out, err = await demo.ended()
    assert (code, out) == (1, "")
    assert err.startswith(f"nsx-restore: Port {port} is taken.")
    assert len(err.splitlines()) == 1
    assert demo.leftovers() == []


async def test_a_browser_is_opened_where_there_is_one(start: Starting, tmp_path: Path) -> None:
    """With the page's address; `--no-browser` opens none."""
    script, noted = tmp_path / "my-browser", tmp_path / "opened"
    script.write_text(f'#!/bin/sh\necho "$1" > {noted}.new && mv {noted}.new {noted}\n')
    script.chmod(0o700)
    demo = await start(BROWSER=str(script))
    address = await demo.address()
    async with asyncio.timeout(WITHIN):
        while not noted.exists():  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)
    assert noted.read_text().startswith(address)


async def test_without_a_browser_it_says_so_and_goes_on(start: Starting) -> None:
    """On a machine without a screen, the address has to be opened elsewhere."""
    demo = await start(PATH=str(Path(sys.executable).parent))
    address = await demo.address()
    assert "Ctrl-C" in await demo.line()
    assert "No browser" in await demo.line()
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        assert response.status == 200


async def test_a_scenario_sets_what_is_wrong(start: Starting) -> None:
    """The panel shows it from the beginning, and the visitor can change it."""
    demo = await start("--no-browser", "--scenario", "wrong-fingerprint", "--speed", "50")
    async with aiohttp.ClientSession() as session:
        browser = browser_of(await demo.address(), session)
        page = await browser.open("U0ANA")
        await page.until(lambda: page.panel)
        assert page.fault("host_key") is True
        assert page.fault("speed") == 50
        await browser.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--within", "10m"], "--drill"),
        (["--drill", "--within", "soon"], "duration"),
        (["--drill", "--within", "0s"], "longer"),
        (["--scenario", "none"], "happy"),
        (["--speed", "0"], "speed"),
    ],
)
async def test_what_is_typed_wrong_is_usage(options: list[str], says: str) -> None:
    """Exit 2, before anything is begun."""
    ran = await run({"PATH": os.environ["PATH"]}, "demo", "--no-browser", *options)
    assert ran.code == 2
    assert says in ran.err


# -- the drill ------------------------------------------------------------------------------------


async def test_a_drill_on_the_page_is_summed_up_at_the_end(start: Starting) -> None:
    """A denial: who did what after how long; the page has the figures too; met, so exit 0."""
    async with aiohttp.ClientSession() as session:
        demo = await start("--no-browser", "--drill", "--within", "1h")
        browser = browser_of(await demo.address(), session)
        await until_running(browser)
        ana, ben = await browser.open("U0ANA"), await browser.open("U0BEN")
        text = f"request {TARGET} reason=A drill"
        await ana.act("slash", channel=CHANNEL, command="/nsx-restore", text=text)
        card = await ben.until(
            lambda: next(
                (m for m in ben.messages.values() if "awaiting approval" in m["text"]), None
            )
        )
        while not ben.views:
            await ben.act("press", channel=CHANNEL, ts=card["ts"], action_id="deny")
            await asyncio.sleep(0.2)
        await ben.act("submit", view=ben.views[-1]["id"], values={"reason": "only a drill"})
        drilled = await ana.until(lambda: ana.panel["drill"]["requests"][0]["total"] and ana.panel)
        [request] = drilled["drill"]["requests"]
        assert (request["state"], request["met"]) == ("denied", True)
        demo.ask_to_end()
        code, out, err = await demo.ended()
        assert (code, err) == (0, "")
        lines = [" ".join(line.split()) for line in out.splitlines()]
        assert f"Drill {request['id']}, {TARGET}: denied" in lines
        assert any(line.startswith("ben denied after") for line in lines)
        assert "chi did not act" in lines
        assert "within 1 hour met" in lines
        await browser.close()


async def test_a_drill_in_which_nothing_was_requested_is_not_met(start: Starting) -> None:
    """Exit 1, and it says so."""
    demo = await start("--no-browser", "--drill")
    await demo.address()
    demo.ask_to_end()
    code, out, err = await demo.ended()
    assert (code, err) == (1, "")
    assert "Drill: nothing was requested." in out


async def test_a_drill_without_a_page(start: Starting) -> None:
    """The summary comes after the thread; a time that was too short is exit 1."""
    demo = await start(
        "--headless", "--drill", "--within", "1ms", "--scenario", "denied", "--speed", "100"
    )
    code, out, err = await demo.ended()
    assert (code, err) == (1, "")
    assert out.rstrip().splitlines()[-1] == "denied: the request ended as denied, as it must."
    assert re.search(r"within .*missed\n", out)
    assert re.search(r"ben +approved after", out)
    assert re.search(r"chi +denied after", out)
    assert demo.leftovers() == []
