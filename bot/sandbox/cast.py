"""The people of a rehearsal, as they act: they see what Slack shows them, and press its buttons."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from bot.blocks.actions import PROMPTING
from bot.domain.request import Choice
from bot.sandbox.slack import Delivery, Message, NotClickable, View, by_captions
from bot.sandbox.stage import CHANNEL, LEADS, REQUESTER, TARGET, Stage
from bot.sandbox.stage_configuration import LONGEST_WAIT

T = TypeVar("T")

PATIENCE: Final = 120.0
"""Real seconds that anybody waits for anything, beside what the manager takes at this speed."""

OPERATOR: Final = REQUESTER
"""Who is on call asked for the restore and stands at the consoles."""

COMMAND: Final = "/nsx-restore"
REASON: Final = "reason=The manager lost its database in INC-4711"

_HEADLINE: Final = re.compile(r"estore \S+: (?P<state>[a-z ]+)")
_CONTROLLER: Final = re.compile(r"Restart controller (?P<address>\S+)")

ENDS: Final = frozenset(
    {"succeeded", "failed", "rejected", "denied", "expired", "withdrawn", "canceled"}
)


class RefusedError(Exception):
    """Slack showed an error to somebody, again and again, whose press the story needs."""


TRIES: Final = 5
"""So often somebody presses again after Slack showed an error, as people do."""


PRESS_AGAIN: Final = "Press again in a moment."
"""The end of what somebody is told who was quicker than the bot."""

A_MOMENT: Final = 0.2
"""Real seconds."""


Decide = Callable[[str], tuple[str, str]]
"""A question's text in; who answers it, and by which button, out."""

Chosen = Mapping[str, Sequence[str]]
"""What is chosen in a form: the captions of options, by the label or the key of their field."""

Choose = Callable[[str], Chosen]
"""A question's text in; what is chosen in its form out."""

ANSWERS: Final = frozenset(Choice)
"""The buttons of a question."""


def going_on(text: str) -> tuple[str, str]:
    """Answer that it is done; where only a lead may, a lead does."""
    return (LEADS[2] if "Only a lead can answer" in text else OPERATOR), "continue"


def _none(_text: str) -> Chosen:
    return {}


def adopting(text: str) -> tuple[str, str]:
    """Answer as people who have seen that the restore began, if the bot could not know it."""
    return (LEADS[2], "continue") if "Outcome unknown" in text else going_on(text)


@dataclass(frozen=True, slots=True)
class Cast:
    """Requester, leads and operator around one request."""

    stage: Stage

    @property
    def patience(self) -> float:
        """Real seconds that anybody waits for anything: by then the bot has asked, at the least."""
        return PATIENCE + LONGEST_WAIT / self.stage.setting.speed

    async def file(self, text: str = REASON, target: str = TARGET) -> Message:
        """Have the requester type the command; return the card."""
        requester = self.stage.person(REQUESTER)
        before = {card.ts for card in self._cards()}
        await self._insist(lambda: requester.slash(CHANNEL, COMMAND, f"request {target} {text}"))
        return await self._until(
            lambda: next((card for card in self._cards() if card.ts not in before), None)
        )

    def card(self, ts: str) -> Message:
        """Return the card as it is now."""
        found = [card for card in self._cards() if card.ts == ts]
        return found[0]

    def state(self, ts: str) -> str:
        """Return the state that the card says in words."""
        found = _HEADLINE.search(self.card(ts).text)
        return found["state"].strip() if found else ""

    async def until_state(self, ts: str, *states: str) -> str:
        """Wait until the card says one of these states."""
        return await self._until(lambda: self.state(ts) if self.state(ts) in states else None)

    async def press(self, user: str, ts: str, action: str) -> None:
        """Have somebody press a button of the card once it is there."""
        await self._until(lambda: action in self.card(ts).action_ids)
        await self._click(user, ts, action)

    async def deny(self, user: str, ts: str, reason: str) -> None:
        """Have a lead deny with a reason."""
        await self.press(user, ts, "deny")
        person = self.stage.person(user)
        view = await self._until(person.modal)
        await self._insist(lambda: person.submit(view.id, {"reason": reason}))

    async def approve(self, ts: str) -> None:
        """Have two leads approve."""
        for lead in LEADS[:2]:
            voted = partial(self._has_voted, ts, lead)
            await self._settle(lead, partial(self.press, lead, ts, "approve"), voted)

    def _has_voted(self, ts: str, lead: str) -> bool:
        return f"<@{lead}>" in self.card(ts).full_text

    async def until_end(self, ts: str) -> str:
        """Wait until the request has ended; return the state it ended in."""
        return await self._until(lambda: self._end(ts))

    async def adopt(self, lead: str, ts: str) -> None:
        """Have a lead adopt a restore of which nobody knew whether it had begun."""
        question = await self._until(
            lambda: next((q for q in self.questions(ts) if "Outcome unknown" in q.full_text), None)
        )
        await self._press_answer(lead, question, "continue")

    async def fill(self, ts: str, user: str, chosen: Chosen) -> None:
        """Have somebody open the form of the open question, choose, and send it.

        `ts` is the card's, or that of the question's own message. What is not named is not chosen.
        """
        question = await self._until(lambda: self._with_form(ts))
        button = next(action for block, action in _buttons(question) if block == PROMPTING)
        await self._fill(question, user, button, chosen)

    async def operate(self, ts: str, decide: Decide = going_on, choose: Choose = _none) -> str:
        """Do what each question asks, answer it, and return the state the request ends in.

        `decide` says who presses which button, given a question's text, and `choose` what is
        chosen where that opens a form.
        """
        answered: set[str] = set()
        while True:
            await self._until(lambda: self._question(ts, answered) or self._end(ts))
            question = self._question(ts, answered)
            if question is None:
                return self.state(ts)
            answered.add(question.ts)
            who, button = decide(question.full_text)
            if button not in question.action_ids:
                raise LookupError(f"nobody of this story knows what to answer: {question.text}")
            if (PROMPTING, button) in _buttons(question):
                await self._fill(question, who, button, choose(question.full_text))
            else:
                await self._answer(question, who, button)

    def questions(self, ts: str) -> list[Message]:
        """Return the questions that wait for an answer, oldest first."""
        thread = self.stage.workspace.thread(CHANNEL, ts, viewer=OPERATOR)
        return [reply for reply in thread[1:] if ANSWERS & set(reply.action_ids)]

    def _question(self, ts: str, answered: set[str]) -> Message | None:
        return next((q for q in self.questions(ts) if q.ts not in answered), None)

    def _end(self, ts: str) -> str | None:
        return state if (state := self.state(ts)) in ENDS else None

    async def _answer(self, question: Message, who: str, button: str) -> None:
        """Do it by hand first, as an operator would, then press the button."""
        controller = _CONTROLLER.search(question.full_text)
        if controller:
            await self._restart(controller["address"])
        elif "helper script" in question.full_text:
            self.stage.manager.run_helper_script()
        await self._press_answer(who, question, button)

    def _with_form(self, ts: str) -> Message | None:
        """The question that is meant, once it is there and has a form."""
        own = self.stage.workspace.book.get(CHANNEL, ts)
        asked = [own] if _prompts(own) else self.questions(ts)
        return next((question for question in asked if _prompts(question)), None)

    async def _fill(self, question: Message, who: str, button: str, chosen: Chosen) -> None:
        """Press the button, and send the form that opens, unless somebody was faster."""
        person = self.stage.person(who)

        async def send() -> None:
            await self._click(who, question.ts, button)
            form = await self._until(lambda: self._form(who) or self._is_answered(question))
            if isinstance(form, View):
                await self._insist(lambda: person.submit(form.id, by_captions(form, chosen)))

        await self._settle(who, send, partial(self._is_answered, question))

    def _form(self, who: str) -> View | None:
        views = self.stage.workspace.views(who)
        return views[-1] if views and views[-1].callback_id == PROMPTING else None

    async def _settle(
        self, who: str, press: Callable[[], Awaitable[None]], is_done: Callable[[], bool]
    ) -> None:
        """Press until it is done: people press again when the bot tells them to.

        A message can be on the screen before the bot has recorded where it stands.
        """
        while not is_done():
            known = self._told_to_press_again(who)
            await press()
            await self._until(partial(self._is_settled, is_done, who, known))
            await asyncio.sleep(0 if is_done() else A_MOMENT)

    def _is_settled(self, is_done: Callable[[], bool], who: str, known: int) -> bool:
        """Whether it is done, or somebody was told once more to press again."""
        return is_done() or self._told_to_press_again(who) > known

    async def _press_answer(self, who: str, question: Message, button: str) -> None:
        press = partial(self._click, who, question.ts, button)
        await self._settle(who, press, partial(self._is_answered, question))

    def _is_answered(self, question: Message) -> bool:
        now = self.stage.workspace.book.get(CHANNEL, question.ts)
        return not set(question.action_ids) & set(now.action_ids)

    def _told_to_press_again(self, who: str) -> int:
        messages = self.stage.workspace.messages(CHANNEL, viewer=who)
        return sum(m.visible_to == who and PRESS_AGAIN in m.text for m in messages)

    async def _restart(self, address: str) -> None:
        manager = self.stage.manager
        manager.restart_controller(address)
        await self.until_manager(lambda: manager.state()["controllers"][address] == "restarted")

    async def until_manager(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so at the manager of NSX-T 1.x."""
        await self._until_there(self.stage.manager.until(condition))

    async def until_guided(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so at the manager of 2.0 and later."""
        await self._until_there(self.stage.guided.until(condition))

    async def _until_there(self, waiting: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self.patience):
                await waiting
        except TimeoutError:
            said = f"the manager did not come so far within {self.patience:g} s"
            raise TimeoutError(said) from None

    def _cards(self) -> list[Message]:
        return [
            message
            for message in self.stage.workspace.messages(CHANNEL, viewer=REQUESTER)
            if (message.metadata or {}).get("event_type") == "nsx_restore_request"
        ]

    async def _click(self, user: str, ts: str, action: str) -> None:
        """Press a button; one that is gone by now has done its work."""
        try:
            await self._insist(lambda: self.stage.person(user).click(CHANNEL, ts, action))
        except NotClickable:
            return

    async def _insist(self, act: Callable[[], Awaitable[Delivery]]) -> None:
        """Act, and act again while Slack shows an error: the bot may be just starting again."""
        for _ in range(TRIES):
            delivery = await act()
            if delivery.ok:
                return
            await self.stage.until_ready()
        raise RefusedError(f"Slack shows: {delivery.error} {delivery.text}")

    async def _until(self, predicate: Callable[[], T | None]) -> T:
        found = await self.stage.workspace.until(predicate, self.patience)
        if found is None:
            raise LookupError("until() returned nothing")
        return found


def _buttons(question: Message) -> list[tuple[str, str]]:
    """The buttons of a message, by the id of their row and their own."""
    return [(block, element["action_id"]) for block, element in question.controls()]


def _prompts(question: Message) -> bool:
    return any(block == PROMPTING for block, _ in _buttons(question))
