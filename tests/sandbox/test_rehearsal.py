"""The demo as it is typed: a story ends as it must, or with one line that says why not."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.cast import RefusedError
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
