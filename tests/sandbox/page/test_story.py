"""A whole restore on the page: the real bot behind it, and one visitor who plays everybody."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import aiohttp
import pytest
import pytest_asyncio

from bot.sandbox.page.stage_page import StagePage
from bot.sandbox.stage import CHANNEL, TARGET, Stage
from tests.sandbox.page.browser import Browser, Json, Page
from tests.scenario.theatre import a_stage

CARD = "estore sandbox-nsxt: "
CONTROLLER = re.compile(r"Restart controller (\S+) ")


@dataclass(frozen=True)
class Play:
    """A stage whose bot runs, and the windows of a browser."""

    stage: Stage
    served: StagePage
    browser: Browser


pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    """Raise a stage with its page, and start the bot from there."""
    async with (
        aiohttp.ClientSession() as session,
        a_stage(tmp_path_factory.mktemp("stage")) as stage,
        StagePage(stage) as served,
    ):
        served.bot.start()
        assert await served.bot.until_settled() == "running"
        browser = Browser(session, served.port)
        yield Play(stage, served, browser)
        await browser.close()


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def fresh(play: Play) -> None:
    """Begin each test with a manager that was never restored."""
    await play.stage.manager.deploy_anew()


async def file(page: Page) -> Json:
    """Type the request, and wait until the card can be decided; return the card."""
    text = f"request {TARGET} reason=The manager lost its database"
    reply = await page.act("slash", channel=CHANNEL, command="/nsx-restore", text=text)
    assert reply["ok"], reply
    return await card(page, "awaiting approval")


async def card(page: Page, state: str) -> Json:
    """Wait until the card says something."""

    def found() -> Json | None:
        cards = [m for m in page.messages.values() if CARD in m["text"] and m["thread_ts"] is None]
        return next((one for one in reversed(cards) if f": {state}" in one["text"]), None)

    shown: Json = await page.until(found)
    return shown


async def vote(page: Page, ts: str) -> None:
    """Approve until it counts: who is quicker than the bot is told to press again."""
    await page.until(lambda: "approve" in json.dumps(page.messages[CHANNEL, ts]["blocks"]))
    while True:
        private = told_privately(page)
        await page.act("press", channel=CHANNEL, ts=ts, action_id="approve")
        await page.until(partial(is_answered, page, ts, private))
        if has_voted(page, ts):
            return


def has_voted(page: Page, ts: str) -> bool:
    """Whether the card names this person."""
    return f"<@{page.hello['you']}>" in json.dumps(page.messages[CHANNEL, ts]["blocks"])


def told_privately(page: Page) -> int:
    """How many private messages this person has."""
    return sum(message["private"] for message in page.messages.values())


def is_answered(page: Page, ts: str, private: int) -> bool:
    """Whether a press has come to something: it counts, or this person was told something."""
    return has_voted(page, ts) or told_privately(page) > private


def question(page: Page, answered: set[str]) -> Json | None:
    """The oldest question that waits for an answer."""
    return next(
        (
            message
            for message in page.messages.values()
            if message["ts"] not in answered
            and message["thread_ts"] is not None
            and any(
                element.get("action_id") == "continue"
                for block in message["blocks"]
                for element in block.get("elements", ())
            )
        ),
        None,
    )


async def operate(page: Page, ts: str) -> None:
    """Do what each question asks at the panel, and answer it, until the request has ended."""
    answered: set[str] = set()

    def ended() -> bool:
        return ": succeeded" in page.messages[CHANNEL, ts]["text"]

    while True:
        await page.until(lambda: ended() or question(page, answered))
        asked = question(page, answered)
        if asked is None:
            return
        await by_hand(page, asked)
        while question(page, answered) == asked:
            known = len(page.messages)
            await page.act("press", channel=CHANNEL, ts=asked["ts"], action_id="continue")
            await page.until(
                lambda known=known, asked=asked: (
                    len(page.messages) > known  # type: ignore[misc]
                    or question(page, answered) != asked
                )
            )
        answered.add(asked["ts"])


def has_moved(page: Page, answered: set[str], asked: Json, known: int) -> bool:
    """Whether an answer has come to something."""
    return len(page.messages) > known or question(page, answered) != asked


async def by_hand(page: Page, asked: Json) -> None:
    """Press what the panel has for this question."""
    words = json.dumps(asked["blocks"])
    if found := CONTROLLER.search(words):
        key = f"restart_controller_{found[1].replace('.', '_')}"
        await page.panel_act("action", key)
        await page.until(lambda: page.panel["managers"][0]["controllers"][found[1]] == "restarted")
    elif "helper script" in words:
        reply = await page.panel_act("action", "helper_script")
        assert "agree" in reply["text"]


async def test_guests_and_outsiders_are_refused_privately(play: Play) -> None:
    """The guest's request, the outsider's approval: one private sentence each, no card moved."""
    gus, eve, ana = [await play.browser.open(user) for user in ("U0GUS", "U0EVE", "U0ANA")]
    text = f"request {TARGET} reason=I am a guest"
    reply = await gus.act("slash", channel=CHANNEL, command="/nsx-restore", text=text)
    assert reply["ok"]
    await gus.until(lambda: told_privately(gus))
    assert not any(CARD in text for text in gus.texts())
    ts = (await file(ana))["ts"]
    await eve.until(lambda: eve.messages[CHANNEL, ts])
    known = told_privately(ana)
    await eve.act("press", channel=CHANNEL, ts=ts, action_id="approve")
    await eve.until(lambda: told_privately(eve))
    assert told_privately(ana) == known
    assert "0 of 2" in ana.messages[CHANNEL, ts]["text"]
    while ": withdrawn" not in ana.messages[CHANNEL, ts]["text"]:
        await ana.act("press", channel=CHANNEL, ts=ts, action_id="withdraw")
        await ana.until(
            lambda: ": withdrawn" in ana.messages[CHANNEL, ts]["text"] or told_privately(ana)
        )


async def test_one_visitor_plays_everybody_to_the_end(play: Play) -> None:
    """Request, two approvals in two windows at once, the operator's work, the proof, the report."""
    ana, ben, chi = [await play.browser.open(user) for user in ("U0ANA", "U0BEN", "U0CHI")]
    ts = (await file(ana))["ts"]
    await asyncio.gather(vote(ben, ts), vote(chi, ts))
    await operate(ana, ts)
    report = await ana.until(lambda: files(ana, ts))
    assert {file["name"].rpartition(".")[2] for file in report} == {"md", "json"}
    assert play.stage.manager.restore_posts == 1
    assert play.stage.workspace.violations == []
    # Whoever opens the page now sees the same.
    later = await play.browser.open("U0ANA")
    assert later.messages == ana.messages


def files(page: Page, ts: str) -> list[Json]:
    """The files in a thread."""
    replies = [m for m in page.messages.values() if m["thread_ts"] == ts]
    return [file for message in replies for file in message["files"]]


async def test_a_bot_that_is_killed_goes_on_where_it_was(play: Play) -> None:
    """Killed and started again from the panel, while the manager is away."""
    ana, ben, chi = [await play.browser.open(user) for user in ("U0ANA", "U0BEN", "U0CHI")]
    ts = (await file(ana))["ts"]
    await asyncio.gather(vote(ben, ts), vote(chi, ts))
    await ana.until(lambda: ana.panel["managers"][0]["phase"] == "away")
    assert (await ana.panel_act("action", "kill_bot"))["ok"]
    await ben.until(lambda: ben.panel["bot"]["state"] == "killed")
    reply = await ana.act("slash", channel=CHANNEL, command="/nsx-restore", text="list")
    assert (reply["ok"], reply["error"]) == (False, "dispatch_failed")
    assert (await ana.panel_act("action", "start_bot"))["ok"]
    await ben.until(lambda: ben.panel["bot"]["state"] == "running")
    await operate(ana, ts)
    assert play.stage.manager.restore_posts == 1
