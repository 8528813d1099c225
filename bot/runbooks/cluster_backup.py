"""Restore a cluster backup on NSX-T 1.x: the procedure of the guide, as it reads.

Source: NSX-T 1.1 admin guide, Restore a cluster backup, steps 1 to 4 and "What to do next".
The guide names the steps after those (node restore, helper script, automatic backups on again)
without their details; where no public source gives them, a person does them.

A runbook is a generator: it yields the next action and is sent what was observed. Given the same
observations it always takes the same way, which is how a run continues after a crash.
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final, Literal

from bot.domain.plan import FileBackup, Plan, PlannedStep
from bot.domain.request import Choice, Question
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.questions import words
from bot.runbooks.stability import STABLE

NAME: Final = "cluster_backup"
VERSION: Final = 1

Run = Generator[a.Action, o.Observation | None, a.End]
"""A run of this runbook; `None` is what follows a `FinishStep`."""

Doing = Generator[a.Action, o.Observation | None, None]


CLUSTER_RESTORE: Final = "/api/v1/cluster/backups?action=restore"
"""Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 2."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """When the request that causes an outage was sent, and from when on the deadline counts."""

    sent_at: datetime
    since: datetime


class _GivenUpError(Exception):
    """A lead chose to give up, or nothing else is left; carries the end of the run."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.end = a.Failed(reason, advice)


def steps(backup: FileBackup, controllers: tuple[str, ...]) -> tuple[PlannedStep, ...]:
    """Return the steps of the procedure in the guide's order, as a lead reads them."""
    named = ", ".join(controllers) or "all of them"
    node = backup.node
    return (
        PlannedStep("check", "Check that the manager is STABLE"),
        PlannedStep(
            "cluster_restore", f"Restore the cluster backup {backup.cluster.path}", no_return=True
        ),
        PlannedStep("cluster_stable", "Wait until the manager is stable again"),
        PlannedStep("backups_off", "Disable automatic backups"),
        PlannedStep("controllers", f"By hand: restart the controllers {named}"),
        *(
            (
                PlannedStep("node_restore", f"Restore the node backup {node.path}"),
                PlannedStep("node_stable", "Wait until the manager is stable again"),
                PlannedStep("controllers_connected", "Wait until the controllers are connected"),
            )
            if node
            else ()
        ),
        PlannedStep("helper_script", "By hand: run the backup and restore helper script"),
        PlannedStep("backups_on", "Offer to enable automatic backups again, as they were"),
        PlannedStep("proof", "Prove the end state"),
    )


def restore_path(plan: Plan, kind: Literal["cluster", "node"]) -> str:
    """Return the path that a restore request of this kind goes to."""
    if kind == "cluster":
        return CLUSTER_RESTORE
    if plan.node_restore_path is None:
        raise ValueError("this plan has no node restore")
    return plan.node_restore_path


def run(plan: Plan) -> Run:
    """Carry out a plan. Ends in `Succeeded` or `Failed`; never sends a restore twice."""
    try:
        yield from _check()
        waiting = yield from _restore("cluster")
        yield from _stable("cluster_stable", waiting)
        schedule = yield from _backups_off()
        yield from _restart_controllers(plan.controllers)
        if plan.backup.node:
            waiting = yield from _restore("node")
            waiting = yield from _stable("node_stable", waiting)
            yield from _controllers_connected(waiting)
        yield from _helper_script()
        yield from _backups_on(schedule)
        return (yield from _proof(plan))
    except _GivenUpError as given_up:
        return given_up.end


def _check() -> Doing:
    status = yield a.ReadStatus("check")
    match status:
        case o.ClusterStatus(management) if management == STABLE:
            yield a.FinishStep("check", f"The manager is STABLE. {_about_control(status.control)}")
        case o.ClusterStatus(management):
            raise _GivenUpError(
                f"The manager's status is {management}; it must be STABLE before a restore.",
                "Nothing was sent. Wait until it is STABLE and file the request again.",
            )
        case o.Trouble(_, said, advice):
            raise _GivenUpError(said, f"{advice} Nothing was sent.")
        case _:
            raise TypeError(status)


def _about_control(word: str) -> str:
    if word == "NO_CONTROLLERS":
        return (
            "The control cluster says NO_CONTROLLERS, which is normal until the node backup has "
            "been restored."
        )
    return f"The control cluster says {word}."


def _restore(
    kind: Literal["cluster", "node"],
) -> Generator[a.Action, o.Observation | None, Waiting]:
    """Send one restore request; returns from when on its outage is to be waited for."""
    step = f"{kind}_restore"
    sent = yield from _send(step, kind)
    match sent:
        case o.Sent("accepted", said, at):
            yield a.FinishStep(step, f"The manager accepted the {kind} restore. {said}".strip())
            return Waiting(at, at)
        case o.Sent("refused", said) if kind == "cluster":
            raise _GivenUpError(
                f"The manager refused the cluster restore: {said}",
                "The restore did not begin. Correct the cause and file a new request.",
            )
        case o.Sent("refused", said, at):
            return (yield from _by_hand(step, at, questions.node_refused(step, said)))
        case o.Sent(_, said, at):
            return (yield from _by_hand(step, at, questions.unknown_outcome(step, kind, said)))


def _send(
    step: str, kind: Literal["cluster", "node"]
) -> Generator[a.Action, o.Observation | None, o.Sent]:
    """Have it sent; trouble means that it was not even claimed, so it may be tried again."""
    for attempt in count(1):
        seen = yield a.SendRestore(step, kind)
        match seen:
            case o.Sent():
                return seen
            case o.Trouble(trouble, said, advice):
                yield from _ask(step, questions.trouble(step, attempt, trouble, said, advice))
            case _:
                raise TypeError(seen)
    raise AssertionError("count() does not end")


def _by_hand(
    step: str, sent_at: datetime, question: Question
) -> Generator[a.Action, o.Observation | None, Waiting]:
    answer = yield from _ask(step, question)
    offer = question.offer(answer.choice)
    yield a.FinishStep(step, f"Decided by hand: {offer.label if offer else answer.choice}.")
    return Waiting(sent_at, answer.at)


def _ask(step: str, question: Question) -> Generator[a.Action, o.Observation | None, o.Answered]:
    """Ask; giving up ends the run from here."""
    answer = yield a.AskPerson(step, question)
    if not isinstance(answer, o.Answered):
        raise TypeError(answer)
    if answer.choice is Choice.GIVE_UP:
        raise _GivenUpError(
            f"A lead chose to give up at: {question.title}", questions.AFTER_GIVING_UP
        )
    return answer


def _stable(step: str, waiting: Waiting) -> Generator[a.Action, o.Observation | None, Waiting]:
    """Wait until the manager is stable; returns from when on the next wait counts."""
    return (
        yield from _await_stable(step, waiting, "The manager is stable again", controllers=False)
    )


def _controllers_connected(waiting: Waiting) -> Generator[a.Action, o.Observation | None, Waiting]:
    step = "controllers_connected"
    return (
        yield from _await_stable(step, waiting, "The controllers are connected", controllers=True)
    )


def _await_stable(
    step: str, waiting: Waiting, done: str, *, controllers: bool
) -> Generator[a.Action, o.Observation | None, Waiting]:
    since = waiting.since
    for attempt in count(1):
        seen = yield a.AwaitStable(step, waiting.sent_at, since, controllers)
        match seen:
            case o.Stable(status, at, seconds, outage_seen):
                how = "its restart was seen" if outage_seen else "no restart was seen"
                yield a.FinishStep(
                    step, f"{done}, {words(seconds)} after the request ({how}; {_status(status)})."
                )
                return Waiting(waiting.sent_at, at)
            case o.NotStable(seconds, last):
                answer = yield from _ask(step, questions.not_stable(step, attempt, seconds, last))
            case o.Trouble(kind, said, advice):
                answer = yield from _ask(step, questions.trouble(step, attempt, kind, said, advice))
            case _:
                raise TypeError(seen)
        since = answer.at
    raise AssertionError("count() does not end")


def _status(status: o.ClusterStatus) -> str:
    return f"management {status.management}, control {status.control}"


def _insist(
    action: a.ReadSchedule | a.SetSchedule | a.TakeProof,
) -> Generator[a.Action, o.Observation | None, o.Schedule | o.Proof]:
    """Do it until it works; people decide each time it does not."""
    for attempt in count(1):
        seen = yield action
        match seen:
            case o.Trouble(kind, said, advice):
                yield from _ask(
                    action.step, questions.trouble(action.step, attempt, kind, said, advice)
                )
            case o.Schedule(enabled) if (
                isinstance(action, a.SetSchedule) and enabled != action.enabled
            ):
                yield from _ask(
                    action.step, questions.not_switched(action.step, attempt, action.enabled)
                )
            case o.Schedule() | o.Proof():
                return seen
            case _:
                raise TypeError(seen)
    raise AssertionError("count() does not end")


def _backups_off() -> Generator[a.Action, o.Observation | None, bool]:
    """Switch automatic backups off; returns whether they were on.

    The former value is an observation of its own, recorded before anything is changed, so that a
    crash between the two cannot lose it.
    """
    step = "backups_off"
    former = yield from _insist(a.ReadSchedule(step))
    were_on = isinstance(former, o.Schedule) and former.enabled
    yield from _insist(a.SetSchedule(step, enabled=False))
    before = "They were enabled" if were_on else "They were disabled already"
    yield a.FinishStep(step, f"Automatic backups are disabled, and read again to verify. {before}.")
    return were_on


def _restart_controllers(controllers: tuple[str, ...]) -> Doing:
    step = "controllers"
    if not controllers:
        yield from _ask(step, questions.restart_all_controllers(step))
    for number, controller in enumerate(controllers, start=1):
        yield from _ask(
            step, questions.restart_controller(step, controller, number, len(controllers))
        )
    yield a.FinishStep(step, "All controllers were restarted.")


def _helper_script() -> Doing:
    step = "helper_script"
    yield from _ask(step, questions.helper_script(step))
    yield a.FinishStep(step, "The backup and restore helper script has run.")


def _backups_on(were_on: bool) -> Doing:  # noqa: FBT001
    step = "backups_on"
    if not were_on:
        yield a.FinishStep(step, "Automatic backups were disabled before; they stay disabled.")
        return
    answer = yield from _ask(step, questions.backups_on(step))
    if answer.choice is Choice.DECLINE:
        yield a.FinishStep(step, "Automatic backups stay disabled, as decided.")
        return
    yield from _insist(a.SetSchedule(step, enabled=True))
    yield a.FinishStep(step, "Automatic backups are enabled again, and read again to verify.")


def _proof(plan: Plan) -> Generator[a.Action, o.Observation | None, a.End]:
    step = "proof"
    proof = yield from _insist(a.TakeProof(step))
    if not isinstance(proof, o.Proof):
        raise TypeError(proof)
    yield a.FinishStep(step, "The end state was read.")
    if proof.status.management != STABLE:
        return a.Failed(
            f"At the end the manager's status is {proof.status.management}, not STABLE.",
            "The restore itself was accepted. Look at the manager before you rely on it.",
        )
    return a.Succeeded(_sentences(plan, proof))


def _sentences(plan: Plan, proof: o.Proof) -> tuple[str, ...]:
    backups = "enabled" if proof.schedule.enabled else "disabled"
    nodes = ", ".join(proof.status.online_nodes) or "none named"
    same = (
        "as before"
        if proof.facts.version == plan.manager_version
        else f"before: {plan.manager_version}"
    )
    return (
        f"Management cluster: {proof.status.management}.",
        f"Control cluster: {proof.status.control}.{_control_note(plan, proof)}",
        f"Manager version: {proof.facts.version} ({same}).",
        f"Online manager nodes: {nodes}.",
        f"Automatic backups: {backups}.",
        f"Restored from: {plan.backup.cluster.path}"
        + (f" and {plan.backup.node.path}." if plan.backup.node else "."),
    )


def _control_note(plan: Plan, proof: o.Proof) -> str:
    if plan.backup.node is None and proof.status.control == "NO_CONTROLLERS":
        return " That stays so until the node backup has been restored."
    return ""
