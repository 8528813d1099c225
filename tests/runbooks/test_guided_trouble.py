"""What goes wrong while a restore is followed: failures, other restores, silence, odd words.

Sources: NSX API, ClusterRestoreStatus; NSX 9 admin guide, Restore a Backup.
"""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.request import Choice
from bot.domain.shortening import QUESTION_ROOM, weight
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import RestoreStatus
from tests.builders import a_timing
from tests.runbooks.driver import Played
from tests.runbooks.guided_driver import (
    ABORTED,
    BOTH,
    HOSTS,
    NODES,
    NOTHING,
    OURS,
    RUNNING,
    SAID_409,
    SILENT,
    SUCCESS,
    TIMESTAMP,
    UNKNOWN,
    Late,
    Reply,
    asked,
    asking,
    broken,
    choices,
    failure,
    follows,
    guided_plan,
    guided_run,
    heard,
    orders,
    status,
    titles,
)

UPDATED = ("retry", "retry_with_updated_config")
FAILED_TITLE = "The restore failed at a step"

# -- a step that failed -------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["FAILED", "ERROR"])
def test_a_failure_is_asked_about_with_the_reason_and_what_helps(word: str) -> None:
    """Which step, in the manager's words; it may be passing (trap 15)."""
    story = guided_run(restore=[replace(broken("Database restore failed"), word=word)])

    question = asked(story, "restore")
    assert question.key == "restore:failed:1"
    assert question.title == FAILED_TITLE
    assert question.text == (
        f"The manager failed at step 5 of 11: Restoring Node ({word}). It says: "
        '"Database restore failed".\n'
        "It may be passing: restart the manager service (restart service manager) or reboot the "
        "manager, and wait; the restore then goes on by itself. Otherwise retry the step. If the "
        "passphrase or the login of the backup server is wrong, correct the secret first. Waiting "
        "sends nothing, and asks again after 10 min if it still stands like this."
    )
    assert [(offer.label, offer.lead_only) for offer in question.offers] == [
        ("Retry the step", True),
        ("Secret corrected, retry", True),
        ("Wait, and look again", True),
        ("Give up", True),
    ]


@pytest.mark.parametrize(
    "failed",
    [broken("Wrong PASSPHRASE"), broken(step_said="The passphrase does not fit")],
    ids=["restore", "step"],
)
def test_a_wrong_passphrase_is_told_with_what_helps(failed: RestoreStatus) -> None:
    """F09: the secret behind its reference is corrected; it is never typed into Slack."""
    text = asked(guided_run(restore=[failed]), "restore").text

    assert text.endswith(
        "Put the right passphrase behind its reference, then choose that the secret is corrected: "
        "it is sent to the manager again, and the step is retried. A lost passphrase cannot be "
        "recovered; another backup may have another one. Waiting sends nothing, and asks again "
        "after 10 min if it still stands like this."
    )


@pytest.mark.parametrize(
    "said",
    [
        "Wrong passphrase",
        "Login to the backup server failed",
        "Authentication failed",
        "bad Password",
    ],
)
def test_where_a_secret_is_wrong_the_first_button_corrects_it(said: str) -> None:
    """The same step with the same secret fails again."""
    for failed in (broken(said), broken(step_said=said)):
        question = asked(guided_run(restore=[failed]), "restore")

        assert [offer.label for offer in question.offers][:2] == [
            "Secret corrected, retry",
            "Retry the step",
        ]


REST = "The rest stands on the manager's own page (System > Backup & Restore).\n"


@pytest.mark.parametrize(
    "failed",
    [
        replace(broken("<" * 3000), step_said="<" * 3000),
        replace(broken("Wrong passphrase " + "<" * 2980), step_said=""),
        replace(broken(""), step_said="", step_name="<" * 3000),
    ],
    ids=["both", "it says", "only its name"],
)
def test_a_long_failure_is_shortened_before_its_advice(failed: RestoreStatus) -> None:
    """What helps stands to its end, as for a short one, and every answer can still be given."""
    short = replace(failed, said=failed.said[:20], step_said=failed.step_said[:20], step_name="")
    question, brief = (asked(guided_run(restore=[one]), "restore") for one in (failed, short))

    told, _, advice = question.text.partition(REST)
    assert advice == brief.text.partition("\n")[2]
    assert re.search(r"… \(\d+ more characters\)", told)
    assert "(FAILED)." in told
    assert ("It does not say why" in told) is ("It does not say why" in brief.text)
    assert QUESTION_ROOM - 100 < weight(question.text) <= QUESTION_ROOM
    assert question.offers == brief.offers


def test_a_long_word_on_the_last_answer_takes_no_room_from_the_advice() -> None:
    """It may repeat all that a manager says; each gets its share, what is short stands whole."""
    moved = replace(RUNNING, step_said="<" * 3000)
    failed = replace(broken("<" * 3000), step_said="Restoring <Node>")
    story = guided_run(restore=[failed, Choice.RETRY_UPDATED, moved, failed])
    question = asked(story, "restore", 1)

    went, told, rest = question.text.split("\n", 2)
    assert went.startswith("The restore has moved on: the manager says step 5 of 11: <<<")
    assert went.endswith(" more characters)")
    assert told.startswith("The manager failed at step 5 of 11: Restoring <Node> (FAILED). It says")
    assert f"{told}\n".endswith(f'more characters)". {REST}')
    assert rest == asked(guided_run(restore=[broken()]), "restore").text.partition("\n")[2]
    assert QUESTION_ROOM - 100 < weight(question.text) <= QUESTION_ROOM


@pytest.mark.parametrize(
    ("failed", "why"),
    [
        (broken(), "(FAILED).\n"),
        (broken(step_said=""), "(FAILED). It does not say why.\n"),
        (broken("Cut"), '(FAILED). It says: "Cut".\n'),
    ],
    ids=["its step says", "nothing", "it says"],
)
def test_why_is_told_once_and_only_if_it_is_told(failed: RestoreStatus, why: str) -> None:
    """What its step says is where it is already."""
    assert why in asked(guided_run(restore=[failed]), "restore").text


def test_a_retry_runs_the_failed_step_again() -> None:
    """What the manager then shows for a moment longer is dealt with already."""
    failed = broken()
    story = guided_run(restore=[failed, Choice.RETRY])

    assert orders(story) == [("retry", ())]
    assert follows(story)[1].past == failed
    assert not follows(story)[1].waits


@pytest.mark.parametrize(
    ("offered", "order"),
    [
        (("retry",), "retry"),
        (UPDATED, "retry_with_updated_config"),
        (("retry_with_updated_config",), "retry_with_updated_config"),
    ],
    ids=["before it had the newer way", "both", "the newer way alone"],
)
def test_a_corrected_secret_is_sent_before_the_retry(offered: tuple[str, ...], order: str) -> None:
    """In the newer way where the manager offers it (NSX API, retry_with_updated_config)."""
    story = guided_run(restore=[broken(offered=offered), Choice.RETRY_UPDATED])

    names = [type(action) for action in story.actions if action.step == "restore"]
    assert names.index(a.SetUpBackups) < names.index(a.SendOrder)
    assert orders(story) == [(order, ())]


def test_only_the_newer_retry_is_offered_where_only_that_is() -> None:
    """A plain retry would be refused."""
    story = guided_run(restore=[broken(offered=("retry_with_updated_config",))])

    assert choices(asked(story, "restore")) == [
        Choice.RETRY_UPDATED,
        Choice.DECLINE,
        Choice.GIVE_UP,
    ]


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (
            SILENT,
            (
                "The secrets could not be sent: The manager does not answer. Check its address. So "
                "the step was not retried."
            ),
        ),
        (
            o.Schedule(enabled=True),
            (
                "The manager accepted the change, but read again they are not disabled. So the "
                "step was not retried."
            ),
        ),
    ],
    ids=["trouble", "still enabled"],
)
def test_without_the_corrected_secret_nothing_is_retried(seen: Reply, told: str) -> None:
    """It would fail again; and F19: backups must stay disabled during a restore."""
    story = guided_run(restore=[broken(), Choice.RETRY_UPDATED, seen, broken(), Choice.RETRY])

    assert heard(story) == [told]
    assert asked(story, "restore", 1).text.startswith(f"{told}\nThe manager failed at")
    assert orders(story) == [("retry", ())]


def test_a_corrected_secret_is_not_sent_to_a_restore_that_moved_on() -> None:
    """What was restored meanwhile has a configuration of its own."""
    failed = broken()
    story = guided_run(restore=[failed, Choice.RETRY_UPDATED, SUCCESS])

    (sent,) = [
        act for act in story.actions if isinstance(act, a.SetUpBackups) and act.step == "restore"
    ]
    assert sent.status == failed
    assert orders(story) == []
    (told,) = heard(story)
    assert told == (
        "The restore has moved on: the manager says step 11 of 11 (SUCCESS). The secrets were not "
        "sent, and the step was not retried."
    )


@pytest.mark.parametrize(
    ("settle", "stable_timeout", "after"),
    [(60, 3600, "10 min"), (120, 3600, "20 min"), (60, 480, "8 min"), (1, 3600, "10 s")],
)
def test_for_how_long_waiting_takes_the_buttons_away_is_said(
    settle: int, stable_timeout: int, after: str
) -> None:
    """Ten times the settle time, and no longer than anything else is waited for."""
    timing = a_timing(
        settle=timedelta(seconds=settle), stable_timeout=timedelta(seconds=stable_timeout)
    )
    text = asked(guided_run(guided_plan(timing=timing), restore=[broken()]), "restore").text

    assert f"Waiting sends nothing, and asks again after {after} if it still stands" in text


def test_waiting_waits_until_it_goes_on_or_it_is_time_to_ask_again() -> None:
    """A restart of the manager resumes what failed for a passing reason: no order is sent."""
    failed = broken()
    story = guided_run(restore=[failed, Choice.DECLINE])

    assert orders(story) == []
    assert (follows(story)[1].past, follows(story)[1].waits) == (failed, True)


def test_waiting_in_vain_leads_back_to_what_can_be_done() -> None:
    """Not to the question whether to wait on, which has no retry."""
    failed = broken()
    story = guided_run(restore=[failed, Choice.DECLINE, Late(3600, failed), Choice.RETRY])

    assert titles(story, "restore") == [FAILED_TITLE, FAILED_TITLE]
    assert asked(story, "restore", 1).text.startswith(
        "For 60 min it has not gone on by itself.\nThe manager failed at"
    )
    assert orders(story) == [("retry", ())]


def test_a_failure_that_offers_nothing_says_so() -> None:
    """F20: then people wait, or act on the manager itself."""
    question = asked(guided_run(restore=[broken(offered=()), Choice.DECLINE]), "restore")

    assert choices(question) == [Choice.DECLINE, Choice.GIVE_UP]
    assert question.text.endswith(" At this moment it offers no retry.")


def test_a_failed_restore_is_cancelled_only_where_that_is_offered() -> None:
    """F20; and cancelling ends the run as what it is."""
    story = guided_run(restore=[broken(offered=("cancel",)), Choice.CANCEL, "accepted", ABORTED])

    assert Choice.CANCEL in choices(asked(story, "restore"))
    assert orders(story) == [("cancel", ())]


@pytest.mark.parametrize("outcome", ["refused", "unknown"])
def test_a_retry_without_success_is_told_and_asked_again(outcome: str) -> None:
    """With what became of the last answer, and never repeated by itself."""
    story = guided_run(restore=[broken(), Choice.RETRY, outcome, broken(), Choice.DECLINE])

    (told,) = heard(story)
    assert (told == SAID_409) is (outcome == "refused")
    assert asked(story, "restore", 1).text.startswith(f"{told}\nThe manager failed at")
    assert len(orders(story)) == 1


def test_what_became_of_an_answer_is_told_once() -> None:
    """The next question but one is about something else."""
    story = guided_run(
        restore=[broken(), Choice.RETRY, "refused", broken(), Choice.RETRY, "accepted", broken()]
    )

    assert asked(story, "restore", 2).text.startswith("The manager failed at")


# -- its end ------------------------------------------------------------------------------------


def test_a_success_is_told_with_its_steps_and_its_time() -> None:
    """In the manager's word."""
    assert (
        guided_run().told["restore"] == "The manager says SUCCESS, 11 steps, 2 min after the start."
    )
    short = guided_run(restore=[replace(SUCCESS, total=None)])
    assert short.told["restore"] == "The manager says SUCCESS, 2 min after the start."


def test_an_aborted_restore_is_told_as_half_restored() -> None:
    """F29: cancelling does not roll back, and the appliance is of no use any more."""
    assert failure(guided_run(restore=[ABORTED])) == a.Failed(
        "The manager says step 5 of 11: Restoring Node (ABORTED): it was cancelled.",
        "Cancelling did not roll anything back: the appliance is half restored. Delete it, deploy "
        "a fresh one, and file a new request.",
    )


@pytest.mark.parametrize("word", ["SUCCESS", "RUNNING", "FAILED", "ABORTED", "INITIAL", "NEW_WORD"])
@pytest.mark.parametrize(
    ("changes", "which"),
    [
        (
            {"backup_timestamp": TIMESTAMP - 1},
            f"it is of backup {TIMESTAMP - 1}, not of {TIMESTAMP}",
        ),
        ({"id": "theirs"}, "it is of the same backup, but has another id (theirs)"),
        (
            {"backup_timestamp": None, "id": "theirs"},
            "it is of the same backup, but has another id (theirs)",
        ),
    ],
    ids=["another backup", "another restore", "another id"],
)
def test_another_restore_is_never_reported_as_ours(
    word: str, changes: dict[str, object], which: str
) -> None:
    """F28: people are asked what became of ours, whatever the other one does."""
    story = guided_run(restore=[status(word, **changes), Choice.GIVE_UP])

    question = asked(story, "restore")
    assert question.title == "The manager speaks of another restore"
    assert question.text.startswith(
        f"It says step 5 of 11: Restoring Node ({word}), but not of the restore that was begun "
        f"here: {which}. Nothing is sent to it, and nothing of it is told as ours."
    )
    assert choices(question) == [Choice.RETRY, Choice.GIVE_UP]
    assert failure(story).reason == f"A lead chose to give up at: {question.title}"
    assert orders(story) == []


def test_ours_is_followed_again_where_it_is_seen_again() -> None:
    """F28: a manager may speak of an older restore for long, say from another of its nodes."""
    theirs = status("SUCCESS", id="theirs")
    story = guided_run(restore=[theirs, Choice.RETRY, theirs, Choice.RETRY, SUCCESS])

    assert titles(story, "restore") == ["The manager speaks of another restore"] * 2
    assert isinstance(story.end, a.Succeeded)
    assert [follow.ours for follow in follows(story)] == [OURS] * 3


def test_an_id_that_is_learnt_on_the_way_counts_from_then_on() -> None:
    """F28: where the start told none."""
    first = asking(HOSTS, id="one")
    another = replace(SUCCESS, id="two")
    story = guided_run(
        start=[UNKNOWN, SILENT, Choice.CONTINUE],
        restore=[first, BOTH, Choice.SKIP, "accepted", another, Choice.GIVE_UP],
    )

    assert follows(story)[-1].ours == "one"
    assert asked(story, "restore", 1).title == "The manager speaks of another restore"


def test_a_status_that_tells_neither_id_nor_backup_is_taken_for_ours() -> None:
    """Any field may be missing; before the start there was none, so it is of this one."""
    story = guided_run(restore=[replace(SUCCESS, id=None, backup_timestamp=None)])

    assert isinstance(story.end, a.Succeeded)


# -- silence, and what has no place in the order ------------------------------------------------


@pytest.mark.parametrize("last", [None, RUNNING], ids=["silent", "running"])
def test_what_does_not_come_further_is_asked_about(last: RestoreStatus | None) -> None:
    """F12: to wait on cancels nothing, and each wait has patience of its own."""
    story = guided_run(restore=[Late(3600, last), Choice.RETRY])

    seen = f"{last.where()}." if last else "The manager does not answer."
    question = asked(story, "restore")
    assert question.text == (
        f"For 60 min nothing has changed; last seen: {seen} Traffic is not affected meanwhile. "
        "Look at the manager's console, then wait on or give up; nothing is cancelled by waiting."
    )
    assert [offer.label for offer in question.offers] == ["Wait on", "Give up"]
    assert [follow.turn for follow in follows(story)] == [1, 2]
    assert follows(story)[1].since == _answered(story).at


def test_trouble_that_waiting_does_not_mend_is_asked_about() -> None:
    """F13, F18, F27: a refused login, another certificate, a redirect."""
    story = guided_run(restore=[SILENT, Choice.RETRY, SILENT, Choice.RETRY])

    assert [question.key for question in story.questions[:2]] == [
        "restore:unreachable:1",
        "restore:unreachable:2",
    ]
    assert isinstance(story.end, a.Succeeded)


@pytest.mark.parametrize("word", ["NEW_WORD", "INITIAL", "NOT_STARTED", "NOT_AVAILABLE"])
def test_a_word_from_which_nothing_follows_is_shown_and_asked_about(word: str) -> None:
    """F14: nothing is sent by itself, and no run ends by itself."""
    story = guided_run(restore=[RestoreStatus(word, said="So it is"), Choice.RETRY])

    question = asked(story, "restore")
    assert question.title == f"The manager says {word}"
    assert question.text == (
        f'While its restore is followed the manager says {word}. It says: "So it is". The bot '
        "does not know what follows from that, so it does nothing. Look at the manager's own page "
        "(System > Backup & Restore) and decide."
    )
    assert choices(question) == [Choice.RETRY, Choice.GIVE_UP]
    assert orders(story) == []


@pytest.mark.parametrize(
    ("choice", "order"), [(Choice.CONTINUE, "advance"), (Choice.CANCEL, "cancel")]
)
def test_what_the_manager_offers_with_an_unknown_word_can_be_chosen(
    choice: Choice, order: str
) -> None:
    """By a lead who has looked at it."""
    odd = status("NEW_WORD", offered=("advance", "cancel"))
    end = SUCCESS if order == "advance" else ABORTED
    story = guided_run(restore=[odd, choice, "accepted", end])

    question = asked(story, "restore")
    assert choices(question) == [Choice.RETRY, Choice.CONTINUE, Choice.CANCEL, Choice.GIVE_UP]
    assert [offer.lead_only for offer in question.offers] == [False, True, True, True]
    assert orders(story) == [(order, ())]


def test_instructions_with_an_unknown_word_are_asked_like_any_other() -> None:
    """F14: nobody can continue without having read what the manager asks."""
    odd = replace(asking(HOSTS, NODES), word="NEW_WORD")
    story = guided_run(restore=[odd, BOTH, NOTHING])

    question = asked(story, "restore")
    assert question.text.startswith("At step 5 of 11: Restoring Node (NEW_WORD) the manager waits")
    assert [field.key for field in question.fields] == ["1:i-1"]


def test_instructions_that_cannot_be_answered_are_named() -> None:
    """The manager offers no way to go on, so there is nothing to choose."""
    odd = replace(asking(HOSTS, NODES, offered=()), word="NEW_WORD")
    question = asked(guided_run(restore=[odd, Choice.RETRY]), "restore")

    assert " It asks for: Hosts not found; Add the other manager nodes. The bot" in question.text
    assert choices(question) == [Choice.RETRY, Choice.GIVE_UP]


def _answered(story: Played) -> o.Answered:
    return next(seen for _, seen in story.pairs if isinstance(seen, o.Answered))
