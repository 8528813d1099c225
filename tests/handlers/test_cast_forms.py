"""People of a rehearsal who answer a question by its form."""

import asyncio
from dataclasses import dataclass
from typing import cast

import pytest

from bot.domain import commands as c
from bot.domain.request import Choice, Entry, Offer, Place
from bot.sandbox.cast import Cast, Chosen
from bot.sandbox.slack import NotClickable, Person, Workspace
from bot.sandbox.stage import Setting, Stage
from tests.builders import (
    BEN,
    CHANNEL,
    CHI,
    REQUEST_ID,
    a_field,
    a_form_question,
    a_question,
    an_option,
)
from tests.handlers.world import World

NODES = "Fabric nodes"


@dataclass(frozen=True)
class Room:
    """As much of a stage as people need who only read and press: the local Slack."""

    world: World
    setting: Setting

    @property
    def workspace(self) -> Workspace:
        """Where they meet."""
        return self.world.workspace

    def person(self, user: str) -> Person:
        """Somebody."""
        return self.world.slack.person(user)

    async def until_ready(self) -> None:
        """The bot listens already."""


@pytest.fixture
async def people(heard: World) -> Cast:
    """The people around a running restore."""
    await heard.planned()
    card = await heard.until(lambda: heard.card() if "approve" in heard.card().action_ids else None)
    await heard.running(Place(CHANNEL, card.ts))
    return Cast(cast(Stage, Room(heard, Setting(speed=1.0))))


def card_ts(world: World) -> str:
    """Where the card stands."""
    return world.card().ts


async def _entries(world: World, key: str = "follow:1") -> tuple[Entry, ...]:
    answered = (await world.ledger.get(REQUEST_ID)).answer(key)
    assert answered is not None
    return answered.entries


@pytest.mark.parametrize("field", [NODES, a_field().key, f"field:0:{a_field().key}"])
async def test_somebody_fills_in_the_form_of_the_open_question(
    heard: World, people: Cast, field: str
) -> None:
    """Found from the card; a field is named as people see it, or by its key."""
    await heard.give(c.Ask(a_form_question()))

    await people.fill(card_ts(heard), BEN, {field: ["esx-01", "esx-03"]})

    assert await _entries(heard) == (
        Entry(a_field().key, (an_option(1).value, an_option(3).value)),
    )


async def test_a_question_can_be_named_by_its_own_message(heard: World, people: Cast) -> None:
    """And nothing that is named is nothing that is chosen."""
    await heard.give(c.Ask(a_form_question()))
    question = await heard.until(lambda: people.questions(card_ts(heard))[0])

    await people.fill(question.ts, CHI, {})

    assert await _entries(heard) == (Entry(a_field().key, ()),)


async def test_people_operate_a_restore_that_asks_with_forms(heard: World, people: Cast) -> None:
    """Each question by its own button, and forms as the story chooses."""
    await heard.give(c.Ask(a_form_question(a_field(230))))

    def choose(text: str) -> dict[str, list[str]]:
        assert "The manager waits for answers" in text
        return {NODES: ["esx-07", "esx-201"]}

    playing = asyncio.create_task(
        people.operate(card_ts(heard), lambda _: (BEN, "continue"), choose)
    )
    while (await heard.ledger.get(REQUEST_ID)).question is not None:
        await heard.outbox.changed(0.05)
    await heard.give(c.Fail("The manager refused.", "Look at it."))

    assert await playing == "failed"
    assert await _entries(heard) == (
        Entry(a_field().key, (an_option(7).value, an_option(201).value)),
    )


async def test_people_answer_questions_without_a_form_as_before(heard: World, people: Cast) -> None:
    """Whichever button they are to press; a question need not offer to continue."""
    offers = (Offer(Choice.RETRY, "Try again"), Offer(Choice.GIVE_UP, "Give up", lead_only=True))
    await heard.give(c.Ask(a_question(offers=offers)))
    playing = asyncio.create_task(people.operate(card_ts(heard), lambda _: (BEN, "retry")))
    while (await heard.ledger.get(REQUEST_ID)).question is not None:
        await heard.outbox.changed(0.05)
    await heard.give(c.Succeed(("It is STABLE.",)))

    assert await playing == "succeeded"


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"Nobody": []}, "no field Nobody in the view 'Answer R-7QK2M9'"),
        ({NODES: ["esx-01", "esx-99"]}, "Fabric nodes does not offer all of esx-01, esx-99"),
    ],
)
async def test_a_story_that_chooses_what_is_not_there_fails(
    heard: World, people: Cast, chosen: Chosen, words: str
) -> None:
    """People cannot choose what they do not see."""
    await heard.give(c.Ask(a_form_question()))

    with pytest.raises(NotClickable, match=words):
        await people.fill(card_ts(heard), BEN, chosen)
