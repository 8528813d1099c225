"""The procedure of the guide, in its order, through every branch.

Source: NSX-T 1.1 admin guide, Restore a cluster backup.
"""

from datetime import timedelta
from typing import Any, cast

import pytest

from bot.domain.errors import Kind
from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import cluster_backup
from bot.runbooks import observations as o
from tests.builders import NOON
from tests.runbooks.driver import (
    CLUSTER,
    CONNECTED,
    FRESH,
    NODE,
    Reply,
    play,
    played,
    replayed,
    the_plan,
)

SILENT = o.Trouble(Kind.UNREACHABLE, "The manager does not answer.", "Check its address.")
ACCEPTED = o.Sent("accepted", "HTTP 200.", NOON)
REFUSED = o.Sent("refused", "HTTP 404: no such address.", NOON)
UNKNOWN = o.Sent("unknown", "The connection was cut.", NOON)
LATE = o.NotStable(3600, "management UNSTABLE, control NO_CONTROLLERS.")

GIVEN_UP = (
    "The bot does nothing more and nothing was rolled back. Compare the manager with the steps "
    "that are done, and finish or redeploy by hand."
)
BACKUPS = (
    "Automatic backups were enabled before this run and may be disabled now: look at them too."
)


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
        "cluster_restore": "The manager accepted the cluster restore. HTTP 200.",
        "cluster_stable": (
            "The manager is stable again, 2 min after the request (its restart was seen; "
            "management STABLE, control NO_CONTROLLERS)."
        ),
        "backups_off": (
            "Automatic backups are disabled, and read again to verify. They were enabled."
        ),
        "controllers": "All controllers were restarted.",
        "node_restore": "The manager accepted the node restore. HTTP 200.",
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
        o.ClusterStatus("STABLE", "NO_CONTROLLERS", ()),
        o.Schedule(enabled=False),
    )

    assert played(the_plan(node=True), proof=[proof]).end == a.Succeeded(
        (
            "Management cluster: STABLE.",
            "Control cluster: NO_CONTROLLERS.",
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


def test_a_manager_that_cannot_be_asked_is_not_restored() -> None:
    """Nothing was sent, so nobody has to look for what happened."""
    assert played(the_plan(), check=[SILENT]).end == a.Failed(
        "The manager does not answer.", "Check its address. Nothing was sent."
    )


# -- the restore request ------------------------------------------------------------------------


def test_a_refused_cluster_restore_ends_the_run() -> None:
    """It did not begin; a further attempt is a new request."""
    story = played(the_plan(), cluster_restore=[REFUSED])

    assert story.end == a.Failed(
        "The manager refused the cluster restore: HTTP 404: no such address.",
        "The restore did not begin. Correct the cause and file a new request.",
    )
    assert story.questions == []


@pytest.mark.parametrize("kind", ["cluster", "node"])
def test_an_unknown_outcome_is_asked_about_and_never_sent_again(kind: str) -> None:
    """Adopted, the run goes on from the request that may have arrived."""
    script: dict[str, list[Reply]] = {f"{kind}_restore": [UNKNOWN, Choice.CONTINUE]}
    story = played(the_plan(node=True), **script)

    question = story.questions[0 if kind == "cluster" else 3]
    assert question.key == f"{kind}_restore:unknown"
    assert question.title == f"Outcome unknown: did the {kind} restore begin?"
    assert question.text == (
        f"The {kind} restore request was claimed and may have reached the manager: The connection "
        "was cut. It is never sent a second time. Look at the manager. If the restore has begun, "
        "adopt it and the run goes on from there. If it has not, give up and file a new request."
    )
    assert [(offer.label, offer.lead_only) for offer in question.offers] == [
        ("Adopt: it has begun", True),
        ("Give up: it has not", True),
    ]
    assert story.told[f"{kind}_restore"] == "Decided by hand: Adopt: it has begun."
    assert _sends(story.actions) == ["cluster", "node"]
    waiting = _waits(story.actions, f"{kind}_stable")[0]
    assert waiting.sent_at == NOON
    assert waiting.since > NOON
    assert isinstance(story.end, a.Succeeded)


def test_a_refused_node_restore_is_done_by_hand() -> None:
    """Its address is not public; people restore it and the run goes on."""
    story = played(the_plan(node=True), node_restore=[REFUSED, Choice.CONTINUE])

    question = story.questions[3]
    assert question.key == "node_restore:refused"
    assert question.title == "The node restore must be done by hand"
    assert question.text == (
        "The manager refused the node restore request: HTTP 404: no such address. Its address is "
        "not public for this version. Restore the node backup on the manager by hand, then "
        "continue."
    )
    assert all(offer.lead_only for offer in question.offers)
    assert story.told["node_restore"] == "Decided by hand: Restored by hand, continue."
    assert isinstance(story.end, a.Succeeded)


def test_after_a_restore_by_hand_the_outage_is_waited_for_from_then_on() -> None:
    """The refused request caused no outage: the settle time starts when people say it is done."""
    story = played(the_plan(node=True), node_restore=[REFUSED, Choice.CONTINUE])

    answered = next(
        seen
        for action, seen in story.pairs
        if action.step == "node_restore" and isinstance(seen, o.Answered)
    )
    waiting = _waits(story.actions, "node_stable")[0]
    assert (waiting.sent_at, waiting.since) == (answered.at, answered.at)


def test_what_was_not_even_claimed_may_be_sent_after_help() -> None:
    """Trouble before the claim, such as a missing secret, leaves the request unsent."""
    story = played(
        the_plan(), cluster_restore=[SILENT, Choice.RETRY, SILENT, Choice.RETRY, ACCEPTED]
    )

    assert [question.key for question in story.questions[:2]] == [
        "cluster_restore:unreachable:1",
        "cluster_restore:unreachable:2",
    ]
    assert story.questions[0].title == "This step needs a person"
    assert story.questions[0].text == (
        "The manager does not answer. Check its address. Then try again; nothing is repeated that "
        "must not be."
    )
    assert isinstance(story.end, a.Succeeded)


# -- waiting ------------------------------------------------------------------------------------


def test_the_deadline_starts_anew_when_people_wait_on() -> None:
    """Each wait keeps the moment of the request, and counts its deadline from the answer."""
    story = played(the_plan(), cluster_stable=[LATE, Choice.RETRY, LATE, Choice.RETRY])

    waits = _waits(story.actions, "cluster_stable")
    sent = next(seen for _, seen in story.pairs if isinstance(seen, o.Sent))
    assert len(waits) == 3
    assert {wait.sent_at for wait in waits} == {sent.at}
    assert waits[0].since == sent.at
    assert waits[0].since < waits[1].since < waits[2].since
    assert [question.key for question in story.questions[:2]] == [
        "cluster_stable:not_stable:1",
        "cluster_stable:not_stable:2",
    ]
    assert story.questions[0].title == "The manager is not stable in time"
    assert story.questions[0].text == (
        "60 min after the request the manager is not stable; it last said: management UNSTABLE, "
        "control NO_CONTROLLERS. Traffic is not affected meanwhile. Look at its console, then wait "
        "on or give up."
    )


def test_trouble_while_waiting_is_put_right_by_people() -> None:
    """Another certificate or a refused password does not heal by waiting."""
    swapped = o.Trouble(Kind.TLS, "The certificate is another one.", "Accept it if it is yours.")
    story = played(the_plan(), cluster_stable=[swapped, Choice.RETRY])

    assert story.questions[0].key == "cluster_stable:tls:1"
    assert isinstance(story.end, a.Succeeded)


def test_a_restart_that_nobody_saw_is_told_as_such() -> None:
    """It may have been short, or not have happened."""
    seen = o.Stable(FRESH, NOON, 61, outage_seen=False)

    assert played(the_plan(), cluster_stable=[seen]).told["cluster_stable"] == (
        "The manager is stable again, 61 s after the request (no restart was seen; "
        "management STABLE, control NO_CONTROLLERS)."
    )


def test_controllers_are_asked_of_the_last_wait_alone() -> None:
    """Before the node restore NO_CONTROLLERS is normal."""
    story = played(the_plan(node=True))

    waits = [action for action in story.actions if isinstance(action, a.AwaitStable)]
    assert [(wait.step, wait.controllers) for wait in waits] == [
        ("cluster_stable", False),
        ("node_stable", False),
        ("controllers_connected", True),
    ]
    assert waits[2].since == waits[1].since + timedelta(minutes=2)


# -- automatic backups --------------------------------------------------------------------------


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
    assert asked[0].text == (
        f"The manager accepted the change, but read again they are not {word}. Switch them by "
        "hand (System > Utilities > Backup > Edit > Automatic Backup), then try again."
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
        "backups_off:unreachable:2",
    ]


# -- by hand ------------------------------------------------------------------------------------


def test_controllers_are_restarted_one_by_one() -> None:
    """Each has its own question, with the reason."""
    asked = [q for q in played(the_plan()).questions if q.key.startswith("controllers:")]

    assert [question.key for question in asked] == [f"controllers:{n}" for n in (1, 2, 3)]
    assert [question.title for question in asked] == [
        "Restart controller 10.0.0.11 (1 of 3)",
        "Restart controller 10.0.0.12 (2 of 3)",
        "Restart controller 10.0.0.13 (3 of 3)",
    ]
    assert asked[0].text == (
        "Restart the NSX Controller 10.0.0.11 at its console, and wait until it is back with its "
        "cluster. Reason: it removes cached data before the node backup is restored, and before "
        "the manager and the controllers synchronize."
    )


def test_unnamed_controllers_are_restarted_all_the_same() -> None:
    """The guide asks for all of them, configured or not."""
    story = played(the_plan(controllers=()))

    assert story.questions[0].key == "controllers:all"
    assert story.questions[0].title == "Restart all NSX Controllers"
    assert "The configuration names no controllers." in story.questions[0].text


def test_backups_come_back_only_after_the_helper_script() -> None:
    """You can enable automatic backups again after completing the helper script."""
    keys = [question.key for question in played(the_plan()).questions]

    assert keys.index("helper_script") < keys.index("backups_on")


# -- the end ------------------------------------------------------------------------------------


def test_the_proof_is_insisted_on() -> None:
    """A manager that is silent at the very end is waited for with people."""
    story = played(the_plan(), proof=[SILENT, Choice.RETRY])

    assert story.questions[-1].key == "proof:unreachable:1"
    assert isinstance(story.end, a.Succeeded)


def test_an_unstable_end_is_no_success() -> None:
    """Whatever went well before."""
    proof = o.Proof(
        o.ManagerFacts("1.1.0", "node-1"),
        o.ClusterStatus("DEGRADED", "STABLE", ()),
        o.Schedule(enabled=True),
    )

    assert played(the_plan(), proof=[proof]).end == a.Failed(
        "At the end the manager's status is DEGRADED, not STABLE.",
        f"The restore itself was accepted. Look at the manager before you rely on it. {BACKUPS}",
    )


GIVE_UP: list[tuple[str, list[Reply], str, bool]] = [
    ("cluster_restore", [SILENT], "This step needs a person", False),
    ("cluster_restore", [UNKNOWN], "Outcome unknown: did the cluster restore begin?", False),
    ("cluster_stable", [LATE], "The manager is not stable in time", False),
    ("cluster_stable", [SILENT], "This step needs a person", False),
    ("backups_off", [SILENT], "This step needs a person", False),
    ("backups_off", [o.Schedule(enabled=True), SILENT], "This step needs a person", True),
    (
        "backups_off",
        [o.Schedule(enabled=True), o.Schedule(enabled=True)],
        "Automatic backups could not be disabled",
        True,
    ),
    ("controllers", [], "Restart controller 10.0.0.11 (1 of 3)", True),
    ("node_restore", [REFUSED], "The node restore must be done by hand", True),
    ("node_restore", [UNKNOWN], "Outcome unknown: did the node restore begin?", True),
    ("node_stable", [LATE], "The manager is not stable in time", True),
    ("controllers_connected", [LATE], "The manager is not stable in time", True),
    ("helper_script", [], "Run the backup and restore helper script", True),
    ("backups_on", [Choice.CONTINUE, SILENT], "This step needs a person", True),
    ("proof", [SILENT], "This step needs a person", True),
]


@pytest.mark.parametrize(("step", "first", "title", "backups"), GIVE_UP)
def test_giving_up_ends_the_run_wherever_it_is_offered(
    step: str, first: list[Reply], title: str, *, backups: bool
) -> None:
    """The end names the question; whoever is left with backups switched off is told so."""
    story = played(the_plan(node=True), **{step: [*first, Choice.GIVE_UP]})

    assert story.end == a.Failed(
        f"A lead chose to give up at: {title}", f"{GIVEN_UP} {BACKUPS}" if backups else GIVEN_UP
    )
    assert story.actions[-1].step == step


def test_backups_that_were_off_are_not_warned_about() -> None:
    """A warning that is not due is noise."""
    off = o.Schedule(enabled=False)
    story = played(the_plan(), backups_off=[off], helper_script=[Choice.GIVE_UP])

    assert story.end == a.Failed(
        "A lead chose to give up at: Run the backup and restore helper script", GIVEN_UP
    )


# -- replay and bugs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"cluster_restore": [UNKNOWN, Choice.CONTINUE], "proof": [SILENT, Choice.RETRY]},
        {"node_restore": [REFUSED, Choice.CONTINUE], "backups_on": [Choice.DECLINE]},
        {"cluster_stable": [LATE, Choice.RETRY, LATE, Choice.GIVE_UP]},
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
            return cast("Any", wrong)
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


def _sends(actions: list[a.Action]) -> list[str]:
    return [action.kind for action in actions if isinstance(action, a.SendRestore)]


def _waits(actions: list[a.Action], step: str) -> list[a.AwaitStable]:
    return [act for act in actions if isinstance(act, a.AwaitStable) and act.step == step]
