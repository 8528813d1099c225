"""Plays a runbook against a scripted outside: each action is met by the next reply for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.domain.errors import Kind
from bot.domain.plan import Plan
from bot.domain.request import Choice, Question
from bot.domain.values import Scope
from bot.runbooks import actions as a
from bot.runbooks import book, cluster_backup
from bot.runbooks import observations as o
from tests.builders import BEN, NOON, a_backup_file, a_file_backup, a_plan

CLUSTER: Final = a_backup_file(path="/vol0/backups/backup-cluster-1.tar")
NODE: Final = a_backup_file(path="/vol0/backups/backup-node-1.tar")
CONTROLLERS: Final = ("10.0.0.11", "10.0.0.12", "10.0.0.13")

FRESH: Final = o.ClusterStatus("STABLE", "NO_CONTROLLERS", ("node-1",))
CONNECTED: Final = o.ClusterStatus("STABLE", "STABLE", ("node-1",))

SILENT: Final = o.Trouble(Kind.UNREACHABLE, "The manager does not answer.", "Check its address.")
ACCEPTED: Final = o.Sent("accepted", "HTTP 200.", NOON)
REFUSED: Final = o.Sent("refused", "HTTP 404: no such address.", NOON)
UNKNOWN: Final = o.Sent("unknown", "The connection was cut.", NOON)
NOT_YET: Final = o.Proof(
    o.ManagerFacts("1.1.0.0.0.4788147", "node-1"),
    o.ClusterStatus("UNSTABLE", "STABLE", ("node-1",)),
    o.Schedule(enabled=True),
)
LATE: Final = o.NotStable(3600, "management UNSTABLE, control NO_CONTROLLERS.")

GIVEN_UP: Final = (
    "The bot does nothing more and nothing was rolled back. Compare the manager with the steps "
    "that are done, and finish or redeploy by hand."
)
BACKUPS: Final = (
    "Automatic backups were enabled before this run and may be disabled now: look at them too."
)


def the_plan(*, node: bool = False, controllers: tuple[str, ...] = CONTROLLERS) -> Plan:
    """A plan of the cluster backup alone, or with the node backup."""
    backup = a_file_backup(cluster=CLUSTER, node=NODE if node else None)
    return a_plan(
        backup=backup,
        scope=Scope.CLUSTER_AND_NODE if node else Scope.CLUSTER,
        node_restore_path="/api/v1/node/backups?action=restore" if node else None,
        controllers=controllers,
        steps=cluster_backup.steps(backup, controllers),
    )


Reply = o.Observation | Choice
"""What meets an action; a choice is the answer to a question."""


@dataclass
class Outside:
    """Meets every action as on a good day, one minute later each, unless a step is scripted.

    `script` holds, by step, what comes first; it is used up in order, for whatever the step does.
    With `node` the controllers are connected at the end, as after a node restore.
    """

    node: bool
    script: dict[str, list[Reply]] = field(default_factory=dict)
    minutes: int = 0

    def meet(self, action: a.Action) -> o.Observation | None:
        """What is observed after an action."""
        self.minutes += 1
        if isinstance(action, a.FinishStep):
            return None
        waiting = self.script.get(action.step)
        reply = waiting.pop(0) if waiting else self._well(action)
        if isinstance(reply, Choice):
            return o.Answered(reply, BEN, NOON + timedelta(minutes=self.minutes))
        return reply

    def _well(self, action: a.Action) -> Reply:
        at = NOON + timedelta(minutes=self.minutes)
        match action:
            case a.ReadStatus():
                return FRESH
            case a.SendRestore():
                return o.Sent("accepted", "HTTP 200.", at)
            case a.AwaitStable(_, sent_at, _, controllers):
                seconds = (at - sent_at).total_seconds()
                status = CONNECTED if controllers else FRESH
                return o.Stable(status, at, seconds, outage_seen=True)
            case a.ReadSchedule():
                return o.Schedule(enabled=True)
            case a.SetSchedule(_, enabled):
                return o.Schedule(enabled)
            case a.AskPerson(_, question):
                return question.offers[0].choice
            case a.TakeProof():
                facts = o.ManagerFacts("1.1.0.0.0.4788147", "node-1")
                status = CONNECTED if self.node else FRESH
                return o.Proof(facts, status, o.Schedule(enabled=True))
            case _:
                raise AssertionError(action)


@dataclass
class Played:
    """A run that was played to its end: every action with what met it."""

    plan: Plan
    pairs: list[tuple[a.Action, o.Observation | None]]
    end: a.End

    @property
    def actions(self) -> list[a.Action]:
        """What the runbook asked for, in order."""
        return [action for action, _ in self.pairs]

    @property
    def questions(self) -> list[Question]:
        """What people were asked, in order."""
        return [action.question for action in self.actions if isinstance(action, a.AskPerson)]

    @property
    def told(self) -> dict[str, str]:
        """What was told at the end of each step."""
        return {act.step: act.said for act in self.actions if isinstance(act, a.FinishStep)}


def play(plan: Plan, meet: Callable[[a.Action], o.Observation | None]) -> Played:
    """Play a run to its end."""
    pairs: list[tuple[a.Action, o.Observation | None]] = []
    run = book.run(plan)
    action = next(run)
    while True:
        seen = meet(action)
        pairs.append((action, seen))
        try:
            action = run.send(seen)
        except StopIteration as stop:
            end: a.End = stop.value
            return Played(plan, pairs, end)


def played(plan: Plan, **script: list[Reply]) -> Played:
    """Play a run in which some steps meet what is scripted, and all else goes well."""
    return play(plan, Outside(cluster_backup.files(plan).node is not None, script).meet)


def replayed(story: Played) -> list[a.Action]:
    """The actions that a run asks for when it is sent the very same observations again."""
    seen: Iterator[o.Observation | None] = iter([seen for _, seen in story.pairs])
    return play(story.plan, lambda _: next(seen)).actions
