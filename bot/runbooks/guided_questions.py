"""The questions of a guided restore, in the words that people read, with the reason for each.

Where the manager asks, its own words are shown: what they are called is documented nowhere.
Source of the advice: NSX 9 admin guide, Restore a Backup; NSX API, ClusterRestoreStatus.
"""

from collections.abc import Mapping
from typing import Final

from bot.domain.request import Choice, Field, Offer, Option, Question
from bot.domain.values import Component
from bot.runbooks.questions import GIVE_UP, WAIT_ON
from bot.runbooks.restoring import (
    ADVANCE,
    CANCEL,
    RETRY,
    RETRY_UPDATED,
    Instruction,
    Resource,
    RestoreStatus,
)

LOOK_AGAIN: Final = Offer(Choice.RETRY, "Look again")

CHECKLIST: Final = "checklist"
"""The one field of the checklist."""

_UNKNOWN_STATUS: Final = "Look at the manager's own page (System > Backup & Restore) and decide."

_CANCEL: Final = Offer(Choice.CANCEL, "Cancel the restore", lead_only=True)


def unknown_start(step: str, turn: int, said: str, seen: str) -> Question:
    """Ask what to do after a start of which nobody knows whether it arrived.

    `said` is what became of the request, `seen` what the manager says of its restore since.
    """
    return Question(
        key=f"{step}:unknown:{turn}",
        title="Outcome unknown: did the restore begin?",
        text=(
            f"{said} It is never sent a second time. Asked for its restore, the manager says: "
            f"{seen}. Look at the manager. If it restores this backup, adopt it, and the run goes "
            "on from there. If it does not, give up and file a new request."
        ),
        offers=(
            LOOK_AGAIN,
            Offer(Choice.CONTINUE, "Adopt: it has begun", lead_only=True),
            Offer(Choice.GIVE_UP, "Give up: it has not", lead_only=True),
        ),
    )


def taken(step: str, turn: int, seen: str) -> Question:
    """Ask whether a restore of this very backup that somebody else began is to be followed."""
    return Question(
        key=f"{step}:taken:{turn}",
        title="The manager restores this backup already",
        text=(
            "The manager did not take the request to start, since it has a restore already, of the "
            f"same backup: {seen}. Nothing was started by this request. It can be followed from "
            "here to its end, with all its questions."
        ),
        offers=(
            Offer(Choice.CONTINUE, "Follow it", lead_only=True),
            Offer(Choice.GIVE_UP, "Leave it alone", lead_only=True),
        ),
    )


def instructions(
    step: str, turn: int, status: RestoreStatus, found: Mapping[str, tuple[Resource, ...]]
) -> Question:
    """Ask what the manager asks, in its words, with a field for the resources of each instruction.

    `found` are the resources by the id of their instruction.
    """
    fields = tuple(
        _resources_field(instruction, found[instruction.id])
        for instruction in status.instructions
        if found[instruction.id]
    )
    told = " ".join(map(_instruction, status.instructions)) or "It names no instruction."
    said = f" It says: {status.said}" if status.said else ""
    return Question(
        key=f"{step}:asks:{turn}",
        title="The manager asks before it goes on",
        text=(
            f"At {status.where()} the manager waits for people.{said} {told} See to it first; "
            f"what you choose here is sent to the manager as the answer.{_offers_nothing(status)}"
        ),
        offers=_to_go_on(status, fills=bool(fields)),
        fields=fields,
    )


def _offers_nothing(status: RestoreStatus) -> str:
    if ADVANCE in status.offered:
        return ""
    return " At this moment it offers no way to go on: look at it, then look again."


def _instruction(instruction: Instruction) -> str:
    actions = ", ".join(instruction.actions)
    return f"• {instruction.name}{f' (it names the actions: {actions})' if actions else ''}."


def _resources_field(instruction: Instruction, resources: tuple[Resource, ...]) -> Field:
    options = {
        resource.id: Option(resource.id, resource.name, _detail(resource)) for resource in resources
    }
    return Field(
        key=instruction.id,
        label=instruction.name,
        options=tuple(options.values()),
        hint="Those that are chosen are answered as seen to; with none it goes on without any.",
    )


def _detail(resource: Resource) -> str:
    known = [one for one in resource.shown if one and one != resource.name]
    return ", ".join(dict.fromkeys((*known, resource.kind))).strip(", ")


def _to_go_on(status: RestoreStatus, *, fills: bool) -> tuple[Offer, ...]:
    offers: list[Offer] = []
    if ADVANCE in status.offered and fills:
        offers.append(
            Offer(Choice.CONTINUE, "Choose and continue", lead_only=True, fills=True),
        )
        offers.append(Offer(Choice.SKIP, "Continue without", lead_only=True))
    elif ADVANCE in status.offered:
        offers.append(Offer(Choice.CONTINUE, "Seen to, continue", lead_only=True))
    else:
        offers.append(LOOK_AGAIN)
    if CANCEL in status.offered:
        offers.append(_CANCEL)
    return (*offers, GIVE_UP)


def paused(step: str, turn: int, status: RestoreStatus) -> Question:
    """Ask how a restore that somebody suspended goes on."""
    said = f" It says: {status.said}" if status.said else ""
    return Question(
        key=f"{step}:paused:{turn}",
        title="The restore is suspended",
        text=(
            f"The manager stands at {status.where()} and waits.{said} It goes on when a lead "
            f"continues.{_offers_nothing(status)}"
        ),
        offers=(
            *(
                (Offer(Choice.CONTINUE, "Continue the restore", lead_only=True),)
                if ADVANCE in status.offered
                else (LOOK_AGAIN,)
            ),
            *((_CANCEL,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )


def failed(step: str, turn: int, status: RestoreStatus, went: str) -> Question:
    """Ask what to do about a step that failed: why, and what helps.

    `went` tells what became of the last answer, where that needs telling.
    """
    said = " ".join(part for part in (status.said, status.step_said) if part)
    why = f" It says: {said}" if said else " It does not say why."
    return Question(
        key=f"{step}:failed:{turn}",
        title="The restore failed at a step",
        text=(
            f"{went}The manager failed at {status.where()}.{why}\n{_what_helps(said)}"
            f"{_not_offered(status)}"
        ),
        offers=(
            *((Offer(Choice.RETRY, "Retry the step", lead_only=True),) if _retries(status) else ()),
            *(
                (Offer(Choice.RETRY_UPDATED, "Secret corrected, retry", lead_only=True),)
                if _retries(status) or RETRY_UPDATED in status.offered
                else ()
            ),
            Offer(Choice.DECLINE, "Wait: it may go on by itself"),
            *((_CANCEL,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )


def _retries(status: RestoreStatus) -> bool:
    return RETRY in status.offered


def _not_offered(status: RestoreStatus) -> str:
    if _retries(status) or RETRY_UPDATED in status.offered:
        return ""
    return " At this moment it offers no retry."


def _what_helps(said: str) -> str:
    if "passphrase" in said.lower():
        return (
            "Put the right passphrase behind its reference, then choose that the secret is "
            "corrected: it is sent to the manager again, and the step is retried. A lost "
            "passphrase cannot be recovered; another backup may have another one."
        )
    return (
        "It may be passing: restart the manager service (restart service manager) or reboot the "
        "manager, and wait; the restore then goes on by itself. Otherwise retry the step. If the "
        "passphrase or the login of the backup server is wrong, correct the secret first."
    )


def late(step: str, turn: int, after: str, last: str) -> Question:
    """Ask whether to go on waiting for a restore that does not come further."""
    return Question(
        key=f"{step}:late:{turn}",
        title="The restore does not come further",
        text=(
            f"For {after} nothing has changed; last seen: {last} Traffic is not affected "
            "meanwhile. Look at the manager's console, then wait on or give up; nothing is "
            "cancelled by waiting."
        ),
        offers=(WAIT_ON, GIVE_UP),
    )


def unclear(step: str, turn: int, status: RestoreStatus) -> Question:
    """Ask about a word that is of no list, or that there should be no restore at all."""
    said = f" It says: {status.said}" if status.said else ""
    return Question(
        key=f"{step}:unclear:{turn}",
        title=f"The manager says {status.word}",
        text=(
            f"While its restore is followed the manager says {status.where()}.{said} The bot does "
            f"not know what follows from that, so it does nothing. {_UNKNOWN_STATUS}"
        ),
        offers=(
            LOOK_AGAIN,
            *(
                (Offer(Choice.CONTINUE, "Continue the restore", lead_only=True),)
                if ADVANCE in status.offered
                else ()
            ),
            *((_CANCEL,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )


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
    """Ask what of the work after a restore is done; what is not is named in the report."""
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
            "not needed; what stays open is named in the report."
        ),
        offers=(Offer(Choice.CONTINUE, "Fill in and continue", fills=True), GIVE_UP),
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
            Offer(Choice.DECLINE, "Leave disabled"),
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
