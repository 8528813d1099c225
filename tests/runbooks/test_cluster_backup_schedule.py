"""Automatic backups: off after the restore, on again as they were, and what people can do instead.

Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 4.
"""

import pytest

from bot.domain.errors import Kind
from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from tests.runbooks.driver import SILENT, Reply, played, the_plan


def test_the_former_schedule_is_read_before_it_is_changed() -> None:
    """And after the restore: the restored database brings its own schedule along."""
    actions = played(the_plan()).actions
    names = [type(action).__name__ for action in actions]

    assert names.index("AwaitStable") < names.index("ReadSchedule") < names.index("SetSchedule")
    assert [act.enabled for act in actions if isinstance(act, a.SetSchedule)] == [False, True]


def test_backups_that_were_off_stay_off() -> None:
    """Nobody is asked, nothing is switched on."""
    off = o.Schedule(enabled=False)
    story = played(the_plan(), backups_off=[off])

    assert story.told["backups_off"] == (
        "Automatic backups are disabled, and read again to verify. They were disabled already."
    )
    assert story.told["backups_on"] == (
        "Automatic backups were disabled before; they stay disabled."
    )
    assert [act.enabled for act in story.actions if isinstance(act, a.SetSchedule)] == [False]
    assert "backups_on" not in {question.key for question in story.questions}


def test_people_may_leave_backups_off() -> None:
    """The offer can be declined; there is nothing to give up."""
    story = played(the_plan(), backups_on=[Choice.DECLINE])

    assert [offer.choice for offer in story.questions[-1].offers] == [
        Choice.CONTINUE,
        Choice.DECLINE,
    ]
    assert story.told["backups_on"] == "Automatic backups stay disabled, as decided."
    assert [act.enabled for act in story.actions if isinstance(act, a.SetSchedule)] == [False]


@pytest.mark.parametrize(
    ("step", "wanted", "word"),
    [("backups_off", False, "disabled"), ("backups_on", True, "enabled")],
)
def test_a_switch_that_does_not_hold_stops_the_run_for_people(
    step: str, word: str, *, wanted: bool
) -> None:
    """Read again it is not as written: nothing goes on before it is."""
    first: list[Reply] = [o.Schedule(enabled=True)] if step == "backups_off" else [Choice.CONTINUE]
    wrong = o.Schedule(enabled=not wanted)
    script = {step: [*first, wrong, Choice.RETRY, wrong, Choice.RETRY]}
    story = played(the_plan(node=True), **script)

    asked = [q for q in story.questions if q.key.startswith(f"{step}:")]
    assert [q.key for q in asked] == [f"{step}:not_switched:1", f"{step}:not_switched:2"]
    assert asked[0].title == f"Automatic backups could not be {word}"
    left = ", or leave them as they are" if wanted else ""
    assert asked[0].text == (
        f"The manager accepted the change, but read again they are not {word}. Switch them by "
        "hand (System > Utilities > Backup > Edit > Automatic Backup), then try again: what is as "
        f"it should be is only read, not written{left}."
    )
    assert isinstance(story.end, a.Succeeded)


def test_a_refused_switch_can_be_made_by_hand() -> None:
    """The manager's words come first; then what a person can do instead."""
    refused = o.Trouble(Kind.REFUSED, "The manager answered HTTP 400.", "Correct what it names.")
    story = played(the_plan(), backups_off=[o.Schedule(enabled=True), refused, Choice.RETRY])

    assert story.questions[0].title == "Automatic backups could not be disabled"
    assert story.questions[0].text.startswith(
        "The manager answered HTTP 400. Correct what it names. Switch them by hand ("
    )
    assert [offer.choice for offer in story.questions[0].offers] == [Choice.RETRY, Choice.GIVE_UP]
    assert isinstance(story.end, a.Succeeded)


@pytest.mark.parametrize("seen", [SILENT, o.Schedule(enabled=False)])
def test_backups_that_cannot_be_enabled_again_do_not_fail_a_good_restore(
    seen: o.Observation,
) -> None:
    """They can be left as they are; the proof tells how that is."""
    story = played(the_plan(), backups_on=[Choice.CONTINUE, seen, Choice.DECLINE])

    question = story.questions[-1]
    assert question.title == "Automatic backups could not be enabled"
    assert [(offer.choice, offer.label) for offer in question.offers] == [
        (Choice.RETRY, "Try again"),
        (Choice.DECLINE, "Leave as it is"),
        (Choice.GIVE_UP, "Give up"),
    ]
    assert story.told["backups_on"] == (
        "Automatic backups were left as they are, as decided; the proof shows how."
    )
    assert isinstance(story.end, a.Succeeded)


def test_two_troubles_of_one_step_are_two_questions() -> None:
    """The same trouble at the reading and at the switching must not share an answer."""
    story = played(
        the_plan(),
        backups_off=[SILENT, Choice.RETRY, o.Schedule(enabled=True), SILENT, Choice.RETRY],
    )

    assert [question.key for question in story.questions[:2]] == [
        "backups_off:unreachable:1",
        "backups_off:not_switched:2",
    ]
