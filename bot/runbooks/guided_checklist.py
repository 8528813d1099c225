"""What people are asked after a guided restore has succeeded: the work that only they can do.

Source: NSX 9 admin guide, Restore a Backup and Start or Schedule Backups.
"""

from typing import Final

from bot.domain.request import Choice, Field, Offer, Option, Question
from bot.domain.values import Component
from bot.runbooks.observations import Trouble
from bot.runbooks.questions import GIVE_UP, LEAVE_DISABLED, LOOK_AGAIN, RETRY, WAIT_ON

CHECKLIST: Final = "checklist"
"""The one field of the checklist."""


def not_stable(step: str, turn: int, after: str, last: str) -> Question:
    """Ask about a restored manager that is not stable: nodes may still have to join."""
    return Question(
        key=f"{step}:not_stable:{turn}",
        title="The restored manager is not stable yet",
        text=(
            f"{after} after the restore ended the manager says: {last} If its cluster had three "
            "nodes, it stays so until the other nodes have joined, or the cluster is deactivated "
            "(deactivate cluster): go on then, and join them with the checklist."
        ),
        offers=(
            WAIT_ON,
            Offer(Choice.CONTINUE, "Go on: nodes are still to join", lead_only=True),
            GIVE_UP,
        ),
    )


_ITEMS: Final[tuple[tuple[str, str, str], ...]] = (
    ("nodes", "Manager nodes joined", "deploy nodes 2 and 3 and join them, or leave one node"),
    ("certificates", "Certificates applied", "only the first node gets its own back"),
    ("compute_managers", "Compute managers connected", "use Resolve; adding one again fails"),
    ("dns", "DNS servers and search domains set", "they are not restored"),
    ("accounts", "Accounts and principals checked", "those made after the backup are gone"),
    ("segments", "Later changes made again", "what was made after the backup is gone"),
    ("old_nodes", "Old manager nodes deleted", "powered off they still lie on the hosts"),
)

_LOCAL_ONLY: Final = frozenset({"compute_managers", "segments"})


def checklist(step: str, component: Component) -> Question:
    """Ask what of the work after a restore is done; what is not is named in the report.

    There is no giving up: the manager has said that its restore succeeded.
    """
    items = [
        Option(key, label, detail)
        for key, label, detail in _ITEMS
        if component is Component.LOCAL or key not in _LOCAL_ONLY
    ]
    return Question(
        key=step,
        title="After the restore: what only people can do",
        text=(
            "The manager has restored its backup. Go through this list, and check what is done or "
            "not needed. It can be sent with nothing checked: what stays open is named in the "
            "report."
        ),
        offers=(Offer(Choice.CONTINUE, "Fill in and continue", fills=True),),
        fields=(Field(CHECKLIST, "Done, or not needed here", tuple(items)),),
    )


def open_items(question: Question, done: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels of the checklist's items that are not done."""
    (field,) = question.fields
    return tuple(option.label for option in field.options if option.value not in done)


def backups_on(step: str, *, before: bool) -> Question:
    """Offer to enable automatic backups, which the restored manager has disabled."""
    then = "enabled" if before else "disabled"
    return Question(
        key=step,
        title="Enable automatic backups?",
        text=(
            "The restored manager has automatic backups disabled. Before this run they were "
            f"{then}. Enable them, with the schedule that it has?"
        ),
        offers=(
            Offer(Choice.CONTINUE, "Enable them"),
            LEAVE_DISABLED,
        ),
    )


def fresh_backup(step: str) -> Question:
    """Offer a backup of the restored manager."""
    return Question(
        key=step,
        title="Make a fresh backup now?",
        text=(
            "The newest backup is of before the restore. A fresh one makes the restored manager "
            "the one to come back to."
        ),
        offers=(
            Offer(Choice.CONTINUE, "Make a backup"),
            Offer(Choice.DECLINE, "Not now"),
        ),
    )


def no_fresh_backup(step: str, turn: int, said: str) -> Question:
    """Ask what to do about a backup that was not made; the restore does not depend on it."""
    return Question(
        key=f"{step}:not_made:{turn}",
        title="The fresh backup was not made",
        text=f"{said} The restore itself is complete. Correct the cause and try again, or go on.",
        offers=(
            Offer(Choice.RETRY, "Try again"),
            Offer(Choice.DECLINE, "Go on without"),
        ),
    )


def not_proved(step: str, turn: int, said: str) -> Question:
    """Ask what to do about an end state that is no longer a stable one; it may only be passing."""
    return Question(
        key=f"{step}:not_proved:{turn}",
        title="The end state is not as it should be",
        text=(
            f"All steps are done, but read at the end: {said} The manager was stable after its "
            "restore. It may only be passing, as while nodes join: look at the manager, then look "
            "again, or end here with this told in the report."
        ),
        offers=(
            LOOK_AGAIN,
            Offer(
                Choice.CONTINUE,
                "End here: it is as expected",
                lead_only=True,
                follows="The run ends here, with the end state as it was read.",
            ),
            GIVE_UP,
        ),
    )


def no_proof(step: str, turn: int, trouble: Trouble) -> Question:
    """Ask what to do where the end state cannot be read; the restore has succeeded already."""
    return Question(
        key=f"{step}:{trouble.kind}:{turn}",
        title="The end state cannot be read",
        text=(
            "The manager's restore has succeeded, and all steps are done, but its end state could "
            f"not be read: {trouble.text} Correct the cause and try again, or end "
            "here without the proof: the report then says that it was not read."
        ),
        offers=(
            RETRY,
            Offer(
                Choice.CONTINUE,
                "End here without the proof",
                lead_only=True,
                follows="The run ends here; the report says that its end state was not read.",
            ),
            GIVE_UP,
        ),
    )
