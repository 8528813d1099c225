"""Guided restores, carried by the real engine on a real database, against the simulator."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.request import Choice, Request, State
from bot.domain.values import Component
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, TRANSPORT_NODES
from tests.durable.outside import quick
from tests.durable.scene import Given, a_guided_scene, entries_of, goes_on


@pytest.mark.parametrize(
    "profile",
    [
        Profile.V2_2,
        pytest.param(Profile.V2_5, marks=pytest.mark.long),
        pytest.param(Profile.V4, marks=pytest.mark.long),
        pytest.param(Profile.V9_1, marks=pytest.mark.long),
    ],
)
async def test_a_run_succeeds_with_every_generation_of_words(
    tmp_path: Path, profile: Profile
) -> None:
    """One start request; all steps once, in order; automatic backups as in the backup."""
    async with a_guided_scene(tmp_path, profile=profile) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.manager.start_posts == 1
        completed = [
            entry.details["key"]
            for entry in await scene.ledger.story(ended.id)
            if entry.action == "step_completed"
        ]
        assert ended.plan is not None
        assert completed == [step.key for step in ended.plan.steps]
        assert any("step 11 of 11" in said for said in scene.told())


async def test_the_managers_questions_come_to_people_and_their_answers_back(tmp_path: Path) -> None:
    """Two at once, with resources: what was chosen is sent, one item for each instruction."""
    prompts = (COMPUTE_MANAGERS.at(5), TRANSPORT_NODES.at(5))

    def answer(request: Request) -> Given:
        assert request.question is not None
        if len(request.question.fields) == 2:
            return Given(Choice.CONTINUE, entries_of(request, "esx-07.example.com"))
        return goes_on(request)

    async with a_guided_scene(tmp_path, prompts=prompts) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        (sent,) = scene.manager.advances
        assert [len(item["resources"]) for item in sent["data"]] == [0, 2]
        assert [one["selected"] for one in sent["data"][1]["resources"]] == [True, False]


async def test_a_global_manager_is_restored_by_its_own_paths(tmp_path: Path) -> None:
    """It asks nothing; its status is read with `restore_component`."""
    async with a_guided_scene(tmp_path, component=Component.GLOBAL) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.manager.start_posts == 1


async def test_a_lead_can_suspend_and_continue(tmp_path: Path) -> None:
    """The manager ends its step, then waits; it goes on when a lead says so."""
    async with a_guided_scene(tmp_path, durations=quick(step=100)) as scene:
        titles: list[str] = []

        def answer(request: Request) -> Given:
            assert request.question is not None
            titles.append(request.question.title)
            return goes_on(request)

        asking = asyncio.create_task(scene.suspend())
        ended = await scene.run(answer)
        await asking

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert "The restore is suspended" in titles
        assert scene.manager.orders["suspend"] == 1
        assert scene.manager.orders["advance"] == 1
        assert not [said for said, again in pairwise(scene.told()) if said == again]
