"""The questions of a guided restore, in the words that people read, with the reason for each.

Where the manager asks, its own words are shown: what they are called is documented nowhere.
Source of the advice: NSX 9 admin guide, Restore a Backup; NSX API, ClusterRestoreStatus.
"""

from dataclasses import replace
from typing import Final

from bot.domain.plan import ListedBackup
from bot.domain.request import Choice, Offer, Question
from bot.domain.shortening import QUESTION_ROOM, weight, within
from bot.runbooks import questions
from bot.runbooks.questions import GIVE_UP, LOOK_AGAIN, WAIT_ON
from bot.runbooks.restoring import (
    ADVANCE,
    CANCEL,
    RestoreStatus,
)

LOOK_AS_LEAD: Final = replace(LOOK_AGAIN, lead_only=True)
"""For leads, like all the rest of such a question: then it says simply who can answer."""

PAGE: Final = "System > Backup & Restore"
"""The manager's own page of backups and restores. Source: NSX 9 admin guide, Restore a Backup."""

_NOT_ALL: Final = (
    f"That is not all of it. The whole stands on the manager's own page ({PAGE}): answer there, "
    "then look again. It cannot be answered from here, since nobody could read here what they "
    "answer for."
)

_LEADS_ON: Final = frozenset({Choice.CONTINUE, Choice.SKIP})

_ENDS: Final = (".", "!", "?")

_UNKNOWN_STATUS: Final = f"Look at the manager's own page ({PAGE}) and decide."

CANCEL_IT: Final = Offer(Choice.CANCEL, "Cancel the restore", lead_only=True)


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
            Offer(
                Choice.GIVE_UP,
                "Leave it alone",
                lead_only=True,
                follows="The manager's restore is left alone, and this request ends here.",
            ),
        ),
    )


def readable(question: Question) -> Question:
    """Return the question as it can be asked: nobody goes on from what they could not read.

    One that is too long for its message is cut, and what would lead on is not offered from here.
    """
    if weight(question.text) <= QUESTION_ROOM:
        return question
    shown = within(question.text, QUESTION_ROOM - weight(_NOT_ALL))
    offers = tuple(offer for offer in question.offers if offer.choice not in _LEADS_ON)
    return replace(question, text=f"{shown}\n{_NOT_ALL}", offers=offers, fields=())


def offers_nothing(status: RestoreStatus) -> str:
    """Say so where the manager offers no way to go on."""
    if ADVANCE in status.offered:
        return ""
    return " At this moment it offers no way to go on: look at it, then look again."


def says(status: RestoreStatus) -> str:
    """Return the manager's own sentence, in marks that set it apart from ours."""
    is_word = status.said.upper().replace(" ", "_") == status.word
    if not status.said or is_word:
        return ""
    end = "" if status.said.endswith(_ENDS) else "."
    return f' It says: "{status.said}"{end}'


def ended(said: str) -> str:
    """Return foreign words as the end of a sentence, with a full stop unless they have an end."""
    return said if said.endswith(_ENDS) else f"{said}."


def paused(step: str, turn: int, status: RestoreStatus) -> Question:
    """Ask how a restore that somebody suspended goes on."""
    question = Question(
        key=f"{step}:paused:{turn}",
        title="The restore is suspended",
        text=(
            f"The manager stands at {status.where()} and waits.{says(status)} It goes on when a "
            f"lead continues.{offers_nothing(status)}"
        ),
        offers=(
            *(
                (Offer(Choice.CONTINUE, "Continue the restore", lead_only=True),)
                if ADVANCE in status.offered
                else ()
            ),
            LOOK_AS_LEAD,
            *((CANCEL_IT,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )
    return readable(question)


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
    names = "; ".join(one.called for one in status.instructions)
    asks = f" It asks for: {ended(names)}" if names else ""
    question = Question(
        key=f"{step}:unclear:{turn}",
        title=f"The manager says {status.word}",
        text=(
            f"While its restore is followed the manager says {status.where()}.{says(status)}"
            f"{asks} The bot does not know what follows from that, so it does nothing. "
            f"{_UNKNOWN_STATUS}"
        ),
        offers=(
            LOOK_AGAIN,
            *(
                (Offer(Choice.CONTINUE, "Continue the restore", lead_only=True),)
                if ADVANCE in status.offered
                else ()
            ),
            *((CANCEL_IT,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )
    return readable(question)
