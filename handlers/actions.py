"""The buttons of cards and questions."""

import re
from collections.abc import Callable
from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import modals, replies
from bot.blocks.actions import PROMPTING, Button
from bot.blocks.text import escape
from bot.domain.answering import may_answer, no_form, question_open
from bot.domain.approval import open_for_decision, open_for_denial, same_plan
from bot.domain.commands import Press as PressedOn
from bot.domain.intents import AnswerIntent, PressIntent, Verb
from bot.domain.request import Choice, Request
from bot.domain.standing import Finding, Standing, Unreadable
from bot.domain.values import RequestId
from bot.ports import Signature, Tried
from bot.service import Visitor
from handlers.answers import RETIRED, tell, trouble
from handlers.desk import Desk
from handlers.file_form import FileForm
from handlers.intake import take
from handlers.middleware import Body
from handlers.payloads import Press, read
from handlers.windows import Json, open_window, show

ANYTHING: Final = re.compile(r"")


class Actions:
    """Listens to buttons. What decides is stored and judged by the service; the rest opens."""

    def __init__(self, desk: Desk, client: AsyncWebClient, form: FileForm) -> None:
        self._desk = desk
        self._client = client
        self._form = form

    def register(self, app: AsyncApp) -> None:
        """Listen; whatever no longer exists is answered too."""
        app.action(Button.APPROVE)(self.on_approve)
        for verb in (Verb.WITHDRAW, Verb.RESCIND, Verb.STOP, Verb.SUSPEND):
            app.action(verb)(self.on_press)
        for choice in Choice:
            app.action(choice)(self.on_answer)
        app.action(Button.DENY)(self.on_deny)
        app.action(Button.DETAILS)(self.on_details)
        app.action(Button.RESUBMIT)(self.on_resubmit)
        app.action(ANYTHING)(self.on_retired)

    async def on_approve(self, ack: AsyncAck, body: Body) -> None:
        """Decide at once, unless the target's name is to be typed first."""
        if not self._desk.service.configuration.policy.typed_confirmation:
            await self.on_press(ack, body)
            return
        press = read(Press, body)
        self._desk.spawn(self._ask(press, press.subject[0], self._confirm), "confirm approval")
        await ack()

    async def on_press(self, ack: AsyncAck, body: Body) -> None:
        """Store a press that acts by itself."""
        press = read(Press, body)
        request_id, digest = press.subject
        verb = Verb(press.action_id)
        intent = PressIntent(press.by, press.place, verb, request_id, digest)
        await take(self._desk, ack, _key(press), intent)

    async def on_answer(self, ack: AsyncAck, body: Body) -> None:
        """Store the answer to a question, unless its form is to be filled in first."""
        press = read(Press, body)
        request_id, digest = press.subject
        if press.block_id == PROMPTING:
            self._desk.spawn(self._ask(press, request_id, self._prompt), "ask with a form")
            await ack()
            return
        choice = Choice(press.action_id)
        intent = AnswerIntent(press.by, press.place, request_id, digest, choice)
        await take(self._desk, ack, _key(press), intent)

    async def on_deny(self, ack: AsyncAck, body: Body) -> None:
        """Ask why."""
        press = read(Press, body)
        self._desk.spawn(self._ask(press, press.subject[0], self._deny), "ask why")
        await ack()

    async def on_details(self, ack: AsyncAck, body: Body) -> None:
        """Show everything about a request."""
        press = read(Press, body)
        self._desk.spawn(self._details(press, press.subject[0]), "show details")
        await ack()

    async def on_resubmit(self, ack: AsyncAck, body: Body) -> None:
        """Open the form again, filled in as it was."""
        press = read(Press, body)
        self._desk.spawn(self._resubmit(press, press.subject[0]), "file again")
        await ack()

    async def on_retired(self, ack: AsyncAck, body: Body) -> None:
        """Answer a button that an older release posted; unanswered it would look broken."""
        url = body.get("response_url")
        if isinstance(url, str):
            self._desk.spawn(tell(self._client, url, RETIRED), "tell")
        await ack()

    # -- windows --------------------------------------------------------------------------------

    async def _ask(
        self, press: Press, request_id: RequestId, form: Callable[[Press, Request], Json | Finding]
    ) -> None:
        """Open a form about a request, or say why there is nothing to fill in."""
        request = await self._request(press, request_id)
        if request is None:
            return
        asked = form(press, request)
        if isinstance(asked, Finding):
            await self._refused(press, request_id, asked)
        else:
            await open_window(self._client, press.trigger_id, press.response_url, asked)

    async def _refused(self, press: Press, request_id: RequestId, finding: Finding) -> None:
        """Say why, and audit the same."""
        await tell(self._client, press.response_url, replies.refused(finding))
        signature = Signature(_key(press), press.by, press.place)
        tried = Tried(press.action_id.capitalize(), press.place.channel)
        await self._desk.service.refuse(request_id, finding, signature, tried)

    def _deny(self, press: Press, request: Request) -> Json | Finding:
        is_open = open_for_denial(request, self._desk.now())
        return modals.deny_request(request, press.place) if is_open.holds else is_open

    def _confirm(self, press: Press, request: Request) -> Json | Finding:
        shown = PressedOn(press.place, press.subject[1])
        for finding in (open_for_decision(request, self._desk.now()), same_plan(request, shown)):
            if not finding.holds:
                return finding
        return modals.confirm_approval(request, press.place)

    def _prompt(self, press: Press, request: Request) -> Json | Finding:
        """Return the form of the open question, or why this person has nothing to fill in."""
        choice = Choice(press.action_id)
        for finding in (question_open(request, choice), *self._may_answer(press, request, choice)):
            if not finding.holds:
                return finding
        question = request.question
        offer = question.offer(choice) if question else None
        if question is None or offer is None or not question.asks_form(offer):
            return no_form()
        return modals.answer_prompt(request, question, offer, press.place)

    def _may_answer(self, press: Press, request: Request, choice: Choice) -> tuple[Finding, ...]:
        """Judge who pressed, if that takes no read: a window must open within three seconds.

        Where the leads are a user group only Slack knows them; then the form is judged when it is
        sent, as every answer is.
        """
        configuration = self._desk.service.configuration
        people = configuration.people
        if people.leads.usergroup is not None:
            return ()
        unread = Unreadable("not read yet")
        team, leads = configuration.team_id, people.leads.members
        actor = Standing(press.by, people.person(press.by), team, unread, leads)
        return (may_answer(request, actor, choice, people.person),)

    async def _details(self, press: Press, request_id: RequestId) -> None:
        title = f"Details of {request_id}"
        await show(
            self._client,
            press.trigger_id,
            press.response_url,
            title,
            lambda: self._told(title, request_id),
            instead=f"/nsx-restore report {request_id}",
        )

    async def _told(self, title: str, request_id: RequestId) -> Json:
        request = await self._desk.service.request(request_id)
        if request is None:
            return modals.problem(title, f"There is no request {request_id}.", "")
        story, _ = await self._desk.service.story(request_id)
        return modals.details(request, story)

    async def _resubmit(self, press: Press, request_id: RequestId) -> None:
        request = await self._request(press, request_id)
        if request is not None:
            visitor = Visitor(f"read:{press.trigger_id}", press.by, press.place.channel)
            await self._form.open(press.trigger_id, press.response_url, visitor, request.wish)

    async def _request(self, press: Press, request_id: RequestId) -> Request | None:
        """Read a request; if there is none, the person is told."""
        try:
            request = await self._desk.service.request(request_id)
        except Exception as error:  # noqa: BLE001
            # Border: nobody who asks is left without an answer; logged, and told to them.
            await tell(self._client, press.response_url, escape(" ".join(trouble(error))))
            return None
        if request is None:
            await tell(self._client, press.response_url, replies.not_found(request_id))
        return request


def _key(press: Press) -> str:
    return f"press:{press.trigger_id}"
