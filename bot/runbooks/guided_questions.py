"""The questions of a guided restore, in the words that people read, with the reason for each.

Where the manager asks, its own words are shown: what they are called is documented nowhere.
Source of the advice: NSX 9 admin guide, Restore a Backup; NSX API, ClusterRestoreStatus.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.plan import ListedBackup
from bot.domain.request import Choice, Field, Offer, Option, Question
from bot.runbooks import questions
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

_LOOK: Final = Offer(Choice.RETRY, "Look again", lead_only=True)
"""For leads, like all the rest of such a question: then it says simply who can answer."""

PAGE: Final = "System > Backup & Restore"
"""The manager's own page of backups and restores. Source: NSX 9 admin guide, Restore a Backup."""

_SHORT: Final = 60
"""Characters of a name that stands in full elsewhere in the same message."""

_UNKNOWN_STATUS: Final = f"Look at the manager's own page ({PAGE}) and decide."

_CANCEL: Final = Offer(Choice.CANCEL, "Cancel the restore", lead_only=True)


def not_disabled(step: str, turn: int) -> Question:
    """Ask for help where automatic backups stay enabled although the manager was told otherwise.

    A manager that is being restored must not upload backups.
    """
    return Question(
        key=f"{step}:not_disabled:{turn}",
        title="Automatic backups could not be disabled",
        text=(
            f"{questions.not_as_written(wanted=False)} No restore begins like this. Disable them "
            f"by hand ({PAGE}), then try again: the bot tells the manager once more, and reads it."
        ),
        offers=(questions.RETRY, GIVE_UP),
    )


def unknown_start(step: str, turn: int, said: str, seen: str) -> Question:
    """Ask what to do after a start of which nobody knows whether it arrived.

    `said` is what became of the request, `seen` what the manager says of its restore since, as a
    sentence.
    """
    return Question(
        key=f"{step}:unknown:{turn}",
        title="Outcome unknown: did the restore begin?",
        text=(
            f"{said} The start is never sent a second time. Seen of the manager's restore since: "
            f"{seen} Look at the manager. If it restores this backup, adopt it, and the run goes "
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
            f"The manager has a restore already, of the same backup: {seen}. Nothing was started "
            "by this request. It can be followed from here to its end, with all its questions."
        ),
        offers=(
            Offer(Choice.CONTINUE, "Follow it", lead_only=True),
            Offer(Choice.GIVE_UP, "Leave it alone", lead_only=True),
        ),
    )


def field_key(number: int, instruction: Instruction) -> str:
    """Return the key of an instruction's field; ids may be missing, and even come twice."""
    return f"{number}:{instruction.id}"


def instructions(
    step: str, turn: int, status: RestoreStatus, found: Sequence[tuple[Resource, ...]]
) -> Question:
    """Ask what the manager asks, in its words, with a field for the resources of each instruction.

    `found` are the resources of each instruction, in their order.
    """
    together = tuple(zip(status.instructions, found, strict=True))
    fields = tuple(
        _resources_field(field_key(number, instruction), instruction, resources)
        for number, (instruction, resources) in enumerate(together, start=1)
        if resources
    )
    told = "\n".join(_told(together)) or "It names no instruction."
    return Question(
        key=f"{step}:asks:{turn}",
        title="The manager asks before it goes on",
        text=(
            f"At {status.where()} the manager waits for people.{_says(status)}\n{told}\nSee to it "
            "first; what you choose here is sent to the manager as the answer."
            f"{_offers_nothing(status)}"
        ),
        offers=_to_go_on(status, fills=bool(fields)),
        fields=fields,
    )


def _offers_nothing(status: RestoreStatus) -> str:
    if ADVANCE in status.offered:
        return ""
    return " At this moment it offers no way to go on: look at it, then look again."


def _says(status: RestoreStatus) -> str:
    """Return the manager's own sentence, in marks that set it apart from ours."""
    is_word = status.said.upper().replace(" ", "_") == status.word
    return f' It says: "{status.said}".' if status.said and not is_word else ""


def _told(
    together: Sequence[tuple[Instruction, tuple[Resource, ...]]],
) -> Iterator[str]:
    """Yield a line for each instruction; of one that has a field, its name stands there in full."""
    for one, resources in together:
        name = name_of(one)
        if resources and len(name) > _SHORT:
            name = f"{name[:_SHORT].rstrip()}… (in full below)"
        actions = f" (it names the actions: {', '.join(one.actions)})" if one.actions else ""
        yield f"• {name}{actions}"


def name_of(instruction: Instruction) -> str:
    """Return what an instruction is called, if by its id alone."""
    return instruction.name.strip() or instruction.id or "an instruction without a name"


def unread(step: str, turn: int, instruction: Instruction, said: str) -> Question:
    """Ask what to do where it cannot be read what an instruction is about; `said` tells why."""
    return Question(
        key=f"{step}:unread:{turn}",
        title="What the manager asks about cannot be read",
        text=(
            f"The manager asks: {name_of(instruction)}. The list of what it is about could not be "
            f"read: {said} Correct the cause and look again, or answer on the manager's own page "
            f"({PAGE}) and then look again: the run goes on from wherever it stands."
        ),
        offers=(LOOK_AGAIN, GIVE_UP),
    )


def _resources_field(key: str, instruction: Instruction, resources: tuple[Resource, ...]) -> Field:
    options = {
        resource.id: Option(resource.id, resource.name, _detail(resource)) for resource in resources
    }
    return Field(
        key=key,
        label=name_of(instruction),
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
    # Somebody may answer on the manager's page: then it is looked at again, and nothing is sent.
    offers.append(_LOOK)
    if CANCEL in status.offered:
        offers.append(_CANCEL)
    return (*offers, GIVE_UP)


def paused(step: str, turn: int, status: RestoreStatus) -> Question:
    """Ask how a restore that somebody suspended goes on."""
    return Question(
        key=f"{step}:paused:{turn}",
        title="The restore is suspended",
        text=(
            f"The manager stands at {status.where()} and waits.{_says(status)} It goes on when a "
            f"lead continues.{_offers_nothing(status)}"
        ),
        offers=(
            *(
                (Offer(Choice.CONTINUE, "Continue the restore", lead_only=True),)
                if ADVANCE in status.offered
                else ()
            ),
            _LOOK,
            *((_CANCEL,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )


def failed(step: str, turn: int, status: RestoreStatus, went: str) -> Question:
    """Ask what to do about a step that failed: why, and what helps.

    `went` tells what became of the last answer, where that needs telling.
    """
    why = _says(status) or ("" if status.step_said else " It does not say why.")
    said = f"{status.said} {status.step_said}"
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
            Offer(Choice.DECLINE, "Wait, and look again"),
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


def another(step: str, turn: int, status: RestoreStatus, backup: ListedBackup) -> Question:
    """Ask what became of the restore of `backup` where the manager speaks of another one.

    A success of another backup, or of an earlier restore, must never be told as ours.
    """
    return Question(
        key=f"{step}:another:{turn}",
        title="The manager speaks of another restore",
        text=(
            f"It says {status.where()}, but not of the restore that was begun here: "
            f"{_which(status, backup)}. Nothing is sent to it, and nothing of it is told as ours. "
            f"Look at the manager's own page ({PAGE}). If ours goes on, look again. If somebody "
            "began another one instead, give up: this request then ends as failed, and nothing is "
            "cancelled."
        ),
        offers=(LOOK_AGAIN, GIVE_UP),
    )


def _which(status: RestoreStatus, backup: ListedBackup) -> str:
    """Say in what it differs; a backup by its timestamp, as the list of backups names it."""
    if status.backup_timestamp is not None and not status.is_of(backup.timestamp):
        return f"it is of backup {status.backup_timestamp}, not of {backup.timestamp}"
    return f"it is of the same backup, but has another id ({status.id})"


def unclear(step: str, turn: int, status: RestoreStatus) -> Question:
    """Ask about a word that is of no list, or that there should be no restore at all.

    Where the manager asks for something it does not offer to go on here: that is asked otherwise.
    """
    asks = "; ".join(map(name_of, status.instructions))
    return Question(
        key=f"{step}:unclear:{turn}",
        title=f"The manager says {status.word}",
        text=(
            f"While its restore is followed the manager says {status.where()}.{_says(status)}"
            f"{f' It asks for: {asks}.' if asks else ''} The bot does not know what follows from "
            f"that, so it does nothing. {_UNKNOWN_STATUS}"
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
