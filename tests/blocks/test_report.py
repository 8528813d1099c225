"""The report: everything about a request, for people and for programs."""

import json
from dataclasses import replace

import pytest

from bot.blocks.report import markdown, to_json
from bot.domain import events as e
from bot.domain.request import Progress, State
from bot.store.documents import event_to_json
from tests.blocks.scenes import CHOSEN, FILLED, HEAD, ROWS, SCENES, an_entry, minute
from tests.builders import BEN, NODE_ID, a_wish

DONE = SCENES["succeeded"].request


def test_the_report_stands_alone() -> None:
    """Summary, proof, plan with its digest, decisions, steps, answers, timeline, audit head."""
    told = markdown(DONE, ROWS, HEAD)

    assert told.startswith("# Restore of dc1-nsxt: succeeded (R-7QK2M9)")
    assert [line for line in told.split("\n") if line.startswith("## ")] == [
        "## Summary",
        "## Proof",
        "## Plan",
        "## People and decisions",
        "## Steps",
        "## Questions and answers",
        "## Timeline",
        "## Audit",
    ]
    assert DONE.digest is not None
    assert DONE.digest in told
    assert HEAD.mac in told
    assert "`nsx-restore audit verify`" in told


def test_refused_attempts_are_in_the_timeline() -> None:
    """In one row, whatever characters they hold."""
    told = markdown(DONE, ROWS, HEAD)

    assert (
        "| 3 | 2026-03-14 12:03:00 UTC | U0ANA | refused | rule: not\\_the\\_requester; "
        "sentence: You asked \\| for \\<this\\>. |"
    ) in told


def test_the_steps_say_how_long_they_took() -> None:
    """By their titles; a step that the plan does not know by its key."""
    told = markdown(DONE, ROWS, HEAD)

    assert "| Check that the manager is STABLE | 3 seconds |" in told
    assert "| gone | 1 minute 30 seconds |" in told


@pytest.mark.parametrize("name", SCENES)
def test_every_state_can_be_reported(name: str) -> None:
    """A report is made at any time, with or without plan, rows or head."""
    request = SCENES[name].request

    assert request.state.words in markdown(request, (), None)
    assert json.loads(json.dumps(to_json(request, (), None)))["audit_head"] is None


def test_what_never_was_is_said() -> None:
    """No plan, no incident, no start."""
    request = replace(SCENES["rejected"].request, wish=a_wish(incident=None))
    told = markdown(request, ROWS[:1], None)

    assert "There never was a plan." in told
    assert "| Incident | none given |" in told
    assert "| Started | never |" in told
    assert "## Outcome" in told
    assert "The audit chain is empty." in told


def test_a_step_without_a_plan_is_named_by_its_key() -> None:
    """Rows are told even where the plan is not known."""
    assert "| check | 3 seconds |" in markdown(replace(DONE, plan=None), ROWS, HEAD)


def test_an_open_request_says_that_it_has_not_ended() -> None:
    """A report in the middle does not pretend to be the end."""
    told = markdown(SCENES["running"].request, ROWS, HEAD)

    assert "| Ended | not yet |" in told
    assert "Duration" not in told


def test_the_json_holds_the_same_facts() -> None:
    """Request, steps, rows and head, as plain JSON values."""
    values = json.loads(json.dumps(to_json(DONE, ROWS, HEAD)))

    assert values["request"]["state"] == State.SUCCEEDED
    assert values["request"]["digest"] == DONE.digest
    assert values["steps"][0] == {"step": "Check that the manager is STABLE", "seconds": 3.5}
    assert [row["seq"] for row in values["story"]] == [row.seq for row in ROWS]
    assert values["audit_head"] == {"seq": HEAD.seq, "mac": HEAD.mac}
    assert values["verify"] == "nsx-restore audit verify"


def test_a_report_of_a_listed_backup_tells_its_time_first() -> None:
    """Whoever reads it later looks for the moment; the id is for the manager."""
    told = markdown(SCENES["succeeded-guided"].request, ROWS, HEAD)

    assert f"| Backup | 2026-03-14 03:00:00 UTC, {NODE_ID}:1773457200000 |" in told
    assert "made by the manager nsx.example.com" in told


def test_what_was_chosen_is_told_in_words_and_kept_by_id() -> None:
    """The table reads; the JSON has the options that were offered and the ids that were sent."""
    asked = an_entry(1, "question_asked", "bot", **event_to_json(e.QuestionAsked(FILLED)))
    answered = an_entry(2, "question_answered", BEN, **event_to_json(CHOSEN))
    paused = an_entry(3, "suspend_asked", BEN, by=BEN)
    rows = (asked, answered, paused)

    told = markdown(DONE, rows, HEAD)
    decisions = told.split("## People and decisions")[1].split("##")[0]

    assert "chosen: Fabric nodes: none, Other \\<nodes\\>: esx-01, esx-02" in told
    assert "9de16031" not in told
    assert "question answered" in decisions
    assert "suspend asked" in decisions
    kept = json.dumps(to_json(DONE, rows, HEAD))
    assert FILLED.fields[0].options[0].value in kept


def test_what_tells_news_apart_is_no_news_itself() -> None:
    """Marks and counts are for a run that is continued; the timeline tells the words."""
    noted = e.ProgressNoted("It came to step 5.", "step 5 of 11", suspendable=True, mark="5f0c9a")
    begun = e.StepStarted(Progress("restore", 2, minute(1), mark="5f0c9a", changes=7))
    rows = (
        an_entry(1, "step_started", "run", **event_to_json(begun)),
        an_entry(2, "progress_noted", "run", **event_to_json(noted)),
    )

    timeline = markdown(DONE, rows, HEAD).split("## Timeline")[1].split("##")[0]

    assert "It came to step 5." in timeline
    assert "5f0c9a" not in timeline
    assert "changes" not in timeline
