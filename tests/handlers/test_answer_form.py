"""Questions with a form, and Suspend, over real sockets and the real rows."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.request import Choice, Entry, Offer, Place, Question
from bot.domain.target import Group
from bot.sandbox.slack import Message, View, api_error, delivery
from bot.sandbox.slack.delivery import Outbound
from tests.builders import (
    ANA,
    BEN,
    CHANNEL,
    CHI,
    LEADS,
    PEOPLE,
    REQUEST_ID,
    a_field,
    a_form_question,
    an_option,
)
from tests.handlers.world import EVE, World, a_world

FIELD = a_field()
BLOCK = f"field:0:{FIELD.key}"


@dataclass
class Asking:
    """A running request with an open question that has a form."""

    world: World
    line: Message

    async def opened(self, user: str = BEN) -> View:
        """Press the button that opens the form, as somebody; return the form."""
        person = self.world.slack.person(user)
        assert (await person.click(CHANNEL, self.line.ts, "continue")).ok
        return await self.world.until(person.modal)

    async def answer(self) -> tuple[Entry, ...] | None:
        """Return how the question was answered, if it was."""
        answered = (await self.world.ledger.get(REQUEST_ID)).answer("follow:1")
        return answered.entries if answered else None


async def _asking(world: World, question: Question) -> Asking:
    await world.planned()
    card = await world.until(lambda: world.card() if "approve" in world.card().action_ids else None)
    await world.running(Place(CHANNEL, card.ts))
    await world.give(c.Ask(question))
    return Asking(world, await world.until(lambda: _with_button(world, card.ts, "continue")))


def _with_button(world: World, ts: str, action: str) -> Message:
    return next(m for m in world.ana.sees_thread(CHANNEL, ts) if action in m.action_ids)


@pytest.fixture
async def asking(heard: World) -> Asking:
    """A restore that waits for a form, one way in."""
    return await _asking(heard, a_form_question())


@pytest.fixture
async def asking_both(both: World) -> Asking:
    """The same, both ways in."""
    return await _asking(both, a_form_question())


async def test_a_lead_fills_in_the_form(asking_both: Asking) -> None:
    """The button opens it, sending it answers; what was chosen stands in the thread."""
    world = asking_both.world
    modal = await asking_both.opened()
    assert modal.callback_id == "answer_prompt"
    assert await world.state() == "awaiting_operator"

    values = [an_option(1).value, an_option(3).value]
    sent = await world.ben.submit(modal.id, {BLOCK: values})

    assert sent.ok
    assert sent.seconds < 3
    await world.told(BEN, "Your answer")
    assert await world.state() == "running"
    assert await asking_both.answer() == (Entry(FIELD.key, tuple(values)),)
    closed = "• chosen: esx-03 (192.0.2.3)\n• not chosen: esx-02 (192.0.2.2)"
    await world.until(lambda: closed in _text(world, asking_both.line.ts))
    assert not world.workspace.book.get(CHANNEL, asking_both.line.ts).action_ids
    assert not world.workspace.views(BEN)


def _thread(world: World, ts: str) -> str:
    return "\n".join(one.text for one in world.ana.sees_thread(CHANNEL, ts))


async def _says(world: World, ts: str, words: str) -> None:
    await world.until(lambda: words in _thread(world, ts))


def _text(world: World, ts: str) -> str:
    return world.workspace.book.get(CHANNEL, ts).text


async def test_choosing_none_is_stored_as_an_answer(asking: Asking) -> None:
    """Every field has its entry, also the empty one and the one that offers nothing."""
    modal = await asking.opened()
    assert (await asking.world.ben.submit(modal.id)).ok
    await asking.world.told(BEN, "Your answer")
    assert await asking.answer() == (Entry(FIELD.key, ()),)


async def test_a_form_with_many_options_and_with_none(heard: World) -> None:
    """Several lists are one field; a field without options is answered with nothing."""
    fields = (a_field(230), a_field(0, key="empty", label="Nobody"))
    asking = await _asking(heard, a_form_question(*fields))
    modal = await asking.opened()
    chosen = {
        f"field:0:{FIELD.key}": [an_option(7).value],
        f"field:200:{FIELD.key}": [an_option(201).value, an_option(230).value],
    }
    assert (await heard.ben.submit(modal.id, chosen)).ok
    await heard.told(BEN, "Your answer")
    assert await asking.answer() == (
        Entry(FIELD.key, tuple(an_option(n).value for n in (7, 201, 230))),
        Entry("empty", ()),
    )


async def test_the_other_buttons_answer_at_once(asking: Asking) -> None:
    """Continue without opens nothing."""
    world = asking.world
    assert (await world.ben.click(CHANNEL, asking.line.ts, "continue_without")).ok
    await world.told(BEN, "Your answer")
    assert await world.state() == "running"
    assert not world.workspace.views(BEN)


async def test_cancel_asks_first_and_reaches_the_run(asking: Asking) -> None:
    """The dialog has said that nothing is rolled back; the receipt says it again."""
    pressed = await asking.world.ben.click(CHANNEL, asking.line.ts, "cancel_restore")
    assert pressed.dialog is not None
    assert "half restored" in pressed.dialog["text"]["text"]
    await asking.world.told(BEN, "nothing is rolled back")
    answered = (await asking.world.ledger.get(REQUEST_ID)).answer("follow:1")
    assert answered is not None
    assert answered.choice is Choice.CANCEL


async def test_a_repeat_of_a_form_is_one_answer(asking: Asking) -> None:
    """The same submission again is acked and does nothing more."""
    modal = await asking.opened()
    sent = await asking.world.ben.submit(modal.id)
    for _ in range(3):
        assert (await asking.world.slack.resend(sent)).outcome == "acked"
    await asking.world.told(BEN, "Your answer")
    assert len(asking.world.private(BEN)) == 1


async def test_somebody_else_was_faster(asking: Asking) -> None:
    """Two leads have the form open; the second one is told, and nothing changes."""
    world = asking.world
    first, second = await asking.opened(BEN), await asking.opened(CHI)
    await world.ben.submit(first.id, {BLOCK: [an_option(1).value]})
    await world.told(BEN, "Your answer")
    await world.chi.submit(second.id, {BLOCK: [an_option(2).value]})
    await world.told(CHI, "somebody answered already")
    assert await asking.answer() == (Entry(FIELD.key, (an_option(1).value,)),)


async def test_a_form_counts_only_for_its_own_question(asking: Asking) -> None:
    """The manager asks the same again: the form of before is not the answer to it."""
    world = asking.world
    modal = await asking.opened()
    await world.chi.click(CHANNEL, asking.line.ts, "continue_without")
    await world.told(CHI, "Your answer")
    await world.give(c.Ask(a_form_question(key="follow:2")))
    await world.ben.submit(modal.id)
    await world.told(BEN, "belongs to an earlier question")
    assert await world.state() == "awaiting_operator"
    row = (await world.ledger.story(REQUEST_ID))[-1]
    assert (row.action, row.details["rule"]) == ("refused", "question_open")


async def test_a_reminder_does_not_void_an_open_form(asking: Asking) -> None:
    """It asks again in a newer message while somebody is choosing."""
    world = asking.world
    modal = await asking.opened()
    world.clock.move(minutes=2)
    await world.give(c.Expire())
    await world.until(lambda: not world.workspace.book.get(CHANNEL, asking.line.ts).action_ids)
    assert (await world.ben.submit(modal.id)).ok
    await world.told(BEN, "Your answer")


async def test_a_question_that_is_over_opens_no_form(asking: Asking) -> None:
    """A button that a slow client still shows is answered with the reason, and audited."""
    world = asking.world
    await world.chi.click(CHANNEL, asking.line.ts, "continue_without")
    await world.told(CHI, "Your answer")
    await world.ben.click(CHANNEL, asking.line.ts, "continue", stale=asking.line)
    await world.told(BEN, "somebody answered already")
    assert not world.workspace.views(BEN)
    await world.background.settled()
    row = await world.last_row()
    assert (row["actor"], row["details"]["rule"]) == (BEN, "question_open")
    assert row["details"]["command"] == "Continue"


async def test_an_open_question_without_a_form_opens_none(asking: Asking) -> None:
    """The next question is answered with its own buttons."""
    world = asking.world
    await world.chi.click(CHANNEL, asking.line.ts, "continue_without")
    await world.told(CHI, "Your answer")
    await world.give(c.Ask(replace(a_form_question(key="follow:2"), fields=())))
    await world.ben.click(CHANNEL, asking.line.ts, "continue", stale=asking.line)
    await world.told(BEN, "has no form")
    assert not world.workspace.views(BEN)


async def test_leads_of_a_group_are_judged_when_the_form_is_sent(asking: Asking) -> None:
    """A window must open within three seconds, so nobody is looked up before it."""
    modal = await asking.opened(EVE)
    assert (await asking.world.slack.person(EVE).submit(modal.id)).ok
    await asking.world.told(EVE, "not in the group of leads")
    assert await asking.world.state() == "awaiting_operator"


@pytest.fixture
async def named(database_file: Path) -> AsyncIterator[World]:
    """A world whose leads are named in the configuration, without a user group."""
    people = replace(PEOPLE, leads=Group(None, LEADS))
    async with (
        a_world(database_file, people=people) as world,
        world.hearing("socket"),
        world.telling(),
    ):
        yield world


@pytest.mark.parametrize("user", [ANA, EVE])
async def test_who_is_known_not_to_answer_gets_no_form(named: World, user: str) -> None:
    """Nobody fills in what will be refused, where that is known beforehand."""
    asking = await _asking(named, a_form_question())
    await named.slack.person(user).click(CHANNEL, asking.line.ts, "continue")
    await named.told(user, "not in the group of leads")
    assert not named.workspace.views(user)
    modal = await asking.opened(BEN)
    assert (await named.ben.submit(modal.id)).ok
    await named.told(BEN, "Your answer")


async def test_a_form_that_the_requester_may_send(named: World) -> None:
    """Where the answer is not reserved, who asked for the restore knows it too."""
    offer = Offer(Choice.CONTINUE, "Fill in", fills=True)
    asking = await _asking(named, a_form_question(offers=(offer,)))
    modal = await asking.opened(ANA)
    assert (await named.ana.submit(modal.id)).ok
    await named.told(ANA, "Your answer")


async def test_a_form_that_slack_does_not_open_is_answered(asking: Asking) -> None:
    """The person is told, and can press again."""
    asking.world.workspace.faults.next("views.open", api_error("expired_trigger_id"))
    await asking.world.ben.click(CHANNEL, asking.line.ts, "continue")
    await asking.world.told(BEN, "did not open the window")


def _without(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda metadata: {key: value for key, value in metadata.items() if key != name}


@pytest.mark.parametrize(
    "forge",
    [
        _without("question"),
        _without("choice"),
        _without("value"),
        lambda metadata: metadata | {"choice": "approve"},
        lambda metadata: metadata | {"question": ""},
    ],
)
async def test_a_form_that_we_never_made_is_refused(
    asking: Asking, forge: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    """It says so in the window, and stores nothing."""
    receipt = await _resent(asking, private_metadata=forge)
    assert receipt["response_action"] == "update"
    assert not await asking.answer()


async def _resent(asking: Asking, private_metadata: Callable[[dict[str, str]], Any]) -> Any:
    """Send the form of a question that is still open again, with another hidden part."""
    modal = await asking.opened(EVE)
    sent = await asking.world.slack.person(EVE).submit(modal.id)
    await asking.world.told(EVE, "not in the group of leads")
    assert sent.payload is not None
    view = sent.payload["view"]
    forged = json.dumps(private_metadata(json.loads(view["private_metadata"])))
    payload = {**sent.payload, "view": {**view, "private_metadata": forged}}
    outbound = Outbound(delivery.Kind.INTERACTIVE, payload, accepts_response=True)
    return (await asking.world.slack.deliver(outbound)).body


@pytest.mark.parametrize(
    "values",
    [{BLOCK: ["nobody"]}, {"field:0:other": []}, {}],
)
async def test_forged_entries_are_refused_by_the_domain(
    asking: Asking, values: dict[str, list[str]]
) -> None:
    """What Slack's own form cannot send is no answer; a field that is left out is empty."""
    world = asking.world
    modal = await asking.opened(BEN)
    world.workspace.faults.next("users.info", api_error("user_not_found"))
    sent = await world.ben.submit(modal.id)
    await world.told(BEN, "could not say who you are")
    assert sent.payload is not None
    state = {
        block: {"chosen": {"type": "checkboxes", "selected_options": [_chosen(v) for v in chosen]}}
        for block, chosen in values.items()
    }
    blocks = [{"type": "input", "block_id": block} for block in values]
    view = {
        **sent.payload["view"],
        "state": {"values": state},
        "blocks": blocks,
        "hash": "another",
    }
    payload = {**sent.payload, "view": view}
    await world.slack.deliver(Outbound(delivery.Kind.INTERACTIVE, payload, accepts_response=True))
    if values:
        await world.told(BEN, "belongs to an earlier question")
        assert await asking.answer() is None
    else:
        await world.told(BEN, "Your answer")
        assert await asking.answer() == (Entry(FIELD.key, ()),)


def _chosen(value: str) -> dict[str, Any]:
    return {"value": value, "text": {"type": "plain_text", "text": value}}


# -- suspend ------------------------------------------------------------------------------------

PROGRESS = c.NoteProgress("The manager came to step 5 of 11.", "step 5 of 11", suspendable=True)


async def test_a_lead_suspends_a_running_restore(both: World) -> None:
    """While the manager offers that; the thread says who, and the button is gone."""
    await both.planned()
    card = await both.until(lambda: both.card() if "approve" in both.card().action_ids else None)
    await both.running(Place(CHANNEL, card.ts))
    await both.give(PROGRESS)
    await both.until(lambda: "suspend" in both.card().action_ids or None)

    assert (await both.ana.click(CHANNEL, card.ts, "suspend")).ok
    await both.told(ANA, "not in the group of leads")
    pressed = await both.ben.click(CHANNEL, card.ts, "suspend")

    assert pressed.dialog is not None
    assert "then waits" in pressed.dialog["text"]["text"]
    await both.told(BEN, "Your wish to suspend")
    assert (await both.ledger.get(REQUEST_ID)).suspend_asked_by == BEN
    await both.until(lambda: "suspend" not in both.card().action_ids or None)
    for words in ("The manager came to step 5 of 11.", "wants to suspend the restore"):
        await _says(both, card.ts, words)


async def test_suspend_on_an_older_card_is_refused(heard: World) -> None:
    """The manager may have gone on to where it offers no pause."""
    await heard.planned()
    card = await heard.until(lambda: heard.card() if "approve" in heard.card().action_ids else None)
    await heard.running(Place(CHANNEL, card.ts))
    await heard.give(PROGRESS)
    stale = await heard.until(
        lambda: heard.card() if "suspend" in heard.card().action_ids else None
    )
    await heard.give(c.NoteProgress("It ends.", "step 11 of 11", suspendable=False))
    await heard.ben.click(CHANNEL, card.ts, "suspend", stale=stale)
    await heard.told(BEN, "does not offer to suspend")
    assert not heard.workspace.views(BEN)
