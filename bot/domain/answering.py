"""Who may answer the questions of a running restore, and what counts as an answer."""

from typing import Final

from bot.domain.approval import Persons, closed, on_message, requester_or_lead
from bot.domain.commands import Press
from bot.domain.request import Choice, Entry, Field, Place, Question, Request, State
from bot.domain.standing import Finding, Standing, is_lead


def question_open(request: Request, choice: Choice, key: str | None = None) -> Finding:
    """An answer counts only while its question is open and offers it; a form names it by `key`."""
    rule = "question_open"
    if not request.is_active:
        return closed(request, rule)
    if request.question is None:
        return Finding.no(
            rule,
            f"{request.id} has no open question; somebody answered already. "
            "See the newest message of the thread.",
        )
    if key is not None and key != request.question.key:
        return Finding.no(rule, _EARLIER)
    if request.question.offer(choice) is None:
        return Finding.no(
            rule,
            "This answer is not offered by the question that is open now. "
            "See the newest message of the thread.",
        )
    return Finding.yes(rule)


def asked_here(request: Request, press: Press, posted: Place | None, key: str | None) -> Finding:
    """A button counts on the newest message of its question; a form counts for its question.

    A form takes minutes to fill in, and a reminder that asks again meanwhile must not void it: it
    shows the question itself and names it by `key`, which `question_open` compares.
    """
    if key is not None and press.place.channel == request.channel:
        return Finding.yes("on_message")
    return on_message(press, posted)


def may_answer(request: Request, actor: Standing, choice: Choice, person: Persons) -> Finding:
    """The requester or a lead answers; some answers are for leads alone."""
    offer = request.question.offer(choice) if request.question else None
    if offer is not None and offer.lead_only:
        return is_lead(actor)
    return requester_or_lead(request, actor, person)


def filled(request: Request, choice: Choice, entries: tuple[Entry, ...]) -> Finding:
    """The entries are those of the open question: each of its fields once, only its options."""
    rule = "filled"
    question = request.question
    offer = question.offer(choice) if question else None
    if question is None or offer is None:
        return Finding.yes(rule)
    if not question.asks_form(offer):
        return no_form() if entries else Finding.yes(rule)
    if not entries:
        return Finding.no(
            rule, f"*{offer.label}* opens a form; nothing was sent before it is filled in."
        )
    found = {entry.field: set(entry.values) for entry in entries}
    known = {field.key: {option.value for option in field.options} for field in question.fields}
    fits = found.keys() == known.keys() and all(found[key] <= known[key] for key in known)
    if fits and len(found) == len(entries):
        return Finding.yes(rule)
    return Finding.no(rule, _EARLIER)


_EARLIER: Final = (
    "This form belongs to an earlier question. Open the form of the newest message of the thread."
)


def no_form() -> Finding:
    """Return that what is answered like this is not filled in."""
    return Finding.no(
        "filled", "This answer has no form. Use the buttons of the newest message of the thread."
    )


def chosen(question: Question, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Return in words what was chosen: one sentence for each field of the form."""
    found = {entry.field: entry.values for entry in entries}
    return tuple(
        f"{field.label}: {_labels(field, found[field.key])}"
        for field in question.fields
        if field.key in found
    )


def _labels(field: Field, values: tuple[str, ...]) -> str:
    labels = [option.label for option in field.options if option.value in values]
    return ", ".join(labels) or "none"


def suspendable(request: Request) -> Finding:
    """A run can be suspended while the manager offers that."""
    rule = "suspendable"
    if not request.is_active:
        return closed(request, rule)
    progress = request.progress
    if request.state is not State.RUNNING or progress is None or not progress.suspendable:
        return Finding.no(
            rule,
            "The manager does not offer to suspend its restore at this moment, so nothing was "
            "sent. See the newest message of the thread.",
        )
    if request.suspend_asked_by is not None:
        return Finding.no(rule, "This was asked for already; the manager ends its step first.")
    return Finding.yes(rule)
