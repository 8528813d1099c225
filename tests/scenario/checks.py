"""What must hold at the end of every story."""

import json

from bot.sandbox.scenario import Scenario
from bot.sandbox.stage import CHANNEL
from tests.scenario.theatre import Scene, thread_faults


async def check_end(scene: Scene, story: Scenario, ended: str) -> None:
    """The end, the restores that the manager saw, Slack's rules, the thread and the log."""
    assert ended == story.ends
    [ts] = cards(scene)
    await scene.until_report(ts)
    others = dict.fromkeys(scene.stage.restores_asked, 0)
    assert scene.stage.restores_asked == others | {story.target: story.posts}
    assert scene.stage.workspace.violations == []
    faults = thread_faults(scene, ts)
    assert faults == [], faults
    log = scene.stage.bot.log.read_text()
    assert "Traceback" not in log
    assert [line for line in log.splitlines() if json.loads(line)["level"] == "error"] == []


def cards(scene: Scene) -> list[str]:
    """Return the `ts` of every card in the channel."""
    everything = scene.stage.workspace.book.everything(CHANNEL)
    metadata = {m.ts: m.metadata or {} for m in everything}
    return [ts for ts, m in metadata.items() if m.get("event_type") == "nsx_restore_request"]
