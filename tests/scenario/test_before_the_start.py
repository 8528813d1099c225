"""Between filing and the first write: what ends a request, or sends it back to its leads."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox.stage import CHANNEL, LEADS, REQUESTER, TARGET
from tests.scenario.theatre import Scene, a_scene, leads_by_group_alone

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEN, CHI, DEE = LEADS
SCENE: Final = {"amend": leads_by_group_alone, "policy": {"start_delay": "3s"}}


@pytest.fixture(autouse=True)
def leads_as_they_were(scene: Scene) -> None:
    """All three are leads again."""
    scene.stage.workspace.set_usergroup_members("S0LEADS", list(LEADS))


async def test_a_lead_who_leaves_before_the_start_does_not_count(scene: Scene) -> None:
    """Every voter is judged again: the vote is void, the card waits, another lead must decide."""
    ts = await scene.awaiting()
    await scene.cast.approve(ts)
    scene.stage.workspace.set_usergroup_members("S0LEADS", [BEN, DEE])
    told = await scene.until_told(ts, "an approval does not count any more")
    assert f"<@{CHI}> is not in the group of leads any more" in told.text
    await scene.cast.until_state(ts, "awaiting approval")
    await scene.until(lambda: "1 of 2 approvals" in scene.cast.card(ts).full_text)
    assert scene.stage.manager.restore_posts == 0
    await scene.finish(ts)


async def test_a_backup_that_is_replaced_before_the_start_voids_every_vote(scene: Scene) -> None:
    """The whole plan is made again; what differs is shown, and old buttons decide nothing."""
    ts = await scene.awaiting()
    copy = scene.cast.card(ts)
    await scene.cast.approve(ts)
    newest = max(path.name for path in scene.stage.directory.rglob("backup-cluster-*"))
    at = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 (a file of today)
    scene.stage.backups.replace(newest, scene.stage._secrets["passphrase"], at, size=99_000)
    told = await scene.until_told(ts, "no approval counts")
    assert "backup cluster size: 65536, now 99000" in told.text
    await scene.cast.until_state(ts, "awaiting approval")
    await scene.until(lambda: "0 of 2 approvals" in scene.cast.card(ts).full_text)
    await scene.press(BEN, ts, "approve", says="The plan has changed", stale=copy)
    assert scene.stage.manager.restore_posts == 0
    await scene.finish(ts)


@pytest.mark.parametrize("who", [REQUESTER, DEE])
async def test_stop_ends_an_approved_request_before_its_start(scene: Scene, who: str) -> None:
    """The requester or any lead can stop it; the manager never hears of it."""
    ts = await scene.awaiting()
    await scene.cast.approve(ts)
    await scene.press(who, ts, "stop", says="is stopped before its start")
    assert await scene.cast.until_end(ts) == "canceled"
    assert scene.cast.card(ts).action_ids == []
    assert scene.stage.manager.restore_posts == 0


async def test_an_outsider_cannot_stop(scene: Scene) -> None:
    """Neither the requester nor a lead: told so, and nothing changes."""
    ts = await scene.awaiting()
    await scene.cast.approve(ts)
    await scene.press("U0EVE", ts, "stop", says="Only the requester or a lead may do this.")
    assert scene.cast.state(ts) == "approved"
    await scene.finish(ts)


async def test_a_vote_can_be_taken_back_until_the_start(scene: Scene) -> None:
    """Rescinding after the last vote sends the request back; after the first it is none again."""
    ts = await scene.awaiting()
    await scene.cast.approve(ts)
    await scene.press(CHI, ts, "rescind", says="is taken back: 1 of 2 approvals")
    await scene.cast.until_state(ts, "awaiting approval")
    await scene.press(BEN, ts, "rescind", says="is taken back: 0 of 2 approvals")
    await scene.until(lambda: "0 of 2 approvals" in scene.cast.card(ts).full_text)
    await scene.finish(ts)


async def test_only_the_requester_withdraws(scene: Scene) -> None:
    """A lead is told to deny instead; the requester ends it with one press."""
    ts = await scene.awaiting()
    says = "Only the person who asked can withdraw this. A lead can deny it instead."
    await scene.press(BEN, ts, "withdraw", says=says)
    await scene.press(REQUESTER, ts, "withdraw", says="is withdrawn")
    assert await scene.cast.until_end(ts) == "withdrawn"


async def test_a_target_has_one_active_request(scene: Scene) -> None:
    """A second request is refused privately, naming the first; one may follow its end."""
    ts = await scene.awaiting()
    second = scene.stage.person(BEN).slash(
        CHANNEL, "/nsx-restore", f"request {TARGET} reason=me too"
    )
    told = await scene.hears(BEN, second, f"{TARGET} already has an active request")
    assert scene.request_id(ts) in told
    assert scene.active() == [scene.request_id(ts)]
    await scene.finish(ts)
    await scene.finish(await scene.awaiting())


async def test_an_approval_that_was_not_used_in_time_lapses(tmp_path: Path) -> None:
    """A bot that was away through the whole time of the start begins nothing when it is back."""
    async with a_scene(tmp_path, policy={"start_delay": "30s"}) as scene:
        ts = await scene.awaiting()
        await scene.cast.approve(ts)
        await scene.stage.bot.kill()
        scene.stage.setting.environment["CLOCK_AHEAD"] = "3600"
        await scene.stage.start_bot()
        assert await scene.cast.until_end(ts) == "expired"
        await scene.until_told(ts, "it did not begin in time after the approval")
        assert scene.stage.manager.restore_posts == 0
