"""Slack fails while a restore runs: the outcome is the same, and the thread catches up."""

from pathlib import Path

import pytest

from bot.sandbox.slack import (
    drop_after_effect,
    drop_before_effect,
    http_status,
    not_json,
    rate_limited,
)
from bot.sandbox.stage import CHANNEL
from tests.scenario.theatre import Scene, a_scene, thread_faults

pytestmark = pytest.mark.long


async def check_end(scene: Scene, ts: str) -> None:
    """The restore happened once, and everything about it was told once."""
    await scene.until_report(ts)
    assert scene.stage.workspace.violations == []
    assert thread_faults(scene, ts) == []
    assert len([m for m in scene.replies(ts) if m.files]) == 1
    assert "succeeded" in scene.cast.card(ts).text
    assert scene.cast.card(ts).action_ids == []
    assert scene.stage.manager.restore_posts == 1


async def test_every_kind_of_failed_post_is_made_good(tmp_path: Path) -> None:
    """Posts, edits and private texts fail in every way, the very first card among them."""
    async with a_scene(tmp_path) as scene:
        faults = scene.stage.workspace.faults
        faults.next("chat.postMessage", drop_after_effect(), http_status(500), drop_after_effect())
        ts = await scene.awaiting()
        faults.next("chat.update", http_status(500), not_json(), drop_after_effect())
        faults.next("chat.postEphemeral", not_json(), rate_limited(1))
        await scene.cast.approve(ts)
        faults.next("chat.postMessage", rate_limited(1), not_json(), drop_before_effect())
        await scene.until(lambda: scene.cast.questions(ts)[0])
        faults.next("chat.postMessage", drop_after_effect())
        faults.next("files.completeUploadExternal", drop_after_effect())
        assert await scene.cast.operate(ts) == "succeeded"
        await check_end(scene, ts)
        cards = [
            message
            for message in scene.stage.workspace.book.everything(CHANNEL)
            if (message.metadata or {}).get("event_type") == "nsx_restore_request"
        ]
        assert [card.ts for card in cards] == [ts]


async def test_a_restore_goes_on_while_slack_takes_nothing(tmp_path: Path) -> None:
    """From the approval until the manager is restored nothing can be posted; then all of it is."""
    async with a_scene(tmp_path) as scene:
        manager, faults = scene.stage.manager, scene.stage.workspace.faults
        ts = await scene.awaiting()
        await scene.cast.approve(ts)
        for method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
            faults.always(method, http_status(503))
        await manager.until(lambda: manager.state()["backup_config"]["backup_enabled"] is False)
        faults.clear()
        assert await scene.cast.operate(ts) == "succeeded"
        await check_end(scene, ts)
