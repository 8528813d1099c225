"""Several processes on one database: one of them works, and the work outlives each of them."""

import asyncio
from pathlib import Path

import pytest

from bot.durable.leader import FileLock
from bot.sandbox.cast import adopting
from bot.sandbox.nsx.nsxt1_lifecycle import Phase
from bot.sandbox.stage import LEADS, free_port
from tests.scenario.command_line import run, run_apart
from tests.scenario.theatre import (
    Scene,
    a_scene,
    a_stage,
    another_process,
    readiness,
    thread_faults,
    until_ready,
)


async def test_a_second_process_on_the_same_sqlite_file_refuses(tmp_path: Path) -> None:
    """It ends with exit status 1 and says why; the first goes on."""
    async with a_scene(tmp_path) as scene:
        environment = {**scene.stage.environment(), "ADMIN_PORT": str(free_port())}
        ran = await run_apart(environment, "serve")
        assert ran.code == 1
        last = ran.err.splitlines()[-1]
        assert last.startswith("nsx-restore: Another worker is already running on ")
        assert "use PostgreSQL" in last
        assert "Traceback" not in ran.err + ran.out
        await scene.finish(await scene.awaiting())


async def test_a_second_process_leaves_the_schema_of_a_held_file_alone(tmp_path: Path) -> None:
    """An upgrade under a running worker would pull the tables away from it."""
    held = FileLock(tmp_path / "nsx-restore.db")
    try:
        async with a_stage(tmp_path) as stage:
            ran = await run_apart(stage.environment(), "serve")
    finally:
        held.release()
    assert ran.code == 1
    assert "Another worker is already running on " in ran.err
    assert (tmp_path / "nsx-restore.db").stat().st_size == 0


async def test_ready_means_that_slack_can_be_heard(tmp_path: Path) -> None:
    """Whoever waits for 200 from `/readyz` may press at once, over HTTP too."""
    async with a_scene(tmp_path, socket_mode=False) as scene:
        _, writer = await asyncio.open_connection("127.0.0.1", scene.stage.port)
        writer.close()


@pytest.mark.long
async def test_a_standby_takes_over_when_the_leader_is_killed(
    tmp_path: Path, postgres_url: str
) -> None:
    """The second says standby; after kill -9 of the first it goes on with the restore, sent once.

    If the first was killed before it recorded the answer, a lead adopts what has begun.
    """
    async with a_stage(tmp_path, database_url=postgres_url) as stage:
        port = free_port()
        leader = another_process(stage, "serve", ADMIN_PORT=str(port))
        try:
            await leader.start(lambda: _is_leader(port))
            await stage.start_bot()
            assert (await readiness(stage.admin_port))["worker"] == "standby"
            scene = Scene(stage)
            card = await scene.cast.file()
            await scene.cast.approve(card.ts)
            await stage.manager.until(lambda: stage.manager.phase is Phase.AWAY)
        finally:
            await leader.kill()
        await until_ready(stage.admin_port, worker="leader")
        assert await scene.cast.operate(card.ts, give_up_later) == "failed"
        await scene.until_report(card.ts)
        assert stage.manager.restore_posts == 1
        assert stage.manager.phase is Phase.READY
        assert stage.workspace.violations == []
        assert thread_faults(scene, card.ts) == []


def give_up_later(text: str) -> tuple[str, str]:
    """Go on until the manager is restored, and have a lead end it at the first controller."""
    return (LEADS[2], "give_up") if "Restart controller" in text else adopting(text)


async def _is_leader(port: int) -> bool:
    return (await readiness(port)).get("worker") == "leader"


@pytest.mark.long
async def test_the_slack_side_and_the_engine_can_run_apart(
    tmp_path: Path, postgres_url: str
) -> None:
    """The Slack side is killed and started again while a restore runs, which does not notice."""
    async with a_stage(tmp_path, database_url=postgres_url) as stage:
        assert (await run(stage.environment(), "migrate")).code == 0
        worker_port = free_port()
        worker = another_process(stage, "worker", ADMIN_PORT=str(worker_port))
        web = another_process(stage, "web")
        try:
            await worker.start(lambda: _is_leader(worker_port))
            await web.start(lambda: _is_hearing(stage.admin_port))
            scene = Scene(stage)
            card = await scene.cast.file()
            await scene.cast.approve(card.ts)
            await web.kill()
            question = await scene.until(lambda: scene.cast.questions(card.ts)[0])
            await web.start(lambda: _is_hearing(stage.admin_port))
            await scene.press(LEADS[2], question.ts, "give_up", says="Your answer for")
            assert await scene.cast.until_end(card.ts) == "failed"
            await scene.until_report(card.ts)
            assert stage.manager.restore_posts == 1
            assert thread_faults(scene, card.ts) == []
        finally:
            await web.kill()
            await worker.kill()


async def _is_hearing(port: int) -> bool:
    words = await readiness(port)
    return (words.get("slack"), words.get("worker")) == ("ok", "none")
