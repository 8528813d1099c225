"""A question of a running restore: as it is asked, and as it was answered."""

from typing import Final

from bot.blocks.actions import Button, value
from bot.blocks.elements import Block, actions, button, confirmed, danger, primary, section
from bot.blocks.message import Message, message
from bot.blocks.plan import step_words
from bot.blocks.text import escape, fit, mention, mentions
from bot.domain.events import QuestionAnswered
from bot.domain.request import Choice, Offer, Question, Request, State

_TEXT_LIMIT: Final = 2500


def question(request: Request, question: Question, first: str = "") -> Message:
    """Return the message that asks: what to do and why, with a button for each answer.

    `first` stands before it, where it is asked again.
    """
    told = _told(question)
    call = f"{first}{_called(request)}: this restore of *{escape(request.wish.target)}* needs you."
    step = step_words(request)
    parts = (call, told, _who(question.offers), f"It waits at {step}." if step else "")
    text = "\n".join(part for part in parts if part)
    blocks = [section(text), actions(*(_offered(request, offer) for offer in question.offers))]
    return message(text, blocks)


def answered(question: Question, answer: QuestionAnswered | None, state: State) -> Message:
    """Return the same message without buttons; without an answer it was the run that ended."""
    outcome = (
        f"Answered by {mention(answer.by)}: *{escape(answer.label)}*"
        if answer
        else f"No answer is needed any more: the request is *{state.words}*."
    )
    told = _told(question)
    return message(f"{told}\n{outcome}", [section(told), section(outcome)])


def asked_again(question: Question) -> Message:
    """Return the same message without buttons, since a newer one has them."""
    told = _told(question)
    outcome = "This is asked again in the newest message of the thread: please answer there."
    return message(f"{told}\n{outcome}", [section(told), section(outcome)])


def _told(question: Question) -> str:
    return f"*{escape(question.title)}*\n{fit(escape(question.text), _TEXT_LIMIT)}"


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


def _offered(request: Request, offer: Offer) -> Block:
    press = button(
        Button(offer.choice), offer.label, f"{offer.label}: {request.id}", value(request)
    )
    match offer.choice:
        case Choice.CONTINUE:
            return primary(press)
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
