"""The lines of a thread: every event, in words for a person under stress."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.blocks import thread
from bot.blocks.actions import Button
from bot.blocks.ending import ending
from bot.domain import events as e
from bot.domain.target import Group
from bot.sandbox.slack.block_check import message_blocks
from tests.blocks.reading import buttons, shown
from tests.blocks.scenes import AT_FIVE, EVENTS, SCENES, minute
from tests.builders import ANA, BEN, CHI, DEE, LEADS, PEOPLE, a_question

GOLDEN = Path(__file__).parents[1] / "golden" / "thread.md"
IDS = [f"{type(event).__name__}-{scene}" for scene, event in EVENTS]
ENDS = (
    e.PreflightFailed,
    e.RequestDenied,
    e.RequestWithdrawn,
    e.RequestExpired,
    e.ApprovalLapsed,
    e.StartStopped,
    e.RunFailed,
)


def told(scene: str, event: e.Event, leads: Group | None = PEOPLE.leads) -> str:
    """A line as it reads."""
    return shown(thread.line(SCENES[scene].request, event, minute(40), leads=leads).blocks)


def test_the_thread_is_the_one_that_was_reviewed() -> None:
    """Every change of a sentence is read in its difference (UPDATE_GOLDEN=1 writes it anew)."""
    text = "\n".join(
        f"## {name}\n\n{told(scene, event)}\n"
        for name, (scene, event) in zip(IDS, EVENTS, strict=True)
    )
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(text, encoding="utf-8")

    assert GOLDEN.read_text(encoding="utf-8") == text


def test_every_event_has_its_words() -> None:
    """No event of the domain is left without a line."""
    assert {type(event) for _, event in EVENTS} == set(get_args(e.Event))


@pytest.mark.parametrize(("scene", "event"), EVENTS, ids=IDS)
def test_slack_accepts_every_line(scene: str, event: e.Event) -> None:
    """Every line passes the checks of a strict Slack, and stands in the text too."""
    message = thread.line(SCENES[scene].request, event, minute(40))

    assert message_blocks(list(message.blocks))
    assert message.text == "\n".join(
        block["text"]["text"] for block in message.blocks if block["type"] == "section"
    )


def test_only_the_begin_of_a_step_is_left_to_the_card() -> None:
    """Progress is a silent edit; everything else is told."""
    assert [type(event) for _, event in EVENTS if not thread.has_line(event)] == [e.StepStarted]


def test_progress_without_words_is_left_to_the_card() -> None:
    """Where the manager stands may change more often than people want to read."""
    assert not thread.has_line(replace(AT_FIVE, said=" \n"))


def test_what_the_manager_says_of_itself_is_one_line() -> None:
    """Its line breaks and its markup make no message of their own."""
    said = "Step 5 began.\n*Approved* by <!channel>\n> me"

    assert told("running-guided", replace(AT_FIVE, said=said)) == (
        "Step 5 began. *Approved* by &lt;!channel&gt; &gt; me\n"
    )


def test_the_channel_hears_the_start_the_questions_and_every_end() -> None:
    """Broadcast is what people outside the thread must know."""
    heard = {
        (type(event), scene if isinstance(event, e.Reminded) else "")
        for scene, event in EVENTS
        if thread.is_broadcast(SCENES[scene].request, event)
    }
    always = (e.RunStarted, e.QuestionAsked, e.RunSucceeded, *ENDS)

    assert heard == {(e.Reminded, "awaiting_operator-reminded"), *((kind, "") for kind in always)}


def test_the_newest_reminder_of_a_question_asks_it_again() -> None:
    """With the words and the buttons of the question, so that it can be answered there."""
    request = SCENES["awaiting_operator-reminded"].request
    asked = thread.line(request, e.QuestionAsked(a_question()), minute(40))

    again = thread.line(request, e.Reminded(2), minute(42))

    assert again.text == f"Reminder 2. {asked.text}"
    assert buttons(again.blocks) == buttons(asked.blocks)
    assert buttons(thread.line(request, e.Reminded(1), minute(42)).blocks) == []


def test_a_question_that_is_asked_again_points_to_the_newest_message() -> None:
    """Nobody looks for buttons that are gone."""
    old = thread.asked_again(a_question())

    assert buttons(old.blocks) == []
    assert "please answer there" in shown(old.blocks)
    assert a_question().title in old.text


@pytest.mark.parametrize(("scene", "event"), EVENTS, ids=IDS)
def test_an_end_without_success_can_be_filed_again(scene: str, event: e.Event) -> None:
    """Those lines, and no others, carry the button."""
    request = SCENES[scene].request
    message = thread.line(request, event, minute(40))
    again = [one for one in buttons(message.blocks) if one["action_id"] == Button.RESUBMIT]

    assert bool(again) == isinstance(event, ENDS)
    assert all(one["value"].startswith(f"{request.id}:") for one in again)


def test_the_group_of_leads_is_called_once() -> None:
    """A user group is one mention; nobody is called by name besides."""
    line = told("awaiting_approval", e.Reminded(1))

    assert "<!subteam^S0LEADS>" in line
    assert f"<@{BEN}>" not in line


def test_leads_without_a_group_are_called_by_name_until_they_have_approved() -> None:
    """Whoever has decided is left in peace."""
    line = told("awaiting_approval-one_vote", e.Reminded(1), Group(None, LEADS))

    assert f"<@{CHI}>, <@{DEE}>: *1 of 2 approvals.*" in line
    assert f"<@{BEN}>" not in line


@pytest.mark.parametrize("leads", [None, Group(None, frozenset()), Group(None, frozenset({ANA}))])
def test_without_known_leads_they_are_spoken_of(leads: Group | None) -> None:
    """No mention is made up, and the whole channel is never called."""
    assert "Leads: *0 of 2 approvals.*" in told("awaiting_approval", e.Reminded(1), leads)


def test_a_reminder_of_an_unknown_question_still_calls() -> None:
    """A row that lacks its question is told as far as it goes."""
    request = replace(SCENES["awaiting_operator"].request, question=None)

    line = thread.line(request, e.Reminded(1), minute(40)).text

    assert "the restore waits for an answer" in line


def test_lines_of_a_request_without_a_plan_still_read() -> None:
    """Steps are then told by their number alone."""
    bare = replace(
        SCENES["running"].request, plan=None, digest=None, progress=None, started_at=None
    )
    events = (e.RunStarted(), e.StepCompleted("x", 2, "Done.", 1.0), e.RunSucceeded(()))

    text = "\n".join(thread.line(bare, event, minute(40)).text for event in events)

    assert "*Step 2* is done after 1 second." in text
    assert "point of no return" not in text
    assert "*succeeded*: dc1-nsxt is restored." in text


@pytest.mark.parametrize(
    "tell",
    [
        lambda request, event: thread.line(request, event, minute(0)),
        lambda request, event: thread._approving(request, event, "Leads"),
        ending,
    ],
)
def test_an_event_of_an_unknown_kind_is_loud(tell: Any) -> None:
    """A new event without words is a bug that cannot be overlooked."""
    with pytest.raises(AssertionError):
        tell(SCENES["running"].request, object())
