"""Store first, then ack: and what happens when storing fails, or Slack sends something odd."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

import handlers.intake
from bot.domain.errors import StoreError
from bot.domain.intents import Intent, PressIntent, Verb
from bot.domain.standing import Account, Unreadable
from bot.domain.target import Group
from bot.domain.values import UserId
from bot.ports import Channel, Directory
from bot.sandbox.slack import Message
from bot.sandbox.slack.delivery import Kind, Outbound
from bot.service import AT_ONCE
from tests.builders import ANA, BEN, CHANNEL, REQUEST_ID
from tests.handlers.world import Mode, World

COMMAND = "/nsx-restore"
FILE = "request dc1-nsxt reason=it lost its database"


@dataclass
class BrokenInbox:
    """An inbox whose database is gone, or hangs; or it is gone before anything is begun."""

    hangs: bool = False
    never_began: bool = True

    async def store(self, key: str, intent: Intent) -> bool:
        """Fail."""
        del key, intent
        if self.hangs:
            await asyncio.Event().wait()
        error = StoreError("The database cannot be used: disk full.", "Make room.")
        error.never_began = self.never_began
        raise error

    async def done(self, key: str) -> None:
        """Never reached."""
        raise AssertionError(key)

    async def unfinished(self, before: datetime) -> list[tuple[str, Intent]]:
        """Never reached."""
        raise AssertionError(before)


@asynccontextmanager
async def _broken(world: World, mode: Mode, inbox: BrokenInbox) -> AsyncIterator[None]:
    world.service._inbox = inbox
    async with world.hearing(mode):
        yield


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_what_was_not_stored_is_not_acked(
    world: World, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If storing fails there is no ack: Slack shows an error, and so does the bot."""
    monkeypatch.setattr("bot.sandbox.slack.delivery_socket.ACK_SECONDS", 0.3)
    async with _broken(world, mode, BrokenInbox()):
        delivery = await world.ana.slash(CHANNEL, COMMAND, FILE)
        assert not delivery.ok
        if mode == "http":
            assert delivery.receipt is not None
            assert delivery.receipt.status == 503
        await world.told(ANA, "could not be stored")
    assert world.excuse_violations()
    assert not await world.ledger.requests()
    assert not world.acks


async def test_a_store_that_hangs_is_given_up_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storing has a deadline of its own, so that the person hears of it before Slack gives up."""
    assert handlers.intake.STORE_WITHIN < 3
    monkeypatch.setattr(handlers.intake, "STORE_WITHIN", 0.05)
    async with _broken(world, "http", BrokenInbox(hangs=True)):
        delivery = await world.ana.slash(CHANNEL, COMMAND, FILE)
        assert not delivery.ok
        assert delivery.seconds < 2
        told = await world.told(ANA, "not certain")
    assert world.excuse_violations()
    assert told == (
        "It is not certain that this was taken. Look at the card in a moment, before you press "
        "again."
    )


async def test_what_is_stored_too_late_is_done_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow commit is not given up half-way: once it has landed, it is performed, once."""
    monkeypatch.setattr(handlers.intake, "STORE_WITHIN", 0.05)
    slow, store = asyncio.Event(), world.inbox.store

    async def slowly(key: str, intent: Intent) -> bool:
        await slow.wait()
        return await store(key, intent)

    monkeypatch.setattr(world.inbox, "store", slowly)
    async with world.hearing("http"), world.telling():
        assert not (await world.ana.slash(CHANNEL, COMMAND, FILE)).ok
        await world.told(ANA, "not certain")
        assert not await world.ledger.requests()
        slow.set()
        await world.told(ANA, "is filed")
    assert [one.id for one in await world.ledger.requests()] == [REQUEST_ID]
    assert not await world.inbox.unfinished(world.clock.move(minutes=1))
    assert world.excuse_violations()


async def test_a_form_that_was_not_stored_stays_open(world: World) -> None:
    """A submission that could not be stored is not acked; the form is still there."""
    async with world.hearing("http"):
        await world.ana.slash(CHANNEL, COMMAND)
        modal = await world.until(lambda: _form(world))
        world.service._inbox = BrokenInbox()
        delivery = await world.ana.submit(modal.id, {"reason": "its database is gone"})
    assert not delivery.ok
    assert world.workspace.views(ANA)
    assert world.excuse_violations()


def _form(world: World) -> Any:
    view = world.ana.modal()
    return view if view.callback_id == "file_request" else None


async def test_the_row_is_there_before_the_ack(world: World) -> None:
    """When Slack hears "ok", the intent is stored already."""
    seen: list[int] = []

    def look(_seconds: float) -> None:
        # Synchronous and between store and ack: only what is stored by now can be counted later.
        seen.append(len(stored))

    stored: list[str] = []
    receive = world.service.receive

    async def noted(key: str, intent: Intent) -> bool:
        is_new = await receive(key, intent)
        stored.append(key)
        return is_new

    world.service.receive = noted  # type: ignore[method-assign]
    async with world.hearing("http", acked=look):
        assert (await world.ana.slash(CHANNEL, COMMAND, FILE)).ok
    assert seen == [1]


async def test_a_stored_press_survives_a_crash_before_it_is_judged(world: World) -> None:
    """What was acked and not performed is unfinished, and is performed from its row later."""

    def crash(work: Any, _name: str) -> None:
        work.close()

    async with world.hearing("http", spawn=crash):
        assert (await world.ana.slash(CHANNEL, COMMAND, FILE)).ok
    ((key, intent),) = await world.inbox.unfinished(world.clock.move(minutes=1))
    await world.service.perform(key, intent)
    assert (await world.ledger.get(REQUEST_ID)).requester == ANA
    assert not await world.inbox.unfinished(world.clock.move(minutes=1))


async def test_the_intent_says_exactly_what_was_pressed(world: World) -> None:
    """Who, where, which button, which request and plan: nothing else of the payload is kept."""
    held: list[Any] = []
    async with world.hearing("http", spawn=lambda work, _: held.append(work)):
        request = await world.planned()
        place = await world.posted()
        await world.ben.click(CHANNEL, place.ts, "approve")
    for work in held:
        work.close()
    ((_, intent),) = await world.inbox.unfinished(world.clock.move(minutes=1))
    assert intent == PressIntent(BEN, place, Verb.APPROVE, REQUEST_ID, request.short_digest)


Mutation = Callable[[dict[str, Any]], dict[str, Any]]


def _without(name: str) -> Mutation:
    return lambda payload: {key: value for key, value in payload.items() if key != name}


def _with(**values: Any) -> Mutation:
    return lambda payload: payload | values


PRESSES: list[Mutation] = [
    _without("user"),
    _without("container"),
    _without("trigger_id"),
    _with(user={"id": "not an id"}),
    _with(user="U0BEN"),
    _with(user=None),
    _with(container={"channel_id": CHANNEL}),
    _with(container={"channel_id": CHANNEL, "message_ts": "yesterday"}),
    _with(container={"channel_id": "#incident", "message_ts": "1.0"}),
    _with(container=[]),
    _with(actions=[{"action_id": "approve", "block_id": "b", "value": 5}]),
    _with(actions=[{"action_id": "approve", "block_id": "b", "value": "x" * 5000}]),
    _with(trigger_id=""),
    _with(trigger_id="x" * 300),
    _with(trigger_id=["x"]),
]


async def test_odd_presses_are_acked_refused_and_not_stored(world: World) -> None:
    """A press that Slack does not send like this is answered politely and leaves no row."""
    posted = await world.clients.posts.chat_postMessage(channel=CHANNEL, text="x", blocks=[APPROVE])

    def spawn(work: Any, name: str) -> None:
        if name.startswith("perform"):
            work.close()
        else:
            world.background.spawn(work, name)

    async with world.hearing("socket", spawn=spawn):
        good = await world.ben.click(CHANNEL, str(posted["ts"]), "approve")
        for mutation in PRESSES:
            ticket = world.workspace.tickets.response(BEN, CHANNEL)
            fresh = good.payload | {"response_url": world.slack.response_url(ticket)}
            receipt = await world.slack.deliver(Outbound(Kind.INTERACTIVE, mutation(fresh)))
            assert receipt.outcome == "acked", mutation(fresh)
            await world.told(BEN, "does not understand")
            world.workspace.reload(BEN)
    rows = await world.inbox.unfinished(world.clock.move(hours=1))
    assert [key for key, _ in rows] == [f"press:{good.payload['trigger_id']}"]


APPROVE = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "approve",
            "text": {"type": "plain_text", "text": "Approve"},
            "value": f"{REQUEST_ID}:-",
        }
    ],
}


async def test_odd_commands_are_acked_refused_and_not_stored(world: World) -> None:
    """A command without what Slack always sends is refused in the ack."""
    async with world.hearing("socket"):
        good = await world.ana.slash(CHANNEL, COMMAND, "help")
        for field in ("user_id", "trigger_id", "response_url"):
            payload = {key: value for key, value in good.payload.items() if key != field}
            outbound = Outbound(Kind.COMMAND, payload | {"text": FILE}, accepts_response=True)
            receipt = await world.slack.deliver(outbound)
            assert "does not understand" in str(receipt.body)
    assert not await world.inbox.unfinished(world.clock.move(hours=1))


async def test_every_entry_refuses_another_app_team_and_channel(world: World) -> None:
    """Team, app and channel are compared on every kind of payload; no effect of any kind."""
    card: Message
    async with world.hearing("http", app_id=world.slack.app.app_id), world.telling():
        await world.planned()
        card = await world.until(
            lambda: world.card() if "deny" in world.card().action_ids else None
        )
        command = await world.ana.slash(CHANNEL, COMMAND, "help")
        press = await world.ben.click(CHANNEL, card.ts, "deny")
        modal = await world.until(world.ben.modal)
        sent = await world.ben.submit(modal.id, {"reason": " "})
        assert not sent.ok
        view = sent.payload["view"]
        values = {"reason": {"reason": {"type": "plain_text_input", "value": "no"}}}
        denial = sent.payload | {"view": view | {"state": {"values": values}}}
        filing = command.payload | {"text": FILE}
        for change in (
            _with(team={"id": "T0OTHER"}, team_id="T0OTHER"),
            _with(api_app_id="A0OTHER"),
            _with(team=None, team_id=None),
            _with(channel={"id": "C0ELSEWHERE"}, channel_id="C0ELSEWHERE"),
        ):
            await world.slack.deliver(Outbound(Kind.COMMAND, _strings(change(filing))))
            await world.slack.deliver(Outbound(Kind.INTERACTIVE, change(press.payload)))
            if "channel_id" not in change({}):
                await world.slack.deliver(Outbound(Kind.INTERACTIVE, change(denial)))
    assert not await world.inbox.unfinished(world.clock.move(hours=1))
    assert await world.state() == "awaiting_approval"


def _strings(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if isinstance(value, str)}


@dataclass
class Counted:
    """A directory that answers nobody before as many ask as may, and counts how many do."""

    directory: Directory
    asking: int = 0
    most: int = 0
    crowd: asyncio.Event = field(default_factory=asyncio.Event)

    async def account(self, user: UserId) -> Account | Unreadable:
        """Ask, and note how many do."""
        self.asking += 1
        self.most = max(self.most, self.asking)
        if self.asking == AT_ONCE:
            self.crowd.set()
        await self.crowd.wait()
        try:
            return await self.directory.account(user)
        finally:
            self.asking -= 1

    async def members(self, group: Group) -> frozenset[UserId] | Unreadable:
        """Ask."""
        return await self.directory.members(group)

    async def channel(self, channel: str) -> Channel | Unreadable:
        """Ask."""
        return await self.directory.channel(channel)


async def test_in_a_rush_a_few_are_decided_at_a_time_and_all_in_the_end(both: World) -> None:
    """Thirty presses at once are all acked and all decided, few at a time: one of them counts."""
    counted = Counted(both.service._directory)
    both.service._directory = counted
    await both.planned()
    card = await both.until(lambda: next(c for c in both.cards() if "approve" in c.action_ids))
    pressed = await asyncio.gather(
        *(both.ben.click(CHANNEL, card.ts, "approve") for _ in range(30))
    )
    assert all(delivery.ok for delivery in pressed)
    await both.until(lambda: len(both.private(BEN)) == 30)
    assert counted.most == AT_ONCE
    assert len((await both.ledger.get(REQUEST_ID)).votes) == 1


async def test_what_waits_for_its_turn_is_not_begun_a_second_time(world: World) -> None:
    """In a long rush the sweep finds intents that are only waiting; it changes nothing for them."""
    counted = Counted(world.service._directory)
    counted.crowd.set()
    world.service._directory = counted
    await world.planned()
    digest = (await world.ledger.get(REQUEST_ID)).short_digest
    intent = PressIntent(BEN, await world.posted(), Verb.APPROVE, REQUEST_ID, digest)
    await world.service.receive("press", intent)
    await asyncio.gather(*(world.service.perform("press", intent) for _ in range(AT_ONCE)))
    assert counted.most == 1
    assert len((await world.ledger.get(REQUEST_ID)).votes) == 1
