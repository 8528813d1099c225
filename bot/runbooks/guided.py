"""Restore a backup on NSX 2.0 to 9.x: the manager restores by itself, and asks on the way.

The bot starts it once, follows it, brings the manager's own questions to people and their answers
back. It never goes on by itself, unless the target's configuration names the instruction.
Sources: NSX API, InitiateClusterRestore, AdvanceClusterRestore, QueryClusterRestoreStatus; NSX 9
admin guide, Restore a Backup.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import count
from typing import Final

from bot.domain.plan import GuidedTerms, ListedBackup, Plan, PlannedStep
from bot.domain.values import Component
from bot.runbooks import actions as a
from bot.runbooks import guided_after as after
from bot.runbooks import guided_questions as ask_for
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import Doing, GivenUpError, Run, ask, insist
from bot.runbooks.generations import release_of
from bot.runbooks.guided_follow import follow
from bot.runbooks.guided_proof import end_state
from bot.runbooks.guided_start import start
from bot.runbooks.restoring import Phase, RestoreStatus
from bot.runbooks.stability import STABLE

NAME: Final = "guided"
VERSION: Final = 1


def steps() -> tuple[PlannedStep, ...]:
    """Return the steps of the procedure, as a lead reads them."""
    return (
        PlannedStep("check", "Check that the manager is STABLE and restores nothing"),
        PlannedStep("backups_off", "Name the backup server, with automatic backups disabled"),
        PlannedStep("start", "Start the restore", no_return=True),
        PlannedStep("restore", "Follow the manager's restore, and answer its questions"),
        PlannedStep("stable", "Wait until the manager is stable"),
        PlannedStep("checklist", "By hand: nodes, certificates and the rest of the checklist"),
        PlannedStep("backups_on", "See that automatic backups are enabled, as in the backup"),
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


def _has_control(plan: Plan) -> bool:
    """Say whether the control cluster is part of what is restored.

    From 2.4 on manager and controllers are one; before, the controllers are machines of their own.
    A Global Manager has none. Source: NSX-T 2.4 admin guide, Backing Up and Restoring the NSX
    Manager.
    """
    release = release_of(plan.manager_version)
    merged = release is not None and release >= _MERGED
    return merged and terms(plan).component is Component.LOCAL


_MERGED: Final = (2, 4)


def run(plan: Plan) -> Run:
    """Carry out a plan. Ends in `Succeeded` or `Failed`; never starts a restore twice."""
    former, restored = o.Schedule(enabled=False), False
    try:
        before = yield from _check()
        attempts = count(1)
        former = yield from insist(a.ReadSchedule("backups_off"), o.Schedule, attempts)
        yield from _backups_off(former, attempts)
        begun = yield from start(listed(plan))
        ended = yield from follow(begun, listed(plan), terms(plan), plan.timing)
        restored = True
        was_stable = yield from after.stable(ended.at, controllers=_has_control(plan))
        left = yield from after.checklist(terms(plan).component)
        yield from after.backups_on(former)
        yield from after.fresh_backup()
        proof = yield from after.proof(was_stable=was_stable)
    except GivenUpError as given_up:
        end = replace(given_up.end, advice=_RESTORED) if restored else given_up.end
        return _mindful_of(former, end)
    return a.Succeeded(end_state(plan, proof, before, ended.took(begun), left))


_RESTORED: Final = (
    "The manager's own restore has succeeded, and stays: do not redeploy for this. The bot does "
    "nothing more. Compare the manager with the steps that are done, and finish the rest by hand."
)
"""What a run advises that people gave up only after the manager's success."""


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
            "No restore was started. Wait until it is STABLE and file the request again.",
        )
    restore = yield from insist(a.ReadRestore(step), RestoreStatus, attempts)
    if restore.phase is not Phase.IDLE:
        raise GivenUpError(
            f"The manager has a restore already: {restore.where()}.",
            "No restore was started. Bring that one to its end on the manager itself, or deploy a "
            "fresh manager, and file a new request.",
        )
    census = yield from insist(a.TakeCensus(step), o.Census, attempts)
    yield a.FinishStep(step, f"The manager is STABLE and says {restore.word}.")
    return census


def _backups_off(former: o.Schedule, attempts: Iterator[int]) -> Doing:
    step = "backups_off"
    while (yield from insist(a.SetUpBackups(step), o.Schedule, attempts)).enabled:
        yield from ask(step, ask_for.not_disabled(step, next(attempts)))
    before = "They were enabled" if former.enabled else "They were disabled already"
    yield a.FinishStep(
        step,
        "The manager knows the backup server, and automatic backups are disabled, read again to "
        f"verify. {before}.",
    )
