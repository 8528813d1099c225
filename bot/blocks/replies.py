"""What one person is told privately: receipts, refusals, answers to a typed command."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from bot.blocks.plan import component, environment, scope
from bot.blocks.plan_text import plan_text
from bot.blocks.question import what_follows
from bot.blocks.status import approvals, headline, missing, nothing_done, status
from bot.blocks.text import (
    bullets,
    channel,
    code,
    counted,
    escape,
    fit,
    fit_lines,
    mention,
    moment,
    size,
    stamp,
    when,
    when_exactly,
)
from bot.domain import commands as c
from bot.domain.decide import Decision
from bot.domain.events import QuestionAnswered
from bot.domain.plan import Digest, Plan
from bot.domain.request import Request, State
from bot.domain.standing import Finding
from bot.domain.target import Target
from bot.domain.values import TARGET_KEY, Component, Generation
from bot.runbooks.observations import OfferedBackup, Trouble

__all__ = [
    "backups",
    "bad_arguments",
    "filed",
    "help_text",
    "history",
    "listing",
    "not_certain",
    "not_finished",
    "not_found",
    "not_stored",
    "plan",
    "plan_text",
    "receipt",
    "refused",
    "status_of",
    "targets",
    "unknown_command",
    "unknown_target",
]

REPLY_LIMIT = 3800
"""Characters of a private reply; what is longer than a screen is not read."""

_FILES_SHOWN = 20

_NAMED = "Name one by `NODE:TIMESTAMP`, as it stands there, or by its timestamp alone."

_ALL_REQUESTS = "`nsx-restore list` on the bot's machine has all of them."

_WORD_SHOWN = 60
"""A longer word is not repeated."""

_GRAMMAR = (
    ("", "open the form"),
    (
        "request TARGET [backup=latest|ID] [scope=cluster|cluster+node] [incident=ID] reason=…",
        "file without the form; the reason is the rest of the line, and a scope is for NSX-T 1.x",
    ),
    ("status [ID]", "how a request stands; without an id, the ones that are open"),
    ("list", "open requests"),
    ("history [TARGET]", "what was requested before, newest first"),
    ("targets", "what can be restored"),
    ("backups TARGET", "the backups that can be restored now"),
    ("plan TARGET", "the plan and its code, without filing anything"),
    ("report ID", "everything that happened to a request"),
    ("cancel ID", "withdraw your request, or stop it before it starts"),
    ("help", "this text"),
)


def help_text(command: str = "/nsx-restore") -> str:
    """Return how the bot is spoken to."""
    lines = (f"`{command}{' ' if words else ''}{words}`  {told}" for words, told in _GRAMMAR)
    return (
        "*Restore an NSX Manager from its backup.* Two leads other than the person who asks must "
        f"approve, with the buttons on the card.\n{bullets(lines)}"
    )


def unknown_command(word: str) -> str:
    """Return what to type instead of a word that means nothing here."""
    named = code(word) if 0 < len(word) <= _WORD_SHOWN else "This"
    return f"{named} is not a command. Type `/nsx-restore help` for all of them."


def bad_arguments(sentence: str) -> str:
    """Return why a command could not be read, and where its form stands."""
    return f"{escape(sentence)} Nothing was filed. Type `/nsx-restore help` for the form."


def not_found(request_id: str) -> str:
    """Return that there is no request with this id."""
    return f"There is no request {code(request_id)}. Type `/nsx-restore list` for the open ones."


def unknown_target(key: str, known: Sequence[str]) -> str:
    """Return a sentence without markup that names the targets there are.

    The key is repeated only if it could be one, so that nothing needs to be escaped.
    """
    named = f"called {key}" if TARGET_KEY.fullmatch(key) else "of that name"
    return f"There is no target {named}. The targets are: {', '.join(known) or 'none'}."


def not_stored() -> str:
    """Return that a click or command was not taken, since it could not be stored."""
    return "This could not be stored just now, so nothing was done. Try again in a moment."


def not_finished() -> str:
    """Say that the bot broke on what somebody did."""
    return (
        "The bot broke on something that you asked of it. Look at the card of the request: if what "
        "you did is not there, do it again. Tell the owner of the bot; the logs name the cause."
    )


def not_certain() -> str:
    """Return that storing a click or command took too long to say what became of it."""
    return (
        "It is not certain that this was taken. Look at the card in a moment, before you press "
        "again."
    )


def refused(finding: Finding) -> str:
    """Return why something was refused: the very sentence that log and audit keep."""
    return escape(finding.sentence)


def filed(request: Request) -> str:
    """Return the receipt for a new request."""
    return (
        f"Your request *{request.id}* for {escape(request.wish.target)} is filed. The checks run "
        f"now; the card with the plan is in {channel(request.channel)}."
    )


def receipt(request: Request, command: c.PersonCommand, decision: Decision) -> str:
    """Return what became of a press or of `cancel`; `request` is as it stands after it."""
    if decision.refusal is not None:
        return refused(decision.refusal)
    name = f"*{request.id}*"
    match command:
        case c.Approve():
            return f"Your approval of {name} is recorded: {approvals(request)}. {_next(request)}"
        case c.Deny():
            return f"You denied {name}. It is closed. {nothing_done(request)}"
        case c.Rescind():
            return f"Your approval of {name} is taken back: {approvals(request)}."
        case c.Withdraw():
            return f"{name} is withdrawn. {nothing_done(request)}"
        case c.Stop():
            return f"{name} is stopped before its start. {nothing_done(request)}"
        case c.Answer():
            told = [
                what_follows(one) for one in decision.events if isinstance(one, QuestionAnswered)
            ]
            return " ".join((f"Your answer for {name} is recorded.", *told))
        case c.Suspend():
            return (
                f"Your wish to suspend {name} is recorded. The manager ends its current step, then "
                "waits; its thread says so, and a lead lets it go on."
            )
        case _:
            assert_never(command)


def _next(request: Request) -> str:
    match request.state:
        case State.AWAITING_APPROVAL:
            return f"{missing(request)} must approve by {when(request.expires_at)}."
        case State.APPROVED if request.start_after:
            return f"It starts at {when_exactly(request.start_after)}; Stop on the card ends it."
        case _:
            return f"It is {request.state.words} now."


def status_of(request: Request, now: datetime) -> str:
    """Return how one request stands."""
    told = status(request, now)
    asked = f"Requested by {mention(request.requester)} {moment(request.created_at)}"
    return fit(f"{_named(request)}\n{told}\n{asked} in {channel(request.channel)}", REPLY_LIMIT)


def listing(requests: Sequence[Request]) -> str:
    """Return the open requests, one line each; those that do not fit are counted."""
    if not requests:
        return "There is no open request."
    shown = _shown(requests)
    more = len(requests) - len(shown)
    rest = f"\n{counted(more, 'more request')} not shown here; {_ALL_REQUESTS}"
    return "\n".join(("*Open requests*", *shown)) + (rest if more else "")


def history(requests: Sequence[Request], *, most: int = 50) -> str:
    """Return past and present requests, one line each, in the order given; at most `most`."""
    if not requests:
        return "There is no request yet."
    shown = _shown(requests[:most])
    told = "\n".join(("*Requests, newest first*", *shown))
    if len(shown) == len(requests):
        return told
    return f"{told}\nOlder requests are not shown here; {_ALL_REQUESTS}"


def _shown(requests: Sequence[Request]) -> list[str]:
    return fit_lines([bullets([line_of(one)]) for one in requests], REPLY_LIMIT - 200)


def line_of(request: Request) -> str:
    """Return a request in one line: what, how it stands, who, when, where."""
    return (
        f"{_named(request)}: {headline(request)}; by {mention(request.requester)} "
        f"{moment(request.created_at)} in {channel(request.channel)}"
    )


def _named(request: Request) -> str:
    return f"*{request.id}* {escape(request.wish.target)} ({environment(request.environment)})"


def targets(known: Sequence[Target]) -> str:
    """Return what can be restored."""
    if not known:
        return "No target is configured."
    lines = [
        f"*{escape(target.key)}* ({environment(target.environment)}), {target.generation}, "
        f"{_component(target)}{escape(target.manager.url)}, "
        f"{scope(target.scope, target.generation)}"
        for target in known
    ]
    shown = fit_lines([bullets([line]) for line in lines], REPLY_LIMIT - 200)
    more = len(known) - len(shown)
    rest = f"\n{counted(more, 'more target')} not shown here: the form offers them."
    return "\n".join(("*Targets*", *shown)) + (rest if more else "")


def _component(target: Target) -> str:
    other = target.component is Component.GLOBAL
    return f"{component(target.component)}, " if other else ""


def backups(
    target: Target, found: Sequence[OfferedBackup] | Trouble, notes: Sequence[str] = ()
) -> str:
    """Return the backups of a target as its server or its manager lists them, newest first."""
    return "\n".join((_backups(target, found), *map(escape, notes)))


def _backups(target: Target, found: Sequence[OfferedBackup] | Trouble) -> str:
    if isinstance(found, Trouble):
        return f"The backups cannot be listed. {escape(found.said)} {escape(found.advice)}"
    if not found:
        return f"There is no {_kind(target)} for {escape(target.key)} on its server."
    rows = [_row(one) for one in found[:_FILES_SHOWN]]
    shown = fit_lines(rows, REPLY_LIMIT - 200)
    more = len(found) - len(shown)
    rest = f"\n{counted(more, 'older backup')} not shown here." if more else ""
    table = "\n".join(shown)
    named = f"\n{_NAMED}" if target.generation is Generation.NSX else ""
    return f"*Backups for {escape(target.key)}*, newest first\n```\n{table}\n```{named}{rest}"


def _kind(target: Target) -> str:
    return "backup" if target.generation is Generation.NSX else "cluster backup"


def _row(one: OfferedBackup) -> str:
    """A backup of which a size is known is a file, named by its name; another one by its id."""
    if one.size is not None:
        return f"{stamp(one.made_at)}  {size(one.size):>9}  {_fenced(one.name)}"
    by = f"  {_fenced(one.name)}" if one.name != one.id else ""
    return f"{stamp(one.made_at)}{by}\n  {_fenced(one.id)}"


def _fenced(name: str) -> str:
    """A name in one line of a fenced table."""
    return escape(name).replace("`", "'").replace("\n", " ")


def plan(plan: Plan, digest: Digest, notes: Sequence[str]) -> str:
    """Return a plan that nobody has filed."""
    told = fit(escape(plan_text(plan, digest, notes)).replace("`", "'"), REPLY_LIMIT - 100)
    return f"This is what a request would plan now. Nothing is filed.\n```\n{told}\n```"
