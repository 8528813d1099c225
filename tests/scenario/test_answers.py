"""Questions of a restore: who answers, once, and who may give up."""

import pytest

from bot.sandbox.stage import LEADS, OUTSIDER, REQUESTER
from tests.scenario.theatre import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def give_up(scene: Scene, ts: str) -> None:
    """Have a lead end a restore at its open question."""
    question = await scene.until(lambda: scene.cast.questions(ts)[0])
    await scene.press(LEADS[2], question.ts, "give_up", says="Your answer for")
    assert await scene.cast.until_end(ts) == "failed"


async def test_the_requester_or_a_lead_answers_and_once(scene: Scene) -> None:
    """Nobody else is heard; a second press on the answered question changes nothing."""
    ts = await scene.awaiting()
    question = await scene.asked(ts)
    outsider = "Only the requester or a lead may do this."
    await scene.press(OUTSIDER, question.ts, "continue", says=outsider)
    assert scene.cast.questions(ts)[0].ts == question.ts

    await scene.press(REQUESTER, question.ts, "continue", says="Your answer for")
    await scene.until_told(ts, f"<@{REQUESTER}> answered")
    following = await scene.until(
        lambda: next((q for q in scene.cast.questions(ts) if q.ts != question.ts), None)
    )
    says = "This is not the current message of the request."
    await scene.press(LEADS[0], question.ts, "give_up", says=says, stale=question)
    assert [q.ts for q in scene.cast.questions(ts)] == [following.ts]
    await give_up(scene, ts)


async def test_only_a_lead_gives_up(scene: Scene) -> None:
    """The requester may go on but not give up; a lead's choice ends the run as failed."""
    ts = await scene.awaiting()
    question = await scene.asked(ts)
    says = "You are not in the group of leads, so you cannot decide this."
    await scene.press(REQUESTER, question.ts, "give_up", says=says)
    assert scene.cast.questions(ts)[0].ts == question.ts
    await give_up(scene, ts)
    told = await scene.until_told(ts, "*What to do now:*")
    assert "nothing was rolled back" in told.text
    assert scene.cast.card(ts).action_ids == []
    says = "has ended already (failed"
    await scene.press(LEADS[0], question.ts, "continue", says=says, stale=question)
