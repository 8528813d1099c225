"""What can be typed after `/nsx-restore`: text in, one of a closed set of commands out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.blocks.text import JOINERS
from bot.domain.request import Wish
from bot.domain.values import REQUEST_ID, RequestId, Scope
from bot.runbooks.preflight import LATEST
from handlers import wishes
from handlers.slack_text import decoded, hidden

TEXT_LIMIT: Final = 2000
"""Characters of a command; a reason, a path and an incident of the greatest length fit."""


_PAIR: Final = re.compile(r"\s((?:backup|scope|incident)=)")
"""What somebody who typed it in a reason meant to stand before it."""


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Nothing was typed: open the form."""


@dataclass(frozen=True, slots=True)
class FileRequest:
    """File a request without the form; `scope` of `None` is the target's own."""

    target: str
    backup: str
    scope: Scope | None
    incident: str | None
    reason: str

    def wish(self, scope: Scope) -> Wish:
        """Return the wish, with the scope that it has at its target."""
        return Wish(self.target, self.backup, scope, self.reason, self.incident)


@dataclass(frozen=True, slots=True)
class Status:
    """How one request stands."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class ListOpen:
    """The open requests."""


@dataclass(frozen=True, slots=True)
class History:
    """What was requested before, of one target or of all."""

    target: str | None


@dataclass(frozen=True, slots=True)
class Targets:
    """What can be restored."""


@dataclass(frozen=True, slots=True)
class Backups:
    """The backups of a target."""

    target: str


@dataclass(frozen=True, slots=True)
class PlanOnly:
    """The plan for a target, nothing filed."""

    target: str
    backup: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that happened to a request."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw a request, or stop it before it starts."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Help:
    """How the bot is spoken to."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that is no command."""

    word: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A command that cannot be read; the sentence says why."""

    sentence: str


Read = Status | ListOpen | History | Targets | Backups | PlanOnly | Report
"""Commands that only look."""

Typed = OpenForm | FileRequest | Cancel | Help | Unknown | Wrong | Read


def parse(text: str) -> Typed:
    """Read the text of a command as Slack sent it. Total: whatever comes, an answer comes out."""
    if len(text) > TEXT_LIMIT:
        return Wrong(f"This command has {len(text)} characters; {TEXT_LIMIT} is the most.")
    typed = decoded(text)
    code = hidden(typed, JOINERS)
    if code is not None:
        return Wrong(f"This command has a character that nobody can see ({code}).")
    word, rest = _first(typed)
    if not word:
        return OpenForm()
    parser = _PARSERS.get(word.lower())
    return parser(rest) if parser else Unknown(word)


def _first(text: str) -> tuple[str, str]:
    parts = text.split(maxsplit=1)
    return (parts[0] if parts else ""), (parts[1] if len(parts) > 1 else "")


def _request(text: str) -> FileRequest | Wrong:
    target, rest = _first(text)
    if not target or "=" in target:
        return Wrong("Name the target first: request TARGET reason=...")
    pairs = _pairs(rest, {"backup", "scope", "incident", "reason"})
    if isinstance(pairs, Wrong):
        return pairs
    reason = pairs.get("reason", "")
    if not reason.strip():
        return Wrong("Say why, with reason=..., so that the leads can decide.")
    wrong = wishes.wrong_target(target) or _wrong(pairs) or wishes.wrong_reason(reason)
    if wrong:
        return Wrong(wrong)
    scope = Scope(pairs["scope"]) if "scope" in pairs else None
    return FileRequest(target, pairs.get("backup", LATEST), scope, pairs.get("incident"), reason)


def _plan(text: str) -> PlanOnly | Wrong:
    target, rest = _first(text)
    pairs = _pairs(rest, {"backup"})
    if isinstance(pairs, Wrong):
        return pairs
    wrong = wishes.wrong_target(target) or _wrong(pairs)
    return Wrong(wrong) if wrong else PlanOnly(target, pairs.get("backup", LATEST))


def _pairs(text: str, known: set[str]) -> dict[str, str] | Wrong:
    """Read `name=value` in any order; `reason=` takes the rest of the text."""
    pairs: dict[str, str] = {}
    while text:
        word, rest = _first(text)
        name, sign, value = word.partition("=")
        if not sign or name not in known:
            return Wrong(f"{word[:60]} is not understood here. The reason comes last: reason=...")
        if name in pairs:
            return Wrong(f"{name} is given twice.")
        if name == "reason":
            said = text.partition("=")[2]
            if pair := _PAIR.search(said):
                return Wrong(
                    f"Put reason= last: what follows it is the reason, and has {pair[1]} in it."
                )
            pairs[name] = said.strip()
            break
        pairs[name] = value
        text = rest
    return pairs


def _wrong(pairs: Mapping[str, str]) -> str | None:
    rules: dict[str, Callable[[str], str | None]] = {
        "backup": wishes.wrong_backup,
        "scope": wishes.wrong_scope,
        "incident": wishes.wrong_incident,
    }
    return next((w for n, rule in rules.items() if n in pairs and (w := rule(pairs[n]))), None)


def _request_id(text: str) -> RequestId | Wrong:
    """Ids are read aloud and typed on phones, so small letters are as good."""
    typed = text.upper()
    if REQUEST_ID.fullmatch(typed):
        return RequestId(typed)
    return Wrong("Name the request by its id, such as R-7QK2M9; the card shows it.")


def _status(text: str) -> Status | ListOpen | Wrong:
    if not text:
        return ListOpen()
    request_id = _request_id(text)
    return request_id if isinstance(request_id, Wrong) else Status(request_id)


def _report(text: str) -> Report | Wrong:
    request_id = _request_id(text)
    return request_id if isinstance(request_id, Wrong) else Report(request_id)


def _cancel(text: str) -> Cancel | Wrong:
    request_id = _request_id(text)
    return request_id if isinstance(request_id, Wrong) else Cancel(request_id)


def _history(text: str) -> History | Wrong:
    wrong = wishes.wrong_target(text) if text else None
    return Wrong(wrong) if wrong else History(text or None)


def _backups(text: str) -> Backups | Wrong:
    wrong = wishes.wrong_target(text)
    return Wrong(wrong) if wrong else Backups(text)


def _alone(command: Typed) -> Callable[[str], Typed]:
    def parser(text: str) -> Typed:
        return Wrong("Nothing is expected after this command.") if text else command

    return parser


_PARSERS: Final[Mapping[str, Callable[[str], Typed]]] = {
    "request": _request,
    "plan": _plan,
    "status": _status,
    "list": _alone(ListOpen()),
    "history": _history,
    "targets": _alone(Targets()),
    "backups": _backups,
    "report": _report,
    "cancel": _cancel,
    "help": lambda _: Help(),
}
