"""After a guided restore has succeeded: what is checked, and what only people can do.

Source: NSX 9 admin guide, Restore a Backup and Start or Schedule Backups.
"""

from collections.abc import Generator
from datetime import datetime
from itertools import count

from bot.domain.request import Choice
from bot.domain.values import Component
from bot.runbooks import actions as a
from bot.runbooks import guided_checklist as ask_for
from bot.runbooks import observations as o
from bot.runbooks import questions
from bot.runbooks.asking import Doing, ask, insist, switch
from bot.runbooks.guided_questions import PAGE
from bot.runbooks.questions import words
from bot.runbooks.stability import STABLE


def stable(
    ended: datetime, *, controllers: bool
) -> Generator[a.Action, o.Observation | None, bool]:
    """Wait for a stable manager; one node of three is not, and only people can say so.

    With `controllers` the control cluster counts too. Returns `False` where nodes are to join.
    """
    step, since, attempts = "stable", ended, count(1)
    steady = True
    while True:
        seen = yield a.AwaitStable(step, ended, since, controllers=controllers, steady=steady)
        match seen:
            case o.Stable(status, _, seconds):
                yield a.FinishStep(
                    step,
                    f"The manager is stable, {words(seconds)} after the restore ended (management "
                    f"{status.management}, control {status.control}).",
                )
                return True
            case o.NotStable(seconds, last):
                question = ask_for.not_stable(step, next(attempts), words(seconds), last)
                # Whoever waits on knows what it lacks, and is not asked every minute.
                steady = False
            case o.Trouble(kind, said, advice):
                question = questions.trouble(step, next(attempts), kind, said, advice)
            case _:
                raise TypeError(seen)
        answer = yield from ask(step, question)
        if answer.choice is Choice.CONTINUE:
            yield a.FinishStep(step, "Decided by hand: nodes are still to join.")
            return False
        since = answer.at


def checklist(
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


def backups_on(former: o.Schedule) -> Doing:
    """The restored manager has the schedule of its backup; where that is off, people decide."""
    step, attempts = "backups_on", count(1)
    now = yield from insist(a.ReadSchedule(step), o.Schedule, attempts)
    if now.enabled:
        before = "" if former.enabled else "; before this run they were disabled"
        yield a.FinishStep(step, f"Automatic backups are enabled, as in the backup{before}.")
        return
    answer = yield from ask(step, ask_for.backups_on(step, before=former.enabled))
    if answer.choice is Choice.DECLINE:
        yield a.FinishStep(step, "Automatic backups stay disabled, as decided.")
    elif (yield from switch(step, attempts, enabled=True, page=PAGE)):
        yield a.FinishStep(step, "Automatic backups are enabled, and read again to verify.")
    else:
        yield a.FinishStep(
            step, "Automatic backups were left as they are, as decided; the proof shows how."
        )


def fresh_backup() -> Doing:
    """Offer a backup of the restored manager, and have it made."""
    step, turn = "fresh_backup", 0
    question = ask_for.fresh_backup(step)
    while True:
        turn += 1
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


def proof(*, was_stable: bool) -> Generator[a.Action, o.Observation | None, o.Proof | o.Trouble]:
    """Read the end state; people decide where a manager that was stable is not so any more.

    The manager has said that its restore succeeded: so where the end state cannot be read, a lead
    may end without it, and what stood against the read is returned instead.
    """
    step, attempts = "proof", count(1)
    while True:
        seen = yield a.TakeProof(step)
        match seen:
            case o.Proof(status=status) if status.management == STABLE or not was_stable:
                yield a.FinishStep(step, "The end state was read.")
                return seen
            case o.Proof(status=status):
                said = f"management {status.management}, control {status.control}."
                question = ask_for.not_proved(step, next(attempts), said)
                accepted = "The end state was read, and is as expected by a lead."
            case o.Trouble():
                question = ask_for.no_proof(step, next(attempts), seen)
                accepted = "The end state was not read, as decided by a lead."
            case _:
                raise TypeError(seen)
        answer = yield from ask(step, question)
        if answer.choice is Choice.CONTINUE:
            yield a.FinishStep(step, accepted)
            return seen
