"""What machines are told on ADMIN_PORT: alive, ready, and the figures of a restore."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.slack import http_status
from bot.sandbox.stage import CHANNEL, LEADS, REQUESTER, Stage, free_port
from tests.scenario.theatre import (
    PATIENCE,
    Scene,
    a_scene,
    another_process,
    readiness,
    select,
    until_ready,
)

ACTIVE: Final = "nsx_restore_active"
LAG: Final = "nsx_restore_outbox_lag_seconds"
MEASURED: Final = {ACTIVE, LAG}
COUNTED: Final = {
    "nsx_restore_requests",
    "nsx_restore_step_seconds",
    "nsx_restore_ack_seconds",
    "nsx_restore_audit_entries",
}

Figures = dict[str, dict[frozenset[tuple[str, str]], float]]
"""The values of each sample, by its labels."""


@pytest.mark.long
async def test_health_and_figures_after_a_restore(tmp_path: Path) -> None:
    """The six names of the interface with their labels and true values; then trouble is told.

    The restore is cut off and given up, which is quicker than a whole one.
    """
    async with a_scene(tmp_path) as scene:
        ts = await a_short_restore(scene)
        port = scene.stage.admin_port
        assert await ask(port, "healthz") == (200, "ok")
        assert await readiness(port) == {"database": "ok", "slack": "ok", "worker": "leader"}

        assert await names(port) == MEASURED | COUNTED
        figures = await until_measured(port)
        assert figures["nsx_restore_requests_total"] == {frozenset({("outcome", "failed")}): 1}
        assert figures[LAG][frozenset()] == 0
        steps = {frozenset({("runbook", "cluster_backup"), ("step", "check")})}
        assert set(figures["nsx_restore_step_seconds_count"]) == steps
        assert figures["nsx_restore_ack_seconds_count"][frozenset()] >= 4
        [(rows,)] = select(scene.stage, "SELECT count(*) FROM audit")
        assert figures["nsx_restore_audit_entries_total"][frozenset()] == rows
        await nothing_about_anybody(scene, ts)
        await a_process_that_does_not_measure_says_nothing(scene)
        await trouble_is_told(scene)


async def a_short_restore(scene: Scene) -> str:
    """Have a restore begun, cut off, and given up."""
    scene.stage.faults.cluster_post = PostFault.CUT_AFTER_ACCEPTING
    ts = await scene.awaiting()
    question = await scene.asked(ts)
    await scene.press(LEADS[2], question.ts, "give_up", says="Your answer for")
    assert await scene.cast.until_end(ts) == "failed"
    await scene.until_report(ts)
    return ts


async def nothing_about_anybody(scene: Scene, ts: str) -> None:
    """No figure names a person, a place or a request."""
    _, text = await ask(scene.stage.admin_port, "metrics")
    for part in (REQUESTER, *LEADS, CHANNEL, "127.0.0.1", "sandbox-nsxt", scene.request_id(ts)):
        assert part not in text


async def a_process_that_does_not_measure_says_nothing(scene: Scene) -> None:
    """Zero would be a claim: a process without the worker has no figure of the whole."""
    port = free_port()
    web = another_process(scene.stage, "web", ADMIN_PORT=str(port))
    try:
        await web.start(lambda: readiness(port))
        await until_ready(port, database="ok", slack="ok", worker="none")
        assert not await names(port) & MEASURED
    finally:
        await web.kill()
    await scene.until(lambda: len(scene.stage.slack.sockets.sockets) == 1)


async def trouble_is_told(scene: Scene) -> None:
    """A Slack that stopped answering, and a database that is gone, are 503; alive is alive."""
    stage = scene.stage
    for method in ("auth.test", "users.info", "usergroups.users.list", "chat.postEphemeral"):
        stage.workspace.faults.always(method, http_status(503))
    words = "request sandbox-nsxt reason=x"
    assert (await stage.person(REQUESTER).slash(CHANNEL, "/nsx-restore", words)).ok
    await until_ready(stage.admin_port, slack="fail", database="ok")
    stage.workspace.faults.clear()
    await until_ready(stage.admin_port, slack="ok", database="ok")

    take_the_schema_away(stage)
    await until_ready(stage.admin_port, database="fail")
    status, _ = await ask(stage.admin_port, "readyz")
    assert status == 503
    assert await ask(stage.admin_port, "healthz") == (200, "ok")


def take_the_schema_away(stage: Stage) -> None:
    """Leave the bot without its database, as if a wrong file had been put in its place.

    The file itself cannot be taken away from a process that has it open.
    """
    with contextlib.closing(sqlite3.connect(stage.directory / "nsx-restore.db")) as connection:
        connection.execute("DROP TABLE alembic_version")


async def ask(port: int, page: str) -> tuple[int, str]:
    """Return status and text of a page for machines."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        reply = await client.get(f"http://127.0.0.1:{port}/{page}")
    return reply.status_code, reply.text


async def names(port: int) -> set[str]:
    """Return which figures there are, but for when each began to be counted."""
    _, text = await ask(port, "metrics")
    families = {family.name for family in text_string_to_metric_families(text)}
    return {name for name in families if not name.endswith("_created")}


async def until_measured(port: int) -> Figures:
    """Return the figures once no request is active, by the latest reading."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, text = await ask(port, "metrics")
            figures: Figures = {}
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    key = frozenset(sample.labels.items())
                    figures.setdefault(sample.name, {})[key] = sample.value
            if figures[ACTIVE][frozenset()] == 0:
                return figures
            await asyncio.sleep(0.2)
