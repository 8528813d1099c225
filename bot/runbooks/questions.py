"""The questions of a restore, in the words that people read, with the reason for each."""

from typing import Final, Literal

from bot.domain.errors import Kind
from bot.domain.request import Choice, Offer, Question

AFTER_GIVING_UP: Final = (
    "The bot does nothing more and nothing was rolled back. Compare the manager with the steps "
    "that are done, and finish or redeploy by hand."
)

BACKUPS_MAY_BE_OFF: Final = (
    "Automatic backups were enabled before this run and may be disabled now: look at them too."
)

GIVE_UP: Final = Offer(Choice.GIVE_UP, "Give up", lead_only=True)
RETRY: Final = Offer(Choice.RETRY, "Try again")
LEAVE: Final = Offer(
    Choice.DECLINE,
    "Leave as it is",
    follows="Automatic backups stay as they are, and the restore goes on.",
)
LEAVE_DISABLED: Final = Offer(
    Choice.DECLINE,
    "Leave disabled",
    follows="Automatic backups stay disabled, and the restore goes on.",
)
LOOK_AGAIN: Final = Offer(
    Choice.RETRY, "Look again", follows="The manager is looked at again; nothing is sent to it."
)
WAIT_ON: Final = Offer(Choice.RETRY, "Wait on", follows="The bot goes on waiting.")

_MINUTE: Final = 60


def words(seconds: float) -> str:
    """A duration as these sentences write it: `42 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 2 * _MINUTE else f"{seconds / _MINUTE:.0f} min"


def unknown_outcome(step: str, kind: Literal["cluster", "node"], said: str) -> Question:
    """Ask what to do after a restore request of which nobody knows whether it arrived."""
    return Question(
        key=f"{step}:unknown",
        title=f"Outcome unknown: did the {kind} restore begin?",
        text=(
            f"The {kind} restore request may have reached the manager. {said} It is never sent a "
            "second time. Look at the manager. If the restore has begun, adopt it, and the run "
            "goes on from there. If it has not, give up and file a new request."
        ),
        offers=(
            Offer(Choice.CONTINUE, "Adopt: it has begun", lead_only=True),
            Offer(Choice.GIVE_UP, "Give up: it has not", lead_only=True),
        ),
    )


def node_refused(step: str, said: str) -> Question:
    """Ask for the node restore by hand, after the manager refused the bot's request."""
    return Question(
        key=f"{step}:refused",
        title="The node restore must be done by hand",
        text=(
            f"{said} The address of the node restore is not public for this version. Restore the "
            "node backup on the manager by hand, then continue."
        ),
        offers=(Offer(Choice.CONTINUE, "Restored by hand, continue", lead_only=True), GIVE_UP),
    )


def not_stable(step: str, attempt: int, after: str, last: str) -> Question:
    """Ask whether to go on waiting for a manager that is not stable in time.

    `after` is how long it took already, as in `60 min after the request`.
    """
    return Question(
        key=f"{step}:not_stable:{attempt}",
        title="The manager is not stable in time",
        text=(
            f"{after} the manager is not stable; it last said: {last} "
            "Traffic is not affected meanwhile. Look at its console, then wait on or give up."
        ),
        offers=(WAIT_ON, GIVE_UP),
    )


def not_connected(step: str, attempt: int, after: str, last: str) -> Question:
    """Ask whether to go on waiting for controllers that are not connected in time."""
    return Question(
        key=f"{step}:not_connected:{attempt}",
        title="The controllers are not connected in time",
        text=(
            f"{after} the controllers are not connected: both clusters must be STABLE, and the "
            f"manager last said: {last} Look at each controller's console and at its connection "
            "to the manager, then wait on or give up."
        ),
        offers=(WAIT_ON, GIVE_UP),
    )


def trouble(step: str, attempt: int, kind: Kind, said: str, advice: str) -> Question:
    """Ask for help with something that did not work and can safely be tried again."""
    return Question(
        key=f"{step}:{kind}:{attempt}",
        title="This step needs a person",
        text=f"{said} {advice} Then try again; nothing is repeated that must not be.",
        offers=(RETRY, GIVE_UP),
    )


def not_as_written(wanted: bool) -> str:  # noqa: FBT001
    """Say that automatic backups did not take the value that was written."""
    return f"The manager accepted the change, but read again they are not {_state(wanted)}."


NSXT_1_PAGE: Final = "System > Utilities > Backup > Edit > Automatic Backup"
"""Where people switch automatic backups. Source: NSX-T 1.1 admin guide, step 4 of the restore."""


def not_switched(
    step: str,
    attempt: int,
    said: str,
    wanted: bool,  # noqa: FBT001
    page: str = NSXT_1_PAGE,
) -> Question:
    """Ask for help when automatic backups could not be switched; `said` tells why.

    `page` is where people switch them on the manager. Nothing after their return depends on it, so
    that one may be left undone.
    """
    left = ", or leave them as they are" if wanted else ""
    return Question(
        key=f"{step}:not_switched:{attempt}",
        title=f"Automatic backups could not be {_state(wanted)}",
        text=(
            f"{said} Switch them by hand ({page}), "
            f"then try again: what is as it should be is only read, not written{left}."
        ),
        offers=(RETRY, LEAVE, GIVE_UP) if wanted else (RETRY, GIVE_UP),
    )


def _state(enabled: bool) -> str:  # noqa: FBT001
    return "enabled" if enabled else "disabled"


def restart_controller(step: str, controller: str, number: int, total: int) -> Question:
    """Ask for the restart of one controller.

    Source: NSX-T 1.1 admin guide, Restore a cluster backup, "What to do next".
    """
    return Question(
        key=f"{step}:{number}",
        title=f"Restart controller {controller} ({number} of {total})",
        text=(
            f"Restart the NSX Controller {controller} at its console, and wait until it is back "
            "with its cluster. Reason: it removes cached data before the node backup is restored, "
            "and before the manager and the controllers synchronize."
        ),
        offers=(Offer(Choice.CONTINUE, "Restarted, continue"), GIVE_UP),
    )


def restart_all_controllers(step: str) -> Question:
    """Ask for the restart of all controllers where the configuration names none."""
    return Question(
        key=f"{step}:all",
        title="Restart all NSX Controllers",
        text=(
            "The configuration names no controllers. Restart all NSX Controllers, one by one, "
            "and wait for each until it is back with its cluster. Reason: it removes cached data "
            "before the manager and the controllers synchronize."
        ),
        offers=(Offer(Choice.CONTINUE, "All restarted, continue"), GIVE_UP),
    )


def helper_script(step: str) -> Question:
    """Ask whether the vendor's helper script has run.

    Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 4: automatic backups can be
    enabled again after completing the backup and restore helper script.
    """
    return Question(
        key=step,
        title="Run the backup and restore helper script",
        text=(
            "Run the vendor's backup and restore helper script to its end. Automatic backups can "
            "be enabled again only after that."
        ),
        offers=(Offer(Choice.CONTINUE, "It has run, continue"), GIVE_UP),
    )


def backups_on(step: str) -> Question:
    """Offer to enable automatic backups again."""
    return Question(
        key=step,
        title="Enable automatic backups again?",
        text=(
            "Automatic backups were enabled before the bot disabled them. Enable them again, with "
            "the schedule as it was?"
        ),
        offers=(
            Offer(Choice.CONTINUE, "Enable as they were"),
            LEAVE_DISABLED,
        ),
    )


def not_proved(step: str, attempt: int, said: str, controllers: bool) -> Question:  # noqa: FBT001
    """Ask what to do about an end state that is not a good one; it may only be passing."""
    wanted = "Both clusters" if controllers else "The management cluster"
    return Question(
        key=f"{step}:not_proved:{attempt}",
        title="The end state is not as it should be",
        text=(
            f"All steps are done, but read at the end: {said}. {wanted} must be STABLE. It may "
            "only be passing: look at the manager, then look again or give up."
        ),
        offers=(LOOK_AGAIN, GIVE_UP),
    )
