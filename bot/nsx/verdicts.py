"""What became of a request that must not be sent twice: accepted, refused, or unknown."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, assert_never

from bot.nsx.exchange import Answer, NoAnswer
from bot.nsx.words import Redaction, own_words, redirect_error, silence_error, silence_words
from bot.runbooks.observations import Reply

Outcome = Literal["accepted", "refused", "unknown"]

_ACCEPTED: Final = range(200, 300)
_REDIRECTED: Final = range(300, 400)
_REFUSED: Final = range(400, 500)
_MAYBE: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class Errand:
    """A request in words.

    `what` was sent; the `doubt` that is left where nobody answered; `advice` is what helps where a
    refusal speaks of a passphrase.
    """

    what: str
    doubt: str = "it may or may not have begun"
    advice: str = ""


def outcome(status: int) -> Outcome:
    """Return what a status says by itself; a body that makes no sense does not change it.

    A 408, a 429 or a 5xx may come from something before the manager, after it has begun.
    """
    if status in _ACCEPTED:
        return "accepted"
    if status in _REDIRECTED or (status in _REFUSED and status not in _MAYBE):
        return "refused"
    return "unknown"


def judged(result: Answer | NoAnswer, errand: Errand, redaction: Redaction) -> Reply:
    """Return what became of a request. `refused` only where nothing can have begun."""
    match result:
        case NoAnswer(sent=False):
            return Reply("refused", f"The {errand.what} was never sent. {silence_error(result)}")
        case NoAnswer():
            return Reply("unknown", f"The manager {silence_words(result)}, so {errand.doubt}.")
        case Answer():
            verdict = outcome(result.status)
            return Reply(verdict, _said(result, verdict, errand, redaction))
        case other:
            assert_never(other)


def _said(answer: Answer, verdict: Outcome, errand: Errand, redaction: Redaction) -> str:
    words = own_words(answer, redaction)
    match verdict:
        case "accepted":
            return f"The manager accepted the {errand.what} (HTTP {answer.status})."
        case "refused" if answer.status in _REDIRECTED:
            return str(redirect_error(answer))
        case "refused":
            advice = errand.advice if "passphrase" in words.lower() else ""
            return f"The manager refused: {words}. {advice}".rstrip()
        case "unknown":
            return f"The manager answered {words}; {errand.doubt}."
        case never:
            assert_never(never)
