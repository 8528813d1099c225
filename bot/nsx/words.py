"""A manager's answers in words: what was seen, and what helps. Without secrets."""

import json
import urllib.parse
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import httpx
from pydantic import ValidationError

from bot.domain.errors import Kind, ManagerError
from bot.domain.shortening import shortened
from bot.nsx.exchange import Answer, NoAnswer
from bot.nsx.models import ApiErrorDocument
from bot.nsx.tls import tls_failure

LONG: Final = 3000
"""Characters of a text that people act on: an instruction, what is said of a status or a step."""

_SHORT: Final = 300
"""Characters of all else: names in lists, what a manager says to refuse something."""

_HOST: Final = 255
_HIDDEN: Final = "[secret]"
_LOGIN_ADVICE: Final = (
    "Check the user name and the secret, and that the account is not locked; do not try again "
    "before, or it will be."
)
_RESTARTING: Final = (
    "During a restore this is to be expected while services restart; otherwise check the manager."
)
_LOGIN_CODES: Final = {(403, 403), (500, 99)}
"""Status and `error_code` that mean wrong credentials or a locked account (nsx-operator)."""
_SESSION_CODE: Final = 98
"""With 403: no valid session (nsx-operator)."""
_OK: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)


class Redaction:
    """Takes secrets out of texts, in the spellings in which a manager might repeat them.

    `secrets` are looked at anew for each text, so that those which are added later count too.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = secrets
        self._more: tuple[str, ...] = ()
        self._spelled: tuple[str, ...] = ()
        self._spellings: list[str] = []

    def hide(self, *secrets: str) -> None:
        """Take these out as well from now on."""
        self._more += secrets

    def __call__(self, text: str, limit: int = _SHORT) -> str:
        """Return the text without the secrets, in one line; what does not fit is counted."""
        self._spell((*self._secrets, *self._more))
        for spelling in self._spellings:
            text = text.replace(spelling, _HIDDEN)
        line = " ".join(text.split())
        return shortened("".join(letter for letter in line if letter.isprintable()), limit)

    def _spell(self, secrets: tuple[str, ...]) -> None:
        """Bring the spellings up to date; a list of resources has thousands of texts."""
        if secrets == self._spelled:
            return
        spellings = {
            spelling
            for secret in secrets
            for spelling in (secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret, safe=""))
            if spelling
        }
        self._spellings = sorted(spellings, key=len, reverse=True)
        self._spelled = secrets


def error_document(answer: Answer) -> ApiErrorDocument:
    """Return what an error's body tells; nothing, if it is HTML or anything else."""
    try:
        return ApiErrorDocument.model_validate_json(answer.body)
    except ValidationError:
        return ApiErrorDocument()


def own_words(answer: Answer, redaction: Redaction) -> str:
    """Return what the manager said, as in `HTTP 400: "No such file." (error code 255)`."""
    document = error_document(answer)
    details = document.details if isinstance(document.details, str) else ""
    parts = dict.fromkeys(part for part in (document.error_message, details) if part)
    message = redaction(" ".join(parts))
    said = f'HTTP {answer.status}: "{message}"' if message else _status_words(answer.status)
    code = f" (error code {document.error_code})" if document.error_code is not None else ""
    return said + code


def read_error(answer: Answer, redaction: Redaction, missing_advice: str) -> ManagerError | None:
    """Return the error that a reply is, judged by its status first; `None` for a good one.

    `missing_advice` is told about a 404, whose meaning depends on the manager's generation.

    Kinds: `auth` (stop and ask), `missing` (404), `redirect`, `refused` (other 4xx); and those
    that pass by themselves: `session` (403 with code 98), `busy` (408, 429), `unreachable` (5xx).
    """
    status = answer.status
    if status in _OK:
        return None
    said = f"The manager answered {own_words(answer, redaction)}."
    code = error_document(answer).error_code
    match status:
        case _ if status in _REDIRECT:
            return redirect_error(answer)
        case HTTPStatus.UNAUTHORIZED:
            return ManagerError(Kind.AUTH, said, _LOGIN_ADVICE)
        case _ if (status, code) in _LOGIN_CODES:
            return ManagerError(Kind.AUTH, said, _LOGIN_ADVICE)
        case HTTPStatus.FORBIDDEN if code == _SESSION_CODE:
            advice = (
                "It speaks of a session, and Basic authentication needs none: it is probably "
                "restarting; ask again."
            )
            return ManagerError(Kind.SESSION, said, advice)
        case HTTPStatus.FORBIDDEN:
            return ManagerError(Kind.REFUSED, said, "Give the account the right to do this.")
        case HTTPStatus.NOT_FOUND:
            return ManagerError(Kind.MISSING, said, missing_advice)
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.TOO_MANY_REQUESTS:
            return ManagerError(Kind.BUSY, said, "It is busy; wait and ask again.")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ManagerError(Kind.UNREACHABLE, said, _RESTARTING)
        case _:
            return ManagerError(Kind.REFUSED, said, "Correct what it names.")


def redirect_error(answer: Answer) -> ManagerError:
    """Return the refusal to follow a redirect; it names the other host and nothing more."""
    try:
        host = urllib.parse.urlsplit(answer.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    where = shortened(host or "no host", _HOST)
    said = f"The manager sent us elsewhere (HTTP {answer.status} to {where})."
    advice = (
        "That was not followed, since credentials would travel along. Put the manager's own "
        "address in the configuration."
    )
    return ManagerError(Kind.REDIRECT, said, advice)


def silence_error(silence: NoAnswer) -> ManagerError:
    """Return the error that a missing reply is."""
    tls = None if silence.sent else tls_failure(silence.cause)
    if tls is not None:
        return tls
    return ManagerError(Kind.UNREACHABLE, f"The manager {silence_words(silence)}.", _RESTARTING)


def silence_words(silence: NoAnswer) -> str:
    """Return how a request got no reply: `could not be reached` and the like."""
    # The causes' own texts stay out: they are the library's words, and may hold anything.
    match silence.sent, isinstance(silence.cause, TimeoutError) or _timed_out(silence):
        case False, True:
            return "could not be reached in time"
        case False, False:
            return "could not be reached"
        case True, True:
            return "did not answer in time"
        case _:
            return "broke the connection off without an answer"


def malformed(what: str) -> ManagerError:
    """Return the error for a good status with a body that makes no sense."""
    return ManagerError(
        Kind.MALFORMED,
        f"The manager's answer about its {what} could not be understood.",
        "It may still be starting; ask again. If it stays so, check that this is an NSX Manager.",
    )


def _timed_out(silence: NoAnswer) -> bool:
    return isinstance(silence.cause, httpx.TimeoutException)


def _status_words(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
