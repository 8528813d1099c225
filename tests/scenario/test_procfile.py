"""The Procfile, run by honcho as it stands: release, web and worker on one SQLite file."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.stage import LEADS, Stage, free_port
from tests.scenario.theatre import ROOT, Scene, a_stage, thread_faults, until_ready

pytestmark = pytest.mark.long

BIN = Path(sys.executable).parent


async def honcho(stage: Stage, web_admin_port: int, *processes: str) -> asyncio.subprocess.Process:
    """Start processes of the Procfile; they are a group of their own, to be ended together."""
    with stage.bot.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            str(BIN / "honcho"),
            "start",
            "-f",
            str(ROOT / "Procfile"),
            *processes,
            cwd=stage.directory,
            env={
                "PATH": f"{BIN}:{os.environ['PATH']}",
                **stage.environment(),
                "WEB_ADMIN_PORT": str(web_admin_port),
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


async def test_the_procfile_migrates_and_runs_a_restore(tmp_path: Path) -> None:
    """`release` prepares the database; `web` and `worker` have an admin port each.

    The restore is cut off and given up, since at Slack's own pace a whole one would take long.
    """
    async with a_stage(tmp_path, socket_mode=False) as stage:
        web_admin_port = free_port()
        release = await honcho(stage, web_admin_port, "release")
        assert await release.wait() == 0, stage.bot.tail()
        running = await honcho(stage, web_admin_port, "web", "worker")
        try:
            await until_ready(web_admin_port, database="ok", slack="ok", worker="none")
            await until_ready(stage.admin_port, database="ok", slack="ok", worker="leader")
            scene = Scene(stage)
            stage.faults.cluster_post = PostFault.CUT_AFTER_ACCEPTING
            ts = await scene.awaiting()
            question = await scene.asked(ts)
            assert "Outcome unknown" in question.full_text
            await scene.press(LEADS[2], question.ts, "give_up", says="Your answer for")
            assert await scene.cast.until_end(ts) == "failed"
            await scene.until_report(ts)
            assert stage.manager.restore_posts == 1
            assert stage.workspace.violations == []
            assert thread_faults(scene, ts) == []
            running.terminate()
            async with asyncio.timeout(20):
                await running.wait()
        finally:
            if running.returncode is None:
                os.killpg(running.pid, signal.SIGKILL)
                await running.wait()
