"""The question about a guided restore that failed at a step: why, and what helps.

Source of the advice: NSX 9 admin guide, Restore a Backup; NSX API, ClusterRestoreStatus.
"""

from dataclasses import replace
from typing import Final

from bot.domain.request import Choice, Offer, Question
from bot.domain.shortening import QUESTION_ROOM, together, weight
from bot.runbooks.guided_questions import CANCEL_IT, PAGE, says
from bot.runbooks.questions import GIVE_UP
from bot.runbooks.restoring import CANCEL, RETRY, RETRY_UPDATED, RestoreStatus

_REST: Final = f" The rest stands on the manager's own page ({PAGE})."

_RETRY: Final = Offer(
    Choice.RETRY, "Retry the step", lead_only=True, follows="The manager is told to retry the step."
)

_CORRECTED: Final = Offer(Choice.RETRY_UPDATED, "Secret corrected, retry", lead_only=True)

_WAIT: Final = Offer(
    Choice.DECLINE,
    "Wait, and look again",
    lead_only=True,
    follows="Nothing is sent; the manager is looked at again.",
)

_OF_SECRETS: Final = ("passphrase", "password", "login", "log in", "credential", "authenticat")
"""Words of a failure that a corrected secret may mend; what it says is documented nowhere."""


def failed(step: str, turn: int, status: RestoreStatus, went: str, after: str) -> Question:
    """Ask what to do about a step that failed: why, and what helps.

    `went` tells what became of the last answer, where that needs telling; `after` is for how long
    it can be waited out before it is asked about again.
    """
    advice = (
        f"{_what_helps(f'{status.said} {status.step_said}')} Waiting sends nothing, and asks again "
        f"after {after} if it still stands like this.{_not_offered(status)}"
    )
    return Question(
        key=f"{step}:failed:{turn}",
        title="The restore failed at a step",
        text=_advised(status, went.removesuffix("\n"), advice),
        offers=(
            *_retry(status),
            _WAIT,
            *((CANCEL_IT,) if CANCEL in status.offered else ()),
            GIVE_UP,
        ),
    )


def _advised(status: RestoreStatus, went: str, advice: str) -> str:
    """Return what failed, and the advice to its end: the manager's words are shortened for it.

    A retry answers for none of those words, as it would for instructions: it is offered still.
    """
    whole = f"{_told(status, went)}\n{advice}"
    if weight(whole) <= QUESTION_ROOM:
        return whole
    name = "" if status.step_said else status.step_name
    # With a letter for each of them it weighs at least what is around the words.
    around = _told(replace(status, said="x", step_said="x"), "x")
    room = QUESTION_ROOM - weight(f"{around}{_REST}\n{advice}")
    went, said, step_said, name = together((went, status.said, status.step_said, name), room)
    shown = replace(status, said=said, step_said=step_said, step_name=name)
    return f"{_told(shown, went)}{_REST}\n{advice}"


def _told(status: RestoreStatus, went: str) -> str:
    before = f"{went}\n" if went else ""
    why = says(status) or ("" if status.step_said else " It does not say why.")
    return f"{before}The manager failed at {status.where()}.{why}"


def _retry(status: RestoreStatus) -> tuple[Offer, ...]:
    """Return the ways to retry, first the one that helps: a wrong secret stays wrong unchanged."""
    if not _retries(status):
        return (_CORRECTED,) if RETRY_UPDATED in status.offered else ()
    said = f"{status.said} {status.step_said}".lower()
    of_secret = any(word in said for word in _OF_SECRETS)
    return (_CORRECTED, _RETRY) if of_secret else (_RETRY, _CORRECTED)


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
