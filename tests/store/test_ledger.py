"""What the ledger promises: one transaction for each command, and nothing decided twice."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.errors import NotFoundError
from bot.domain.machine import TRANSITIONS
from bot.domain.request import Place, Request, State
from bot.domain.standing import Finding
from bot.domain.values import PersonId, RequestId
from bot.ports import Applied, Ledger, Looker, Signature, Telling, Tried
from bot.store import schema
from bot.store.audit import export, verify
from bot.store.database import Database
from bot.store.documents import action_of, event_from_json, event_to_json
from bot.store.ledger import SqlLedger
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CARD,
    CHANNEL,
    CHI,
    DEE,
    NOON,
    PEOPLE,
    QUESTION_PLACE,
    REQUEST_ID,
    a_denial,
    a_digest,
    a_filing,
    a_plan,
    a_policy,
    a_press,
    a_rescission,
    a_signature,
    a_stop,
    a_wish,
    a_withdrawal,
    an_answer,
    an_approval,
    events_to,
)
from tests.hand_clock import HandClock
from tests.store.desk import KEY, Desk
from tests.store.places import request_at

OTHER = RequestId("R-ABCDEF")

ASKED = {
    "wish": {
        "target": "dc1-nsxt",
        "backup": "latest",
        "scope": "cluster",
        "reason": "the manager lost its database",
        "incident": "INC-4711",
    },
    "channel": CHANNEL,
}
"""What Ana asks for, as the audit keeps it."""


@pytest.fixture
def desk(database: Database, clock: HandClock) -> Desk:
    """A desk on each kind of database."""
    return Desk(database, clock)


async def test_a_filed_request_is_there_with_all_its_facts(desk: Desk) -> None:
    """What was filed is read back as it was, with the times of the ledger's clock."""
    filed = await desk.file()
    assert await desk.ledger.get(REQUEST_ID) == filed
    assert filed.state is State.PLANNING
    assert filed.created_at == NOON
    assert filed.expires_at == NOON + timedelta(minutes=30)


async def test_a_target_has_at_most_one_active_request(desk: Desk) -> None:
    """A second filing is a finding that names the first and says what to do; it is audited."""
    await desk.file()
    second = await desk.ledger.file(a_filing(id=OTHER), a_signature("second"))
    assert isinstance(second, Finding)
    assert second.sentence == (
        "dc1-nsxt already has an active request, R-7QK2M9 (planning). "
        "Withdraw it, or ask a lead to deny it; then file again."
    )
    with pytest.raises(NotFoundError):
        await desk.ledger.get(OTHER)
    refused = (await the_rows(desk))[-1]
    assert (refused["action"], refused["request_id"]) == ("refused", None)
    assert refused["details"] == {
        "rule": "one_active_request",
        "sentence": second.sentence,
        "command": "File",
        **ASKED,
    }


async def test_what_somebody_asks_for_is_sealed_when_it_is_filed(desk: Desk) -> None:
    """Target, backup, scope, reason, incident and channel stand in the audit, and who asked."""
    await desk.file()
    (row,) = await desk.ledger.story(REQUEST_ID)
    assert row.details == {"by": ANA, "requester_person": ANA, **ASKED}


async def test_a_filing_that_is_refused_before_it_is_one_is_kept_whole(desk: Desk) -> None:
    """Who asked for what, where, and why not."""
    finding = Finding.no("may_request", "You are not among the people who may ask.")
    tried = Tried("File", CHANNEL, a_wish())

    await desk.ledger.refuse(None, finding, Signature("form", ANA), tried)

    (row,) = await the_rows(desk)
    assert row["actor"] == ANA
    assert row["details"] == {
        "rule": "may_request",
        "sentence": finding.sentence,
        "command": "File",
        **ASKED,
    }


async def test_every_refusal_is_logged_once_it_is_committed(desk: Desk) -> None:
    """With its rule and who tried, as ids; a repeat is not logged again."""
    await desk.awaiting_approval()
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            await desk.ledger.apply(REQUEST_ID, an_approval(ANA), a_signature("click", ANA))
        await desk.ledger.claim(REQUEST_ID, "cluster_restore")
    lines = [line for line in logs if line["event"] == "restore.refused"]

    assert [(line["rule"], line["actor"], line["request_id"]) for line in lines] == [
        ("not_the_requester", ANA, REQUEST_ID),
        ("is_running", "nsx-restore", REQUEST_ID),
    ]
    assert lines[0]["place"] == CHANNEL
    assert "cannot approve it" in lines[0]["sentence"]


async def the_rows(desk: Desk) -> list[dict[str, Any]]:
    """Return all rows of the audit, oldest first."""
    return [json.loads(line) async for line in export(desk.database)]


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (State.APPROVED, "Press Stop on its card if it must not start; then file again."),
        (State.RUNNING, "File again when it has ended."),
    ],
)
async def test_what_to_do_about_a_taken_target_depends_on_its_request(
    desk: Desk, state: State, advice: str
) -> None:
    """An approved request can be stopped, a running one only waited for."""
    if state is State.RUNNING:
        await desk.running()
    else:
        await desk.awaiting_approval()
        await desk.give(an_approval(BEN))
        await desk.give(an_approval(CHI))
    second = await desk.ledger.file(a_filing(id=OTHER), a_signature("second"))
    assert isinstance(second, Finding)
    assert second.sentence.endswith(f"({state.words}). {advice}")


async def test_a_target_is_free_again_when_its_request_has_ended(desk: Desk) -> None:
    """A withdrawn request does not hold its target."""
    await desk.file()
    await desk.give(a_withdrawal())
    again = await desk.file(OTHER)
    assert again.id == OTHER


async def test_filing_twice_under_one_key_is_filing_once(desk: Desk) -> None:
    """A repeat gets the first request back, whatever id it would have had."""
    first = await desk.ledger.file(a_filing(), a_signature("form-1"))
    again = await desk.ledger.file(a_filing(id=OTHER), a_signature("form-1"))
    assert isinstance(first, Applied)
    assert again == replace(first, repeated=True)


async def test_a_refused_filing_stays_refused_under_its_key(desk: Desk) -> None:
    """A repeat of a refused filing gets the same finding, even when the target is free now."""
    await desk.file()
    refused = await desk.ledger.file(a_filing(id=OTHER), a_signature("form-2"))
    await desk.give(a_withdrawal())
    assert await desk.ledger.file(a_filing(id=OTHER), a_signature("form-2")) == refused


async def test_two_votes_approve_a_request(desk: Desk) -> None:
    """The vote that completes the set brings two events, and the state with them."""
    await desk.awaiting_approval()
    first = await desk.give(an_approval(BEN))
    second = await desk.give(an_approval(CHI))
    assert [type(event) for event in first.decision.events] == [e.ApprovalRecorded]
    assert [type(event) for event in second.decision.events] == [
        e.ApprovalRecorded,
        e.ApprovalCompleted,
    ]
    assert second.request.state is State.APPROVED
    assert await desk.ledger.get(REQUEST_ID) == second.request


async def test_a_repeat_gets_the_first_decision_back(desk: Desk) -> None:
    """The same key again changes nothing and returns every event of the first time."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    first = await desk.ledger.apply(REQUEST_ID, an_approval(CHI), a_signature("click"))
    rows = await desk.ledger.story(REQUEST_ID)
    again = await desk.ledger.apply(REQUEST_ID, an_approval(CHI), a_signature("click"))
    assert again == replace(first, repeated=True)
    assert len(first.decision.events) == 2
    assert await desk.ledger.story(REQUEST_ID) == rows


async def test_a_repeated_refusal_is_the_same_refusal(desk: Desk) -> None:
    """A refused click stays refused under its key, with the same words."""
    await desk.awaiting_approval()
    first = await desk.ledger.apply(REQUEST_ID, an_approval(ANA), a_signature("click"))
    desk.clock.move(hours=1)
    again = await desk.ledger.apply(REQUEST_ID, an_approval(ANA), a_signature("click"))
    assert first.decision.refusal is not None
    assert again == replace(first, repeated=True)


async def test_a_key_belongs_to_one_request(desk: Desk) -> None:
    """A key that was used for another request is a bug and changes nothing."""
    await desk.awaiting_approval()
    await desk.ledger.apply(REQUEST_ID, an_approval(BEN), a_signature("click"))
    await desk.file(OTHER, "dc2-nsxt")
    with pytest.raises(ValueError, match="click was used for R-7QK2M9"):
        await desk.ledger.apply(OTHER, a_withdrawal(), a_signature("click"))
    assert (await desk.ledger.get(OTHER)).state is State.PLANNING


async def test_a_refusal_is_audited_and_changes_nothing_else(desk: Desk) -> None:
    """The row says which rule, which sentence and which command."""
    before = await desk.awaiting_approval()
    refused = await desk.give(an_approval(ANA))
    assert refused.request == before
    assert await desk.ledger.get(REQUEST_ID) == before
    finding = refused.decision.refusal
    assert finding is not None
    row = (await desk.ledger.story(REQUEST_ID))[-1]
    assert (row.action, row.place, row.digest) == ("refused", CARD, a_digest())
    assert row.details == {
        "rule": "not_the_requester",
        "sentence": finding.sentence,
        "command": "Approve",
    }


async def test_a_command_without_consequences_writes_nothing(desk: Desk) -> None:
    """Time may pass without a word about it."""
    before = await desk.awaiting_approval()
    rows = await desk.ledger.story(REQUEST_ID)
    applied = await desk.ledger.apply(REQUEST_ID, c.Expire(), a_signature("tick"))
    assert applied.request == before
    assert applied.decision.accepted
    assert await desk.ledger.story(REQUEST_ID) == rows


async def test_a_command_for_no_request_is_refused_by_name(desk: Desk) -> None:
    """There is nothing to decide about, so nothing is written."""
    with pytest.raises(NotFoundError, match="R-ABCDEF"):
        await desk.give(c.Expire(), OTHER)
    with pytest.raises(NotFoundError, match="R-ABCDEF"):
        await desk.ledger.get(OTHER)
    assert await desk.ledger.head() is None


async def test_the_moment_of_a_command_is_the_clocks(desk: Desk) -> None:
    """An approval after the end of the waiting is refused though nobody has swept."""
    await desk.awaiting_approval()
    desk.clock.move(minutes=30)
    late = await desk.give(an_approval(BEN))
    assert late.decision.refusal is not None
    assert late.decision.refusal.rule == "open_for_decision"


async def test_a_press_counts_only_where_the_card_was_posted(desk: Desk) -> None:
    """Before the card is recorded, and on any other message, nothing is decided."""
    await desk.file()
    await desk.give(c.CompletePlan(a_plan(), a_digest(), ()))
    early = await desk.give(an_approval(BEN))
    await desk.post_card()
    copy = await desk.give(an_approval(BEN, a_press(Place("C0OTHER", CARD.ts))))
    assert [
        applied.decision.refusal and applied.decision.refusal.rule for applied in (early, copy)
    ] == [
        "on_message",
        "on_message",
    ]
    assert (await desk.give(an_approval(BEN))).decision.accepted


async def test_an_answer_counts_only_on_the_message_that_asks(desk: Desk) -> None:
    """The place of a question is recorded when its line is delivered."""
    await desk.asking()
    on_card = await desk.give(an_answer(press=a_press(CARD)))
    assert on_card.decision.refusal is not None
    assert on_card.decision.refusal.rule == "on_message"
    answered = await desk.give(an_answer(press=a_press(QUESTION_PLACE)))
    assert answered.request.state is State.RUNNING
    assert await request_at(desk.database, QUESTION_PLACE) == REQUEST_ID


async def test_a_place_leads_to_its_request(desk: Desk) -> None:
    """Only places that we recorded lead anywhere."""
    await desk.awaiting_approval()
    assert await request_at(desk.database, CARD) == REQUEST_ID
    assert await request_at(desk.database, QUESTION_PLACE) is None


async def test_each_event_is_one_audit_row_in_order(desk: Desk) -> None:
    """Who, what, where, when, which plan and which policy: the story of a request."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    desk.clock.move(minutes=1)
    await desk.give(a_rescission(BEN))
    story = await desk.ledger.story(REQUEST_ID)
    assert [row.action for row in story] == [
        "request_filed",
        "plan_ready",
        "approval_recorded",
        "approval_rescinded",
    ]
    assert [row.seq for row in story] == [1, 2, 3, 4]
    last = story[-1]
    assert (last.actor, last.at, last.place) == (BEN, NOON + timedelta(minutes=1), CARD)
    assert (last.digest, last.policy_version) == (a_digest(), "policy-1")
    assert last.details == {"by": BEN, "person": BEN, "left": 0, "expires_at": None}
    head = await desk.ledger.head()
    assert head is not None
    assert (head.seq, head.mac) == (last.seq, last.mac)


async def test_an_attempt_that_never_became_a_command_is_audited_once(desk: Desk) -> None:
    """Without a request, or about one; a repeat adds nothing."""
    await desk.file()
    finding = Finding.no("known_request", "There is no such request.")
    for _ in range(2):
        await desk.ledger.refuse(None, finding, Signature("k-1", CHI))
        await desk.ledger.refuse(REQUEST_ID, finding, Signature("k-2", CHI))
        await desk.ledger.refuse(OTHER, finding, Signature("k-3", CHI))
    head = await desk.ledger.head()
    assert head is not None
    assert head.seq == 4
    assert [row.action for row in await desk.ledger.story(REQUEST_ID)] == [
        "request_filed",
        "refused",
    ]


async def test_requests_come_newest_first(desk: Desk) -> None:
    """All, only the active ones, only those of a target, only so many."""
    ids = [RequestId(f"R-22222{digit}") for digit in "234"]
    for number, request_id in enumerate(ids):
        await desk.file(request_id, f"dc{number % 2}-nsxt")
        await desk.give(a_withdrawal(), request_id)
        desk.clock.move(seconds=1)
    await desk.file(OTHER)

    async def found(**only: object) -> list[str]:
        return [request.id for request in await desk.ledger.requests(**only)]  # type: ignore[arg-type]

    assert await found() == [OTHER, *reversed(ids)]
    assert await found(active=True) == [OTHER]
    assert await found(target="dc0-nsxt") == [ids[2], ids[0]]
    assert await found(limit=2) == [OTHER, ids[2]]


async def test_listeners_hear_of_events_after_the_commit(database: Database) -> None:
    """Each event with the request before and after; a repeat or a refusal tells nothing."""
    heard: list[tuple[RequestId, str, State, State]] = []

    def on_event(request_id: RequestId, event: e.Event, before: Request, after: Request) -> None:
        heard.append((request_id, type(event).__name__, before.state, after.state))

    ledger = SqlLedger(database, HandClock(), a_policy(), KEY, on_event, people=PEOPLE)
    await ledger.file(a_filing(), a_signature("1"))
    command = c.CompletePlan(a_plan(), a_digest(), ())
    for _ in range(2):
        await ledger.apply(REQUEST_ID, command, a_signature("2"))
        await ledger.apply(REQUEST_ID, an_approval(ANA), a_signature("3"))
    assert heard == [
        (REQUEST_ID, "RequestFiled", State.PLANNING, State.PLANNING),
        (REQUEST_ID, "PlanReady", State.PLANNING, State.AWAITING_APPROVAL),
    ]


async def test_every_audit_row_is_told_after_its_commit(database: Database) -> None:
    """Events, refusals, claims and what became of them; a repeat adds none."""
    told: list[int] = []
    desk = Desk(database)
    ledger = SqlLedger(database, desk.clock, a_policy(), KEY, people=PEOPLE, on_rows=told.append)
    desk.ledger = ledger
    await desk.running()
    await ledger.refuse(None, Finding.no("rule", "No."), a_signature("refused"))
    await ledger.refuse(None, Finding.no("rule", "No."), a_signature("refused"))
    await ledger.claim(REQUEST_ID, "restore")
    await ledger.settle(REQUEST_ID, "restore", "accepted", "202")
    head = await ledger.head()
    assert head is not None
    assert sum(told) == head.seq


async def test_a_refusal_gives_way_to_what_was_decided_before(desk: Desk) -> None:
    """Filed, then refused under the same key after a crash: it stays filed."""
    filed = await desk.ledger.file(a_filing(), a_signature("form"))
    assert isinstance(filed, Applied)
    finding = Finding.no("usable_channel", "This channel could not be read.")

    assert await desk.ledger.refuse(None, finding, a_signature("form")) == replace(
        filed, repeated=True
    )
    assert await desk.ledger.refuse(None, finding, a_signature("new")) == finding
    other = Finding.no("rule", "Another.")
    assert await desk.ledger.refuse(None, other, a_signature("new")) == finding


async def test_an_alias_added_meanwhile_counts(desk: Desk) -> None:
    """A bot that was restarted with another configuration judges the rows of the one before."""
    await desk.awaiting_approval()
    people = replace(PEOPLE, aliases={ANA: PersonId(BEN)})
    desk.ledger = SqlLedger(desk.database, desk.clock, a_policy(), KEY, people=people)

    applied = await desk.give(an_approval(BEN))

    assert applied.decision.refusal is not None
    assert applied.decision.refusal.rule == "not_the_requester"


async def test_a_vote_that_no_longer_counts_is_kept_as_void(desk: Desk) -> None:
    """The row stays, with the moment it stopped counting; the same person may vote again."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    voided_at = desk.clock.move(seconds=30)
    await desk.give(a_rescission(BEN))
    await desk.give(an_approval(BEN_TWO))
    async with desk.database.reading() as tx:
        rows = (await tx.execute(sa.select(schema.vote).order_by(schema.vote.c.id))).all()
    assert [(row.person, row.user_id, row.voided_at) for row in rows] == [
        (BEN, BEN, voided_at),
        (BEN, BEN_TWO, None),
    ]
    assert {row.digest for row in rows} == {a_digest()}


async def test_a_changed_plan_voids_all_votes(desk: Desk) -> None:
    """Votes are for exactly one plan."""
    await desk.awaiting_approval()
    for lead in (BEN, CHI):
        await desk.give(an_approval(lead))
    desk.clock.move(seconds=10)
    other = a_plan(manager_version="1.1.0.0.0.4788148")
    changed = await desk.give(c.Begin(other, a_digest(other), ()))
    assert changed.request.state is State.AWAITING_APPROVAL
    assert changed.request.votes == ()
    async with desk.database.reading() as tx:
        counted = sa.select(schema.vote.c.id).where(schema.vote.c.voided_at.is_(None))
        assert (await tx.execute(counted)).all() == []


async def test_a_crash_in_the_middle_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the last row of a command cannot be written, none of them is."""
    before = await desk.awaiting_approval()
    head = await desk.ledger.head()

    async def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("bot.store.ledger.announce", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            await desk.give(an_approval(BEN))
    assert await desk.ledger.get(REQUEST_ID) == before
    assert await desk.ledger.head() == head
    assert (await desk.give(an_approval(BEN))).decision.accepted


@pytest.mark.parametrize("clicks", [2, 32])
async def test_simultaneous_clicks_of_two_leads_count_once_each(desk: Desk, clicks: int) -> None:
    """However many clicks come at once: two votes, one completion, the rest refused."""
    await desk.awaiting_approval()
    applied = await asyncio.gather(
        *(desk.give(an_approval((BEN, CHI)[number % 2])) for number in range(clicks))
    )
    events = [event for one in applied for event in one.decision.events]
    assert sorted(type(event).__name__ for event in events) == [
        "ApprovalCompleted",
        "ApprovalRecorded",
        "ApprovalRecorded",
    ]
    assert sum(not one.decision.accepted for one in applied) == clicks - 2
    assert (await desk.ledger.get(REQUEST_ID)).state is State.APPROVED


async def test_of_an_approval_and_a_denial_at_once_the_denial_wins(desk: Desk) -> None:
    """Whichever came first: an approval after it is refused, one before it does not count."""
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    approved, denied = await asyncio.gather(desk.give(an_approval(CHI)), desk.give(a_denial(DEE)))
    assert denied.decision.accepted
    ended = await desk.ledger.get(REQUEST_ID)
    assert (ended.state, ended.decided_by) == (State.DENIED, DEE)
    assert len(ended.votes) == (2 if approved.decision.accepted else 1)


async def test_one_command_delivered_many_times_at_once_is_applied_once(desk: Desk) -> None:
    """One is the first; all others are repeats of it with the same decision."""
    await desk.awaiting_approval()
    signature = a_signature("click")
    applied = await asyncio.gather(
        *(desk.ledger.apply(REQUEST_ID, an_approval(BEN), signature) for _ in range(16))
    )
    assert [one.repeated for one in applied].count(False) == 1
    assert len({one.decision for one in applied}) == 1


async def test_simultaneous_filings_for_one_target_make_one_request(desk: Desk) -> None:
    """The others are told which."""
    ids = [RequestId(f"R-22222{digit}") for digit in "23456789"]
    filed = await asyncio.gather(
        *(desk.ledger.file(a_filing(id=one), a_signature(one)) for one in ids)
    )
    assert sum(isinstance(one, Applied) for one in filed) == 1
    assert len(await desk.ledger.requests()) == 1


@pytest.mark.parametrize("state", sorted(TRANSITIONS))
def test_every_event_survives_its_row(state: State) -> None:
    """What the audit keeps of an event is the event."""
    for event in events_to(state):
        action = action_of(type(event))
        assert event_from_json(action, event_to_json(event)) == event


async def test_the_ledger_is_the_ledger_of_the_ports(desk: Desk) -> None:
    """The type checker is the judge; `a_stop` reaches a state the others here do not."""
    ledger: Ledger = desk.ledger
    await desk.awaiting_approval()
    for lead in (BEN, CHI):
        await desk.give(an_approval(lead))
    stopped = await ledger.apply(REQUEST_ID, a_stop(), a_signature("stop"))
    assert stopped.request.state is State.CANCELED


TELLING = Telling("dc3-nsx", "https://nsx.example.com", "backup.example.com:22/b", "SHA256:x")


async def test_each_time_a_manager_is_told_its_backup_server_is_a_row(desk: Desk) -> None:
    """Of nobody's request where somebody only looked; of the request where its checks do it."""
    await desk.ledger.file(a_filing(), a_signature("file"))
    await desk.ledger.announce(Looker(ANA), TELLING)
    await desk.ledger.announce(Looker("bot", REQUEST_ID), TELLING)
    await desk.ledger.announce(Looker("bot", REQUEST_ID), TELLING)

    rows = [json.loads(line) async for line in export(desk.database)][1:]
    assert [(row["actor"], row["request_id"]) for row in rows] == [
        (ANA, None),
        ("bot", REQUEST_ID),
        ("bot", REQUEST_ID),
    ]
    for row in rows:
        assert row["action"] == "telling_backup_server"
        assert row["details"] == {
            "target": "dc3-nsx",
            "manager": "https://nsx.example.com",
            "server": "backup.example.com:22/b",
            "fingerprint": "SHA256:x",
            "automatic_backups": False,
        }
    assert (await verify(desk.database, KEY)).intact
    assert [row.action for row in await desk.ledger.story(REQUEST_ID)][1:] == [
        "telling_backup_server"
    ] * 2


async def test_nothing_is_announced_for_a_request_that_is_not_there(desk: Desk) -> None:
    """It writes no row."""
    with pytest.raises(NotFoundError):
        await desk.ledger.announce(Looker("bot", OTHER), TELLING)
    assert await desk.ledger.head() is None
