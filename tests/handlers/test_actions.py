"""Buttons, over real sockets and the real rows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.request import Place, State
from bot.sandbox.slack import Delivery, Message, api_error, slow
from tests.builders import (
    ANA,
    BEN,
    CHANNEL,
    CHI,
    DEE,
    REQUEST_ID,
    a_policy,
    a_question,
)
from tests.handlers.world import ELSEWHERE, EVE, GUS, World, a_world


@pytest.fixture
async def card(both: World) -> Message:
    """The card of a request that awaits approval, with the bot listening both ways."""
    return await _card(both)


@pytest.fixture
async def shown(heard: World) -> Message:
    """The same, one way in."""
    return await _card(heard)


async def _card(world: World) -> Message:
    await world.planned()
    return await world.until(lambda: world.card() if "approve" in _buttons(world) else None)


def _buttons(world: World) -> list[str]:
    return world.card().action_ids


async def test_two_leads_approve(both: World, card: Message) -> None:
    """Two presses by two leads approve; each presser is told privately, and the card follows."""
    for lead in (both.ben, both.chi):
        delivery = await lead.click(CHANNEL, card.ts, "approve")
        assert delivery.ok
        assert delivery.dialog
        assert delivery.seconds < 3
        await both.told(lead.id, "is recorded")
    assert await both.state() == "approved"
    await both.until(lambda: "stop" in _buttons(both))
    assert "approve" not in _buttons(both)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (ANA, "cannot approve"),
        (EVE, "not in the group of leads"),
        (GUS, "guest"),
    ],
)
async def test_who_may_not_approve_is_told_why(
    heard: World, shown: Message, user: str, words: str
) -> None:
    """A press by the requester, by somebody who is no lead or by a guest counts for nothing."""
    assert (await heard.slack.person(user).click(CHANNEL, shown.ts, "approve")).ok
    await heard.told(user, words)
    assert not (await heard.ledger.get(REQUEST_ID)).votes


async def test_an_unreadable_group_counts_for_nothing(heard: World, shown: Message) -> None:
    """While Slack cannot say who the leads are, nobody decides."""
    heard.workspace.fail_usergroup("S0LEADS", "plan_upgrade_required")
    await heard.ben.click(CHANNEL, shown.ts, "approve")
    await heard.told(BEN, "plan_upgrade_required")
    assert not (await heard.ledger.get(REQUEST_ID)).votes


async def test_repeats_are_one_effect(both: World, card: Message) -> None:
    """The same press sent again and again is one vote and one receipt."""
    first = await both.ben.click(CHANNEL, card.ts, "approve")
    for _ in range(5):
        assert (await both.slack.resend(first)).outcome == "acked"
    await both.told(BEN, "is recorded")
    again = await both.ben.click(CHANNEL, card.ts, "approve")
    assert again.ok
    await both.told(BEN, "already")
    assert len((await both.ledger.get(REQUEST_ID)).votes) == 1
    assert sum("is recorded" in text for text in both.private(BEN)) == 1


async def test_fifty_at_once_are_one_effect(world: World) -> None:
    """The same signed bytes, fifty times at once, are one vote and one receipt."""
    async with world.hearing("http"), world.telling():
        card = await _card(world)
        first = await world.ben.click(CHANNEL, card.ts, "approve")
        repeats = await asyncio.gather(*(world.slack.resend(first) for _ in range(50)))
        assert {one.status for one in repeats} == {200}
        await world.told(BEN, "is recorded")
    assert len((await world.ledger.get(REQUEST_ID)).votes) == 1
    assert len(world.private(BEN)) == 1


async def test_a_press_on_another_message_counts_for_nothing(heard: World, shown: Message) -> None:
    """A look-alike card is refused, and the attempt is audited."""
    copy = await heard.clients.posts.chat_postMessage(
        channel=CHANNEL, text=shown.text, blocks=shown.blocks
    )
    await heard.ben.click(CHANNEL, str(copy["ts"]), "approve")
    await heard.told(BEN, "not the current message")
    assert not (await heard.ledger.get(REQUEST_ID)).votes
    assert (await heard.ledger.story(REQUEST_ID))[-1].action == "refused"


async def test_a_press_in_another_channel_is_refused_at_the_door(
    both: World, card: Message
) -> None:
    """A card in a channel that is not allowed decides nothing, and nothing is stored."""
    copy = await both.clients.posts.chat_postMessage(
        channel=ELSEWHERE, text=card.text, blocks=card.blocks
    )
    assert (await both.ben.click(ELSEWHERE, str(copy["ts"]), "approve")).ok
    await both.told(BEN, "not asked for or decided", ELSEWHERE)
    assert not await both.inbox.unfinished(both.clock.move(minutes=1))
    assert not (await both.ledger.get(REQUEST_ID)).votes
    await both.background.settled()
    row = await both.last_row()
    assert (row["actor"], row["action"], row["key"][:5]) == (BEN, "refused", "gate:")
    assert row["place"] == {"channel": ELSEWHERE, "ts": copy["ts"]}
    assert row["details"] == {
        "rule": "allowed_channel",
        "sentence": f"A restore is not asked for or decided in this channel. Go to <#{CHANNEL}>.",
        "command": "block_actions",
        "channel": ELSEWHERE,
    }


@pytest.mark.parametrize("payload_team_id", ["T0ELSE", None])
async def test_a_press_by_somebody_of_another_organization_is_refused_and_audited(
    heard: World, shown: Message, payload_team_id: str | None
) -> None:
    """Whatever the payload says of them: who they are is read, and they are told."""
    heard.workspace.set_user(BEN, payload_team_id=payload_team_id, team_id="T0ELSE")
    await heard.ben.click(CHANNEL, shown.ts, "approve")
    await heard.told(BEN, "You belong to another organization")
    row = (await heard.ledger.story(REQUEST_ID))[-1]
    assert (row.action, row.actor, row.details["rule"]) == ("refused", BEN, "full_member")


@pytest.mark.parametrize("button", ["details", "resubmit"])
async def test_somebody_of_another_workspace_is_shown_nothing(
    heard: World, shown: Message, button: str
) -> None:
    """Buttons that only show something judge nobody, so the door does; nothing is audited."""
    stale = shown
    if button == "resubmit":
        await heard.ana.click(CHANNEL, shown.ts, "withdraw")
        await heard.told(ANA, "withdrawn")
        stale = await heard.until(
            lambda: next(
                one
                for one in heard.workspace.book.everything(CHANNEL)
                if "resubmit" in one.action_ids
            )
        )
    rows = len(await heard.rows())
    heard.workspace.set_user(BEN, payload_team_id="T0ELSE")
    await heard.ben.click(CHANNEL, stale.ts, button, stale=stale)
    await heard.told(BEN, "another workspace")
    await heard.background.settled()
    assert not heard.workspace.views(BEN)
    assert len(await heard.rows()) == rows


async def test_a_grid_team_id_is_left_to_users_info(heard: World, shown: Message) -> None:
    """In Enterprise Grid the clicker's team may be an organization; `users.info` decides then."""
    heard.workspace.set_user(BEN, payload_team_id="E0GRID")
    await heard.ben.click(CHANNEL, shown.ts, "approve")
    await heard.told(BEN, "is recorded")


async def test_a_stale_plan_counts_for_nothing(heard: World, shown: Message) -> None:
    """A press on an older picture of the card stands for the plan that was shown there."""
    stale = replace(shown, blocks=_other_digest(shown.blocks))
    await heard.ben.click(CHANNEL, shown.ts, "approve", stale=stale)
    await heard.told(BEN, "plan has changed")
    assert not (await heard.ledger.get(REQUEST_ID)).votes


def _other_digest(value: Any) -> Any:
    if isinstance(value, list):
        return [_other_digest(one) for one in value]
    if isinstance(value, dict):
        return {k: _changed(k, v) for k, v in value.items()}
    return value


def _changed(key: str, value: Any) -> Any:
    return f"{REQUEST_ID}:0000-0000" if key == "value" else _other_digest(value)


async def test_withdraw_rescind_and_stop_reach_the_service(heard: World, shown: Message) -> None:
    """The other buttons that act at once, each by the person it is for."""
    await heard.ben.click(CHANNEL, shown.ts, "approve")
    await heard.until(lambda: "rescind" in _buttons(heard))
    await heard.ben.click(CHANNEL, shown.ts, "rescind")
    await heard.told(BEN, "taken back")
    for lead in (heard.ben, heard.chi):
        await lead.click(CHANNEL, shown.ts, "approve")
    await heard.until(lambda: "stop" in _buttons(heard))
    await heard.ana.click(CHANNEL, shown.ts, "stop")
    await heard.told(ANA, "is stopped")
    assert await heard.state() == "canceled"
    await heard.until(lambda: not _buttons(heard))


async def test_withdraw_by_the_requester(heard: World, shown: Message) -> None:
    """Withdraw ends one's own request."""
    await heard.ana.click(CHANNEL, shown.ts, "withdraw")
    await heard.told(ANA, "withdrawn")
    assert await heard.state() == "withdrawn"


async def test_deny_asks_why_and_ends_the_request(both: World, card: Message) -> None:
    """Deny opens a form at once; the reason ends the request and stands in the thread."""
    assert (await both.ben.click(CHANNEL, card.ts, "deny")).ok
    modal = await both.until(both.ben.modal)
    assert modal.callback_id == "deny_request"
    assert (await both.ben.submit(modal.id, {"reason": "the <!channel> backup is too old"})).ok
    await both.told(BEN, "You denied")
    assert await both.state() == "denied"
    await both.until(lambda: "too old" in _thread(both, card.ts))
    assert "&lt;!channel&gt; backup is too old" in _thread(both, card.ts)
    assert "<!channel>" not in _thread(both, card.ts)
    assert not both.workspace.views(BEN)


def _thread(world: World, ts: str) -> str:
    return "\n".join(one.text for one in world.ana.sees_thread(CHANNEL, ts))


async def test_a_blank_reason_is_asked_for_again(heard: World, shown: Message) -> None:
    """A reason of blanks is refused under the field; nothing is stored."""
    await heard.ben.click(CHANNEL, shown.ts, "deny")
    modal = await heard.until(heard.ben.modal)
    delivery = await heard.ben.submit(modal.id, {"reason": "   "})
    assert "Say why" in delivery.errors["reason"]
    assert await heard.state() == "awaiting_approval"


async def test_deny_of_a_closed_request_opens_nothing(heard: World, shown: Message) -> None:
    """A press on a card that a slow client still shows is answered with how it ended."""
    await heard.ana.click(CHANNEL, shown.ts, "withdraw")
    await heard.told(ANA, "withdrawn")
    await heard.ben.click(CHANNEL, shown.ts, "deny", stale=shown)
    await heard.told(BEN, "withdrawn")
    assert not heard.workspace.views(BEN)
    await heard.background.settled()
    row = await heard.last_row()
    assert (row["actor"], row["request_id"]) == (BEN, REQUEST_ID)
    assert (row["details"]["rule"], row["details"]["command"]) == ("open_for_decision", "Deny")


async def test_a_lead_who_is_writing_a_denial_wins_over_the_approval(
    heard: World, shown: Message
) -> None:
    """Deny opens its form, and counts, also when others have approved meanwhile."""
    for lead in (heard.ben, heard.chi):
        await lead.click(CHANNEL, shown.ts, "approve")
    await heard.until(lambda: "stop" in _buttons(heard))
    dee = heard.slack.person(DEE)
    await dee.click(CHANNEL, shown.ts, "deny", stale=shown)
    modal = await heard.until(dee.modal)
    await dee.submit(modal.id, {"reason": "the vendor is on it"})
    await heard.told(DEE, "You denied")
    assert await heard.state() == "denied"


async def test_details_show_plan_and_history(both: World, card: Message) -> None:
    """Details open at once and are filled when they are read."""
    await both.ben.click(CHANNEL, card.ts, "details")
    await both.until(lambda: "History" in _modal_text(both))
    assert "Point" in _modal_text(both) or "Digest" in _modal_text(both)


def _modal_text(world: World) -> str:
    return str(world.ben.modal().blocks)


async def test_details_say_what_is_wrong(heard: World, shown: Message) -> None:
    """A request that is not there is said to be so, in the window."""
    stale = replace(shown, blocks=_for_nobody(shown.blocks))
    await heard.ben.click(CHANNEL, shown.ts, "details", stale=stale)
    await heard.until(lambda: "There is no request" in _modal_text(heard))


def _for_nobody(blocks: Any) -> Any:
    return _replaced(blocks, REQUEST_ID, "R-222222")


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, list):
        return [_replaced(one, old, new) for one in value]
    if isinstance(value, dict):
        return {k: _replaced(v, old, new) for k, v in value.items()}
    return value.replace(old, new) if isinstance(value, str) else value


async def test_an_unknown_request_is_answered(heard: World, shown: Message) -> None:
    """Every button that stands for a request that is not there is answered privately."""
    stale = replace(shown, blocks=_for_nobody(shown.blocks))
    for action in ("approve", "deny", "withdraw"):
        await heard.ben.click(CHANNEL, shown.ts, action, stale=stale)
        await heard.told(BEN, "There is no request")
        heard.workspace.reload(BEN)


async def test_a_window_that_slack_does_not_open_is_answered(heard: World, shown: Message) -> None:
    """If the trigger is used up, the person is told what to do instead."""
    heard.workspace.faults.next("views.open", api_error("expired_trigger_id"))
    await heard.ben.click(CHANNEL, shown.ts, "deny")
    await heard.told(BEN, "did not open the window")


async def test_resubmit_opens_the_form_as_it_was(heard: World, shown: Message) -> None:
    """After an end the request can be filed again, with the form filled in."""
    await heard.ana.click(CHANNEL, shown.ts, "withdraw")
    line = await heard.until(lambda: _with_button(heard, shown.ts, "resubmit"))
    await heard.ana.click(CHANNEL, line.ts, "resubmit")
    modal = await heard.until(lambda: _form(heard))
    assert modal["reason"]["reason"]["value"] == "the manager lost its database"
    assert modal["incident"]["incident"]["value"] == "INC-4711"
    assert modal["target"]["target"]["selected_option"]["value"] == "dc1-nsxt"


def _with_button(world: World, ts: str, action: str) -> Message:
    return next(m for m in world.ana.sees_thread(CHANNEL, ts) if action in m.action_ids)


def _form(world: World) -> dict[str, Any] | None:
    view = world.ana.modal()
    return view.values if view.callback_id == "file_request" else None


@dataclass
class Asking:
    """A running request with an open question in its thread."""

    world: World
    line: Message


@pytest.fixture
async def asking(heard: World, shown: Message) -> Asking:
    """A restore that waits for an answer."""
    await heard.running(Place(CHANNEL, shown.ts))
    await heard.give(c.Ask(a_question()))
    line = await heard.until(lambda: _with_button(heard, shown.ts, "continue"))
    return Asking(heard, line)


async def test_a_question_is_answered_where_it_was_asked(asking: Asking) -> None:
    """The requester continues; the question loses its buttons and says who answered."""
    world = asking.world
    assert "continue" in asking.line.action_ids
    assert (await world.ana.click(CHANNEL, asking.line.ts, "continue")).ok
    await world.told(ANA, "Your answer")
    assert await world.state() == "running"
    await world.until(lambda: not world.workspace.book.get(CHANNEL, asking.line.ts).action_ids)
    assert "Answered by" in world.workspace.book.get(CHANNEL, asking.line.ts).text


async def test_an_answer_reserved_for_leads(asking: Asking) -> None:
    """The requester cannot give up; a lead can."""
    world = asking.world
    await world.ana.click(CHANNEL, asking.line.ts, "give_up")
    await world.told(ANA, "lead")
    assert await world.state() == "awaiting_operator"
    await world.ben.click(CHANNEL, asking.line.ts, "give_up")
    await world.told(BEN, "Your answer")


async def test_retired_buttons_are_answered(both: World) -> None:
    """A button of an older release says that it is no longer used."""
    posted = await both.clients.posts.chat_postMessage(
        channel=CHANNEL, text="old", blocks=[_button("restore_now"), _button("approve_v0")]
    )
    for action in ("restore_now", "approve_v0"):
        assert (await both.ben.click(CHANNEL, str(posted["ts"]), action)).ok
        await both.told(BEN, "no longer used")
        both.workspace.reload(BEN)


def _button(action: str, value: str = "x") -> dict[str, Any]:
    text = {"type": "plain_text", "text": action}
    element = {"type": "button", "action_id": action, "text": text, "value": value}
    return {"type": "actions", "elements": [element]}


@pytest.mark.parametrize("value", ["", "R-7QK2M9", "R-7QK2M9:ZZZZ-ZZZZ", "r'; drop", "x" * 101])
async def test_a_value_that_we_never_wrote_is_refused(heard: World, value: str) -> None:
    """A button whose value is not ours is acked and answered; nothing is stored."""
    posted = await heard.clients.posts.chat_postMessage(
        channel=CHANNEL, text="odd", blocks=[_button("approve", value or " ")]
    )
    assert (await heard.ben.click(CHANNEL, str(posted["ts"]), "approve")).ok
    await heard.told(BEN, "does not understand")
    assert not await heard.inbox.unfinished(heard.clock.move(minutes=1))


@pytest.fixture
async def careful(database_file: Path) -> AsyncIterator[World]:
    """A world whose policy asks for the target's name."""
    policy = a_policy(typed_confirmation=True)
    async with (
        a_world(database_file, policy=policy) as world,
        world.hearing("socket"),
        world.telling(),
    ):
        yield world


async def _confirming(world: World, typed: str) -> Delivery:
    card = await _card(world)
    pressed = await world.ben.click(CHANNEL, card.ts, "approve")
    assert not pressed.dialog, "the form asks already"
    modal = await world.until(world.ben.modal)
    assert modal.callback_id == "confirm_approval"
    return await world.ben.submit(modal.id, {"target": typed})


async def test_typed_confirmation_counts_the_right_name(careful: World) -> None:
    """With the policy on, Approve opens a form, and the target's name typed there is the vote."""
    assert (await _confirming(careful, "dc1-nsxt")).ok
    await careful.told(BEN, "is recorded")


async def test_typed_confirmation_refuses_another_name(careful: World) -> None:
    """A look-alike of the name is no vote."""
    assert (await _confirming(careful, "dc1-nsхt")).ok  # noqa: RUF001 - a Cyrillic letter
    await careful.told(BEN, "exactly, to approve")
    assert not (await careful.ledger.get(REQUEST_ID)).votes


async def test_typed_confirmation_refuses_a_stale_card(careful: World) -> None:
    """Approve on an older picture of the card opens no form."""
    card = await _card(careful)
    stale = replace(card, blocks=_other_digest(card.blocks))
    await careful.ben.click(CHANNEL, card.ts, "approve", stale=stale)
    await careful.told(BEN, "plan has changed")
    assert not careful.workspace.views(BEN)
    await careful.background.settled()
    row = await careful.last_row()
    assert (row["details"]["rule"], row["details"]["command"]) == ("same_plan", "Approve")


async def test_expiry_is_judged_by_the_clock(heard: World, shown: Message) -> None:
    """A press after the time is over is refused, whatever the card still shows."""
    heard.clock.move(seconds=timedelta(minutes=30).total_seconds())
    await heard.chi.click(CHANNEL, shown.ts, "approve", stale=shown)
    await heard.told(CHI, "expired")
    assert await heard.state() in {State.AWAITING_APPROVAL, State.EXPIRED}


async def test_presses_are_judged_in_the_order_they_were_stored(
    heard: World, shown: Message
) -> None:
    """Slack is slow over the second approval; taken back at once, it does not come after that."""
    await heard.chi.click(CHANNEL, shown.ts, "approve")
    await heard.told(CHI, "is recorded")
    await heard.until(lambda: "rescind" in _buttons(heard))
    heard.workspace.faults.next("users.info", slow(0.3))
    await heard.ben.click(CHANNEL, shown.ts, "approve")
    await heard.ben.click(CHANNEL, shown.ts, "rescind")
    await heard.told(BEN, "taken back")
    assert await heard.state() == "awaiting_approval"
    assert [vote.user for vote in (await heard.ledger.get(REQUEST_ID)).votes] == [CHI]
    assert ["is recorded" in text for text in heard.private(BEN)] == [True, False]


async def test_a_stored_denial_does_not_lose_to_a_later_approval(
    heard: World, shown: Message
) -> None:
    """Slack is slow over who denied; the approval that was stored after it completes nothing."""
    await heard.chi.click(CHANNEL, shown.ts, "approve")
    await heard.told(CHI, "is recorded")
    await heard.ben.click(CHANNEL, shown.ts, "deny")
    modal = await heard.until(heard.ben.modal)
    heard.workspace.faults.next("users.info", slow(0.3))
    assert (await heard.ben.submit(modal.id, {"reason": "the backup is wrong"})).ok
    assert (await heard.slack.person(DEE).click(CHANNEL, shown.ts, "approve")).ok
    await heard.told(DEE, "denied")
    assert await heard.state() == "denied"


async def test_resubmit_keeps_the_backup_that_was_chosen(heard: World) -> None:
    """A wish typed by a file's name is not exchanged for the newest file."""
    heard.backups.add("backup-cluster-2026-03-01.tar")
    await heard.planned(backup="backup-cluster-2026-03-01.tar")
    card = await heard.until(lambda: heard.card() if "withdraw" in _buttons(heard) else None)
    await heard.ana.click(CHANNEL, card.ts, "withdraw")
    line = await heard.until(lambda: _with_button(heard, card.ts, "resubmit"))
    await heard.ana.click(CHANNEL, line.ts, "resubmit")
    modal = await heard.until(lambda: _form(heard))
    chosen = modal["backup:dc1-nsxt"]["backup"]["selected_option"]["value"]
    assert chosen.endswith("/backup-cluster-2026-03-01.tar")
