"""Every story of NSX 2.0 and later in the sandbox, played by the real bot, ends as it must.

`play` has checked by then the end, the one start request, Slack's rules, the thread and the log.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.sandbox.cast import going_on
from bot.sandbox.nsx.guided_faults import Failure
from bot.sandbox.stage import GUIDED_TARGET, LEADS
from tests.scenario.played import play
from tests.scenario.theatre import a_scene


@pytest.mark.long
async def test_a_guided_restore_ends_with_its_proof_and_what_is_left_open(tmp_path: Path) -> None:
    """Nothing is asked but the checklist and a fresh backup; the card proves the end state."""
    told = await play(tmp_path, "guided-happy")
    assert "succeeded" in told.card
    assert "Management cluster: STABLE" in told.card
    assert "Still open by the checklist: Later changes made again" in told.card
    assert "step 11 of 11" in told.thread
    assert "A fresh backup was made" in told.thread
    assert told.stage.guided.orders == Counter({"start": 1})


async def test_prompts_are_answered_as_leads_choose(tmp_path: Path) -> None:
    """Two at once in one answer, an item for each; then one without any; all told in the thread."""
    told = await play(tmp_path, "guided-prompts")
    chosen, without = told.stage.guided.advances
    assert [[one["selected"] for one in item["resources"]] for item in chosen["data"]] == [
        [True],
        [True, False],
    ]
    assert [item["resources"] for item in without["data"]] == [[]]
    assert "*Choose and continue*" in told.thread
    assert "esx-07.example.com" in told.thread
    assert "*Continue without*" in told.thread


@pytest.mark.long
async def test_a_corrected_passphrase_leads_to_success(tmp_path: Path) -> None:
    """The manager says why it failed; the secret itself is told nowhere, right or wrong."""
    told = await play(tmp_path, "guided-wrong-passphrase")
    assert "The passphrase does not open the backup" in told.thread
    assert "*Secret corrected, retry*" in told.thread
    assert told.stage.guided.orders["retry"] == 1
    everything = f"{told.card}{told.thread}{told.stage.bot.log.read_text()}"
    for secret in (told.stage.secret("passphrase"), "Of-another-backup-1"):
        assert secret not in everything


@pytest.mark.long
async def test_a_step_that_fails_twice_is_retried_twice(tmp_path: Path) -> None:
    """Each failure is a question of its own, and each retry one order."""
    told = await play(tmp_path, "guided-failed-retry")
    assert told.thread.count("answered: *Retry the step*") == 2
    assert told.stage.guided.orders["retry"] == 2


@pytest.mark.long
async def test_long_restarts_are_waited_out_whatever_they_look_like(tmp_path: Path) -> None:
    """Nobody answers, then whatever it looks like: one notice, no question, no second login.

    Which of its forms the bot meets depends on when it looks; the manager's own tests have all.
    """
    told = await play(tmp_path, "guided-outage")
    assert told.thread.count("That is expected now") == 1
    seen = {request.status for request in told.stage.guided.requests}
    assert seen & {404, 502, 503}
    assert 401 not in seen


@pytest.mark.long
async def test_a_start_without_an_answer_is_adopted_when_the_status_proves_it(
    tmp_path: Path,
) -> None:
    """Nobody is asked: the manager restores this very backup since."""
    told = await play(tmp_path, "guided-unknown-start")
    assert "so it is ours" in told.thread
    assert "Outcome unknown" not in told.thread


@pytest.mark.long
async def test_a_start_that_nothing_proves_is_a_question_to_leads(tmp_path: Path) -> None:
    """The manager restores nothing: a lead gives up, and the start is not sent again."""
    told = await play(tmp_path, "guided-unproven-start")
    assert "Outcome unknown" in told.thread
    assert "failed" in told.card
    assert told.stage.guided.orders == Counter()


@pytest.mark.long
async def test_a_killed_bot_follows_the_same_restore(tmp_path: Path) -> None:
    """It is killed while the manager restarts; the restore goes on, and so does the story."""
    told = await play(tmp_path, "guided-crash")
    assert "succeeded" in told.card
    log = [json.loads(line) for line in told.stage.bot.log.read_text().splitlines()]
    assert sum(line["event"] == "bot.started" for line in log) == 2


@pytest.mark.long
async def test_a_restarted_service_heals_a_failed_step(tmp_path: Path) -> None:
    """It is restarted, and a lead says so; the restore goes on by itself, without an order."""
    async with a_scene(tmp_path) as scene:
        guided, cast = scene.stage.guided, scene.cast
        guided.faults.failures = (Failure(step=6, times=None, heals_by_restart=True),)

        def decide(text: str) -> tuple[str, str]:
            if "failed at a step" not in text:
                return going_on(text)
            guided.restart_service()
            return LEADS[2], "decline"

        card = await cast.file(target=GUIDED_TARGET)
        await cast.approve(card.ts)

        assert await cast.operate(card.ts, decide) == "succeeded"
        assert guided.orders == Counter({"start": 1})


@pytest.mark.long
async def test_the_manager_s_pause_is_asked_for_and_ended_by_leads(tmp_path: Path) -> None:
    """Suspend on the card; the manager ends its step and waits until a lead continues."""
    async with a_scene(tmp_path, speed=50.0) as scene:
        guided, cast = scene.stage.guided, scene.cast
        card = await cast.file(target=GUIDED_TARGET)
        await cast.approve(card.ts)
        await cast.press(LEADS[2], card.ts, "suspend")

        assert await cast.operate(card.ts) == "succeeded"
        assert guided.orders == Counter({"start": 1, "suspend": 1, "advance": 1})
        thread = "\n".join(message.full_text for message in scene.replies(card.ts))
        assert "The restore is suspended" in thread
