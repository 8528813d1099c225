"""What time moves: the rows are real, the outside are full fakes, the clock is moved by hand."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
import structlog

from bot.background import Background
from bot.blocks import replies
from bot.domain.errors import Kind, ManagerError, OutsideError
from bot.domain.intents import CancelIntent, DenyIntent, FileIntent, PressIntent, Verb
from bot.domain.request import State
from bot.domain.standing import Finding, Unreadable
from bot.ports import Channel, PrivateItem, Signature
from bot.preflight import Preflight
from bot.runbooks.observations import ManagerFacts
from bot.service import Service
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from bot.sweeper import AFTER_TROUBLE, LEFT_OVER, TRIES, Sweeper
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHANNEL,
    CHI,
    LEADS,
    REQUEST_ID,
    a_backup_location,
    a_configuration,
    a_press,
    a_signature,
    a_target,
    a_wish,
    an_account,
    an_approval,
)
from tests.fakes import (
    FakeBackupServer,
    FakeCredentials,
    FakeDirectory,
    FakeEngine,
    FakeManager,
    FakeManagers,
)
from tests.hand_clock import HandClock

AUDIT_KEY = b"an audit key of thirty-two bytes"


@dataclass
class SlowManager(FakeManager):
    """A manager that takes its time: `meanwhile` happens while it is looked at."""

    meanwhile: Callable[[], object] = field(default=lambda: None)

    async def facts(self) -> ManagerFacts:
        """Return version and identity, after what happens meanwhile."""
        self.meanwhile()
        return await super().facts()


@dataclass
class Watch:
    """A sweeper over real rows, and everything that it reads."""

    sweeper: Sweeper
    service: Service
    ledger: SqlLedger
    inbox: SqlInbox
    outbox: SqlOutbox
    directory: FakeDirectory
    engine: FakeEngine
    manager: SlowManager
    clock: HandClock
    background: Background

    async def state(self) -> State:
        """Return where the request is."""
        return (await self.ledger.get(REQUEST_ID)).state

    async def move(self) -> State:
        """Do for the request what is due now; return where it is then."""
        await self.sweeper.move(await self.ledger.get(REQUEST_ID))
        return await self.state()

    async def approved(self) -> None:
        """File a request, plan it, and have two leads approve it."""
        wish = a_wish()
        await self.service.perform("filed", FileIntent(ANA, CHANNEL, wish))
        await self.move()
        request = await self.ledger.get(REQUEST_ID)
        assert request.state is State.AWAITING_APPROVAL, request.conclusion
        for item in await self.outbox.due():
            await self.outbox.sent(item, CARD)
        for lead in (BEN, CHI):
            approval = an_approval(lead, a_press(digest=request.short_digest))
            applied = await self.ledger.apply(request.id, approval, a_signature(f"by {lead}", lead))
            assert applied.decision.accepted, applied.decision


@pytest.fixture
def watch(database: Database, clock: HandClock) -> Watch:
    """All of it, around one target with one backup."""
    credentials = FakeCredentials(
        {"env:BACKUP": "Backup1!", "env:BACKUP_PASSPHRASE": "the passphrase"}
    )
    location = a_backup_location(password="env:BACKUP", host_key_sha256=None)
    backups = FakeBackupServer(credentials, "Backup1!", directory=location.directory)
    backups.add("backup-cluster-1.tar.gz")
    target = a_target(
        backup=a_backup_location(
            password="env:BACKUP", host_key_sha256=None, fingerprint=backups.key.md5
        )
    )
    configuration = a_configuration(targets={target.key: target})
    manager = SlowManager()
    directory = FakeDirectory(
        accounts={user: an_account(user) for user in (ANA, *LEADS)},
        usergroups={"S0LEADS": LEADS},
        channels={
            CHANNEL: Channel(
                CHANNEL, "incident", is_archived=False, is_ext_shared=False, is_member=True
            )
        },
    )
    ledger = SqlLedger(
        database, clock, configuration.policy, AUDIT_KEY, people=configuration.people
    )
    inbox, outbox = SqlInbox(database, clock), SqlOutbox(database, clock)
    preflight = Preflight(
        configuration, FakeManagers(manager), backups, credentials, ledger.announce
    )
    service = Service(
        configuration=configuration,
        ledger=ledger,
        inbox=inbox,
        outbox=outbox,
        directory=directory,
        preflight=preflight,
        new_id=lambda: REQUEST_ID,
    )
    engine, background = FakeEngine(), Background()
    sweeper = Sweeper(
        service=service,
        ledger=ledger,
        inbox=inbox,
        preflight=preflight,
        engine=engine,
        clock=clock,
        background=background,
    )
    return Watch(
        sweeper,
        service,
        ledger,
        inbox,
        outbox,
        directory,
        engine,
        manager,
        clock,
        background,
    )


async def test_an_approved_request_starts_after_the_delay_and_not_before(watch: Watch) -> None:
    """Until then somebody can press Stop."""
    await watch.approved()

    assert await watch.move() is State.APPROVED
    assert watch.engine.started == []
    watch.clock.move(seconds=10)
    assert await watch.move() is State.RUNNING
    assert watch.engine.started == [REQUEST_ID]


async def test_a_running_request_without_a_run_gets_one(watch: Watch) -> None:
    """A crash between the row and the engine leaves such a request."""
    await watch.approved()
    watch.clock.move(seconds=10)
    await watch.move()
    watch.engine.started.clear()

    await watch.move()

    assert watch.engine.started == [REQUEST_ID]


async def test_votes_are_kept_while_slack_cannot_say_who_voted(watch: Watch) -> None:
    """The start waits until Slack answers again."""
    await watch.approved()
    watch.clock.move(seconds=10)
    watch.directory.unreadable = Unreadable("Slack could not be reached")
    with pytest.raises(Exception, match="Slack cannot say who the voters are"):
        await watch.move()
    assert await watch.state() is State.APPROVED

    watch.directory.unreadable = None

    assert await watch.move() is State.RUNNING


async def test_an_approval_lapses_while_slack_stays_silent(watch: Watch) -> None:
    """Time-outs only ever refuse."""
    await watch.approved()
    watch.directory.unreadable = Unreadable("Slack could not be reached")
    watch.clock.move(minutes=11)

    assert await watch.move() is State.EXPIRED
    assert watch.engine.started == []


async def test_a_lead_who_was_deactivated_does_not_count_at_the_start(watch: Watch) -> None:
    """The card waits for another lead; nothing has run."""
    await watch.approved()
    watch.clock.move(seconds=10)
    watch.directory.accounts[CHI] = an_account(CHI, deleted=True)

    assert await watch.move() is State.AWAITING_APPROVAL
    request = await watch.ledger.get(REQUEST_ID)
    assert [vote.user for vote in request.votes] == [BEN]
    assert watch.engine.started == []


async def test_a_manager_that_is_not_stable_at_the_start_ends_the_request(watch: Watch) -> None:
    """Nothing was sent; the word is quoted."""
    await watch.approved()
    watch.clock.move(seconds=10)
    watch.manager.status = replace(watch.manager.status, management="DEGRADED")

    assert await watch.move() is State.REJECTED
    conclusion = (await watch.ledger.get(REQUEST_ID)).conclusion
    assert "DEGRADED" in conclusion[0]


async def test_a_lead_who_is_deactivated_during_the_last_look_does_not_count(watch: Watch) -> None:
    """Looks can take minutes; who may decide is read after them, right before the start."""
    await watch.approved()
    watch.clock.move(seconds=10)
    gone = an_account(CHI, deleted=True)
    watch.manager.meanwhile = lambda: watch.directory.accounts.update({CHI: gone})

    assert await watch.move() is State.AWAITING_APPROVAL
    assert watch.engine.started == []


async def test_passing_trouble_at_the_start_is_waited_out(watch: Watch) -> None:
    """A manager that is out of reach for a moment undoes no approval."""
    await watch.approved()
    watch.clock.move(seconds=10)
    watch.manager.trouble = ManagerError(Kind.UNREACHABLE, "It does not answer.", "Look.")
    with pytest.raises(OutsideError, match="It does not answer"):
        await watch.move()
    assert await watch.state() is State.APPROVED

    watch.manager.trouble = None

    assert await watch.move() is State.RUNNING


async def test_an_approval_lapses_while_the_manager_stays_out_of_reach(watch: Watch) -> None:
    """Waiting ends where the leads' approval does."""
    await watch.approved()
    watch.manager.trouble = ManagerError(Kind.UNREACHABLE, "It does not answer.", "Look.")
    watch.clock.move(minutes=11)

    assert await watch.move() is State.EXPIRED


async def test_a_clock_that_was_set_back_during_the_last_look_burns_no_start(watch: Watch) -> None:
    """What was too early for a moment starts when its time has come, and is audited once."""
    await watch.approved()
    watch.clock.move(seconds=10)
    watch.manager.meanwhile = lambda: watch.clock.move(seconds=-2)
    for _ in range(2):
        with pytest.raises(OutsideError, match="too early"):
            await watch.move()
        watch.clock.move(seconds=2)
    watch.manager.meanwhile = lambda: None

    assert await watch.move() is State.RUNNING
    refused = [row for row in await watch.ledger.story(REQUEST_ID) if row.action == "refused"]
    assert [row.details["rule"] for row in refused] == ["in_start_window"]


async def test_why_an_approval_lapsed_is_told(watch: Watch) -> None:
    """What could not be checked is audited once, however often it was tried."""
    await watch.approved()
    watch.clock.move(seconds=10)
    watch.manager.trouble = ManagerError(Kind.UNREACHABLE, "It does not answer.", "Look.")
    for _ in range(2):
        with pytest.raises(OutsideError, match="does not answer"):
            await watch.move()
    watch.clock.move(minutes=11)

    assert await watch.move() is State.EXPIRED
    refused = [row for row in await watch.ledger.story(REQUEST_ID) if row.action == "refused"]
    assert [row.details["sentence"] for row in refused] == ["It does not answer. Look."]


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.RESCIND])
async def test_what_is_not_judged_yet_goes_before_the_start(watch: Watch, verb: Verb) -> None:
    """A press was stored and acked, and the bot died: it counts although the start is due."""
    await watch.approved()
    digest = (await watch.ledger.get(REQUEST_ID)).short_digest
    await watch.service.receive("left", PressIntent(BEN, CARD, verb, REQUEST_ID, digest))
    watch.clock.move(seconds=10)

    await one_pass(watch)
    await one_pass(watch)

    assert (
        await watch.state()
        is {
            Verb.STOP: State.CANCELED,
            Verb.RESCIND: State.AWAITING_APPROVAL,
        }[verb]
    )
    assert watch.engine.started == []


async def test_a_denial_that_slack_holds_up_goes_before_the_start(watch: Watch) -> None:
    """Slack takes its time to say who denies; the restore waits for that."""
    await watch.approved()
    digest = (await watch.ledger.get(REQUEST_ID)).short_digest
    denial = DenyIntent(BEN, CARD, REQUEST_ID, digest, "It can be repaired.")
    await watch.service.receive("denied", denial)
    watch.directory.slow.append(answered := asyncio.Event())
    watch.background.spawn(watch.service.perform("denied", denial), "perform")
    await asyncio.sleep(0)
    watch.clock.move(seconds=10)

    assert await watch.move() is State.APPROVED
    answered.set()
    await watch.background.settled()
    assert await watch.move() is State.DENIED
    assert watch.engine.started == []


async def test_what_a_crash_left_in_the_inbox_is_performed(watch: Watch) -> None:
    """A stored intent is a promise; the next leader keeps it."""
    await watch.service.receive("left", FileIntent(ANA, CHANNEL, a_wish()))
    watch.clock.move(seconds=LEFT_OVER.total_seconds() + 1)

    await one_pass(watch)

    assert (await watch.ledger.get(REQUEST_ID)).requester == ANA
    assert await watch.inbox.unfinished(watch.clock.now()) == []


async def test_what_a_crash_left_is_judged_in_the_order_it_was_stored(watch: Watch) -> None:
    """An approval and its rescinding were stored; Slack is slow over the approval alone."""
    await watch.service.perform("filed", FileIntent(ANA, CHANNEL, a_wish()))
    await watch.move()
    for item in await watch.outbox.due():
        await watch.outbox.sent(item, CARD)
    digest = (await watch.ledger.get(REQUEST_ID)).short_digest
    for verb in (Verb.APPROVE, Verb.RESCIND):
        await watch.service.receive(verb, PressIntent(BEN, CARD, verb, REQUEST_ID, digest))
        watch.clock.move(seconds=1)
    watch.clock.move(seconds=LEFT_OVER.total_seconds())
    watch.directory.slow.append(answered := asyncio.Event())

    asyncio.get_running_loop().call_later(0.1, answered.set)
    await one_pass(watch)

    told = [row.action for row in await watch.ledger.story(REQUEST_ID)]
    assert told[-2:] == ["approval_recorded", "approval_rescinded"]


async def test_one_bad_row_holds_up_nothing_else(watch: Watch) -> None:
    """An intent that cannot be performed stays for later; the others are performed."""
    await watch.service.perform("filed", FileIntent(ANA, CHANNEL, a_wish()))
    taken = Signature("bad", ANA)
    await watch.ledger.refuse(None, Finding.no("rule", "Its key is used already."), taken)
    await watch.service.receive("bad", CancelIntent(ANA, CHANNEL, REQUEST_ID))
    await watch.service.receive("good", CancelIntent(ANA, CHANNEL, REQUEST_ID))
    watch.clock.move(seconds=LEFT_OVER.total_seconds() + 1)

    await one_pass(watch)

    left = await watch.inbox.unfinished(watch.clock.now())
    assert [key for key, _ in left] == ["bad"]
    assert await watch.state() is State.WITHDRAWN


async def test_what_cannot_be_judged_is_told_once_and_given_up_after_a_few_tries(
    watch: Watch,
) -> None:
    """The person learns what to do; the logs are not filled for ever. A restart tries again."""
    await watch.service.perform("filed", FileIntent(ANA, CHANNEL, a_wish()))
    taken = Signature("bad", ANA)
    await watch.ledger.refuse(None, Finding.no("rule", "Its key is used already."), taken)
    await watch.service.receive("bad", CancelIntent(ANA, CHANNEL, REQUEST_ID))
    watch.clock.move(seconds=LEFT_OVER.total_seconds() + 1)

    with structlog.testing.capture_logs() as logs:
        for _ in range(TRIES + 2):
            await one_pass(watch)
            watch.clock.move(seconds=AFTER_TROUBLE.total_seconds())

    told = [item for item in await watch.outbox.due() if isinstance(item, PrivateItem)]
    assert [item.text for item in told if "broke" in item.text] == [replies.not_finished()]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["intent.broke"]
    assert [key for key, _ in await watch.inbox.unfinished(watch.clock.now())] == ["bad"]


async def test_a_run_that_the_engine_gave_up_is_told_and_ended(watch: Watch) -> None:
    """People learn that the bot does nothing more, and what to look at."""
    await watch.approved()
    watch.clock.move(seconds=10)
    await watch.move()
    watch.engine.given_up.append((REQUEST_ID, "ERROR: RuntimeError"))

    await one_pass(watch)
    await one_pass(watch)

    request = await watch.ledger.get(REQUEST_ID)
    assert request.state is State.FAILED
    assert request.conclusion[0] == "The run broke off: ERROR: RuntimeError."
    assert (await watch.ledger.story(REQUEST_ID))[-1].action == "run_failed"
    assert "a restore request may have been sent" in request.conclusion[1]
    assert "automatic backups may be off" in request.conclusion[1]


async def one_pass(watch: Watch) -> None:
    """Pass over the rows once, and wait for all that it began."""
    await watch.sweeper.sweep()
    await watch.background.settled()
