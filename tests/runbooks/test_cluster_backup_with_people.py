"""Where the procedure needs people: what they are asked, and what follows from each answer.

Source: NSX-T 1.1 admin guide, Restore a cluster backup.
"""

from datetime import timedelta

import pytest

from bot.domain.errors import Kind
from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from tests.builders import NOON
from tests.runbooks.driver import (
    ACCEPTED,
    BACKUPS,
    FRESH,
    GIVEN_UP,
    LATE,
    NOT_YET,
    REFUSED,
    SILENT,
    UNKNOWN,
    Reply,
    played,
    the_plan,
)

# -- the restore request ------------------------------------------------------------------------


def test_a_refused_cluster_restore_ends_the_run() -> None:
    """It did not begin; a further attempt is a new request."""
    story = played(the_plan(), cluster_restore=[REFUSED])

    assert story.end == a.Failed(
        "HTTP 404: no such address.",
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
        f"The {kind} restore request may have reached the manager. The connection was cut. It is "
        "never sent a second time. Look at the manager. If the restore has begun, adopt it, and "
        "the run goes on from there. If it has not, give up and file a new request."
    )
    assert [(offer.label, offer.lead_only) for offer in question.offers] == [
        ("Adopt: it has begun", True),
        ("Give up: it has not", True),
    ]
    assert story.told[f"{kind}_restore"] == "Decided by hand: Adopt: it has begun."
    assert _sends(story.actions) == ["cluster", "node"]
    assert isinstance(story.end, a.Succeeded)


def test_a_refused_node_restore_is_done_by_hand() -> None:
    """Its address is not public; people restore it and the run goes on."""
    story = played(the_plan(node=True), node_restore=[REFUSED, Choice.CONTINUE])

    question = story.questions[3]
    assert question.key == "node_restore:refused"
    assert question.title == "The node restore must be done by hand"
    assert question.text == (
        "HTTP 404: no such address. The address of the node restore is not public for this "
        "version. Restore the node backup on the manager by hand, then continue."
    )
    assert all(offer.lead_only for offer in question.offers)
    assert story.told["node_restore"] == "Decided by hand: Restored by hand, continue."
    assert isinstance(story.end, a.Succeeded)


@pytest.mark.parametrize(
    ("kind", "outcome"), [("node", REFUSED), ("node", UNKNOWN), ("cluster", UNKNOWN)]
)
def test_after_an_answer_the_outage_is_waited_for_from_then_on(kind: str, outcome: o.Sent) -> None:
    """What a person says has begun may have begun a moment ago: the settle time counts from there.

    And people are told from when it counts.
    """
    script: dict[str, list[Reply]] = {f"{kind}_restore": [outcome, Choice.CONTINUE]}
    story = played(the_plan(node=True), **script)

    answered = next(
        seen
        for action, seen in story.pairs
        if action.step == f"{kind}_restore" and isinstance(seen, o.Answered)
    )
    waiting = _waits(story.actions, f"{kind}_stable")[0]
    assert (waiting.sent_at, waiting.since) == (answered.at, answered.at)
    assert "2 min after the answer (" in story.told[f"{kind}_stable"]


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


def test_controllers_that_do_not_connect_are_asked_about_as_such() -> None:
    """The question speaks of controllers, and not of a manager that is stable."""
    late = o.NotStable(3600, "management STABLE, control NO_CONTROLLERS.")
    story = played(the_plan(node=True), controllers_connected=[late, Choice.RETRY])

    question = next(q for q in story.questions if q.key.startswith("controllers_connected:"))
    assert question.key == "controllers_connected:not_connected:1"
    assert question.title == "The controllers are not connected in time"
    assert question.text == (
        "60 min after the request the controllers are not connected: both clusters must be STABLE, "
        "and the manager last said: management STABLE, control NO_CONTROLLERS. Look at each "
        "controller's console and at its connection to the manager, then wait on or give up."
    )
    assert [offer.label for offer in question.offers] == ["Wait on", "Give up"]
    assert isinstance(story.end, a.Succeeded)


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


# -- giving up ------------------------------------------------------------------------------------

GIVE_UP: list[tuple[str, list[Reply], str, bool]] = [
    ("cluster_restore", [SILENT], "This step needs a person", False),
    ("cluster_restore", [UNKNOWN], "Outcome unknown: did the cluster restore begin?", False),
    ("cluster_stable", [LATE], "The manager is not stable in time", False),
    ("cluster_stable", [SILENT], "This step needs a person", False),
    ("backups_off", [SILENT], "This step needs a person", False),
    (
        "backups_off",
        [o.Schedule(enabled=True), SILENT],
        "Automatic backups could not be disabled",
        True,
    ),
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
    ("controllers_connected", [LATE], "The controllers are not connected in time", True),
    ("helper_script", [], "Run the backup and restore helper script", True),
    (
        "backups_on",
        [Choice.CONTINUE, SILENT],
        "Automatic backups could not be enabled",
        True,
    ),
    ("proof", [SILENT], "This step needs a person", True),
    ("proof", [NOT_YET], "The end state is not as it should be", True),
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


def _sends(actions: list[a.Action]) -> list[str]:
    return [action.kind for action in actions if isinstance(action, a.SendRestore)]


def _waits(actions: list[a.Action], step: str) -> list[a.AwaitStable]:
    return [act for act in actions if isinstance(act, a.AwaitStable) and act.step == step]
