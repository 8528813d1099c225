"""One restore as it is lived: requests in every state, with minutes between the events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain import events as e
from bot.domain.machine import evolve
from bot.domain.plan import GuidedTerms, Plan, digest
from bot.domain.request import Choice, Entry, Progress, Request, State, Vote
from bot.domain.values import Component, Environment, PersonId, Scope, UserId
from bot.ports import AuditEntry, AuditHead
from bot.runbooks import cluster_backup, questions
from tests.builders import (
    ANA,
    BEN,
    CARD,
    CHI,
    DEE,
    NOON,
    REQUEST_ID,
    a_backup_file,
    a_field,
    a_file_backup,
    a_filed,
    a_form_question,
    a_guided_plan,
    a_plan,
    a_planning_request,
    a_question,
    a_wish,
)

BACKUP: Final = a_file_backup()
CONTROLLERS: Final = ("10.0.0.11", "10.0.0.12", "10.0.0.13")
PLAN: Final = a_plan(
    environment=Environment.PRODUCTION, steps=cluster_backup.steps(BACKUP, CONTROLLERS)
)
NODE_FILE: Final = a_backup_file(
    path="/vol0/backups/backup-node-0314.tar",
    modified_at=BACKUP.cluster.modified_at + timedelta(minutes=2),
)
BOTH: Final = a_file_backup(node=NODE_FILE)
NODE_PLAN: Final = replace(
    PLAN,
    backup=BOTH,
    scope=Scope.CLUSTER_AND_NODE,
    steps=cluster_backup.steps(BOTH, CONTROLLERS),
)
HEAD: Final = AuditHead(seq=214, mac="3f9a0c1122334455" * 4)
EXPIRES: Final = NOON + timedelta(minutes=31)


@dataclass(frozen=True, slots=True)
class Scene:
    """A request, and the moment at which it is looked at."""

    request: Request
    now: datetime


def minute(count: int) -> datetime:
    """The moment so many minutes after the request was filed."""
    return NOON + timedelta(minutes=count)


def vote(user: UserId, at: datetime, plan: Plan = PLAN) -> Vote:
    """A vote for the scene's plan."""
    return Vote(PersonId(user), user, digest(plan), at)


WARNING: Final = (
    "The manager knows 12 transport nodes. A fresh one has none: is this the manager in production?"
)


def ready(plan: Plan = PLAN, *warnings: str) -> tuple[e.Event, ...]:
    """Filed, and checked."""
    notes = ("The manager is STABLE.", "The control cluster says NO_CONTROLLERS.")
    return (a_filed(), e.PlanReady(plan, digest(plan), notes, EXPIRES, warnings=warnings))


def approved(plan: Plan = PLAN) -> tuple[e.Event, ...]:
    """Approved by two leads."""
    return (
        *ready(plan),
        e.ApprovalRecorded(vote(BEN, minute(2), plan), 1),
        e.ApprovalRecorded(vote(CHI, minute(3), plan), 2),
        e.ApprovalCompleted(minute(4) + timedelta(seconds=10), minute(14)),
    )


def running(plan: Plan = PLAN, steps: int = 3) -> tuple[e.Event, ...]:
    """Running, and come to the step of that number."""
    begun = [
        e.StepStarted(Progress(step.key, number, minute(4 + number)))
        for number, step in enumerate(plan.steps[:steps], start=1)
    ]
    return (*approved(plan), e.RunStarted(), *begun)


def lived(events: Iterable[e.Event], **changes: Any) -> Scene:
    """The request after these events, one a minute."""
    request = a_planning_request(environment=Environment.PRODUCTION, **changes)
    now = NOON
    for count, event in enumerate(events):
        now = minute(count)
        request = evolve(request, event, now)
    return Scene(request, now)


PROOF: Final = (
    "Management cluster: STABLE.",
    "Control cluster: NO_CONTROLLERS. That stays so until the node backup has been restored.",
    "Manager version: 1.1.0.0.0.4788147 (as before).",
    "Automatic backups: enabled.",
)
REFUSED: Final = e.RunFailed(
    "The manager refused the cluster restore: 400, the passphrase is wrong.",
    "The restore did not begin. Correct the cause and file a new request.",
)
UNKNOWN: Final = questions.unknown_outcome(
    "cluster_restore", "cluster", "The connection was cut after 30 s."
)

UNASKED: Final = ("CM_CHECK", "ADD_NODES <&>")
GUIDED: Final = a_guided_plan(
    environment=Environment.PRODUCTION, guided=GuidedTerms(Component.LOCAL, UNASKED)
)
GLOBAL: Final = replace(GUIDED, guided=GuidedTerms(Component.GLOBAL, ()))
AT_FIVE: Final = e.ProgressNoted(
    "The manager came to step 5 of 11: Restoring Node.",
    "step 5 of 11: Restoring Node (RUNNING)",
    suspendable=True,
)
FOLLOWED: Final = (*running(GUIDED), AT_FIVE)
FILLED: Final = a_form_question(a_field(), a_field(12, key="b", label="Other <nodes>"))
CHOSEN: Final = e.QuestionAnswered(
    FILLED.key,
    Choice.CONTINUE,
    "Fill in and continue",
    BEN,
    (
        Entry(FILLED.fields[0].key, ()),
        Entry("b", tuple(option.value for option in FILLED.fields[1].options[:2])),
    ),
    ("Fabric nodes: none", "Other <nodes>: esx-01, esx-02"),
)

SCENES: Final = {
    "planning": lived(ready()[:1]),
    "awaiting_approval": lived(ready()),
    "awaiting_approval-one_vote": lived(approved()[:3]),
    "awaiting_approval-time_over": replace(lived(ready()), now=EXPIRES),
    "awaiting_approval-sandbox": Scene(
        replace(
            lived(ready(replace(NODE_PLAN, environment=Environment.SANDBOX))).request,
            environment=Environment.SANDBOX,
        ),
        minute(1),
    ),
    "approved": lived(approved()),
    "approved-about_to_start": replace(lived(approved()), now=minute(5)),
    "running": lived(running()),
    "running-before_the_first_step": lived(running(steps=0)),
    "awaiting_approval-guided": lived(ready(GUIDED)),
    "awaiting_approval-warned": lived(ready(GUIDED, WARNING)),
    "awaiting_approval-global_manager": lived(ready(GLOBAL)),
    "planning-guided": lived(
        ready()[:1],
        wish=a_wish(backup=GUIDED.backup.name, scope=Scope.CLUSTER_AND_NODE),
    ),
    "running-guided": lived(FOLLOWED),
    "running-suspend_asked": lived((*FOLLOWED, e.SuspendAsked(BEN))),
    "awaiting_operator-guided": lived((*FOLLOWED, e.QuestionAsked(FILLED))),
    "succeeded-guided": lived((*running(GUIDED, steps=4), e.RunSucceeded(PROOF))),
    "failed-guided": lived((*FOLLOWED, REFUSED)),
    "awaiting_operator": lived((*running(steps=5), e.QuestionAsked(a_question()))),
    "awaiting_operator-reminded": lived(
        (*running(steps=5), e.QuestionAsked(a_question()), e.Reminded(2))
    ),
    "awaiting_operator-outcome_unknown": lived((*running(steps=2), e.QuestionAsked(UNKNOWN))),
    "succeeded": lived((*running(steps=len(PLAN.steps)), e.RunSucceeded(PROOF))),
    "failed": lived((*running(steps=2), REFUSED)),
    "failed-before_the_point_of_no_return": lived((*running(steps=1), REFUSED)),
    "failed-before_the_first_step": lived((*running(steps=0), REFUSED)),
    "rejected": lived((*ready()[:1], e.PreflightFailed(("The manager is UNSTABLE.", "No disk.")))),
    "rejected-after_approval": lived((*approved(), e.PreflightFailed(("It is UNSTABLE.",)))),
    "denied": lived((*approved()[:3], e.RequestDenied(CHI, "Vendor support is on it.\nWait."))),
    "denied-after_approval": lived((*approved(), e.RequestDenied(DEE, "Wait."))),
    "expired": lived((*ready(), e.RequestExpired())),
    "expired-lapsed": lived((*approved(), e.ApprovalLapsed())),
    "withdrawn": lived((*ready(), e.RequestWithdrawn(ANA))),
    "canceled": lived((*approved(), e.StartStopped(BEN))),
}
"""A scene for every state, and for every turn that a card can take within one."""

OTHER_PLAN: Final = lived(ready(NODE_PLAN), wish=a_wish(incident=None)).request

STORY: Final = lived((*running(steps=2), e.QuestionAsked(UNKNOWN))).request

EVENTS: Final[tuple[tuple[str, e.Event], ...]] = (
    ("planning", a_filed()),
    ("awaiting_approval", ready()[1]),
    ("awaiting_approval-warned", ready(GUIDED, WARNING)[1]),
    ("rejected", e.PreflightFailed(("The manager is UNSTABLE.", "No disk."))),
    ("awaiting_approval-one_vote", e.ApprovalRecorded(vote(BEN, minute(2)), 1)),
    ("approved", e.ApprovalRecorded(vote(CHI, minute(3)), 2)),
    ("approved", approved()[-1]),
    ("awaiting_approval", e.ApprovalRescinded(BEN, PersonId(BEN), 0)),
    (
        "awaiting_approval",
        e.VotesVoided(
            (PersonId(BEN), PersonId(CHI)), (BEN, CHI), ("is_lead", "a rule of tomorrow"), EXPIRES
        ),
    ),
    (
        "awaiting_approval",
        e.PlanChanged(PLAN, digest(PLAN), ("backup cluster size: 1, now 2",), EXPIRES),
    ),
    (
        "awaiting_approval-warned",
        e.PlanChanged(
            GUIDED, digest(GUIDED), ("runbook version: 1, now 2",), EXPIRES, warnings=(WARNING,)
        ),
    ),
    (
        "awaiting_approval-warned",
        e.PlanChanged(GUIDED, digest(GUIDED), (WARNING,), EXPIRES, warnings=(WARNING,)),
    ),
    ("awaiting_approval-one_vote", e.Reminded(1)),
    ("awaiting_operator-reminded", e.Reminded(1)),
    ("awaiting_operator-reminded", e.Reminded(2)),
    ("running", e.Reminded(3)),
    ("denied", e.RequestDenied(CHI, "Vendor support is on it.\nWait.")),
    ("denied-after_approval", e.RequestDenied(DEE, "Wait.")),
    ("withdrawn", e.RequestWithdrawn(ANA)),
    ("expired", e.RequestExpired()),
    ("planning", e.RequestExpired()),
    ("expired-lapsed", e.ApprovalLapsed()),
    ("canceled", e.StartStopped(BEN)),
    ("running-before_the_first_step", e.RunStarted()),
    ("running", e.StepStarted(Progress("cluster_stable", 3, minute(8)))),
    ("running", e.StepCompleted("cluster_restore", 2, "The manager accepted it.", 90.0)),
    ("planning-guided", a_filed(a_wish(backup=GUIDED.backup.name))),
    ("running-guided", AT_FIVE),
    ("running-suspend_asked", e.SuspendAsked(BEN)),
    ("awaiting_operator-guided", e.QuestionAsked(FILLED)),
    ("running-guided", CHOSEN),
    ("running-guided", replace(CHOSEN, choice=Choice.CANCEL, label="Cancel", chosen=())),
    ("failed-guided", replace(CHOSEN, choice=Choice.GIVE_UP, label="Give up", chosen=())),
    ("succeeded-guided", e.RunSucceeded(PROOF)),
    ("running", e.OutageNoticed("The manager does not answer (connection refused).", minute(60))),
    ("awaiting_operator", e.QuestionAsked(a_question())),
    ("awaiting_operator-outcome_unknown", e.QuestionAsked(UNKNOWN)),
    ("running", e.QuestionAnswered("x", Choice.CONTINUE, "Adopt: it has begun", BEN)),
    ("succeeded", e.RunSucceeded(PROOF)),
    ("failed", REFUSED),
    ("failed-before_the_first_step", REFUSED),
)
"""Every event, with the scene in which its line is posted."""


def states() -> frozenset[State]:
    """The states that have a scene."""
    return frozenset(scene.request.state for scene in SCENES.values())


def an_entry(seq: int, action: str, actor: str = BEN, **details: Any) -> AuditEntry:
    """An audit row of the scene's request."""
    return AuditEntry(
        seq=seq,
        at=minute(seq),
        actor=actor,
        action=action,
        request_id=REQUEST_ID,
        details=details,
        digest=digest(PLAN),
        policy_version="policy-1",
        place=CARD,
        mac="ab" * 32,
    )


ROWS: Final = (
    an_entry(1, "request_filed", ANA, by=ANA),
    an_entry(2, "plan_ready", "bot", plan={"target": "dc1"}, notes=["It is STABLE."]),
    an_entry(3, "refused", ANA, rule="not_the_requester", sentence="You asked | for <this>."),
    an_entry(4, "approval_recorded", BEN, vote={"person": BEN, "user": BEN, "at": "…"}, count=1),
    an_entry(5, "step_completed", "bot", key="check", number=1, said="It is STABLE.", seconds=3.5),
    an_entry(6, "step_completed", "bot", key="gone", number=2, said="", seconds=90),
    an_entry(
        7,
        "question_asked",
        "bot",
        question={"key": "k", "title": "Outcome unknown", "text": "Look.", "offers": [{"a": 1}]},
    ),
    an_entry(8, "question_answered", CHI, key="k", choice="continue", label="Adopt", by=CHI),
)
"""An audit as the ledger writes it: the action is the event's name, the details its fields."""
