"""Restore a cluster backup on NSX-T 1.x: the procedure of the guide, as it reads.

Source: NSX-T 1.1 admin guide, Restore a cluster backup, steps 1 to 4 and "What to do next".
The guide names the steps after those (node restore, helper script, automatic backups on again)
without their details; where no public source gives them, a person does them.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final, Literal

from bot.domain.plan import FileBackup, Plan, PlannedStep
from bot.domain.request import Choice, Question
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import Doing, GivenUpError, Run, ask, insist, switch
from bot.runbooks.end_state import end_state
from bot.runbooks.questions import words
from bot.runbooks.stability import STABLE, is_good

NAME: Final = "cluster_backup"
VERSION: Final = 1

CLUSTER_RESTORE: Final = "/api/v1/cluster/backups?action=restore"
"""Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 2."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """When an outage was caused, by what, and from when on the deadline counts.

    `cause` is the request that was sent, or the answer of a person who says that it has begun.
    """

    sent_at: datetime
    since: datetime
    cause: Literal["request", "answer"] = "request"


def steps(backup: FileBackup, controllers: tuple[str, ...]) -> tuple[PlannedStep, ...]:
    """Return the steps of the procedure in the guide's order, as a lead reads them."""
    named = f"the controllers {', '.join(controllers)}" if controllers else "all controllers"
    node = backup.node
    return (
        PlannedStep("check", "Check that the manager is STABLE"),
        PlannedStep(
            "cluster_restore", f"Restore the cluster backup {backup.cluster.path}", no_return=True
        ),
        PlannedStep("cluster_stable", "Wait until the manager is stable again"),
        PlannedStep("backups_off", "Disable automatic backups"),
        PlannedStep("controllers", f"By hand: restart {named}"),
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


def files(plan: Plan) -> FileBackup:
    """Return the backup of a plan of this runbook. Raises `ValueError` for another one."""
    if isinstance(plan.backup, FileBackup):
        return plan.backup
    raise ValueError("this plan has no backup files")


def restore_path(plan: Plan, kind: Literal["cluster", "node"]) -> str:
    """Return the path that a restore request of this kind goes to."""
    if kind == "cluster":
        return CLUSTER_RESTORE
    if plan.node_restore_path is None:
        raise ValueError("this plan has no node restore")
    return plan.node_restore_path


def run(plan: Plan) -> Run:
    """Carry out a plan. Ends in `Succeeded` or `Failed`; never sends a restore twice."""
    former = o.Schedule(enabled=False)
    try:
        yield from _check()
        waiting = yield from _restore("cluster")
        yield from _stable("cluster_stable", waiting)
        attempts = count(1)
        former = yield from _former_schedule(attempts)
        yield from _backups_off(former, attempts)
        yield from _restart_controllers(plan.controllers)
        node = files(plan).node
        if node:
            waiting = yield from _restore("node")
            waiting = yield from _stable("node_stable", waiting)
            yield from _stable("controllers_connected", waiting, controllers=True)
        yield from _helper_script()
        yield from _backups_on(former)
        proof = yield from _proof(controllers=node is not None)
    except GivenUpError as given_up:
        return _mindful_of(former, given_up.end)
    return a.Succeeded(end_state(plan, files(plan), proof))


def _mindful_of(former: o.Schedule, end: a.Failed) -> a.Failed:
    """A run that ends early must not leave people without backups unawares."""
    if not former.enabled:
        return end
    return replace(end, advice=f"{end.advice} {questions.BACKUPS_MAY_BE_OFF}")


def _check() -> Doing:
    step = "check"
    status = yield from insist(a.ReadStatus(step), o.ClusterStatus, count(1))
    if status.management != STABLE:
        raise GivenUpError(
            f"The manager's status is {status.management}; it must be STABLE before a restore.",
            "Nothing was sent. Wait until it is STABLE and file the request again.",
        )
    yield a.FinishStep(step, f"The manager is STABLE. {_about_control(status.control)}")


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
            yield a.FinishStep(step, said)
            return Waiting(at, at)
        case o.Sent("refused", said) if kind == "cluster":
            raise GivenUpError(
                said, "The restore did not begin. Correct the cause and file a new request."
            )
        case o.Sent("refused"):
            # What people do now causes the outage, not the request that was refused.
            question = questions.node_refused(step, sent.said)
        case _:
            # It may have begun at any time until now; its outage may even be over.
            question = questions.unknown_outcome(step, kind, sent.said)
    answer = yield from _by_hand(step, question)
    return Waiting(answer.at, answer.at, "answer")


def _send(
    step: str, kind: Literal["cluster", "node"]
) -> Generator[a.Action, o.Observation | None, o.Sent]:
    """Have it sent; trouble means that it was not even claimed, so it may be tried again."""
    attempts = count(1)
    while True:
        seen = yield a.SendRestore(step, kind)
        match seen:
            case o.Sent():
                return seen
            case o.Trouble(trouble, said, advice):
                question = questions.trouble(step, next(attempts), trouble, said, advice)
                yield from ask(step, question)
            case _:
                raise TypeError(seen)


def _by_hand(
    step: str, question: Question
) -> Generator[a.Action, o.Observation | None, o.Answered]:
    answer = yield from ask(step, question)
    offer = question.offer(answer.choice)
    yield a.FinishStep(step, f"Decided by hand: {offer.label if offer else answer.choice}.")
    return answer


def _stable(
    step: str, waiting: Waiting, *, controllers: bool = False
) -> Generator[a.Action, o.Observation | None, Waiting]:
    """Wait until the manager is stable, with its controllers where they are asked for.

    Returns from when on the next wait counts.
    """
    done = "The controllers are connected" if controllers else "The manager is stable again"
    since, attempts = waiting.since, count(1)
    while True:
        seen = yield a.AwaitStable(step, waiting.sent_at, since, controllers)
        match seen:
            case o.Stable(status, at, seconds, outage_seen):
                how = "its restart was seen" if outage_seen else "no restart was seen"
                after = f"{words(seconds)} after the {waiting.cause}"
                yield a.FinishStep(step, f"{done}, {after} ({how}; {_status(status)}).")
                return replace(waiting, since=at)
            case o.NotStable(seconds, last):
                after = f"{words(seconds)} after the {waiting.cause}"
                late = questions.not_connected if controllers else questions.not_stable
                question = late(step, next(attempts), after, last)
            case o.Trouble(kind, said, advice):
                question = questions.trouble(step, next(attempts), kind, said, advice)
            case _:
                raise TypeError(seen)
        answer = yield from ask(step, question)
        since = answer.at


def _status(status: o.ClusterStatus) -> str:
    return f"management {status.management}, control {status.control}"


def _former_schedule(
    attempts: Iterator[int],
) -> Generator[a.Action, o.Observation | None, o.Schedule]:
    """Read how automatic backups stand before anything is changed.

    This is an observation of its own, so that a crash before the change cannot lose it.
    """
    return (yield from insist(a.ReadSchedule("backups_off"), o.Schedule, attempts))


def _backups_off(former: o.Schedule, attempts: Iterator[int]) -> Doing:
    step = "backups_off"
    yield from switch(step, attempts, enabled=False)
    before = "They were enabled" if former.enabled else "They were disabled already"
    yield a.FinishStep(step, f"Automatic backups are disabled, and read again to verify. {before}.")


def _restart_controllers(controllers: tuple[str, ...]) -> Doing:
    step = "controllers"
    if not controllers:
        yield from ask(step, questions.restart_all_controllers(step))
    for number, controller in enumerate(controllers, start=1):
        yield from ask(
            step, questions.restart_controller(step, controller, number, len(controllers))
        )
    yield a.FinishStep(step, "All controllers were restarted.")


def _helper_script() -> Doing:
    step = "helper_script"
    yield from ask(step, questions.helper_script(step))
    yield a.FinishStep(step, "The backup and restore helper script has run.")


def _backups_on(former: o.Schedule) -> Doing:
    step = "backups_on"
    if not former.enabled:
        yield a.FinishStep(step, "Automatic backups were disabled before; they stay disabled.")
        return
    answer = yield from ask(step, questions.backups_on(step))
    if answer.choice is Choice.DECLINE:
        yield a.FinishStep(step, "Automatic backups stay disabled, as decided.")
        return
    if (yield from switch(step, count(1), enabled=True)):
        said = "Automatic backups are enabled again, and read again to verify."
    else:
        said = "Automatic backups were left as they are, as decided; the proof shows how."
    yield a.FinishStep(step, said)


def _proof(*, controllers: bool) -> Generator[a.Action, o.Observation | None, o.Proof]:
    """Read the end state until it is a good one; `controllers` asks that they are connected."""
    step, attempts = "proof", count(1)
    while True:
        proof = yield from insist(a.TakeProof(step), o.Proof, attempts)
        if is_good(proof.status, controllers=controllers):
            yield a.FinishStep(step, "The end state was read.")
            return proof
        said = _status(proof.status)
        yield from ask(step, questions.not_proved(step, next(attempts), said, controllers))
