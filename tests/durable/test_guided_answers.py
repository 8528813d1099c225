"""Answers that come late: people may have answered on the manager's own page meanwhile."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.commands import NoteProgress, StartStep
from bot.domain.request import Choice, Request, State
from bot.durable.guided import SUSPEND_WISHED, send_order
from bot.runbooks.actions import SendOrder
from bot.runbooks.restoring import RestoreStatus
from bot.sandbox.nsx.guided_faults import Failure, Faults
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import Prompt, PromptResource
from tests.durable.outside import quick
from tests.durable.scene import Given, GuidedScene, a_guided_scene, entries_of, goes_on

FAILED = "The restore failed at a step"


def is_asked(request: Request) -> bool:
    """Whether a question is open."""
    return request.question is not None


@pytest.mark.long
async def test_a_retry_that_was_meant_for_another_step_is_not_sent(tmp_path: Path) -> None:
    """The failure that nobody has seen yet is asked about instead."""
    faults = Faults(failures=(Failure(step=3, times=1), Failure(step=5, times=1)))
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        await scene.until(is_asked)
        scene.manager._appliance.restore.retry(None)
        await scene.manager.until(
            lambda: (
                scene.manager.phase is RestoreState.FAILED and scene.manager.state()["step"] == 5
            )
        )

        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count(FAILED) == 2
        assert scene.manager.orders["retry"] == 2, "one on the page, one by the second answer"
        assert _moved_on(scene) == 1, (scene.asked, scene.told())


@pytest.mark.long
async def test_a_cancel_that_was_meant_for_a_suspension_is_not_sent_to_a_run(
    tmp_path: Path,
) -> None:
    """2.2 would take it while it runs, and abort."""
    # Steps that last long enough for a wish to come in time.
    async with a_guided_scene(
        tmp_path, profile=Profile.V2_2, durations=quick(step=200), restart_steps=()
    ) as scene:
        wishing = asyncio.create_task(scene.suspend())
        await scene.until(is_asked)
        await wishing
        scene.manager.durations.step = 5
        scene.manager._appliance.restore.advance()

        def answer(request: Request) -> Given:
            assert request.question is not None
            if request.question.title == "The restore is suspended":
                return Given(Choice.CANCEL)
            return goes_on(request)

        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.manager.orders["cancel"] == 0
        assert _moved_on(scene) == 1, (scene.asked, scene.told())


def _moved_on(scene: GuidedScene) -> int:
    """How often the thread says that an answer was not sent since the restore moved on.

    Or may have: the manager may restart at that very moment.
    """
    return sum("has moved on" in said or "have moved on" in said for said in scene.told())


async def test_a_wish_to_pause_comes_before_going_on_unasked(tmp_path: Path) -> None:
    """Somebody presses Suspend while the manager comes to an instruction that nobody is asked."""
    async with a_guided_scene(tmp_path) as scene:
        assert scene.request.plan is not None
        work, running = scene.engine._performer._work, RestoreStatus("RUNNING")
        await work.apply(scene.request.id, StartStep("restore"), "restore:start")
        await work.apply(
            scene.request.id, NoteProgress("It runs.", "It runs.", suspendable=True), "1"
        )
        await scene.suspend()

        order = SendOrder("restore", "advance", 1, running, unasked=True)
        sent = await send_order(work, scene.request.id, scene.request.plan, order)

        assert (sent.outcome, sent.said) == ("refused", SUSPEND_WISHED)
        assert not scene.manager.orders


async def test_what_has_no_id_is_not_sent_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    """The manager refuses an answer in which a target is blank (HTTP 400)."""
    hosts = [PromptResource(own, f"host-{n}", "FabricNode") for n, own in enumerate(("", "b", ""))]
    prompt = Prompt("Register the hosts", resources=tuple(hosts), at_step=2)
    texts: list[str] = []

    def answer(request: Request) -> Given:
        assert request.question is not None
        if not request.question.fields or request.question.key == "checklist":
            return goes_on(request)
        texts.append(request.question.text)
        return Given(Choice.CONTINUE, entries_of(request, "host-0", "host-1", "host-2"))

    async with a_guided_scene(tmp_path, prompts=(prompt,), restart_steps=()) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert len(texts) == 1, "the answer was taken"
        assert "host-0 (FabricNode), host-2 (FabricNode)." in texts[0]
        (sent,) = (one for one in scene.manager.requests if "action=advance" in one.path)
        assert sent.body is not None
        (item,) = sent.body["data"]
        assert [one["target_id"] for one in item["resources"]] == ["b"]
