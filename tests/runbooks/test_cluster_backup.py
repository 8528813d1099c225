"""The procedure of the guide, in its order, through every branch.

Source: NSX-T 1.1 admin guide, Restore a cluster backup.
"""

from dataclasses import replace

import pytest

from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import cluster_backup
from bot.runbooks import observations as o
from tests.runbooks.driver import (
    CLUSTER,
    CONNECTED,
    FRESH,
    LATE,
    NODE,
    NOT_YET,
    REFUSED,
    SILENT,
    UNKNOWN,
    Reply,
    play,
    played,
    replayed,
    the_plan,
)
from tests.runbooks.guided_driver import guided_plan

# -- the order ----------------------------------------------------------------------------------


def test_a_cluster_restore_goes_in_the_order_of_the_guide() -> None:
    """Steps 1 to 4, then "What to do next", then what the guide names after the helper script."""
    story = played(the_plan())

    assert [(type(action).__name__, action.step) for action in story.actions] == [
        ("ReadStatus", "check"),
        ("FinishStep", "check"),
        ("SendRestore", "cluster_restore"),
        ("FinishStep", "cluster_restore"),
        ("AwaitStable", "cluster_stable"),
        ("FinishStep", "cluster_stable"),
        ("ReadSchedule", "backups_off"),
        ("SetSchedule", "backups_off"),
        ("FinishStep", "backups_off"),
        ("AskPerson", "controllers"),
        ("AskPerson", "controllers"),
        ("AskPerson", "controllers"),
        ("FinishStep", "controllers"),
        ("AskPerson", "helper_script"),
        ("FinishStep", "helper_script"),
        ("AskPerson", "backups_on"),
        ("SetSchedule", "backups_on"),
        ("FinishStep", "backups_on"),
        ("TakeProof", "proof"),
        ("FinishStep", "proof"),
    ]
    assert isinstance(story.end, a.Succeeded)


def test_the_node_backup_comes_after_the_cluster_and_the_controllers() -> None:
    """You must restore a cluster backup before restoring a node backup."""
    story = played(the_plan(node=True))

    steps = list(dict.fromkeys(action.step for action in story.actions))
    assert steps == [
        "check",
        "cluster_restore",
        "cluster_stable",
        "backups_off",
        "controllers",
        "node_restore",
        "node_stable",
        "controllers_connected",
        "helper_script",
        "backups_on",
        "proof",
    ]


@pytest.mark.parametrize("node", [False, True])
def test_the_plan_names_the_steps_that_are_taken(*, node: bool) -> None:
    """Every step that a lead reads is finished, in that order, and no other."""
    story = played(the_plan(node=node))

    finished = [act.step for act in story.actions if isinstance(act, a.FinishStep)]
    assert finished == [step.key for step in story.plan.steps]


def test_the_point_of_no_return_is_the_cluster_restore() -> None:
    """And nothing before it changes anything."""
    marked = [step.key for step in the_plan(node=True).steps if step.no_return]
    story = played(the_plan())
    first = next(act for act in story.actions if isinstance(act, a.SendRestore | a.SetSchedule))

    assert marked == ["cluster_restore"]
    assert first.step == "cluster_restore"


def test_a_lead_reads_what_will_happen() -> None:
    """Titles name the files and the controllers; what people do is marked."""
    titles = [step.title for step in the_plan(node=True).steps]

    assert titles == [
        "Check that the manager is STABLE",
        f"Restore the cluster backup {CLUSTER.path}",
        "Wait until the manager is stable again",
        "Disable automatic backups",
        "By hand: restart the controllers 10.0.0.11, 10.0.0.12, 10.0.0.13",
        f"Restore the node backup {NODE.path}",
        "Wait until the manager is stable again",
        "Wait until the controllers are connected",
        "By hand: run the backup and restore helper script",
        "Offer to enable automatic backups again, as they were",
        "Prove the end state",
    ]
    assert the_plan(controllers=()).steps[4].title == "By hand: restart all controllers"


def test_each_restore_goes_to_its_own_address() -> None:
    """The cluster's is the guide's; the node's is not public, hence configured."""
    both = the_plan(node=True)

    assert cluster_backup.restore_path(both, "cluster") == (
        "/api/v1/cluster/backups?action=restore"
    )
    assert cluster_backup.restore_path(both, "node") == "/api/v1/node/backups?action=restore"
    with pytest.raises(ValueError, match="this plan has no node restore"):
        cluster_backup.restore_path(the_plan(), "node")


# -- what people are told -----------------------------------------------------------------------


def test_a_run_tells_its_story() -> None:
    """One sentence for each step, with what was seen."""
    told = played(the_plan(node=True)).told

    assert told == {
        "check": (
            "The manager is STABLE. The control cluster says NO_CONTROLLERS, which is normal until "
            "the node backup has been restored."
        ),
        "cluster_restore": "HTTP 200.",
        "cluster_stable": (
            "The manager is stable again, 2 min after the request (its restart was seen; "
            "management STABLE, control NO_CONTROLLERS)."
        ),
        "backups_off": (
            "Automatic backups are disabled, and read again to verify. They were enabled."
        ),
        "controllers": "All controllers were restarted.",
        "node_restore": "HTTP 200.",
        "node_stable": (
            "The manager is stable again, 2 min after the request (its restart was seen; "
            "management STABLE, control NO_CONTROLLERS)."
        ),
        "controllers_connected": (
            "The controllers are connected, 4 min after the request (its restart was seen; "
            "management STABLE, control STABLE)."
        ),
        "helper_script": "The backup and restore helper script has run.",
        "backups_on": "Automatic backups are enabled again, and read again to verify.",
        "proof": "The end state was read.",
    }


def test_another_control_word_is_told_as_it_is() -> None:
    """No word of the manager is hidden or translated."""
    status = o.ClusterStatus("STABLE", "DEGRADED", ())

    assert played(the_plan(), check=[status]).told["check"] == (
        "The manager is STABLE. The control cluster says DEGRADED."
    )


def test_success_is_proved() -> None:
    """The end state as it was read, compared with the plan."""
    end = played(the_plan()).end

    assert end == a.Succeeded(
        (
            "Management cluster: STABLE.",
            (
                "Control cluster: NO_CONTROLLERS. That stays so until the node backup has been "
                "restored."
            ),
            "Manager version: 1.1.0.0.0.4788147 (as before).",
            "Online manager nodes: node-1.",
            "Automatic backups: enabled.",
            f"Restored from: {CLUSTER.path}.",
        )
    )


def test_the_proof_tells_what_became_different() -> None:
    """Another version, no named nodes, backups off, both files."""
    proof = o.Proof(
        o.ManagerFacts("1.1.1", "node-1"),
        o.ClusterStatus("STABLE", "STABLE", ()),
        o.Schedule(enabled=False),
    )

    assert played(the_plan(node=True), proof=[proof]).end == a.Succeeded(
        (
            "Management cluster: STABLE.",
            "Control cluster: STABLE.",
            "Manager version: 1.1.1 (before: 1.1.0.0.0.4788147).",
            "Online manager nodes: none named.",
            "Automatic backups: disabled.",
            f"Restored from: {CLUSTER.path} and {NODE.path}.",
        )
    )


# -- the check ----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["UNSTABLE", "INITIALIZING", "DEGRADED", "UNKNOWN", "", "stable"])
def test_an_unstable_manager_is_not_restored(word: str) -> None:
    """The word is quoted, and nothing is sent."""
    story = played(the_plan(), check=[o.ClusterStatus(word, "NO_CONTROLLERS", ())])

    assert story.end == a.Failed(
        f"The manager's status is {word}; it must be STABLE before a restore.",
        "Nothing was sent. Wait until it is STABLE and file the request again.",
    )
    assert len(story.actions) == 1


def test_a_manager_that_cannot_be_asked_is_asked_again() -> None:
    """Nothing was sent yet, so people decide whether to try again."""
    story = played(the_plan(), check=[SILENT, Choice.RETRY, FRESH])

    assert isinstance(story.end, a.Succeeded)
    assert story.questions[0].text.startswith("The manager does not answer.")


def test_giving_up_at_the_check_sends_nothing() -> None:
    """The run ends before the point of no return."""
    story = played(the_plan(), check=[SILENT, Choice.GIVE_UP])

    assert isinstance(story.end, a.Failed)
    assert not any(isinstance(action, a.SendRestore) for action in story.actions)


# -- the end ------------------------------------------------------------------------------------


def test_the_proof_is_insisted_on() -> None:
    """A manager that is silent at the very end is waited for with people."""
    story = played(the_plan(), proof=[SILENT, Choice.RETRY])

    assert story.questions[-1].key == "proof:unreachable:1"
    assert isinstance(story.end, a.Succeeded)


def test_an_end_that_is_not_stable_is_looked_at_again() -> None:
    """One word at the very end fails no good restore: it may only be passing, so people look."""
    story = played(the_plan(), proof=[NOT_YET, Choice.RETRY, SILENT, Choice.RETRY, NOT_YET])

    asked = [question for question in story.questions if question.key.startswith("proof:")]
    assert [question.key for question in asked] == [
        "proof:not_proved:1",
        "proof:unreachable:2",
        "proof:not_proved:3",
    ]
    assert asked[0].title == "The end state is not as it should be"
    assert asked[0].text == (
        "All steps are done, but read at the end: management UNSTABLE, control STABLE. The "
        "management cluster must be STABLE. It may only be passing: look at the manager, then "
        "look again or give up."
    )
    assert [offer.label for offer in asked[0].offers] == ["Look again", "Give up"]
    assert isinstance(story.end, a.Succeeded)


@pytest.mark.parametrize("word", ["NO_CONTROLLERS", "DEGRADED", "UNSTABLE", "UNKNOWN"])
def test_after_a_node_restore_the_controllers_must_be_connected_at_the_end(word: str) -> None:
    """The end state proves what the step before it has waited for; people decide, not the word."""
    lost = replace(NOT_YET, status=o.ClusterStatus("STABLE", word, ()))
    story = played(the_plan(node=True), proof=[lost, Choice.GIVE_UP])

    assert story.questions[-1].text.startswith(
        f"All steps are done, but read at the end: management STABLE, control {word}. Both "
        "clusters must be STABLE."
    )
    assert isinstance(story.end, a.Failed)
    assert isinstance(played(the_plan(), proof=[lost]).end, a.Succeeded)


# -- replay and bugs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"cluster_restore": [UNKNOWN, Choice.CONTINUE], "proof": [SILENT, Choice.RETRY]},
        {"node_restore": [REFUSED, Choice.CONTINUE], "backups_on": [Choice.DECLINE]},
        {"cluster_stable": [LATE, Choice.RETRY, LATE, Choice.GIVE_UP]},
        {"backups_on": [Choice.CONTINUE, SILENT, Choice.DECLINE], "proof": [NOT_YET]},
    ],
)
def test_the_same_observations_lead_the_same_way(script: dict[str, list[Reply]]) -> None:
    """A run continues after a crash by being sent again what was seen."""
    story = played(the_plan(node=True), **{step: list(replies) for step, replies in script.items()})

    assert replayed(story) == story.actions


ACTIONS: list[type[a.Action]] = [
    a.ReadStatus,
    a.SendRestore,
    a.AwaitStable,
    a.ReadSchedule,
    a.SetSchedule,
    a.AskPerson,
    a.TakeProof,
]


@pytest.mark.parametrize("kind", ACTIONS)
def test_an_observation_of_the_wrong_kind_is_a_bug(kind: type[a.Action]) -> None:
    """It stops the run at once instead of being read as something else."""
    good = played(the_plan())
    seen = {type(action): observed for action, observed in good.pairs}
    wrong = CONNECTED if kind is not a.ReadStatus else o.Schedule(enabled=True)

    def meet(action: a.Action) -> o.Observation | None:
        if isinstance(action, kind):
            return wrong
        return _well(action, seen)

    with pytest.raises(TypeError, match=type(wrong).__name__):
        play(the_plan(), meet)


def test_a_schedule_is_no_proof_and_a_proof_no_schedule() -> None:
    """Both are reads; one is never taken for the other."""
    proof = o.Proof(o.ManagerFacts("1.1", "node-1"), FRESH, o.Schedule(enabled=True))

    with pytest.raises(TypeError):
        played(the_plan(), proof=[o.Schedule(enabled=True)])
    with pytest.raises(TypeError):
        played(the_plan(), backups_off=[proof])


def _well(
    action: a.Action, seen: dict[type[a.Action], o.Observation | None]
) -> o.Observation | None:
    return o.Schedule(action.enabled) if isinstance(action, a.SetSchedule) else seen[type(action)]


def test_a_plan_of_the_other_runbook_is_a_bug() -> None:
    """It names no file that could be restored."""
    with pytest.raises(ValueError, match="no backup files"):
        cluster_backup.files(guided_plan())
