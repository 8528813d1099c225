"""`/nsx-restore cancel ID` does what fits the state, or says why it cannot."""

import pytest

from bot.sandbox.ssh_sessions import SshFault
from bot.sandbox.stage import CHANNEL, LEADS, REQUESTER
from tests.scenario.theatre import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCENE = {"policy": {"start_delay": "3s"}}


@pytest.fixture(autouse=True)
def nothing_is_wrong(scene: Scene) -> None:
    """The backup server answers."""
    scene.stage.backups.fault = SshFault.NONE


async def test_while_it_is_planned_the_requester_withdraws(scene: Scene) -> None:
    """A backup server that says nothing keeps a request in planning; it can be taken back."""
    scene.stage.backups.fault = SshFault.HANG_AT_BANNER
    card = await scene.cast.file()
    assert scene.cast.state(card.ts) == "planning"
    await scene.cancel(REQUESTER, card.ts, says="is withdrawn")
    assert await scene.cast.until_end(card.ts) == "withdrawn"


async def test_while_it_awaits_approval_only_the_requester_withdraws(scene: Scene) -> None:
    """A lead is told to deny instead."""
    ts = await scene.awaiting()
    await scene.cancel(LEADS[0], ts, says="Only the person who asked can withdraw this.")
    await scene.cancel(REQUESTER, ts, says="is withdrawn")
    assert await scene.cast.until_end(ts) == "withdrawn"


@pytest.mark.parametrize("who", [REQUESTER, LEADS[2]])
async def test_when_it_is_approved_requester_or_lead_stops_it(scene: Scene, who: str) -> None:
    """Before the start it stops, and the manager hears nothing."""
    ts = await scene.awaiting()
    await scene.cast.approve(ts)
    await scene.cancel(who, ts, says="is stopped before its start")
    assert await scene.cast.until_end(ts) == "canceled"
    assert scene.stage.manager.restore_posts == 0


async def test_once_it_runs_it_cannot_be_canceled(scene: Scene) -> None:
    """Running, asking, ended: each says what is so, and the run is not touched."""
    ts = await scene.awaiting()
    await scene.cast.approve(ts)
    manager = scene.stage.manager
    await manager.until(lambda: manager.restore_posts == 1)
    scene.stage.faults.management_status = "UNSTABLE"
    await scene.cast.until_state(ts, "running")
    says = "is running, and a restore cannot be taken back half-way."
    await scene.cancel(REQUESTER, ts, says=says)

    scene.stage.faults.management_status = None
    question = await scene.until(lambda: scene.cast.questions(ts)[0])
    await scene.cancel(REQUESTER, ts, says="a restore cannot be taken back half-way.")
    await scene.press(LEADS[0], question.ts, "give_up", says="Your answer for")
    assert await scene.cast.until_end(ts) == "failed"
    await scene.cancel(REQUESTER, ts, says="has ended already (failed")


async def test_an_unknown_id_is_said_to_be_unknown(scene: Scene) -> None:
    """An id that nobody was given ends nothing."""
    typed = scene.stage.person(REQUESTER).slash(CHANNEL, "/nsx-restore", "cancel R-222222")
    await scene.hears(REQUESTER, typed, "There is no request `R-222222`.")
