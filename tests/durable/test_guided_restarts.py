"""A guided restore outlives the bot: what was asked, told and begun is so after its restart."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.request import Choice, Request, State
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, TRANSPORT_NODES
from tests.durable.outside import quick
from tests.durable.scene import Given, a_guided_scene, entries_of, goes_on


async def test_open_questions_outlive_a_restart(tmp_path: Path) -> None:
    """Asked once, answered once, sent once: two instructions with what was chosen."""
    prompts = (COMPUTE_MANAGERS.at(2), TRANSPORT_NODES.at(2))

    def answer(request: Request) -> Given:
        if request.question is not None and "asks" in request.question.key:
            return Given(Choice.CONTINUE, entries_of(request, "esx-07.example.com"))
        return goes_on(request)

    async with a_guided_scene(tmp_path, prompts=prompts) as scene:
        before = await scene.until(lambda request: request.question is not None)
        await scene.close()
        await scene.launch()
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert before.question is not None
        story = await scene.ledger.story(ended.id)
        asked = [
            entry
            for entry in story
            if entry.action == "question_asked" and before.question.key in str(entry.details)
        ]
        assert len(asked) == 1
        (sent,) = scene.manager.advances
        assert [len(item["resources"]) for item in sent["data"]] == [0, 2]
        assert scene.manager.start_posts == 1


@pytest.mark.long
async def test_patience_outlives_a_restart(tmp_path: Path) -> None:
    """A restore that comes further is no question, however long ago it was begun."""
    short = {"stable_timeout": timedelta(seconds=1.5)}
    longer = quick(step=70)
    async with a_guided_scene(
        tmp_path, timing=short, durations=longer, total_steps=8, restart_steps=()
    ) as scene:
        await scene.until(lambda request: "step 6" in _told(request))
        await scene.close()
        await scene.launch()
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert "The restore does not come further" not in scene.asked
        assert len(scene.told()) == len(set(scene.told()))


@pytest.mark.long
async def test_a_fresh_backup_that_ends_while_the_bot_is_away_is_seen(tmp_path: Path) -> None:
    """It is told from the one before by its end, and no second one is made."""

    def answer(request: Request) -> Given:
        if request.question is not None and request.question.key == "fresh_backup":
            return Given(Choice.CONTINUE)
        return goes_on(request)

    async with a_guided_scene(tmp_path, durations=quick(backup=100)) as scene:
        manager = scene.manager
        await scene.run(answer, until=lambda: manager.state()["backup_running"])
        await scene.close()
        await manager.until(lambda: not manager.state()["backup_running"])
        await scene.launch()
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count("Make a fresh backup now?") == 1
        assert "The fresh backup was not made" not in scene.asked
        made = [r for r in manager.requests if "backup_to_remote" in r.path]
        assert len(made) == 1


def _told(request: Request) -> str:
    return request.progress.detail if request.progress else ""
