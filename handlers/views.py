"""The forms that decide: a denial with its reason, an approval by name, a question's answer."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks import answer_form, modals
from bot.blocks.actions import Field, Form
from bot.domain.intents import AnswerIntent, DenyIntent, PressIntent, Verb
from handlers import wishes
from handlers.actions import ANYTHING
from handlers.answers import RETIRED
from handlers.desk import Desk
from handlers.intake import take
from handlers.middleware import Body
from handlers.payloads import Submission, form_question, form_subject, read
from handlers.slack_text import tidied


class Views:
    """Listens to forms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Listen; whatever no longer exists is answered too."""
        app.view(Form.DENY_REQUEST)(self.on_deny)
        app.view(Form.CONFIRM_APPROVAL)(self.on_confirm)
        app.view(Form.ANSWER_PROMPT)(self.on_answer_prompt)
        app.view(ANYTHING)(self.on_retired)
        app.view_closed(ANYTHING)(self.on_closed)

    async def on_deny(self, ack: AsyncAck, body: Body) -> None:
        """Store a denial."""
        sent = read(Submission, body)
        place, request_id, digest = form_subject(sent.view)
        block, reason = sent.view.entered(Field.REASON)
        reason = tidied(reason)
        if wrong := wishes.wrong_reason(reason):
            await ack(response_action="errors", errors={block: wrong})
            return
        intent = DenyIntent(sent.by, place, request_id, digest, reason)
        await take(self._desk, ack, sent.key, intent)

    async def on_confirm(self, ack: AsyncAck, body: Body) -> None:
        """Store an approval with what was typed; whether it is the name is judged with it."""
        sent = read(Submission, body)
        place, request_id, digest = form_subject(sent.view)
        typed = tidied(sent.view.entered(Field.TARGET)[1])
        intent = PressIntent(sent.by, place, Verb.APPROVE, request_id, digest, typed)
        await take(self._desk, ack, sent.key, intent)

    async def on_answer_prompt(self, ack: AsyncAck, body: Body) -> None:
        """Store the answer to a question that has a form; none chosen is an answer too."""
        sent = read(Submission, body)
        place, request_id, digest = form_subject(sent.view)
        question, choice = form_question(sent.view)
        entries = answer_form.entered(sent.view.block_ids, sent.view.chosen(Field.CHOSEN))
        intent = AnswerIntent(sent.by, place, request_id, digest, choice, entries, question)
        await take(self._desk, ack, sent.key, intent)

    async def on_retired(self, ack: AsyncAck) -> None:
        """Answer a form of an older release."""
        await ack(response_action="update", view=modals.problem("Not done", RETIRED, ""))

    async def on_closed(self, ack: AsyncAck) -> None:
        """A window was closed: nothing is kept of it."""
        await ack()
