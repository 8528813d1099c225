"""A question of a running restore: as it is asked, and as it was answered."""

from collections.abc import Iterator
from typing import Final

from bot.blocks import limits
from bot.blocks.actions import PROMPTING, Button, value
from bot.blocks.elements import Block, actions, button, confirmed, danger, primary, section
from bot.blocks.fields import offered
from bot.blocks.message import Message, json_size, message
from bot.blocks.plan import own_step
from bot.blocks.text import bullets, divided, escape, fit, in_one_line, mention, mentions
from bot.domain.events import QuestionAnswered
from bot.domain.request import Choice, Offer, Question, Request, State
from bot.domain.shortening import QUESTION_ROOM, within

_TITLE: Final = 200

_PARAGRAPH: Final = 2900

_OUTCOME: Final = 1500
"""Characters of an answer, beside its question."""

_SPARE: Final = 1200
"""Characters of JSON that the ids of a message's blocks and the frames of its fields take."""


def question(request: Request, question: Question, first: str = "") -> Message:
    """Return the message that asks: what to do and why, with a button for each answer.

    `first` stands before it, where it is asked again.
    """
    told = _told(question)
    call = f"{first}{_called(request)}: this restore of *{escape(request.wish.target)}* needs you."
    step = own_step(request)
    said = (call, told, _who(question.offers), f"It waits at {step}." if step else "")
    parts = divided("\n".join(part for part in said if part), _PARAGRAPH)
    rows = list(_buttons(request, question))
    room = limits.BLOCKS_JSON - _SPARE - json_size([*map(section, parts), *rows])
    texts = [*parts, *offered(question.fields, room)]
    return message("\n".join(texts), [*map(section, texts), *rows])


def answered(question: Question, answer: QuestionAnswered | None, state: State) -> Message:
    """Return the same message without buttons; without an answer it was the run that ended."""
    outcome = (
        "\n".join((_by(answer), *(bullets([in_one_line(said)]) for said in answer.chosen)))
        if answer
        else f"No answer is needed any more: the request is *{state.words}*."
    )
    return _closed(question, outcome)


def what_follows(choice: Choice) -> str:
    """Return what an answer does to the restore."""
    match choice:
        case Choice.GIVE_UP:
            return "The restore ends here."
        case Choice.CANCEL:
            return "The manager is told to cancel; nothing is rolled back."
        case _:
            return "The restore goes on."


def asked_again(question: Question) -> Message:
    """Return the same message without buttons, since a newer one has them."""
    outcome = "This is asked again in the newest message of the thread: please answer there."
    return _closed(question, outcome)


def _closed(question: Question, outcome: str) -> Message:
    """Return a question without buttons, and what became of it."""
    told = _told(question)
    texts = [*divided(told, _PARAGRAPH), fit(outcome, _OUTCOME)]
    return message(f"{told}\n{outcome}", [*map(section, texts)])


def _by(answer: QuestionAnswered) -> str:
    return f"Answered by {mention(answer.by)}: *{escape(answer.label)}*"


def _told(question: Question) -> str:
    title = fit(escape(question.title), _TITLE)
    return f"*{title}*\n{escape(within(question.text, QUESTION_ROOM))}"


def _called(request: Request) -> str:
    """Who knows this restore: the person who asked for it and those who approved it."""
    return mentions((request.requester, *(vote.user for vote in request.votes)))


def _who(offers: tuple[Offer, ...]) -> str:
    reserved = [f"*{escape(offer.label)}*" for offer in offers if offer.lead_only]
    if not reserved:
        return "The requester or any lead can answer."
    if len(reserved) == len(offers):
        return "Only a lead can answer."
    return f"The requester or any lead can answer; only a lead can choose {', '.join(reserved)}."


def _buttons(request: Request, question: Question) -> Iterator[Block]:
    """Those that open the form stand in a row of their own, since its id says that they do."""
    prompting = [offer for offer in question.offers if question.asks_form(offer)]
    others = [offer for offer in question.offers if not question.asks_form(offer)]
    if prompting:
        row = actions(*(_offered(request, offer) for offer in prompting))
        yield {**row, "block_id": PROMPTING}
    if others:
        yield actions(*(_offered(request, offer) for offer in others))


def _offered(request: Request, offer: Offer) -> Block:
    press = button(
        Button(offer.choice), offer.label, f"{offer.label}: {request.id}", value(request)
    )
    match offer.choice:
        case Choice.CONTINUE:
            return primary(press)
        case Choice.CANCEL:
            # Source: NSX API, cancel: it does not roll back; the appliance must be redeployed.
            return confirmed(
                danger(press),
                "Have the manager cancel its restore?",
                "Cancel does not roll back: the appliance stays half restored and must be "
                f"redeployed before {request.wish.target} can be restored again.",
                yes="Cancel the restore",
                no="Go back",
            )
        case Choice.GIVE_UP:
            return confirmed(
                danger(press),
                "End this restore as failed?",
                f"{request.id} ends here. Nothing is undone: {request.wish.target} stays as it is "
                "now, and a person must finish by hand.",
                yes="Give up",
                no="Go back",
            )
        case _:
            return press
