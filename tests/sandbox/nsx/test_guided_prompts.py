"""The questions of a restore: how they open, what they list, and what answers are taken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import (
    COMPUTE_MANAGERS,
    DOCUMENTED_PROMPTS,
    KUBERNETES_TOOLS,
    OTHER_MANAGERS,
    TRANSPORT_NODES,
    UNKNOWN_PROMPT,
)
from tests.sandbox.nsx.guided_scene import RESTORE, GuidedScene, guided_scene

WAITING = RestoreState.SUSPENDED_FOR_USER_ACTION
RESOURCES = f"{RESTORE}/instruction-resources"
Body = dict[str, Any]


async def _asked(scene: GuidedScene) -> list[Body]:
    """Configure, start, and return the first open instructions."""
    await scene.configure()
    await scene.start()
    await scene.work_to(WAITING)
    instructions: list[Body] = (await scene.status())["instructions"]
    return instructions


async def test_a_question_suspends_the_restore_and_names_itself(tmp_path: Path) -> None:
    """The status lists it with its actions and columns, and the step waits too."""
    async with guided_scene(tmp_path, prompts=(TRANSPORT_NODES.at(2),)) as scene:
        (instruction,) = await _asked(scene)
        status = await scene.status()

    assert instruction["name"].startswith("SIM_TRANSPORT_NODES")
    assert instruction["actions"] == ["SIM_SCRIPT_RUN", "SIM_SKIP"]
    assert instruction["fields"] == ["display_name", "ip_address"]
    assert status["step"]["step_number"] == 2
    assert status["step"]["status"]["value"] == "SUSPENDED_FOR_USER_ACTION"


async def test_every_documented_question_is_asked_in_its_order(tmp_path: Path) -> None:
    """Compute managers, transport nodes, other managers, undiscovered nodes; then success."""
    names = []
    async with guided_scene(tmp_path, prompts=DOCUMENTED_PROMPTS, total_steps=11) as scene:
        await _asked(scene)
        for _ in DOCUMENTED_PROMPTS:
            await scene.work_to(WAITING)
            names += [one["name"] for one in (await scene.status())["instructions"]]
            assert (await scene.advance()).status_code == 200
        await scene.work_to(RestoreState.SUCCESS)

    assert names == [prompt.name for prompt in DOCUMENTED_PROMPTS]
    assert len(scene.manager.advances) == 4


async def test_an_id_is_made_when_a_question_opens(tmp_path: Path) -> None:
    """Two restores ask the same under different ids."""
    async with guided_scene(tmp_path, prompts=(COMPUTE_MANAGERS.at(2),)) as scene:
        (first,) = await _asked(scene)
        await scene.manager.deploy_anew()
        (second,) = await _asked(scene)

    assert first["name"] == second["name"]
    assert first["id"] != second["id"]


async def test_resources_are_listed_in_pages(tmp_path: Path) -> None:
    """Every resource has an id, a name and a type, besides the columns that are announced."""
    async with guided_scene(tmp_path, prompts=(TRANSPORT_NODES.at(2),)) as scene:
        scene.manager.largest_page = 1
        (instruction,) = await _asked(scene)
        query = {"instruction_id": instruction["id"]}
        first = (await scene.client.get(RESOURCES, params=query)).json()
        query["cursor"] = first["cursor"]
        second = (await scene.client.get(RESOURCES, params=query)).json()

    assert first["result_count"] == second["result_count"] == 2
    assert "cursor" not in second
    assert [one["display_name"] for one in first["results"] + second["results"]] == [
        "esx-07.example.com",
        "esx-08.example.com",
    ]
    assert set(first["results"][0]) == {"id", "display_name", "resource_type", "ip_address"}


async def test_resources_need_the_id_of_an_open_question(tmp_path: Path) -> None:
    """Without an id 400; with one of no open instruction 404 and code 202."""
    async with guided_scene(tmp_path, prompts=(TRANSPORT_NODES.at(2),)) as scene:
        (instruction,) = await _asked(scene)
        without = await scene.client.get(RESOURCES)
        await scene.advance()
        closed = await scene.client.get(RESOURCES, params={"instruction_id": instruction["id"]})

    assert (without.status_code, closed.status_code) == (400, 404)
    assert closed.json()["error_code"] == 202


async def test_questions_of_one_step_are_open_at_once(tmp_path: Path) -> None:
    """Both are listed, and one order has to answer both."""
    both = (COMPUTE_MANAGERS.at(2), OTHER_MANAGERS.at(2))
    async with guided_scene(tmp_path, prompts=both) as scene:
        one, two = await _asked(scene)
        half = await _advance(scene, [{"id": one["id"], "resources": []}])
        whole = await _advance(
            scene, [{"id": two["id"], "resources": []}, {"id": one["id"], "resources": []}]
        )
        await scene.work_to(RestoreState.SUCCESS)

    assert half.status_code == 400
    assert two["id"] in half.json()["error_message"]
    assert whole.status_code == 200
    assert len(scene.manager.advances) == 1


async def test_groups_of_one_step_follow_each_other(tmp_path: Path) -> None:
    """The second question of the step opens after the first was answered."""
    groups = (COMPUTE_MANAGERS.at(2), OTHER_MANAGERS.at(2, group=1))
    async with guided_scene(tmp_path, prompts=groups) as scene:
        (first,) = await _asked(scene)
        answer = await scene.advance()
        await scene.work_to(WAITING)
        status = await scene.status()
        await scene.advance()
        await scene.work_to(RestoreState.SUCCESS)

    assert first["name"] == COMPUTE_MANAGERS.name
    assert answer.json()["status"]["value"] == "RUNNING"
    assert [one["name"] for one in status["instructions"]] == [OTHER_MANAGERS.name]
    assert status["step"]["step_number"] == 2


async def _advance(scene: GuidedScene, data: Any) -> Any:
    return await scene.client.post(RESTORE, params={"action": "advance"}, json={"data": data})


async def test_an_answer_may_select_resources(tmp_path: Path) -> None:
    """What was selected is kept for whoever looks."""
    async with guided_scene(tmp_path, prompts=(TRANSPORT_NODES.at(2),)) as scene:
        (instruction,) = await _asked(scene)
        resources = [
            {"target_id": one.id, "target_type": one.resource_type, "selected": True}
            for one in TRANSPORT_NODES.resources
        ]
        data = [{"id": instruction["id"], "resources": resources}]
        assert (await _advance(scene, data)).status_code == 200

    assert scene.manager.advances == [{"data": data}]


def _of(resources: list[Body]) -> Callable[[str], Any]:
    return lambda identity: [{"id": identity, "resources": resources}]


_OWN = TRANSPORT_NODES.resources[0].id
_FOREIGN = OTHER_MANAGERS.resources[0].id


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda _: [], id="nothing is answered"),
        pytest.param(lambda _: {}, id="data is no list"),
        pytest.param(lambda identity: [{"id": identity}], id="resources are missing"),
        pytest.param(lambda identity: [{"id": identity, "resources": {}}], id="no list of them"),
        pytest.param(lambda _: [{"id": "x", "resources": []}], id="another instruction"),
        pytest.param(lambda identity: [{"id": identity, "resources": []}] * 2, id="answered twice"),
        pytest.param(
            lambda identity: [{"id": identity, "resources": [], "comment": ""}], id="unknown key"
        ),
        pytest.param(_of([{"target_id": _OWN}]), id="selected is missing"),
        pytest.param(_of([{"target_id": _OWN, "selected": "true"}]), id="selected is a string"),
        pytest.param(_of([{"target_id": _FOREIGN, "selected": True}]), id="foreign resource"),
        pytest.param(_of([{"selected": True}]), id="no resource named"),
        pytest.param(_of([{"target_id": "x" * 65, "selected": True}]), id="id too long"),
        pytest.param(
            _of([{"target_id": _OWN, "target_type": "x" * 256, "selected": True}]),
            id="type too long",
        ),
        pytest.param(
            _of([{"target_id": _OWN, "is_valid": 1, "selected": True}]), id="is_valid no boolean"
        ),
    ],
)
async def test_a_malformed_answer_is_refused(tmp_path: Path, data: Callable[[str], Any]) -> None:
    """400 with an ApiError; the question stays open and nothing is accepted."""
    async with guided_scene(tmp_path, prompts=(TRANSPORT_NODES.at(2),)) as scene:
        (instruction,) = await _asked(scene)
        reply = await _advance(scene, data(instruction["id"]))

        assert reply.status_code == 400
        assert reply.json()["httpStatus"] == "BAD_REQUEST"
        assert (await scene.status())["instructions"] == [instruction]
    assert scene.manager.advances == []


@pytest.mark.parametrize("profile", Profile)
async def test_after_a_suspension_by_the_user_nothing_is_answered(
    tmp_path: Path, profile: Profile
) -> None:
    """`{"data":[]}` goes on; any item is refused."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        await scene.bring_to(RestoreState.SUSPENDED_BY_USER)
        step = (await scene.status())["step"]
        refused = await _advance(scene, [{"id": "x", "resources": []}])
        taken = await _advance(scene, [])
        await scene.work_to(RestoreState.SUCCESS)

    assert step["status"]["value"] == "SUSPENDED_BY_USER"
    assert (refused.status_code, taken.status_code) == (400, 200)
    assert taken.json()["status"]["value"] == "RUNNING"


async def test_a_question_comes_before_a_suspension_by_the_user(tmp_path: Path) -> None:
    """Whoever answers it has said that the restore goes on."""
    async with guided_scene(tmp_path, prompts=(COMPUTE_MANAGERS.at(1),)) as scene:
        await scene.configure()
        await scene.start()
        await scene.order("suspend")
        await scene.work_to(WAITING)
        await scene.advance()
        await scene.work_to(RestoreState.SUCCESS)

    assert scene.manager.orders["suspend"] == 1


@pytest.mark.parametrize("prompt", [KUBERNETES_TOOLS.at(2), UNKNOWN_PROMPT.at(2)])
async def test_a_question_may_be_about_nothing(tmp_path: Path, prompt: Any) -> None:
    """Its list is empty, and an empty answer goes on."""
    async with guided_scene(tmp_path, prompts=(prompt,)) as scene:
        (instruction,) = await _asked(scene)
        listed = await scene.client.get(RESOURCES, params={"instruction_id": instruction["id"]})
        assert (await scene.advance()).status_code == 200

    assert listed.json() == {"results": [], "result_count": 0}


async def test_questions_may_be_changed_while_it_runs(tmp_path: Path) -> None:
    """What opens later is what was set last."""
    async with guided_scene(tmp_path, prompts=(COMPUTE_MANAGERS.at(2),)) as scene:
        await _asked(scene)
        scene.manager.prompts = (*scene.manager.prompts, OTHER_MANAGERS.at(3))
        await scene.advance()
        await scene.work_to(WAITING)
        (instruction,) = (await scene.status())["instructions"]

    assert instruction["name"] == OTHER_MANAGERS.name
