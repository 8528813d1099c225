"""kill -9: what was stored is decided after the restart, and the picture is put right."""

import asyncio
import dataclasses
from pathlib import Path

import pytest

from bot.sandbox.nsx.nsxt1_lifecycle import Phase
from bot.sandbox.slack import slow
from bot.sandbox.stage import CHANNEL, LEADS
from tests.faults import story
from tests.faults.tales import CLUSTER_BACKUP, GUIDED
from tests.postgres import Server
from tests.scenario.theatre import a_scene, select, thread_faults

BEN = LEADS[0]

UNDECIDED = "SELECT key FROM inbox WHERE done_at IS NULL"

ON_SQLITE = ("cluster_restore claimed 1", "controllers recorded 2", "show:question_post posted 1")
ON_POSTGRESQL = ("cluster_restore sent 1", "cluster_stable inside 1")
OF_A_GUIDED_RESTORE = ("start claimed 1", "restore claimed 1", "fresh_backup sent 1")
"""A sample: `python -m tests.faults` plays every point on both databases."""


async def test_a_click_that_was_stored_is_decided_after_a_crash(tmp_path: Path) -> None:
    """The lead saw no error, so the vote must count although the bot died before it judged it.

    `users.info` hangs, so the process is killed between the ack and the decision. The next one
    believes it is a minute later: what is left over is picked up after a while.
    """
    async with a_scene(tmp_path) as scene:
        ts = await scene.awaiting()
        scene.stage.workspace.faults.always("users.info", slow(60))
        delivery = await scene.stage.person(BEN).click(CHANNEL, ts, "approve")
        assert delivery.ok
        assert len(list(select(scene.stage, UNDECIDED))) == 1
        await scene.stage.bot.kill()
        assert list(select(scene.stage, "SELECT * FROM vote")) == []

        scene.stage.workspace.faults.clear()
        scene.stage.setting.environment["CLOCK_AHEAD"] = "60"
        await scene.stage.start_bot()
        await scene.until(lambda: "1 of 2 approvals" in scene.cast.card(ts).full_text)
        assert len(list(select(scene.stage, "SELECT * FROM vote"))) == 1
        told = await scene.until(
            lambda: [m for m in scene.private() if "Your approval of" in m.text]
        )
        assert [message.visible_to for message in told] == [BEN]
        assert list(select(scene.stage, UNDECIDED)) == []


@pytest.mark.long
async def test_cards_are_drawn_again_at_the_start(tmp_path: Path) -> None:
    """A card that shows what is no longer so, as after a restored database, is put right."""
    async with a_scene(tmp_path) as scene:
        ts = await scene.awaiting()
        earlier = scene.cast.card(ts)
        await scene.press(BEN, ts, "approve", says="1 of 2 approvals")
        await scene.until(lambda: f"<@{BEN}>" in scene.cast.card(ts).full_text)
        await scene.stage.bot.kill()
        shown = scene.cast.card(ts)
        as_before = dataclasses.replace(shown, text=earlier.text, blocks=earlier.blocks)
        scene.stage.workspace.book.put(as_before)
        await scene.stage.start_bot()
        await scene.until(lambda: f"<@{BEN}>" in scene.cast.card(ts).full_text)


@pytest.mark.long
async def test_a_signal_in_the_middle_of_a_restore_only_pauses_it(tmp_path: Path) -> None:
    """Ended politely while the manager is away and started again: one request, a whole thread.

    The logs say nothing of what the run was about.
    """
    async with a_scene(tmp_path) as scene:
        ts = await scene.awaiting()
        await scene.cast.approve(ts)
        manager = scene.stage.manager
        await manager.until(lambda: manager.phase is Phase.AWAY)
        assert await scene.stage.bot.stop() == 0
        await scene.stage.start_bot()
        question = await scene.until(lambda: scene.cast.questions(ts)[0])
        await scene.press(LEADS[2], question.ts, "give_up", says="Your answer for")
        assert await scene.cast.until_end(ts) == "failed"
        await scene.until_report(ts)
        assert manager.restore_posts == 1
        assert thread_faults(scene, ts) == []
        log = scene.stage.bot.log.read_text()
        assert "Plan(" not in log
        assert "Traceback" not in log


@pytest.mark.long
async def test_a_kill_on_sqlite_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Killed there and started again: one request at most, a true end, a whole thread."""
    await play_each(dict.fromkeys(ON_SQLITE), tmp_path)


@pytest.mark.long
async def test_a_kill_on_postgresql_loses_and_doubles_nothing(
    tmp_path: Path, postgres_server: Server
) -> None:
    """The same on PostgreSQL."""
    names = {point: postgres_server.new_database() for point in ON_POSTGRESQL}
    await play_each({point: postgres_server.url(names[point]) for point in names}, tmp_path)
    for name in names.values():
        postgres_server.drop(name)


@pytest.mark.long
async def test_a_kill_of_a_guided_restore_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """One start at most, no order without its answer, a true end, a whole thread."""
    await play_each(dict.fromkeys(OF_A_GUIDED_RESTORE), tmp_path, GUIDED)


async def play_each(
    databases: dict[str, str | None], directory: Path, runbook: str = CLUSTER_BACKUP
) -> None:
    """Play a story for each point at the same time, on a stage of its own each."""

    async def play(point: str) -> story.Outcome:
        place = directory / point.replace(" ", "-")
        place.mkdir()
        return await story.play(place, point, databases[point], runbook)

    for outcome in await asyncio.gather(*map(play, databases)):
        assert outcome.killed, outcome
        assert outcome.wrong == (), outcome
