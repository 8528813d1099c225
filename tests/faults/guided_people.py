"""The people of the guided story: they fill in forms, and one of them suspends the restore."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from bot.sandbox.cast import COMMAND, ENDS, Cast
from bot.sandbox.slack import Message, NotClickable
from bot.sandbox.slack.errors import NoModal, NotVisible
from bot.sandbox.slack.views import View
from bot.sandbox.stage import CHANNEL, GUIDED_TARGET, LEADS, REQUESTER, Stage

CHOICES: Final = frozenset(
    {"continue", "continue_without", "retry", "retry_updated", "decline", "give_up"}
)
"""The buttons of questions."""

FORMS: Final = ("SIM_TRANSPORT_NODES", "After the restore")
"""Of which questions the form is filled in."""

A_WHILE: Final = 3.0
"""Real seconds after which somebody presses again who sees nothing come of it."""

SLOWER: Final = 150.0
"""Simulated seconds of a step while somebody is about to suspend: there is always one to end."""

LEFT_BEHIND: Final = 15.0
"""Real seconds within which a press is judged that a kill left behind."""


@dataclass(slots=True)
class People:
    """Answer as people would who have looked at the manager, and know whether they gave up."""

    stage: Stage
    gave_up: bool = False

    async def act(self) -> str:
        """File, approve and answer; return the state that the request ends in."""
        card = await self._file()
        cast = Cast(self.stage)
        await cast.approve(card.ts)
        suspending = asyncio.create_task(self._suspend(card.ts))
        try:
            return await self._operate(card.ts)
        finally:
            suspending.cancel()
            await asyncio.gather(suspending, return_exceptions=True)

    async def _file(self) -> Message:
        cast, person = Cast(self.stage), self.stage.person(REQUESTER)
        text = f"request {GUIDED_TARGET} reason=The manager lost its database in INC-4711"
        await cast._insist(lambda: person.slash(CHANNEL, COMMAND, text))
        return await cast._until(lambda: cast._cards()[0])

    async def _operate(self, ts: str) -> str:
        cast = Cast(self.stage)
        while True:
            await cast._until(lambda: self._questions(ts) or self._end(ts))
            questions = self._questions(ts)
            if not questions:
                return cast.state(ts)
            await self._answer(questions[0])

    def _end(self, ts: str) -> str | None:
        state = Cast(self.stage).state(ts)
        return state if state in ENDS else None

    def _questions(self, ts: str) -> list[Message]:
        """The questions that wait for an answer, the newest first."""
        thread = self.stage.workspace.thread(CHANNEL, ts, viewer=LEADS[2])
        return [reply for reply in reversed(thread[1:]) if CHOICES & set(reply.action_ids)]

    def _decide(self, question: Message) -> tuple[str, str]:
        """Return who answers a question, and by which button."""
        text, lead = question.full_text, LEADS[2]
        if "Outcome unknown" in text:
            self.gave_up = not self.stage.guided.start_posts
            return lead, "give_up" if self.gave_up else "continue"
        if "SIM_ADD_MANAGER_NODES" in text:
            return lead, "continue_without"
        # Where the restore can go on it does; `retry` is also the button that only looks again.
        for button in ("continue", "retry"):
            if button in question.action_ids:
                return lead, button
        raise LookupError(f"nobody knows what to answer: {text}")

    async def _answer(self, question: Message) -> None:
        """Press, and again while nothing comes of it, until the question is answered."""
        who, button = self._decide(question)
        fills = any(name in question.full_text for name in FORMS)
        cast = Cast(self.stage)
        async with asyncio.timeout(cast.patience):
            while self._is_open(question):
                await cast._click(who, question.ts, button)
                if fills and not await self._filled_in(who, question):
                    continue
                with contextlib.suppress(TimeoutError):
                    still = self.stage.workspace.until(
                        lambda: not self._is_open(question), LEFT_BEHIND
                    )
                    await still

    def _is_open(self, question: Message) -> bool:
        now = self.stage.workspace.book.get(CHANNEL, question.ts)
        return bool(CHOICES & set(now.action_ids))

    async def _filled_in(self, who: str, question: Message) -> bool:
        """Fill in the form that the press has opened; `False` if it did not open."""
        person, workspace = self.stage.person(who), self.stage.workspace
        with contextlib.suppress(TimeoutError):
            await workspace.until(
                lambda: workspace.views(who) or not self._is_open(question), A_WHILE
            )
        try:
            view = person.modal()
            await Cast(self.stage)._insist(lambda: person.submit(view.id, _first_of_each(view)))
        except (NoModal, NotVisible):
            return False
        return True

    async def _suspend(self, ts: str) -> None:
        """Suspend it once, after the step that failed; press again if nothing comes of it."""
        manager, cast = self.stage.guided, Cast(self.stage)
        await manager.until(lambda: manager.orders["retry"] > 0)
        quicker, manager.durations.step = manager.durations.step, SLOWER
        while not manager.orders["suspend"] and not self._end(ts):
            await cast._until(lambda: "suspend" in cast.card(ts).action_ids or self._end(ts))
            with contextlib.suppress(NotClickable):
                await cast._click(LEADS[1], ts, "suspend")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(A_WHILE):
                    await manager.until(lambda: manager.orders["suspend"] > 0)
        manager.durations.step = quicker


def _first_of_each(view: View) -> dict[str, list[str]]:
    """Choose the first of the options of each field."""
    return {
        block["block_id"]: [block["element"]["options"][0]["value"]]
        for block in view.blocks
        if block["type"] == "input"
    }
