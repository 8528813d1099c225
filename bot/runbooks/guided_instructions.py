"""What the manager asks, brought to people: a question with a form for what can be chosen.

Its own words are shown, to their end: what instructions are called is documented nowhere.
Source: NSX API, InstructionInfo, ActionableResource and SelectableResourceReference.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.request import Choice, Field, Offer, Option, Question
from bot.runbooks.guided_questions import (
    CANCEL_IT,
    LOOK_AS_LEAD,
    PAGE,
    ended,
    offers_nothing,
    readable,
    says,
)
from bot.runbooks.questions import GIVE_UP, LOOK_AGAIN
from bot.runbooks.restoring import ADVANCE, CANCEL, Instruction, Resource, RestoreStatus

_CAPTION: Final = 60
"""Characters of a field's caption. A longer name stands in full in the question alone."""

_CHOOSING: Final = (
    "Choosing is the answer: those that are checked are sent to the manager as selected; with none "
    "it goes on without any."
)


def field_key(number: int, instruction: Instruction) -> str:
    """Return the key of an instruction's field; ids may be missing, and even come twice."""
    return f"{number}:{instruction.id}"


def choosable(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Return what can be chosen and sent back: each id once, and nothing that has none.

    The manager refuses an answer in which an id is blank.
    """
    first: dict[str, Resource] = {}
    for resource in resources:
        if resource.id.strip():
            first.setdefault(resource.id, resource)
    return tuple(first.values())


def instructions(
    step: str, turn: int, status: RestoreStatus, found: Sequence[tuple[Resource, ...]]
) -> Question:
    """Ask what the manager asks, in its words, with a field for the resources of each instruction.

    `found` are the resources of each instruction, in their order.
    """
    numbers = _numbers(status.instructions)
    together = list(zip(status.instructions, numbers, found, strict=True))
    fields = tuple(
        _field(field_key(place, one), caption(one.called, number), options)
        for place, (one, number, resources) in enumerate(together, start=1)
        if (options := choosable(resources))
    )
    told = "\n".join(_told(*each) for each in together) or "It names no instruction."
    question = Question(
        key=f"{step}:asks:{turn}",
        title="The manager asks before it goes on",
        text=(
            f"At {status.where()} the manager waits for people.{says(status)}\n{told}\n"
            f"{_what_to_do(status, fills=bool(fields))}{offers_nothing(status)}"
        ),
        offers=_to_go_on(status, fills=bool(fields)),
        fields=fields,
    )
    return readable(question)


def _what_to_do(status: RestoreStatus, *, fills: bool) -> str:
    """Say what an answer means, where the manager takes one."""
    if ADVANCE not in status.offered:
        return "See to it first."
    return f"See to it first. {_CHOOSING}" if fills else "See to it first, then continue."


def caption(name: str, number: str = "") -> str:
    """Return what a field is called: the beginning of what its instruction is called.

    The whole stands in the question; `number` stands before it, where others begin alike.
    """
    words = " ".join(name.split())
    words = words.rstrip(".") or words
    room = _CAPTION - len(number)
    if len(words) <= room:
        return f"{number}{words}"
    cut = words[: room - 1]
    return f"{number}{(cut.rpartition(' ')[0] or cut).rstrip('.,;:')}…"


def _numbers(asked: Sequence[Instruction]) -> list[str]:
    """Return what stands before the names: numbers, where two captions would be the same."""
    captions = {caption(one.called).casefold() for one in asked}
    if len(captions) == len(asked):
        return [""] * len(asked)
    return [f"{number}. " for number in range(1, len(asked) + 1)]


def _told(instruction: Instruction, number: str, resources: Sequence[Resource]) -> str:
    """Return what an instruction is, and what of it cannot be chosen in the form."""
    first = f"• {number}{instruction.called}"
    if instruction.actions:
        first += f" (the manager calls what can be done: {', '.join(instruction.actions)})"
    nameless = ", ".join(_words(one) for one in resources if not one.id.strip())
    if not nameless:
        return first
    return (
        f"{first}\nIt is also about what cannot be chosen, since the manager gives it no id: "
        f"{nameless}."
    )


def _words(resource: Resource) -> str:
    detail = _detail(resource)
    if resource.name and detail:
        return f"{resource.name} ({detail})"
    return resource.name or detail or "one without a name"


def unread(step: str, turn: int, instruction: Instruction, said: str) -> Question:
    """Ask what to do where it cannot be read what an instruction is about; `said` tells why."""
    return Question(
        key=f"{step}:unread:{turn}",
        title="What the manager asks about cannot be read",
        text=(
            f"The manager asks: {ended(instruction.called)} The list of what it is about could "
            f"not be read: {said} Correct the cause and look again, or answer on the manager's own "
            f"page ({PAGE}) and then look again: the run goes on from wherever it stands."
        ),
        offers=(LOOK_AGAIN, GIVE_UP),
    )


def _field(key: str, name: str, resources: tuple[Resource, ...]) -> Field:
    return Field(
        key=key,
        label=name,
        options=tuple(Option(one.id, one.name, _detail(one)) for one in resources),
        hint="Those that are checked are sent as selected; with none it goes on without any.",
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
    offers.append(LOOK_AS_LEAD)
    if CANCEL in status.offered:
        offers.append(CANCEL_IT)
    return (*offers, GIVE_UP)
