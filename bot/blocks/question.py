"""A question of a running restore: as it is asked, and as it was answered."""

from collections.abc import Iterator
from typing import Final

from bot.blocks import limits
from bot.blocks.actions import PROMPTING, Button, value
from bot.blocks.elements import Block, actions, button, confirmed, danger, primary, section
from bot.blocks.fields import decided, names, offered, passed_over
from bot.blocks.message import Message, json_size, message
from bot.blocks.plan import own_step
from bot.blocks.text import divided, escape, fit, mention, mentions
from bot.domain.events import QuestionAnswered
from bot.domain.request import Choice, Offer, Question, Request, State
from bot.domain.shortening import QUESTION_ROOM, within

_TITLE: Final = 200

_PARAGRAPH: Final = 2900

_PASSED_OVER: Final = 200
"""Characters of the names in a confirm dialog (300), beside what is said of them."""

_SPARE: Final = 1200
"""Characters of JSON that the ids of a message's blocks and the frames of its fields take."""

_FOLLOWS: Final = {
    Choice.CONTINUE: "The restore goes on.",
    Choice.SKIP: "The restore goes on with nothing chosen.",
    Choice.RETRY: "It is tried again.",
    Choice.RETRY_UPDATED: "The corrected secret is sent to the manager, and the step is retried.",
    Choice.DECLINE: "It is left out, and the restore goes on.",
    Choice.CANCEL: "The manager is told to cancel; nothing is rolled back.",
    Choice.GIVE_UP: "This request ends here; nothing is undone.",
}


def question(request: Request, question: Question, first: str = "") -> Message:
    """Return the message that asks: what to do and why, with a button for each answer.

    `first` stands before it, where it is asked again.
    """
    told = _told(question)
    target = escape(request.wish.target)
    call = f"{first}{called(request, question)}: this restore of *{target}* needs you."
    step = own_step(request)
    said = (call, told, _who(question.offers), f"It waits at {step}." if step else "")
    parts = divided("\n".join(part for part in said if part), _PARAGRAPH)
    rows = list(_buttons(request, question))
    room = limits.BLOCKS_JSON - _SPARE - json_size([*map(section, parts), *rows])
    texts = [*parts, *offered(question.fields, room)]
    return message("\n".join(texts), [*map(section, texts), *rows])


def answered(question: Question, answer: QuestionAnswered | None, state: State) -> Message:
    """Return the same message without buttons; without an answer it was the run that ended.

    What was offered stays in it: whoever comes late sees what was chosen, and what was not.
    """
    if answer is None:
        outcome = f"No answer is needed any more: the request is *{state.words}*."
    else:
        outcome = f"Answered by {mention(answer.by)}: *{escape(answer.label)}*"
    texts = [*_paragraphs(question), outcome]
    room = limits.BLOCKS_JSON - _SPARE - json_size(list(map(section, texts)))
    texts += _offers(question, answer, room)
    return message("\n".join(texts), [*map(section, texts)])


def _offers(question: Question, answer: QuestionAnswered | None, room: int) -> list[str]:
    """Tell of the fields what an answer made of them, if it was one that chooses among them."""
    if answer and (answer.entries or answer.choice is Choice.SKIP):
        return decided(question.fields, answer.entries, room)
    return passed_over(question.fields, room)


def what_follows(answer: QuestionAnswered) -> str:
    """Return what an answer does: in the words of its offer, or else what its choice means."""
    return escape(answer.follows) or _FOLLOWS[answer.choice]


def asked_again(question: Question) -> Message:
    """Return the same message without buttons, since a newer one has them."""
    outcome = "This is asked again in the newest message of the thread: please answer there."
    texts = [*_paragraphs(question), outcome]
    return message("\n".join(texts), [*map(section, texts)])


def _paragraphs(question: Question) -> list[str]:
    return divided(_told(question), _PARAGRAPH)


def _told(question: Question) -> str:
    title = fit(escape(question.title), _TITLE)
    return f"*{title}*\n{escape(within(question.text, QUESTION_ROOM))}"


def called(request: Request, question: Question | None) -> str:
    """Return mentions of those who know this restore and can answer: see `_who`.

    They are the leads who approved it and, unless only leads can answer, the person who asked.
    """
    leads = [vote.user for vote in request.votes]
    for_leads = question is not None and _only_leads(question.offers)
    return mentions(leads if for_leads else (request.requester, *leads))


def _only_leads(offers: tuple[Offer, ...]) -> bool:
    return all(offer.lead_only for offer in offers)


def _who(offers: tuple[Offer, ...]) -> str:
    reserved = [f"*{escape(offer.label)}*" for offer in offers if offer.lead_only]
    if not reserved:
        return "The requester or any lead can answer."
    if _only_leads(offers):
        return "Only a lead can answer, and any lead can."
    return f"The requester or any lead can answer; only a lead can choose {', '.join(reserved)}."


def _buttons(request: Request, question: Question) -> Iterator[Block]:
    """Those that open the form stand in a row of their own, since its id says that they do."""
    prompting = [offer for offer in question.offers if question.asks_form(offer)]
    others = [offer for offer in question.offers if not question.asks_form(offer)]
    if prompting:
        row = actions(*(_offered(request, question, offer) for offer in prompting))
        yield {**row, "block_id": PROMPTING}
    if others:
        yield actions(*(_offered(request, question, offer) for offer in others))


def _offered(request: Request, question: Question, offer: Offer) -> Block:
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
        case Choice.SKIP if named := names(question.fields, _PASSED_OVER):
            return confirmed(
                press,
                "Continue with none of them?",
                f"None of these is answered as seen to: {named}. It cannot be taken back.",
                yes="Continue without",
                no="Go back",
            )
        case _:
            return press
