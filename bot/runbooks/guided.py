"""Restore a backup on NSX 2.0 to 9.x: the manager restores by itself, and asks on the way.

The bot starts it once, follows it, brings the manager's own questions to people and their answers
back. It never goes on by itself, unless the target's configuration names the instruction.
Sources: NSX API, InitiateClusterRestore, AdvanceClusterRestore, QueryClusterRestoreStatus; NSX 9
admin guide, Restore a Backup.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Final

from bot.domain.plan import GuidedTerms, ListedBackup, Plan, PlannedStep
from bot.domain.request import Choice, Question
from bot.domain.values import Component
from bot.runbooks import actions as a
from bot.runbooks import guided_questions as ask_for
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import Doing, GivenUpError, Run, ask, insist, switch
from bot.runbooks.guided_follow import Begun, follow
from bot.runbooks.guided_proof import end_state
from bot.runbooks.questions import words
from bot.runbooks.restoring import Followed, Phase, RestoreStatus, Started
from bot.runbooks.stability import STABLE

NAME: Final = "guided"
VERSION: Final = 1

_NOT_BEGUN: Final = "The restore did not begin. Correct the cause and file a new request."


def steps() -> tuple[PlannedStep, ...]:
    """Return the steps of the procedure, as a lead reads them."""
    return (
        PlannedStep("check", "Check that the manager is STABLE and restores nothing"),
        PlannedStep("backups_off", "Name the backup server, with automatic backups disabled"),
        PlannedStep("start", "Start the restore", no_return=True),
        PlannedStep("restore", "Follow the manager's restore, and answer its questions"),
        PlannedStep("stable", "Wait until the manager is stable"),
        PlannedStep("checklist", "By hand: nodes, certificates and the rest of the checklist"),
        PlannedStep("backups_on", "See that automatic backups are enabled again, as they were"),
        PlannedStep("fresh_backup", "Offer a fresh backup"),
        PlannedStep("proof", "Prove the end state"),
    )


def listed(plan: Plan) -> ListedBackup:
    """Return the backup of a plan of this runbook. Raises `ValueError` for another one."""
    if isinstance(plan.backup, ListedBackup):
        return plan.backup
    raise ValueError("this plan has no listed backup")


def terms(plan: Plan) -> GuidedTerms:
    """Return the terms of a plan of this runbook; an empty default where it has none."""
    return plan.guided or GuidedTerms(Component.LOCAL, ())


def run(plan: Plan) -> Run:
    """Carry out a plan. Ends in `Succeeded` or `Failed`; never starts a restore twice."""
    former = o.Schedule(enabled=False)
    try:
        before = yield from _check()
        attempts = count(1)
        former = yield from insist(a.ReadSchedule("backups_off"), o.Schedule, attempts)
        yield from _backups_off(former, attempts)
        begun = yield from _start(plan)
        ended = yield from follow(begun, listed(plan), terms(plan))
        yield from _stable(ended)
        left = yield from _checklist(terms(plan).component)
        yield from _backups_on(former)
        yield from _fresh_backup()
        proof = yield from insist(a.TakeProof("proof"), o.Proof, count(1))
        yield a.FinishStep("proof", "The end state was read.")
    except GivenUpError as given_up:
        return _mindful_of(former, given_up.end)
    took = (ended - begun.at).total_seconds()
    return a.Succeeded(end_state(plan, proof, before, words(took), left))


def _mindful_of(former: o.Schedule, end: a.Failed) -> a.Failed:
    """A run that ends early must not leave people without backups unawares."""
    if not former.enabled:
        return end
    return replace(end, advice=f"{end.advice} {questions.BACKUPS_MAY_BE_OFF}")


def _check() -> Generator[a.Action, o.Observation | None, o.Census]:
    step, attempts = "check", count(1)
    status = yield from insist(a.ReadStatus(step), o.ClusterStatus, attempts)
    if status.management != STABLE:
        raise GivenUpError(
            f"The manager's status is {status.management}; it must be STABLE before a restore.",
            "Nothing was sent. Wait until it is STABLE and file the request again.",
        )
    restore = yield from insist(a.ReadRestore(step), RestoreStatus, attempts)
    if restore.phase is not Phase.IDLE:
        raise GivenUpError(
            f"The manager has a restore already: {restore.where()}.",
            "Nothing was sent. Bring that restore to its end on the manager itself, or deploy a "
            "fresh manager, and file a new request.",
        )
    census = yield from insist(a.TakeCensus(step), o.Census, attempts)
    yield a.FinishStep(step, f"The manager is STABLE and says {restore.word}.")
    return census


def _backups_off(former: o.Schedule, attempts: Iterator[int]) -> Doing:
    step = "backups_off"
    while (yield from insist(a.SetUpBackups(step), o.Schedule, attempts)).enabled:
        said = questions.not_as_written(wanted=False)
        yield from ask(step, questions.not_switched(step, next(attempts), said, wanted=False))
    before = "They were enabled" if former.enabled else "They were disabled already"
    yield a.FinishStep(
        step,
        "The manager knows the backup server, and automatic backups are disabled, read again to "
        f"verify. {before}.",
    )


# -- the start, at most once --------------------------------------------------------------------


def _start(plan: Plan) -> Generator[a.Action, o.Observation | None, Begun]:
    step, turns, backup = "start", count(1), listed(plan)
    sent = yield from insist(a.StartRestore(step), Started, turns)
    match sent:
        case Started("accepted", said, at, status):
            yield a.FinishStep(step, said)
            return Begun(at, _id_of(status, backup))
        case Started("refused", said):
            raise GivenUpError(said, _NOT_BEGUN)
        case Started("taken", said, at, RestoreStatus() as status):
            return (yield from _taken(turns, said, at, status, backup))
        case _:
            return (yield from _unknown(turns, sent, backup))


def _id_of(status: RestoreStatus | None, backup: ListedBackup) -> str | None:
    return status.id if status is not None and status.is_of(backup.timestamp) else None


def _taken(
    turns: Iterator[int], said: str, at: datetime, status: RestoreStatus, backup: ListedBackup
) -> Generator[a.Action, o.Observation | None, Begun]:
    """The manager has a restore already: follow it if it is of this backup, else leave it alone."""
    step = "start"
    if status.phase not in _GOING_ON or not status.is_of(backup.timestamp):
        raise GivenUpError(
            f"{said} It is not a restore of the backup that was approved, so it is left alone.",
            "Nothing was started. Look at the manager, and file a new request when it is free.",
        )
    yield from _by_hand(step, ask_for.taken(step, next(turns), status.where()))
    return Begun(at, status.id)


def _unknown(
    turns: Iterator[int], sent: Started, backup: ListedBackup
) -> Generator[a.Action, o.Observation | None, Begun]:
    """Adopt what proves to be ours: a restore of this backup, where none was just before."""
    step, since = "start", sent.at
    while True:
        turn = next(turns)
        seen = yield a.FollowRestore(
            step, turn, since, None, "begun", past=None, waits=False, heeds_suspend=False
        )
        match seen:
            case Followed(status=RestoreStatus() as status) if status.phase not in _NOTHING:
                if not status.is_of(backup.timestamp):
                    raise GivenUpError(
                        f"{sent.said} The manager has a restore of another backup now: "
                        f"{status.where()}. It is left alone.",
                        "Look at the manager, and file a new request when it is free.",
                    )
                yield a.FinishStep(
                    step, f"{sent.said} The manager restores this backup since, so it is ours."
                )
                return Begun(sent.at, status.id)
            case Followed(last=last):
                question = ask_for.unknown_start(step, turn, sent.said, last)
            case o.Trouble(_, said, advice):
                question = ask_for.unknown_start(step, turn, sent.said, f"{said} {advice}")
            case _:
                raise TypeError(seen)
        answer = yield from ask(step, question)
        if answer.choice is Choice.CONTINUE:
            yield a.FinishStep(step, "Decided by hand: the restore has begun.")
            return Begun(answer.at, None)
        since = answer.at


_NOTHING: Final = frozenset({Phase.IDLE, Phase.UNKNOWN})
_GOING_ON: Final = frozenset({Phase.RUNNING, Phase.ASKING, Phase.PAUSED, Phase.FAILED})


def _by_hand(step: str, question: Question) -> Doing:
    answer = yield from ask(step, question)
    offer = question.offer(answer.choice)
    yield a.FinishStep(step, f"Decided by hand: {offer.label if offer else answer.choice}.")


# -- after its success --------------------------------------------------------------------------


def _stable(ended: datetime) -> Doing:
    """Wait for a stable manager; one node of three is not, and only people can say so."""
    step, since, attempts = "stable", ended, count(1)
    while True:
        seen = yield a.AwaitStable(step, ended, since, controllers=False, steady=True)
        match seen:
            case o.Stable(status, _, seconds):
                yield a.FinishStep(
                    step,
                    f"The manager is stable, {words(seconds)} after the restore ended (management "
                    f"{status.management}, control {status.control}).",
                )
                return
            case o.NotStable(seconds, last):
                question = ask_for.not_stable(step, next(attempts), words(seconds), last)
            case o.Trouble(kind, said, advice):
                question = questions.trouble(step, next(attempts), kind, said, advice)
            case _:
                raise TypeError(seen)
        answer = yield from ask(step, question)
        if answer.choice is Choice.CONTINUE:
            yield a.FinishStep(step, "Decided by hand: nodes are still to join.")
            return
        since = answer.at


def _checklist(
    component: Component,
) -> Generator[a.Action, o.Observation | None, tuple[str, ...]]:
    """Return what of the checklist is left open."""
    step = "checklist"
    question = ask_for.checklist(step, component)
    answer = yield from ask(step, question)
    left = ask_for.open_items(
        question, tuple(value for entry in answer.entries for value in entry.values)
    )
    said = f"Still open: {', '.join(left)}." if left else "Nothing of the checklist is open."
    yield a.FinishStep(step, said)
    return left


def _backups_on(former: o.Schedule) -> Doing:
    """The restored manager has the schedule of its backup; where that is off, people decide."""
    step, attempts = "backups_on", count(1)
    now = yield from insist(a.ReadSchedule(step), o.Schedule, attempts)
    if now.enabled:
        yield a.FinishStep(step, "Automatic backups are enabled, as in the backup.")
        return
    answer = yield from ask(step, ask_for.backups_on(step, before=former.enabled))
    if answer.choice is Choice.DECLINE:
        yield a.FinishStep(step, "Automatic backups stay disabled, as decided.")
    elif (yield from switch(step, attempts, enabled=True)):
        yield a.FinishStep(step, "Automatic backups are enabled, and read again to verify.")
    else:
        yield a.FinishStep(
            step, "Automatic backups were left as they are, as decided; the proof shows how."
        )


def _fresh_backup() -> Doing:
    step = "fresh_backup"
    question = ask_for.fresh_backup(step)
    for turn in count(1):
        answer = yield from ask(step, question)
        if answer.choice is Choice.DECLINE:
            yield a.FinishStep(step, "No fresh backup was made, as decided.")
            return
        seen = yield a.ReadBackupRun(step)
        if isinstance(seen, o.BackupRun):
            seen = yield a.MakeBackup(step, turn, seen.ended_at)
        match seen:
            case o.FreshBackup(True, said):
                yield a.FinishStep(step, said)
                return
            case o.FreshBackup(False, said):
                question = ask_for.no_fresh_backup(step, turn, said)
            case o.Trouble(_, said, advice):
                question = ask_for.no_fresh_backup(step, turn, f"{said} {advice}")
            case _:
                raise TypeError(seen)
