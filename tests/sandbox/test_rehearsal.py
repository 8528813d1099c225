"""The demo as it is typed: a story ends as it must, or with one line that says why not."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.cast import RefusedError
from bot.sandbox.demo import for_people
from bot.sandbox.guided_scenarios import PROMPTS
from bot.sandbox.nsx.guided_prompts import Prompt
from bot.sandbox.page.guided_knobs import VISITORS_PROMPTS
from bot.sandbox.rehearsal import StuckError, _unstuck
from bot.sandbox.scenarios import SCENARIOS
from bot.sandbox.stage import Setting, Stage
from tests.scenario.command_line import run

HEADLESS = ("demo", "--headless", "--speed", "100", "--scenario")


async def test_a_story_is_played_and_printed() -> None:
    """Exit status 0, and the thread on standard output."""
    ran = await run({}, *HEADLESS, "denied")
    assert (ran.code, ran.err) == (0, "")
    assert "The database can be repaired in place" in ran.out
    assert ran.out.endswith("denied: the request ended as denied, as it must.\n")


@pytest.mark.long
async def test_a_drill_tells_who_answered_a_guided_restore() -> None:
    """The manager's own questions are in it, as the others are, and the time was met."""
    ran = await run({}, *HEADLESS, "guided-prompts", "--drill", "--within", "10m")
    assert (ran.code, ran.err) == (0, "")
    drill = " ".join(ran.out[ran.out.index("Drill R-") :].split())
    assert "sandbox-nsx: succeeded" in drill
    assert drill.count("question The manager asks before it goes on: dee after") == 2
    assert "question After the restore: what only people can do: ana after" in drill
    assert "within 10 minutes met" in drill


@pytest.mark.parametrize(
    ("scenario", "prompts"),
    [
        ("happy", VISITORS_PROMPTS),
        ("crash", VISITORS_PROMPTS),
        ("guided-happy", ()),
        ("guided-prompts", PROMPTS),
    ],
)
def test_a_visitor_of_the_page_sees_questions_with_forms(
    scenario: str, prompts: tuple[Prompt, ...]
) -> None:
    """The guided manager asks two documented things, unless the scenario is about it."""
    assert for_people(SCENARIOS[scenario], 20.0).guided.prompts == prompts


async def test_a_story_that_ends_otherwise_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 1, and each thing that is not as it must be."""
    wrong = replace(SCENARIOS["not-stable"], ends="succeeded", posts=1)
    monkeypatch.setitem(SCENARIOS, "not-stable", wrong)
    ran = await run({}, *HEADLESS, "not-stable")
    assert ran.code == 1
    assert ran.err == (
        "nsx-restore: not-stable did not go as it must:\n"
        "  - the request ended as rejected, not as succeeded\n"
        "  - the manager sandbox-nsxt saw 0 restore requests, not 1\n"
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TimeoutError(), "TimeoutError"),
        (TimeoutError("nothing happened within 1 s"), "nothing happened within 1 s"),
        (RuntimeError("the bot did not become ready:\nits log"), "the bot did not become ready"),
        (RefusedError("Slack shows: dispatch_failed"), "Slack shows: dispatch_failed"),
        (LookupError("until() returned nothing"), "until() returned nothing"),
    ],
)
async def test_a_story_that_gets_stuck_says_so_in_one_line(
    tmp_path: Path, error: Exception, why: str
) -> None:
    """What everybody sees, and the bot's log, are in the file that is named."""
    stage = Stage(tmp_path, Setting())
    stage.bot.log.write_text("the last line of the log")
    with pytest.raises(StuckError) as caught:
        async with _unstuck(stage):
            raise error
    said, _, path = str(caught.value).partition(". See ")
    assert said == why
    assert "\n" not in path
    kept = taken(Path(path))
    assert "the workspace holds:" in kept
    assert "the last line of the log" in kept


def taken(path: Path) -> str:
    """Return what a file says, and remove it."""
    text = path.read_text()
    path.unlink()
    return text
