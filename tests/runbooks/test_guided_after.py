"""After the manager's success: stable, the checklist, the schedule, a fresh backup, the proof.

Sources: NSX 9 admin guide, Restore a Backup; NSX-T 2.4 admin guide, Backing Up and Restoring the
NSX Manager (manager and controllers are one from there on).
"""

from dataclasses import replace

import pytest

from bot.domain.answering import filled
from bot.domain.errors import Kind
from bot.domain.request import Choice, Entry, Question, State
from bot.domain.standing import Finding
from bot.domain.values import Component
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.guided_checklist import CHECKLIST
from bot.runbooks.restoring import Followed
from tests.builders import NODE_ID, NOON, a_request
from tests.runbooks.driver import Played
from tests.runbooks.guided_driver import (
    ALONE,
    SILENT,
    SUCCESS,
    TIMESTAMP,
    VERSION,
    Fills,
    Reply,
    asked,
    choices,
    failure,
    guided_plan,
    guided_run,
    titles,
)

DEGRADED = o.ClusterStatus("DEGRADED", "DEGRADED", ("node-1",))
NOT_STABLE = o.NotStable(60, "management DEGRADED, control DEGRADED.")
PROOF = o.Proof(o.ManagerFacts(VERSION, "node-1"), ALONE, o.Schedule(enabled=True))
OFF = o.Schedule(enabled=False)
ON = o.Schedule(enabled=True)
NO_RIGHT = o.Trouble(Kind.REFUSED, "The manager answered HTTP 403 Forbidden.", "Give the right.")


def proved(story: Played) -> tuple[str, ...]:
    """The sentences that a run closes with."""
    assert isinstance(story.end, a.Succeeded)
    return story.end.proof


def waits(story: Played) -> list[a.AwaitStable]:
    """How a stable manager was waited for, each time."""
    return [action for action in story.actions if isinstance(action, a.AwaitStable)]


# -- stable -------------------------------------------------------------------------------------


def test_a_stable_manager_is_told_with_its_words() -> None:
    """From the end of the restore on."""
    story = guided_run()

    ended = next(seen for _, seen in story.pairs if isinstance(seen, Followed))
    assert waits(story) == [
        a.AwaitStable("stable", ended.at, ended.at, controllers=True, steady=True)
    ]
    assert story.told["stable"] == (
        "The manager is stable, 2 min after the restore ended (management STABLE, control STABLE)."
    )


@pytest.mark.parametrize(
    ("version", "component", "counts"),
    [
        ("2.0.0.0.0.6522097", Component.LOCAL, False),
        ("2.3.1.0.0.11294289", Component.LOCAL, False),
        ("2.4.0.0.0.12456646", Component.LOCAL, True),
        ("2.10.0", Component.LOCAL, True),
        ("9.1.0.0.0.25081110", Component.LOCAL, True),
        ("9.1.0.0.0.25081110", Component.GLOBAL, False),
        ("unknown", Component.LOCAL, False),
    ],
)
def test_the_control_cluster_counts_where_it_is_restored_too(
    version: str, component: Component, *, counts: bool
) -> None:
    """From 2.4 on it is part of the manager; a Global Manager has none."""
    story = guided_run(guided_plan(manager_version=version, component=component))

    assert [wait.controllers for wait in waits(story)] == [counts]


def test_one_node_of_three_is_a_question_and_no_failure() -> None:
    """It stays degraded until the others join, which only people can bring about."""
    story = guided_run(stable=[NOT_STABLE, Choice.CONTINUE])

    question = asked(story, "stable")
    assert question.title == "The restored manager is not stable yet"
    assert question.text == (
        "60 s after the restore ended the manager says: management DEGRADED, control DEGRADED. If "
        "its cluster had three nodes, it stays so until the other nodes have joined, or the "
        "cluster is deactivated (deactivate cluster): go on then, and join them with the checklist."
    )
    assert [(offer.label, offer.lead_only) for offer in question.offers] == [
        ("Wait on", False),
        ("Go on: nodes are still to join", True),
        ("Give up", True),
    ]
    assert story.told["stable"] == "Decided by hand: nodes are still to join."
    assert isinstance(story.end, a.Succeeded)


def test_whoever_waits_on_is_not_asked_every_minute() -> None:
    """The second wait is for the whole deadline, from the answer on."""
    story = guided_run(stable=[NOT_STABLE, Choice.RETRY, NOT_STABLE, Choice.RETRY])

    assert [wait.steady for wait in waits(story)] == [True, False, False]
    assert waits(story)[0].since < waits(story)[1].since < waits(story)[2].since
    assert len({wait.sent_at for wait in waits(story)}) == 1
    assert [question.key for question in story.questions[:2]] == [
        "stable:not_stable:1",
        "stable:not_stable:2",
    ]


def test_trouble_while_it_becomes_stable_is_asked_about() -> None:
    """F27: as where it comes back with another certificate."""
    story = guided_run(stable=[SILENT, Choice.RETRY])

    assert titles(story, "stable") == ["This step needs a person"]
    assert [wait.steady for wait in waits(story)] == [True, True]


# -- the checklist ------------------------------------------------------------------------------

ALL_ITEMS = (
    "Manager nodes joined",
    "Certificates applied",
    "Compute managers connected",
    "DNS servers and search domains set",
    "Accounts and principals checked",
    "Later changes made again",
    "Old manager nodes deleted",
)


def test_the_checklist_names_what_only_people_can_do() -> None:
    """As check boxes, in the order in which it is best done."""
    question = asked(guided_run(), "checklist")

    (field,) = question.fields
    assert tuple(option.label for option in field.options) == ALL_ITEMS
    assert [(offer.label, offer.fills) for offer in question.offers] == [
        ("Fill in and continue", True),
    ]
    assert "It can be sent with nothing checked" in question.text


def test_a_global_manager_has_a_shorter_checklist() -> None:
    """It has no compute managers and asks about none; its segments are those of its sites."""
    question = asked(guided_run(guided_plan(component=Component.GLOBAL)), "checklist")

    (field,) = question.fields
    assert [option.value for option in field.options] == [
        "nodes",
        "certificates",
        "dns",
        "accounts",
        "old_nodes",
    ]


def test_what_is_left_open_is_told_and_stands_in_the_proof() -> None:
    """A report that names it is found again next week."""
    done = ("nodes", "certificates", "dns", "accounts", "segments")
    story = guided_run(checklist=[Fills(Choice.CONTINUE, {CHECKLIST: done})])

    left = "Compute managers connected, Old manager nodes deleted"
    assert story.told["checklist"] == f"Still open: {left}."
    assert proved(story)[-1] == f"Still open by the checklist: {left}."


def test_a_checklist_that_is_done_leaves_nothing_open() -> None:
    """Told in the same place."""
    story = guided_run()

    assert story.told["checklist"] == "Nothing of the checklist is open."
    assert proved(story)[-1] == "Still open by the checklist: nothing."


def test_nobody_can_call_a_restore_failed_by_its_checklist() -> None:
    """The manager said SUCCESS: what is not done is open, and named; no more than that."""
    question = asked(guided_run(), "checklist")

    assert Choice.GIVE_UP not in choices(question)
    assert filled_in(question, ()).holds


def filled_in(question: Question, done: tuple[str, ...]) -> Finding:
    """How the form is judged, with these of its items checked."""
    request = a_request(State.AWAITING_OPERATOR, question=question)
    return filled(request, Choice.CONTINUE, (Entry(CHECKLIST, done),))


@pytest.mark.parametrize(
    "script",
    [
        {"stable": [NOT_STABLE, Choice.GIVE_UP]},
        {"stable": [SILENT, Choice.GIVE_UP]},
        {"backups_on": [SILENT, Choice.GIVE_UP]},
        {"backups_on": [OFF, Choice.CONTINUE, OFF, Choice.GIVE_UP]},
        {"proof": [replace(PROOF, status=DEGRADED), Choice.GIVE_UP]},
        {"proof": [NO_RIGHT, Choice.GIVE_UP]},
    ],
    ids=["not stable", "unreachable", "not read", "not enabled", "not as it should be", "unproved"],
)
def test_giving_up_after_the_managers_success_does_not_call_its_restore_failed(
    script: dict[str, list[Reply]],
) -> None:
    """Nobody redeploys a manager that is restored."""
    end = failure(guided_run(**script))

    assert end.reason.startswith("A lead chose to give up at: ")
    assert end.advice == (
        "The manager's own restore has succeeded, and stays: do not redeploy for this. The bot "
        "does nothing more. Compare the manager with the steps that are done, and finish the rest "
        "by hand."
    )


@pytest.mark.parametrize("answer", [Choice.CONTINUE, Fills(Choice.CONTINUE, {CHECKLIST: ()})])
def test_nothing_that_was_not_checked_counts_as_done(answer: Reply) -> None:
    """Neither an empty form nor none."""
    story = guided_run(checklist=[answer])

    assert story.told["checklist"] == f"Still open: {', '.join(ALL_ITEMS)}."


# -- automatic backups after the restore --------------------------------------------------------


def test_a_schedule_that_the_backup_brought_along_is_left_as_it_is() -> None:
    """Trap 12: after the restore the manager has the configuration of its backup."""
    story = guided_run(backups_off=[ON])

    assert story.told["backups_on"] == "Automatic backups are enabled, as in the backup."
    assert titles(story, "backups_on") == []


def test_a_schedule_that_was_off_before_the_run_is_told_to_be_on_now() -> None:
    """It is the backup's, not the one of before: whoever had disabled it must know."""
    story = guided_run(backups_off=[OFF])

    assert story.told["backups_on"] == (
        "Automatic backups are enabled, as in the backup; before this run they were disabled."
    )
    assert titles(story, "backups_on") == []


def test_the_plan_promises_of_automatic_backups_what_is_done() -> None:
    """Those of the backup, which may be others than those of before."""
    (title,) = [step.title for step in guided_plan().steps if step.key == "backups_on"]

    assert title == "See that automatic backups are enabled, as in the backup"


@pytest.mark.parametrize(("former", "were"), [(ON, "enabled"), (OFF, "disabled")])
def test_a_schedule_that_is_off_is_offered_to_be_enabled(former: o.Schedule, were: str) -> None:
    """With what it was before the run, which only the bot remembers."""
    story = guided_run(backups_off=[former], backups_on=[OFF])

    question = asked(story, "backups_on")
    assert question.text == (
        "The restored manager has automatic backups disabled. Before this run they were "
        f"{were}. Enable them, with the schedule that it has?"
    )
    assert story.told["backups_on"] == ("Automatic backups are enabled, and read again to verify.")


def test_a_schedule_can_stay_off() -> None:
    """As while the checklist is not done."""
    story = guided_run(backups_on=[OFF, Choice.DECLINE])

    assert story.told["backups_on"] == "Automatic backups stay disabled, as decided."
    assert a.SetSchedule not in {type(action) for action in story.actions}


def test_a_schedule_that_cannot_be_enabled_is_asked_about_where_people_find_it() -> None:
    """On the page that these managers have, not on that of 1.x."""
    story = guided_run(
        backups_on=[
            SILENT,
            Choice.RETRY,
            OFF,
            Choice.CONTINUE,
            OFF,
            Choice.RETRY,
            SILENT,
            Choice.DECLINE,
        ]
    )

    keys = [q.key for q in story.questions if q.key.startswith("backups_on")]
    assert keys == [
        "backups_on:unreachable:1",
        "backups_on",
        "backups_on:not_switched:2",
        "backups_on:not_switched:3",
    ]
    assert "by hand (System > Backup & Restore), then" in asked(story, "backups_on", 2).text
    assert story.told["backups_on"] == (
        "Automatic backups were left as they are, as decided; the proof shows how."
    )


# -- a fresh backup -----------------------------------------------------------------------------


def test_a_fresh_backup_is_offered_and_made() -> None:
    """And told in the words of what made it."""
    story = guided_run()

    assert asked(story, "fresh_backup").title == "Make a fresh backup now?"
    assert story.told["fresh_backup"] == "A fresh backup was made."


def test_a_fresh_backup_can_be_declined() -> None:
    """Then none is asked for."""
    story = guided_run(fresh_backup=[Choice.DECLINE])

    assert story.told["fresh_backup"] == "No fresh backup was made, as decided."
    assert a.MakeBackup not in {type(action) for action in story.actions}


def test_a_backup_that_was_not_made_is_tried_again_or_left() -> None:
    """The restore does not depend on it; each try has a turn of its own."""
    failed = o.FreshBackup(made=False, said="The backup failed: BACKUP_TIMEOUT.", at=NOON)
    last = o.BackupRun(running=False, ended_at=7, success=True, said="")
    tries: list[Reply] = [Choice.CONTINUE, last, failed, Choice.RETRY, last, SILENT, Choice.DECLINE]
    story = guided_run(fresh_backup=tries)

    assert [act.before for act in story.actions if isinstance(act, a.MakeBackup)] == [7, 7]
    assert [act.turn for act in story.actions if isinstance(act, a.MakeBackup)] == [1, 2]
    question = asked(story, "fresh_backup", 1)
    assert question.title == "The fresh backup was not made"
    assert question.text == (
        "The backup failed: BACKUP_TIMEOUT. The restore itself is complete. Correct the cause and "
        "try again, or go on."
    )
    assert choices(question) == [Choice.RETRY, Choice.DECLINE]
    assert story.told["fresh_backup"] == "No fresh backup was made, as decided."
    assert isinstance(story.end, a.Succeeded)


# -- the proof ----------------------------------------------------------------------------------


def test_the_proof_is_read_in_the_order_in_which_people_check_it() -> None:
    """Before and after, and how long it took the manager."""
    story = guided_run(check=[ALONE])

    assert proved(story) == (
        "Management cluster: STABLE.",
        "Control cluster: STABLE.",
        f"Manager version: {VERSION} (as before).",
        "Online manager nodes: 10.0.0.5.",
        "Transport nodes: 12 (before: 0).",
        "Open alarms: 1 (before: not told).",
        "Automatic backups: enabled.",
        (
            f"Restored from: the backup {NODE_ID}:{TIMESTAMP}, in 2 min by the bot's clock, with "
            "the time for answers."
        ),
        "Still open by the checklist: nothing.",
    )


def test_the_proof_names_what_differs_and_what_is_not_told() -> None:
    """Nothing is made up."""
    bare = o.ClusterStatus("STABLE", "UNKNOWN", ())
    seen = o.Proof(o.ManagerFacts("4.2.2", "node-1"), bare, OFF)
    sentences = proved(guided_run(proof=[seen]))

    assert sentences[1:7] == (
        "Control cluster: UNKNOWN.",
        f"Manager version: 4.2.2 (before: {VERSION}).",
        "Online manager nodes: none named.",
        "Transport nodes: not told (before: 0).",
        "Open alarms: not told (before: not told).",
        "Automatic backups: disabled.",
    )


def test_nodes_without_an_address_are_named_by_their_id() -> None:
    """As 2.0 tells them."""
    seen = replace(PROOF, status=o.ClusterStatus("STABLE", "STABLE", ("node-1", "node-2")))

    assert "Online manager nodes: node-1, node-2." in proved(guided_run(proof=[seen]))


def test_a_manager_that_is_no_longer_stable_is_not_told_as_proved() -> None:
    """It may be passing; a lead may also know why it is so."""
    worse = replace(PROOF, status=DEGRADED)
    story = guided_run(proof=[worse, Choice.RETRY, SILENT, Choice.RETRY, worse, Choice.CONTINUE])

    question = asked(story, "proof")
    assert question.key == "proof:not_proved:1"
    assert question.text == (
        "All steps are done, but read at the end: management DEGRADED, control DEGRADED. The "
        "manager was stable after its restore. It may only be passing, as while nodes join: look "
        "at the manager, then look again, or end here with this told in the report."
    )
    assert choices(question) == [Choice.RETRY, Choice.CONTINUE, Choice.GIVE_UP]
    assert [offer.lead_only for offer in question.offers] == [False, True, True]
    assert story.told["proof"] == "The end state was read, and is as expected by a lead."
    assert proved(story)[0] == "Management cluster: DEGRADED."


def test_an_end_state_that_a_lead_does_not_accept_is_a_failure() -> None:
    """By their decision, not by the bot's."""
    story = guided_run(proof=[replace(PROOF, status=DEGRADED), Choice.GIVE_UP])

    assert failure(story).reason == (
        "A lead chose to give up at: The end state is not as it should be"
    )


def test_an_end_state_that_cannot_be_read_does_not_make_a_restore_a_failed_one() -> None:
    """The manager said SUCCESS: a lead can end with what is known, and the report says so."""
    story = guided_run(proof=[NO_RIGHT, Choice.RETRY, NO_RIGHT, Choice.CONTINUE])

    question = asked(story, "proof", 1)
    assert [one.key for one in story.questions if one.key.startswith("proof")] == [
        "proof:refused:1",
        "proof:refused:2",
    ]
    assert question.title == "The end state cannot be read"
    assert question.text == (
        "The manager's restore has succeeded, and all steps are done, but its end state could not "
        "be read: The manager answered HTTP 403 Forbidden. Give the right. Correct the cause and "
        "try again, or end here without the proof: the report then says that it was not read."
    )
    assert [(offer.choice, offer.label, offer.lead_only) for offer in question.offers] == [
        (Choice.RETRY, "Try again", False),
        (Choice.CONTINUE, "End here without the proof", True),
        (Choice.GIVE_UP, "Give up", True),
    ]
    assert story.told["proof"] == "The end state was not read, as decided by a lead."
    assert proved(story) == (
        (
            "Not read at the end, as decided by a lead: management and control cluster, manager "
            "version, online manager nodes, transport nodes, open alarms, automatic backups. The "
            "manager answered HTTP 403 Forbidden."
        ),
        (
            f"Restored from: the backup {NODE_ID}:{TIMESTAMP}, in 2 min by the bot's clock, with "
            "the time for answers."
        ),
        "Still open by the checklist: nothing.",
    )


def test_an_end_state_that_can_be_read_after_all_is_the_proof() -> None:
    """Trying again is a new read."""
    story = guided_run(proof=[NO_RIGHT, Choice.RETRY, PROOF])

    assert story.told["proof"] == "The end state was read."
    assert proved(story)[0] == "Management cluster: STABLE."


def test_a_lead_may_still_give_up_an_end_state_that_cannot_be_read() -> None:
    """By their decision."""
    story = guided_run(proof=[NO_RIGHT, Choice.GIVE_UP])

    assert failure(story).reason == "A lead chose to give up at: The end state cannot be read"


def test_a_manager_to_which_nodes_are_to_join_is_proved_as_it_is() -> None:
    """A lead has decided that already, and is not asked twice."""
    story = guided_run(
        stable=[NOT_STABLE, Choice.CONTINUE], proof=[replace(PROOF, status=DEGRADED)]
    )

    assert titles(story, "proof") == []
    assert proved(story)[0] == "Management cluster: DEGRADED."


def test_how_long_it_took_is_told_by_the_managers_clock_where_it_tells() -> None:
    """Its start and end are in ms; people's answers do not count there."""
    story = guided_run(restore=[replace(SUCCESS, started_at=1_000_000, ended_at=1_090_000)])

    assert isinstance(story.end, a.Succeeded)
    assert any("in 90 s by the manager's own clock" in said for said in story.end.proof)
