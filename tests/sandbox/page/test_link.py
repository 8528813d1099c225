"""Windows come, go, and sleep; none of them can hold up the sandbox or another one."""

import asyncio
import json
import time

from aiohttp import web

from bot.sandbox.page.server import PageServer
from bot.sandbox.slack import Message, Workspace
from tests.sandbox.page.app import App
from tests.sandbox.page.browser import Browser, Json
from tests.sandbox.page.conftest import BOT, CHANNEL


def post(workspace: Workspace, text: str) -> Message:
    """Put a message of the app into the channel."""
    ts = workspace.book.next_ts()
    return workspace.book.add(Message(channel=CHANNEL, ts=ts, user=BOT, text=text))


async def test_two_windows_of_one_person_show_the_same(browser: Browser, app: App) -> None:
    """What is done in one is seen in the other; each has its own replies."""
    one, two = await browser.open("U0ANA"), await browser.open("U0ANA")

    async def answer(_payload: Json) -> web.Response:
        return web.Response(text="only you")

    app.answer = answer
    await one.act("slash", channel=CHANNEL, command="/nsx-restore")
    await two.until(lambda: "only you" in two.texts())
    assert two.replies == {}


async def test_a_window_that_does_not_read_holds_up_nobody(
    browser: Browser, workspace: Workspace
) -> None:
    """The others get every message at once; the sleeper costs no more than what it was sent."""
    sleeper = await browser.connect("U0BEN")
    awake = await browser.open("U0ANA")
    large = "x" * 100_000
    began = time.monotonic()
    for number in range(300):
        posted = post(workspace, f"{number} {large}")
        if number % 2:
            workspace.book.remove(posted)
        await asyncio.sleep(0)
    last = post(workspace, "the end")
    await awake.until(lambda: awake.messages[CHANNEL, last.ts])
    assert time.monotonic() - began < 20
    # When it wakes up, it gets what is so now, in few frames.
    frames = []
    async for frame in sleeper:
        frames.append(json.loads(frame.data))
        told = {m["ts"] for f in frames if f["kind"] == "news" for m in f["messages"]}
        if last.ts in told:
            break
    assert len(frames) < 200


async def test_acts_of_a_window_that_does_not_read_are_not_piled_up(
    browser: Browser, app: App
) -> None:
    """The sandbox takes no more of them than a few at once."""
    sleeper = await browser.connect("U0BEN")
    at_once, most = 0, 0

    async def slow(_payload: Json) -> web.Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        return web.Response()

    app.answer = slow
    slash = {"do": "slash", "channel": CHANNEL, "command": "/nsx-restore"}
    for number in range(60):
        await sleeper.send_str(json.dumps({"id": number, **slash}))
    other = await browser.open("U0ANA")
    async with asyncio.timeout(30):
        while len(app.payloads) < 60:
            await other.act("say", channel=CHANNEL, text="meanwhile")
    assert most <= 16


async def test_an_act_outlives_its_window(browser: Browser, app: App) -> None:
    """A click is on its way; that the window is closed meanwhile takes nothing back."""
    going, gone = asyncio.Event(), asyncio.Event()

    async def answer(_payload: Json) -> web.Response:
        going.set()
        await gone.wait()
        return web.Response(text="it was done")

    app.answer = answer
    window = await browser.connect("U0ANA")
    slash = {"do": "slash", "channel": CHANNEL, "command": "/nsx-restore"}
    await window.send_str(json.dumps({"id": 1, **slash}))
    await going.wait()
    await window.close()
    gone.set()
    later = await browser.open("U0ANA")
    await later.until(lambda: "it was done" in later.texts())


async def test_the_server_ends_with_windows_open_and_acts_on_their_way(
    browser: Browser, page: PageServer, app: App
) -> None:
    """At once, whoever is still there."""
    going = asyncio.Event()

    async def never(_payload: Json) -> web.Response:
        going.set()
        await asyncio.sleep(2.5)
        return web.Response()

    app.answer = never
    window = await browser.open("U0ANA")
    window.send("slash", channel=CHANNEL, command="/nsx-restore")
    await window.flush()
    await going.wait()
    began = time.monotonic()
    await page.__aexit__(None, None, None)
    assert time.monotonic() - began < 2
    await window.socket.close()


async def test_many_windows_come_and_go_and_leave_nothing(
    browser: Browser, workspace: Workspace
) -> None:
    """No task stays behind for a window that was closed."""
    await browser.open("U0ANA")
    post(workspace, "one")
    before = len(asyncio.all_tasks())
    for _ in range(30):
        socket = await browser.connect("U0BEN")
        await socket.receive()
        await socket.close()
    witness = await browser.open("U0CHI")
    await witness.act("say", channel=CHANNEL, text="done")
    assert len(asyncio.all_tasks()) <= before + 4
