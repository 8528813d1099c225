"""Plays the guided runbook against a scripted manager of 2.0 and later, and scripted people."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain.errors import Kind
from bot.domain.plan import GuidedTerms, ListedBackup, Plan
from bot.domain.request import Choice, Entry, Question
from bot.domain.values import Component
from bot.runbooks import actions as a
from bot.runbooks import guided
from bot.runbooks import observations as o
from bot.runbooks.restoring import (
    Followed,
    Instruction,
    Order,
    Resource,
    Resources,
    RestoreStatus,
    Started,
)
from tests.builders import BEN, NOON, a_guided_plan, a_listed_backup
from tests.runbooks.driver import Played, play

TIMESTAMP: Final = a_listed_backup().timestamp
VERSION: Final = "4.2.1.0.0.24304122"
OURS: Final = "restore-1"

ALONE: Final = o.ClusterStatus("STABLE", "STABLE", ("node-1",), ("10.0.0.5",))
SILENT: Final = o.Trouble(Kind.UNREACHABLE, "The manager does not answer.", "Check its address.")
SAID_409: Final = "The manager refused (HTTP 409), its restore is step 5 of 11 (RUNNING)."
REFUSED: Final = Started("refused", "The manager refused: no such backup.", NOON)
UNKNOWN: Final = Started("unknown", "The connection was cut.", NOON)
CUT: Final = "The manager cut the connection, so it may or may not have been obeyed."
BACKUPS: Final = (
    "Automatic backups were enabled before this run and may be disabled now: look at them too."
)

HOSTS: Final = Instruction("i-1", "Hosts not found", ("RESOLVE",), ("display_name", "ip_address"))
NODES: Final = Instruction("i-2", "Add the other manager nodes")
ESX_7: Final = Resource("esx-7", "FabricNode", "esx-07", ("esx-07", "192.0.2.77"))
ESX_8: Final = Resource("esx-8", "FabricNode", "esx-08", ("esx-08", "192.0.2.78"))
BOTH: Final = Resources((ESX_7, ESX_8))
NOTHING: Final = Resources(())


def listed_backup(**changes: Any) -> ListedBackup:
    """A backup as the manager lists it, by its address."""
    return a_listed_backup(**{"address": "10.0.0.5"} | changes)


def guided_plan(
    *, unasked: tuple[str, ...] = (), component: Component = Component.LOCAL, **changes: Any
) -> Plan:
    """A plan of the guided runbook."""
    values: dict[str, Any] = {
        "manager_version": VERSION,
        "runbook": guided.NAME,
        "runbook_version": guided.VERSION,
        "backup": listed_backup(),
        "steps": guided.steps(),
        "guided": GuidedTerms(component, unasked),
    }
    return a_guided_plan(**values | changes)


def status(word: str = "RUNNING", **changes: Any) -> RestoreStatus:
    """What the manager says of our restore, at step 5 of 11."""
    values: dict[str, Any] = {
        "id": OURS,
        "backup_timestamp": TIMESTAMP,
        "step": 5,
        "total": 11,
        "step_said": "Restoring Node",
    }
    return RestoreStatus(word, **values | changes)


def asking(*instructions: Instruction, **changes: Any) -> RestoreStatus:
    """It waits for people, and offers to go on or to cancel."""
    values: dict[str, Any] = {
        "said": "Waiting for the operator",
        "instructions": instructions,
        "offered": ("advance", "cancel"),
    }
    return status("SUSPENDED_FOR_USER_ACTION", **values | changes)


def broken(said: str = "", **changes: Any) -> RestoreStatus:
    """It failed, and offers to retry."""
    values: dict[str, Any] = {"said": said, "offered": ("retry",)}
    return status("FAILED", **values | changes)


SUCCESS: Final = status("SUCCESS", step=11, step_said="")
RUNNING: Final = status(offered=("suspend",))
PAUSED: Final = status("SUSPENDED_BY_USER", offered=("advance", "cancel"))
ABORTED: Final = status("ABORTED", said="Cancelled by admin")


@dataclass(frozen=True, slots=True)
class Fills:
    """An answer with what was chosen, by the field's key."""

    choice: Choice
    chosen: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Late:
    """Nothing changed for so many seconds; `status` is the last one, if any."""

    seconds: float = 3600
    status: RestoreStatus | None = None


@dataclass(frozen=True, slots=True)
class WantsSuspend:
    """Somebody wishes that it pauses, and the manager offers that."""


Reply = o.Observation | Choice | Fills | Late | WantsSuspend | str
"""What meets an action.

A status meets following as a change, and a choice is the answer to a question. A text is the
outcome of an order or of the start.
"""


@dataclass
class Outside:
    """Meets every action as on a good day, one minute later each, unless a step is scripted.

    `script` holds, by step, what comes first; it is used up in order, for whatever the step does.
    """

    script: dict[str, list[Reply]] = field(default_factory=dict)
    minutes: int = 0

    def meet(self, action: a.Action) -> o.Observation | None:
        """What is observed after an action."""
        self.minutes += 1
        if isinstance(action, a.FinishStep | a.TellPeople):
            return None
        waiting = self.script.get(action.step)
        reply = waiting.pop(0) if waiting else on_a_good_day(action)
        return _observed(action, reply, NOON + timedelta(minutes=self.minutes))


def on_a_good_day(action: a.Action) -> Reply:
    """What meets an action where all goes well and people do all that they are asked."""
    match action:
        case a.AskPerson(_, question):
            return done(question)
        case a.StartRestore() | a.SendOrder():
            return "accepted"
        case a.FollowRestore(until="begun"):
            return RUNNING
        case a.FollowRestore():
            return SUCCESS
        case a.AwaitStable():
            return o.Stable(ALONE, NOON, 120, outage_seen=True)
        case a.MakeBackup():
            return o.FreshBackup(made=True, said="A fresh backup was made.", at=NOON)
        case a.SetSchedule(_, enabled):
            return o.Schedule(enabled)
        case a.ReadSchedule(step):
            return o.Schedule(enabled=step == "backups_on")
        case _ if type(action) in _READ:
            return _READ[type(action)]
        case a.ReadResources():
            return NOTHING
        case a.TakeProof():
            facts = o.ManagerFacts(VERSION, "node-1")
            return o.Proof(facts, ALONE, o.Schedule(enabled=True), o.Census(12, 1))
        case other:
            raise AssertionError(other)


_READ: Final[dict[type[a.Action], Reply]] = {
    a.ReadStatus: ALONE,
    a.ReadBackupRun: o.BackupRun(running=False, ended_at=None, success=None, said=""),
    a.ReadRestore: RestoreStatus("INITIAL"),
    a.TakeCensus: o.Census(0, None),
    a.SetUpBackups: o.Schedule(enabled=False),
}


def done(question: Question) -> Fills:
    """The first answer that is offered, with all of its form chosen.

    But nobody can make a manager speak of ours again: who is asked about another restore gives up.
    """
    offer = question.offers[-1 if ":another:" in question.key else 0]
    fields = question.fields if question.asks_form(offer) else ()
    chosen = {each.key: tuple(option.value for option in each.options) for each in fields}
    return Fills(offer.choice, chosen)


def _observed(action: a.Action, reply: Reply, at: datetime) -> o.Observation:
    match action, reply:
        case _, Choice() as choice:
            return o.Answered(choice, BEN, at)
        case _, Fills(choice, chosen):
            entries = tuple(Entry(key, values) for key, values in chosen.items())
            return o.Answered(choice, BEN, at, entries)
        case a.StartRestore(), "accepted":
            return Started("accepted", "The manager accepted the start.", at, status(step=1))
        case _, "accepted":
            return o.Sent("accepted", "The manager accepted it.", at)
        case _, "refused":
            return o.Sent("refused", SAID_409, at)
        case _, "unknown":
            return o.Sent("unknown", CUT, at)
        case _, Late(seconds, last):
            said = f"{last.where()}." if last else "The manager does not answer."
            return Followed("late", at, said, last, seconds)
        case _, WantsSuspend():
            return Followed("suspend", at, f"{RUNNING.where()}.", RUNNING)
        case a.FollowRestore(), RestoreStatus() as seen:
            return Followed("changed", at, f"{seen.where()}.", seen)
        case _, Started() as started:
            return replace(started, at=at)
        case _, str():
            raise AssertionError(reply)
        case _:
            return reply


def guided_run(plan: Plan | None = None, /, **script: list[Reply]) -> Played:
    """Play a run in which some steps meet what is scripted, and all else goes well."""
    outside = Outside(script)
    story = play(plan or guided_plan(), outside.meet)
    unused = {step: replies for step, replies in script.items() if replies}
    assert not unused, f"never met: {unused}"
    return story


def met(plan: Plan, meet: Callable[[a.Action], Reply | None]) -> Played:
    """Play a run against a function; where it returns nothing it is a good day."""
    outside = Outside()

    def observed(action: a.Action) -> o.Observation | None:
        reply = meet(action)
        if reply is None:
            return outside.meet(action)
        outside.minutes += 1
        return _observed(action, reply, NOON + timedelta(minutes=outside.minutes))

    return play(plan, observed)


def orders(story: Played) -> list[tuple[Order, tuple[a.Selection, ...]]]:
    """The orders that were sent, with the answers that went along."""
    return [(act.order, act.answers) for act in story.actions if isinstance(act, a.SendOrder)]


def heard(story: Played) -> list[str]:
    """What was told on the way, between the ends of steps."""
    return [act.said for act in story.actions if isinstance(act, a.TellPeople)]


def titles(story: Played, step: str) -> list[str]:
    """What people were asked in a step."""
    return [
        act.question.title
        for act in story.actions
        if isinstance(act, a.AskPerson) and act.step == step
    ]


def asked(story: Played, step: str, number: int = 0) -> Question:
    """One question of a step."""
    found = [
        act.question for act in story.actions if isinstance(act, a.AskPerson) and act.step == step
    ]
    return found[number]


def follows(story: Played) -> list[a.FollowRestore]:
    """How the restore was followed, each time."""
    return [act for act in story.actions if isinstance(act, a.FollowRestore)]


def choices(question: Question) -> list[Choice]:
    """What a question offers."""
    return [offer.choice for offer in question.offers]


def failure(story: Played) -> a.Failed:
    """How a run failed."""
    assert isinstance(story.end, a.Failed), story.end
    return story.end
