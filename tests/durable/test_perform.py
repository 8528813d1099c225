"""Single actions of a run: the rows are real, the outside are full fakes, the clock jumps."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.domain import commands as c
from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import Plan
from bot.domain.request import State
from bot.domain.values import SecretRef
from bot.durable.once import FENCE, HELD_UP
from bot.durable.perform import Performer
from bot.durable.work import EndedError, Hands, RefusedError
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.observations import Reply
from bot.store.database import Database
from tests.builders import (
    REQUEST_ID,
    a_backup_location,
    a_manager_access,
    a_plan,
    a_question,
    a_target,
)
from tests.fakes import FakeClock, FakeCredentials, FakeManager, FakeManagers
from tests.store.desk import Desk

CREDENTIALS = FakeCredentials({"env:BACKUP": "Backup1!", "env:PASSPHRASE": "7Taspa5anecR"})


@dataclass
class Scene:
    """A running request and its performer."""

    desk: Desk
    performer: Performer
    manager: FakeManager
    clock: FakeClock
    plan: Plan

    async def perform(self, action: a.Action) -> o.Observation | None:
        """Do one action."""
        return await self.performer.perform(REQUEST_ID, self.plan, action)


Build = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def scene(database: Database) -> Build:
    """A factory: `checkpoint` is called at every position of a run."""
    desk = Desk(database)
    await desk.running()

    async def build(checkpoint: Callable[[Scene, str, str], None] = lambda *_: None) -> Scene:
        plan = a_plan()
        target = a_target(
            key=plan.target,
            manager=a_manager_access(url=plan.manager_url),
            backup=a_backup_location(
                password=SecretRef("env:BACKUP"), passphrase=SecretRef("env:PASSPHRASE")
            ),
        )
        manager, clock = FakeManager(), FakeClock(desk.clock.now())
        hands = Hands(
            ledger=desk.ledger,
            managers=FakeManagers(manager),
            credentials=CREDENTIALS,
            clock=clock,
            targets={target.key: target},
            checkpoint=lambda step, position: checkpoint(made, step, position),
        )
        made = Scene(desk, Performer(hands), manager, clock, plan)
        return made

    return build


FAIL = c.Fail("Somebody ended it.", "Look.")


def the_step(plan: Plan) -> str:
    """Return a step of the plan to act in."""
    return plan.steps[1].key


def waiting(stage: Scene, since: datetime) -> a.AwaitStable:
    """Wait for the manager after a request that was sent at `since`."""
    return a.AwaitStable(the_step(stage.plan), since, since, controllers=False)


async def test_a_restore_is_sent_once_and_its_outcome_kept(scene: Build) -> None:
    """A second performance of the same action only says what is known."""
    stage = await scene()
    action = a.SendRestore(the_step(stage.plan), "cluster")

    first = await stage.perform(action)
    second = await stage.perform(action)

    assert first == second
    assert isinstance(first, o.Sent)
    assert first.outcome == "accepted"
    assert len(stage.manager.restores) == 1


async def test_a_process_that_was_held_up_after_its_claim_does_not_send(scene: Build) -> None:
    """Another worker may have asked people meanwhile what became of the request."""

    def hold_up(stage: Scene, _step: str, position: str) -> None:
        if position == "claimed":
            stage.clock.jump(FENCE + timedelta(seconds=1))

    stage = await scene(hold_up)

    sent = await stage.perform(a.SendRestore(the_step(stage.plan), "cluster"))

    assert isinstance(sent, o.Sent)
    assert (sent.outcome, sent.said) == ("refused", HELD_UP)
    assert stage.manager.restores == []


async def test_an_unknown_outcome_is_kept_as_unknown(scene: Build) -> None:
    """Performed again after a crash, it is still unknown, and nothing is sent."""
    stage = await scene()
    stage.manager.replies.append(Reply("unknown", "The connection was cut."))
    action = a.SendRestore(the_step(stage.plan), "cluster")

    await stage.perform(action)
    again = await stage.perform(action)

    assert isinstance(again, o.Sent)
    assert again.outcome == "unknown"
    assert len(stage.manager.restores) == 1


async def test_a_bug_while_sending_is_an_unknown_outcome(scene: Build) -> None:
    """The request may have left, so a lead is asked; the error's own text may hold a secret."""
    stage = await scene()
    stage.manager.restore_bug = ValueError("7Taspa5anecR")
    action = a.SendRestore(the_step(stage.plan), "cluster")

    first = await stage.perform(action)
    second = await stage.perform(action)

    assert first == second
    assert isinstance(first, o.Sent)
    assert first.outcome == "unknown"
    assert first.said == "The bot broke off while it sent the request (ValueError)."
    assert len(stage.manager.restores) == 1


async def test_a_manager_that_stays_stable_must_pass_the_settle_time(scene: Build) -> None:
    """An uptime that cannot be read is no outage, and no restart is claimed."""
    stage = await scene()
    stage.manager.uptime_trouble = ManagerError(Kind.REFUSED, "HTTP 403.", "Look.")
    sent_at = stage.clock.now()

    seen = await stage.perform(waiting(stage, since=sent_at))

    assert isinstance(seen, o.Stable)
    assert not seen.outage_seen
    timing = stage.plan.timing
    assert seen.at - sent_at == timing.settle + (timing.stable_polls - 1) * timing.poll


async def test_a_deadline_long_past_does_not_cut_off_good_answers(scene: Build) -> None:
    """After a long outage of the bot a stable manager is taken as stable."""
    stage = await scene()
    long_ago = stage.clock.now() - timedelta(days=1)

    seen = await stage.perform(waiting(stage, since=long_ago))

    assert isinstance(seen, o.Stable)


async def test_a_manager_that_is_never_stable_is_asked_about_at_the_deadline(scene: Build) -> None:
    """The words it said last are kept for people."""
    stage = await scene()
    stage.manager.status = replace(stage.manager.status, management="UNSTABLE")
    now = stage.clock.now()

    seen = await stage.perform(waiting(stage, since=now))

    assert isinstance(seen, o.NotStable)
    assert "UNSTABLE" in seen.last
    assert stage.clock.now() - now >= stage.plan.timing.stable_timeout


async def test_a_refused_login_is_tried_twice_and_then_asked_about(scene: Build) -> None:
    """More tries could lock the account; the two are far apart."""
    stage = await scene()
    stage.manager.trouble = ManagerError(Kind.AUTH, "HTTP 401.", "Check the secret.")
    now = stage.clock.now()

    seen = await stage.perform(waiting(stage, since=now))

    assert seen == o.Trouble(Kind.AUTH, "HTTP 401.", "Check the secret.")
    assert stage.clock.now() - now >= stage.plan.timing.settle
    assert stage.clock.now() - now < 2 * stage.plan.timing.settle


async def test_a_dead_session_is_waited_out_as_a_restart(scene: Build) -> None:
    """A manager that is starting forgets its sessions; no login was refused, so none is locked."""
    stage = await scene()
    stage.manager.trouble = ManagerError(Kind.SESSION, "HTTP 403 (error code 98).", "Ask again.")
    now = stage.clock.now()

    def come_back(_seconds: float) -> None:
        if stage.clock.now() - now > timedelta(minutes=5):
            stage.manager.trouble = None

    stage.clock.on_sleep = come_back

    seen = await stage.perform(waiting(stage, since=now))

    assert isinstance(seen, o.Stable)
    assert seen.outage_seen


async def test_a_target_that_was_moved_is_not_restored(scene: Build) -> None:
    """What was approved is an address; another one under the same name is trouble."""
    stage = await scene()
    stage.plan = replace(stage.plan, manager_url="https://other.example.com")

    seen = await stage.perform(a.SendRestore(the_step(stage.plan), "cluster"))

    assert isinstance(seen, o.Trouble)
    assert seen.kind is Kind.MISSING
    assert stage.manager.restores == []


# -- a ledger that refuses ----------------------------------------------------------------------


async def test_nothing_is_done_for_a_request_that_has_ended(scene: Build) -> None:
    """Neither in a step that begins, nor in one that had begun before."""
    stage = await scene()
    stage.manager.backups_enabled = True
    begun = a.ReadSchedule(the_step(stage.plan))
    await stage.perform(begun)
    await stage.desk.give(FAIL)
    story = await stage.desk.ledger.story(REQUEST_ID)

    for action in (
        a.SetSchedule(stage.plan.steps[2].key, enabled=False),
        a.SetSchedule(begun.step, enabled=False),
        a.SendRestore(begun.step, "cluster"),
        a.FinishStep(begun.step, "Done."),
    ):
        with pytest.raises(EndedError):
            await stage.perform(action)

    assert stage.manager.backups_enabled
    assert stage.manager.restores == []
    added = (await stage.desk.ledger.story(REQUEST_ID))[len(story) :]
    assert {entry.action for entry in added} == {"refused"}


async def test_a_question_is_not_waited_for_when_its_request_has_ended(scene: Build) -> None:
    """Nobody can answer it any more."""
    stage, waits = await scene(), asyncio.Event()
    stage.clock.on_sleep = lambda _: waits.set()
    asking = asyncio.create_task(stage.perform(a.AskPerson(the_step(stage.plan), a_question())))
    await waits.wait()
    await stage.desk.give(FAIL)

    with pytest.raises(EndedError):
        await asking


async def test_an_action_whose_command_is_refused_is_not_done(scene: Build) -> None:
    """A step cannot begin while people are asked: that is a bug, and the run ends with it."""
    stage = await scene()
    stage.manager.backups_enabled = True
    await stage.desk.give(c.Ask(a_question()))

    with pytest.raises(RefusedError, match="StartStep"):
        await stage.perform(a.SetSchedule(stage.plan.steps[2].key, enabled=False))

    assert stage.manager.backups_enabled


async def test_a_run_that_ends_after_its_request_leaves_it_as_it_is(scene: Build) -> None:
    """What was told to people stays; the end of a run may be written twice."""
    stage = await scene()
    await stage.performer.finish(REQUEST_ID, a.Failed("It broke.", "Look."))
    await stage.performer.finish(REQUEST_ID, a.Failed("It broke.", "Look."))
    first = await stage.desk.ledger.get(REQUEST_ID)
    assert first.conclusion == ("It broke.", "Look.")


async def test_the_end_of_a_run_does_not_replace_another_end(scene: Build) -> None:
    """The request had been ended otherwise."""
    stage = await scene()
    await stage.desk.give(FAIL)

    await stage.performer.finish(REQUEST_ID, a.Succeeded(("All is well.",)))

    request = await stage.desk.ledger.get(REQUEST_ID)
    assert request.state is State.FAILED
    assert request.conclusion == (FAIL.reason, FAIL.advice)
