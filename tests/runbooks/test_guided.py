"""The guided procedure from end to end: its order, what is checked first, and how it ends early.

Sources: NSX 9 admin guide, Restore a Backup; NSX API, InitiateClusterRestore.
"""

import pytest

from bot.domain.plan import GuidedTerms
from bot.domain.request import Choice
from bot.domain.values import Component
from bot.runbooks import actions as a
from bot.runbooks import book, guided
from bot.runbooks import observations as o
from bot.runbooks.restoring import RestoreStatus
from tests.builders import a_plan
from tests.runbooks.driver import CONNECTED, FRESH, Outside, play, replayed, the_plan
from tests.runbooks.guided_driver import (
    ABORTED,
    BACKUPS,
    BOTH,
    HOSTS,
    REFUSED,
    SILENT,
    SUCCESS,
    UNKNOWN,
    Reply,
    WantsSuspend,
    asked,
    asking,
    broken,
    choices,
    failure,
    guided_plan,
    guided_run,
    listed_backup,
    met,
    titles,
)

# -- the order ----------------------------------------------------------------------------------


def test_a_restore_without_prompts_goes_in_the_order_of_the_plan() -> None:
    """Checked, automatic backups off, started once, followed, and all the rest after it."""
    story = guided_run()

    assert [(type(action).__name__, action.step) for action in story.actions] == [
        ("ReadStatus", "check"),
        ("ReadRestore", "check"),
        ("TakeCensus", "check"),
        ("FinishStep", "check"),
        ("ReadSchedule", "backups_off"),
        ("SetUpBackups", "backups_off"),
        ("FinishStep", "backups_off"),
        ("StartRestore", "start"),
        ("FinishStep", "start"),
        ("FollowRestore", "restore"),
        ("FinishStep", "restore"),
        ("AwaitStable", "stable"),
        ("FinishStep", "stable"),
        ("AskPerson", "checklist"),
        ("FinishStep", "checklist"),
        ("ReadSchedule", "backups_on"),
        ("FinishStep", "backups_on"),
        ("AskPerson", "fresh_backup"),
        ("ReadBackupRun", "fresh_backup"),
        ("MakeBackup", "fresh_backup"),
        ("FinishStep", "fresh_backup"),
        ("TakeProof", "proof"),
        ("FinishStep", "proof"),
    ]
    assert isinstance(story.end, a.Succeeded)


def test_every_step_that_a_lead_reads_is_finished_in_that_order() -> None:
    """And no other."""
    assert list(guided_run().told) == [step.key for step in guided.steps()]


def test_the_point_of_no_return_is_the_start() -> None:
    """Nothing before it restores anything."""
    marked = [step.key for step in guided.steps() if step.no_return]

    assert marked == ["start"]
    assert guided.steps()[2].title == "Start the restore"


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"restore": [asking(HOSTS), BOTH, Choice.SKIP, "refused", broken(), Choice.RETRY]},
        {"stable": [o.NotStable(60, "management DEGRADED."), Choice.CONTINUE]},
        {"restore": [ABORTED]},
    ],
    ids=["well", "asked", "not stable", "aborted"],
)
def test_the_same_observations_lead_the_same_way(script: dict[str, list[Reply]]) -> None:
    """A run continues after a crash by being sent again what was seen."""
    story = guided_run(**{step: list(replies) for step, replies in script.items()})

    assert replayed(story) == story.actions


# -- what is checked before anything is sent ----------------------------------------------------


@pytest.mark.parametrize("word", ["INITIALIZING", "UNSTABLE", "DEGRADED", "SOMETHING_NEW"])
def test_a_manager_that_is_not_stable_is_left_alone(word: str) -> None:
    """F01: the value is named, and nothing is sent."""
    story = guided_run(check=[o.ClusterStatus(word, "STABLE", ("node-1",))])

    assert failure(story) == a.Failed(
        f"The manager's status is {word}; it must be STABLE before a restore.",
        "No restore was started. Wait until it is STABLE and file the request again.",
    )
    assert {type(action) for action in story.actions} == {a.ReadStatus}


@pytest.mark.parametrize("word", ["INITIAL", "NOT_STARTED", "NOT_AVAILABLE"])
def test_a_manager_that_restores_nothing_is_begun_with(word: str) -> None:
    """Whichever word its generation has for that."""
    story = guided_run(check=[FRESH, RestoreStatus(word)])

    assert story.told["check"] == f"The manager is STABLE and says {word}."


@pytest.mark.parametrize("word", ["RUNNING", "SUCCESS", "FAILED", "ABORTED", "SOMETHING_NEW"])
def test_a_manager_that_has_a_restore_already_is_left_alone(word: str) -> None:
    """A success is one too: what follows would be told as ours."""
    story = guided_run(check=[FRESH, RestoreStatus(word, step=3, total=11)])

    assert failure(story) == a.Failed(
        f"The manager has a restore already: step 3 of 11 ({word}).",
        "No restore was started. Bring that one to its end on the manager itself, or deploy a "
        "fresh manager, and file a new request.",
    )
    assert a.StartRestore not in {type(action) for action in story.actions}


def test_a_read_that_fails_is_asked_about_and_done_again() -> None:
    """Each time with a key of its own, since an answer belongs to one question."""
    story = guided_run(check=[SILENT, Choice.RETRY, FRESH, SILENT, Choice.RETRY])

    assert [question.key for question in story.questions][:2] == [
        "check:unreachable:1",
        "check:unreachable:2",
    ]
    assert isinstance(story.end, a.Succeeded)


# -- automatic backups before the start ---------------------------------------------------------


@pytest.mark.parametrize(
    ("enabled", "before"), [(True, "They were enabled."), (False, "They were disabled already.")]
)
def test_the_former_schedule_is_read_before_it_is_changed(*, enabled: bool, before: str) -> None:
    """It is what is told at the end, and what a run that ends early reminds of."""
    story = guided_run(backups_off=[o.Schedule(enabled)])

    assert story.told["backups_off"] == (
        "The manager knows the backup server, and automatic backups are disabled, read again to "
        f"verify. {before}"
    )


def test_backups_that_stay_enabled_stop_the_run_before_its_start() -> None:
    """F19: a manager that is being restored must not upload backups."""
    on, off = o.Schedule(enabled=True), o.Schedule(enabled=False)
    story = guided_run(backups_off=[on, on, Choice.RETRY, on, Choice.RETRY, off])

    question = asked(story, "backups_off")
    assert question.title == "Automatic backups could not be disabled"
    assert question.text == (
        "The manager accepted the change, but read again they are not disabled. No restore begins "
        "like this. Disable them by hand (System > Backup & Restore), then try again: the bot "
        "tells the manager once more, and reads it."
    )
    assert choices(question) == [Choice.RETRY, Choice.GIVE_UP]
    assert asked(story, "backups_off", 1).key == "backups_off:not_disabled:2"


def test_backups_that_cannot_be_set_up_are_asked_about() -> None:
    """As where a secret leads nowhere: nothing was started."""
    story = guided_run(
        backups_off=[o.Schedule(enabled=False), SILENT, Choice.RETRY, SILENT, Choice.GIVE_UP]
    )

    assert titles(story, "backups_off") == ["This step needs a person"] * 2
    assert failure(story).reason == "A lead chose to give up at: This step needs a person"
    assert a.StartRestore not in {type(action) for action in story.actions}


# -- an early end -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        {"start": [REFUSED]},
        {"restore": [ABORTED]},
        {"restore": [broken(), Choice.GIVE_UP]},
        {"stable": [SILENT, Choice.GIVE_UP]},
        {"proof": [SILENT, Choice.GIVE_UP]},
    ],
    ids=["start", "aborted", "failed", "stable", "proof"],
)
def test_a_run_that_ends_early_reminds_of_automatic_backups(script: dict[str, list[Reply]]) -> None:
    """They were enabled, the bot has disabled them, and nobody would notice for weeks."""
    first, again = ({step: list(replies) for step, replies in script.items()} for _ in range(2))
    reminded = guided_run(backups_off=[o.Schedule(enabled=True)], **first)
    silent = guided_run(**again)

    assert failure(reminded).advice == f"{failure(silent).advice} {BACKUPS}"
    assert BACKUPS not in failure(silent).advice


def test_nothing_is_reminded_of_before_backups_were_read() -> None:
    """The bot changed nothing yet."""
    story = guided_run(check=[SILENT, Choice.GIVE_UP])

    assert BACKUPS not in failure(story).advice


# -- plans --------------------------------------------------------------------------------------


def test_the_book_knows_both_runbooks_and_no_other() -> None:
    """A plan of a runbook that does not exist is a bug, told by its name."""
    assert isinstance(play(the_plan(), Outside(node=False).meet).end, a.Succeeded)
    assert isinstance(guided_run().end, a.Succeeded)
    with pytest.raises(ValueError, match="there is no runbook rewind"):
        book.run(a_plan(runbook="rewind"))


def test_a_plan_names_the_backup_that_is_restored() -> None:
    """One of files is a plan of the other runbook."""
    assert guided.listed(guided_plan()) == listed_backup()
    with pytest.raises(ValueError, match="no listed backup"):
        guided.listed(the_plan())


def test_a_plan_without_terms_lets_nothing_go_on_unasked() -> None:
    """Old plans have none."""
    assert guided.terms(guided_plan(guided=None)) == GuidedTerms(Component.LOCAL, ())
    terms = GuidedTerms(Component.GLOBAL, ("Hosts not found",))
    assert guided.terms(guided_plan(guided=terms)) == terms


WRONG: dict[type[a.Action], Reply] = {
    a.ReadStatus: o.Schedule(enabled=True),
    a.ReadRestore: CONNECTED,
    a.TakeCensus: CONNECTED,
    a.ReadSchedule: CONNECTED,
    a.SetUpBackups: CONNECTED,
    a.StartRestore: CONNECTED,
    a.FollowRestore: CONNECTED,
    a.ReadResources: CONNECTED,
    a.SendOrder: CONNECTED,
    a.AwaitStable: CONNECTED,
    a.SetSchedule: CONNECTED,
    a.ReadBackupRun: CONNECTED,
    a.MakeBackup: CONNECTED,
    a.TakeProof: CONNECTED,
    a.AskPerson: CONNECTED,
}


@pytest.mark.parametrize("kind", WRONG, ids=lambda kind: kind.__name__)
def test_an_observation_of_the_wrong_kind_is_a_bug(kind: type[a.Action]) -> None:
    """It stops the run at once instead of being read as something else."""
    statuses = iter((asking(HOSTS), SUCCESS))

    def meet(action: a.Action) -> Reply | None:
        if isinstance(action, kind):
            return WRONG[kind]
        if isinstance(action, a.FollowRestore):
            return next(statuses)
        if isinstance(action, a.ReadSchedule):
            return o.Schedule(enabled=False)
        return None

    with pytest.raises(TypeError):
        met(guided_plan(), meet)


def test_the_wrong_kind_is_a_bug_where_only_trouble_leads_to() -> None:
    """After an unknown start, and before a retry with corrected secrets."""

    def unknown(action: a.Action) -> Reply | None:
        if isinstance(action, a.StartRestore):
            return UNKNOWN
        return CONNECTED if isinstance(action, a.FollowRestore) else None

    with pytest.raises(TypeError):
        met(guided_plan(), unknown)
    with pytest.raises(TypeError):
        guided_run(restore=[broken(), Choice.RETRY_UPDATED, CONNECTED])
    with pytest.raises(TypeError):
        guided_run(restore=[WantsSuspend(), CONNECTED])
