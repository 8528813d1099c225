"""Valid values to start a test from; name only what the test is about.

Every builder returns something that the product itself could have made, with the same moments
(`NOON`) and people (`ANA` asks; `BEN`, `CHI` and `DEE` are leads) everywhere.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.domain import events as e
from bot.domain.commands import Answer, Approve, Deny, Press, Rescind, Stop, Suspend, Withdraw
from bot.domain.machine import evolve
from bot.domain.plan import (
    BackupFile,
    Digest,
    FileBackup,
    GuidedTerms,
    ListedBackup,
    Plan,
    PlannedStep,
    ShortDigest,
    digest,
)
from bot.domain.request import (
    Choice,
    Entry,
    Field,
    Offer,
    Option,
    Place,
    Progress,
    Question,
    Request,
    State,
    Vote,
    Wish,
)
from bot.domain.standing import Account, Standing
from bot.domain.target import (
    BackupLocation,
    Configuration,
    Group,
    ManagerAccess,
    People,
    Policy,
    Target,
    Timing,
)
from bot.domain.values import (
    Component,
    Environment,
    Generation,
    PersonId,
    RequestId,
    Scope,
    SecretRef,
    UserId,
)
from bot.ports import Filing, Signature

NOON: Final = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
"""The moment at which everything in a test happens unless it says otherwise."""

TEAM: Final = "T0WORKSPACE"
CHANNEL: Final = "C0INCIDENT"
ANA: Final = UserId("U0ANA")
BEN: Final = UserId("U0BEN")
BEN_TWO: Final = UserId("U0BEN2")
CHI: Final = UserId("U0CHI")
DEE: Final = UserId("U0DEE")
LEADS: Final = frozenset({BEN, CHI, DEE})
PEOPLE: Final = People(
    requesters=None,
    leads=Group(usergroup="S0LEADS", members=LEADS),
    aliases={BEN_TWO: PersonId(BEN)},
)

REQUEST_ID: Final = RequestId("R-7QK2M9")
CARD: Final = Place(CHANNEL, "1773489600.000100")
QUESTION_PLACE: Final = Place(CHANNEL, "1773489600.000900")
MD5: Final = "b508dfc65562e46e95707c25baf246f1"
SHA256: Final = "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"


def a_timing(**changes: Any) -> Timing:
    """The default timing of a target."""
    values: dict[str, Any] = {
        "poll": timedelta(seconds=5),
        "stable_polls": 3,
        "settle": timedelta(seconds=60),
        "stable_timeout": timedelta(minutes=60),
        "request_timeout": timedelta(seconds=30),
    }
    return Timing(**values | changes)


def a_manager_access(**changes: Any) -> ManagerAccess:
    """The way to a manager behind a company's own authority."""
    values: dict[str, Any] = {
        "url": "https://nsx.example.com",
        "username": "admin",
        "password": SecretRef("env:NSX_PASSWORD"),
        "ca_file": None,
        "also_accept_sha256": (),
    }
    return ManagerAccess(**values | changes)


def a_backup_location(**changes: Any) -> BackupLocation:
    """The directory with the backups, and the key by which its server is known."""
    values: dict[str, Any] = {
        "server": "backup.example.com",
        "port": 22,
        "directory": "/vol0/backups",
        "protocol": "scp",
        "fingerprint": MD5,
        "host_key_sha256": None,
        "username": "admin",
        "password": SecretRef("env:BACKUP_PASSWORD"),
        "passphrase": SecretRef("env:BACKUP_PASSPHRASE"),
        "cluster_files": "backup-cluster-*",
        "node_files": "backup-node-*",
    }
    return BackupLocation(**values | changes)


def a_target(**changes: Any) -> Target:
    """An NSX-T 1.x manager in a lab."""
    values: dict[str, Any] = {
        "key": "dc1-nsxt",
        "environment": Environment.LAB,
        "generation": Generation.NSXT_1,
        "manager": a_manager_access(),
        "backup": a_backup_location(),
        "scope": Scope.CLUSTER,
        "node_restore_path": "/api/v1/node/backups?action=restore",
        "controllers": ("10.0.0.11", "10.0.0.12", "10.0.0.13"),
        "timing": a_timing(),
    }
    return Target(**values | changes)


def a_policy(**changes: Any) -> Policy:
    """The default rules: two approvals, half an hour for them."""
    values: dict[str, Any] = {
        "approvals": 2,
        "request_ttl": timedelta(minutes=30),
        "start_ttl": timedelta(minutes=10),
        "start_delay": timedelta(seconds=10),
        "remind_after": (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10)),
        "typed_confirmation": False,
        "version": "policy-1",
    }
    return Policy(**values | changes)


def a_configuration(**changes: Any) -> Configuration:
    """One workspace, one channel, one target."""
    target = a_target()
    values: dict[str, Any] = {
        "team_id": TEAM,
        "channels": frozenset({CHANNEL}),
        "people": PEOPLE,
        "policy": a_policy(),
        "targets": {target.key: target},
    }
    return Configuration(**values | changes)


def a_backup_file(**changes: Any) -> BackupFile:
    """A cluster backup, nine hours old at noon."""
    values: dict[str, Any] = {
        "path": "/vol0/backups/cluster-node-backups/backup-cluster-2026-03-14T03_00_00UTC.tar",
        "size": 48_211_456,
        "modified_at": NOON - timedelta(hours=9),
    }
    return BackupFile(**values | changes)


def a_file_backup(**changes: Any) -> FileBackup:
    """The backup of a cluster restore."""
    values: dict[str, Any] = {
        "server": "backup.example.com",
        "port": 22,
        "protocol": "scp",
        "fingerprint": MD5,
        "host_key_sha256": SHA256,
        "cluster": a_backup_file(),
        "node": None,
    }
    return FileBackup(**values | changes)


NODE_ID: Final = "86f7ec49-6a5b-542a-800c-5cf478b844b4"


def a_listed_backup(**changes: Any) -> ListedBackup:
    """The backup of an orchestrated restore, nine hours old at noon."""
    values: dict[str, Any] = {
        "server": "backup.example.com",
        "port": 22,
        "directory": "/vol0/backups",
        "fingerprint": SHA256,
        "node_id": NODE_ID,
        "timestamp": int((NOON - timedelta(hours=9)).timestamp() * 1000),
        "address": "nsx.example.com",
    }
    return ListedBackup(**values | changes)


STEPS: Final = (
    PlannedStep("preflight", "Check the manager and the backup again"),
    PlannedStep("restore", "Restore the cluster backup", no_return=True),
    PlannedStep("stable", "Wait until the cluster is stable"),
)


def a_plan(**changes: Any) -> Plan:
    """A plan for the default target."""
    values: dict[str, Any] = {
        "target": "dc1-nsxt",
        "environment": Environment.LAB,
        "manager_url": "https://nsx.example.com",
        "manager_version": "1.1.0.0.0.4788147",
        "manager_node": "4f2b1c9e-6f3a-4b52-9d0e-0a1b2c3d4e5f",
        "generation": Generation.NSXT_1,
        "runbook": "cluster_backup",
        "runbook_version": 1,
        "backup": a_file_backup(),
        "scope": Scope.CLUSTER,
        "node_restore_path": None,
        "controllers": ("10.0.0.11", "10.0.0.12", "10.0.0.13"),
        "steps": STEPS,
        "timing": a_timing(),
        "policy_version": "policy-1",
    }
    return Plan(**values | changes)


GUIDED_STEPS: Final = (
    PlannedStep("prepare", "Check the manager and its list of backups again"),
    PlannedStep("start", "Start the restore of the backup", no_return=True),
    PlannedStep("follow", "Follow the restore"),
    PlannedStep("prove", "Prove the end state"),
)


def a_guided_plan(**changes: Any) -> Plan:
    """A plan for a manager of 2.0 and later, which restores by itself."""
    values: dict[str, Any] = {
        "manager_version": "4.1.2.3.0.23382408",
        "generation": Generation.NSX,
        "runbook": "guided",
        "backup": a_listed_backup(),
        "scope": Scope.CLUSTER_AND_NODE,
        "controllers": (),
        "steps": GUIDED_STEPS,
        "guided": GuidedTerms(Component.LOCAL, ()),
    }
    return a_plan(**values | changes)


def a_target_of(plan: Plan, **secrets: Any) -> Target:
    """The target that still leads to what a plan of a listed backup names."""
    backup = plan.backup
    assert isinstance(backup, ListedBackup)
    return a_target(
        key=plan.target,
        generation=plan.generation,
        manager=a_manager_access(url=plan.manager_url),
        backup=a_backup_location(
            server=backup.server,
            port=backup.port,
            directory=backup.directory,
            fingerprint=backup.fingerprint,
            **secrets,
        ),
    )


def a_digest(plan: Plan | None = None) -> Digest:
    """The digest of a plan, the default one unless it is given."""
    return digest(plan or a_plan())


def a_wish(**changes: Any) -> Wish:
    """What Ana asks for."""
    values: dict[str, Any] = {
        "target": "dc1-nsxt",
        "backup": "latest",
        "scope": Scope.CLUSTER,
        "reason": "the manager lost its database",
        "incident": "INC-4711",
    }
    return Wish(**values | changes)


def a_vote(user: UserId = BEN, at: datetime = NOON, plan: Plan | None = None) -> Vote:
    """A lead's vote for a plan."""
    return Vote(PEOPLE.person(user), user, a_digest(plan), at)


def a_question(**changes: Any) -> Question:
    """A question that a run can ask; giving up is for leads alone."""
    values: dict[str, Any] = {
        "key": "restart-controllers",
        "title": "Restart the controllers",
        "text": "Restart the control cluster nodes one after the other, then continue.",
        "offers": (
            Offer(Choice.CONTINUE, "Continue"),
            Offer(Choice.GIVE_UP, "Give up", lead_only=True),
        ),
    }
    return Question(**values | changes)


def an_option(number: int, **changes: Any) -> Option:
    """A node that can be chosen."""
    values: dict[str, Any] = {
        "value": f"9de16031-0000-4000-8000-{number:012}",
        "label": f"esx-{number:02}",
        "detail": f"192.0.2.{number}",
    }
    return Option(**values | changes)


def a_field(count: int = 3, **changes: Any) -> Field:
    """A field that offers so many nodes."""
    values: dict[str, Any] = {
        "key": "35713226-fdea-5f09-8f64-0670930cb8e1",
        "label": "Fabric nodes",
        "options": tuple(an_option(number) for number in range(1, count + 1)),
        "hint": "Chosen nodes are registered again.",
    }
    return Field(**values | changes)


def a_form_question(*fields: Field, **changes: Any) -> Question:
    """A question whose answer is filled in; by default one field with three nodes."""
    values: dict[str, Any] = {
        "key": "follow:1",
        "title": "The manager waits for answers",
        "text": "Choose the nodes that are still there. What is not chosen is left as it is.",
        "offers": (
            Offer(Choice.CONTINUE, "Fill in and continue", lead_only=True, fills=True),
            Offer(Choice.SKIP, "Continue without", lead_only=True),
            Offer(Choice.CANCEL, "Cancel the restore", lead_only=True),
        ),
        "fields": fields or (a_field(),),
    }
    return Question(**values | changes)


def a_planning_request(**changes: Any) -> Request:
    """A request that was filed a moment ago."""
    values: dict[str, Any] = {
        "id": REQUEST_ID,
        "wish": a_wish(),
        "environment": Environment.LAB,
        "requester": ANA,
        "requester_person": PersonId(ANA),
        "team": TEAM,
        "channel": CHANNEL,
        "state": State.PLANNING,
        "created_at": NOON,
        "expires_at": NOON + timedelta(minutes=30),
        "updated_at": NOON,
        "approvals_needed": 2,
        "waiting_since": NOON,
    }
    return Request(**values | changes)


def a_filed(wish: Wish | None = None) -> e.RequestFiled:
    """Ana asked for it."""
    return e.RequestFiled(ANA, wish or a_wish(), CHANNEL, PersonId(ANA))


def events_to(state: State) -> tuple[e.Event, ...]:
    """Return events that lead a request from its filing to a state, by the shortest way."""
    plan = a_plan()
    filed = (a_filed(),)
    ready = (*filed, e.PlanReady(plan, digest(plan), (), NOON + timedelta(minutes=30)))
    approved = (
        *ready,
        e.ApprovalRecorded(a_vote(BEN), 1),
        e.ApprovalRecorded(a_vote(CHI), 2),
        e.ApprovalCompleted(NOON + timedelta(seconds=10), NOON + timedelta(seconds=610)),
    )
    running = (*approved, e.RunStarted(), e.StepStarted(Progress("restore", 2, NOON)))
    return {
        State.PLANNING: filed,
        State.AWAITING_APPROVAL: ready,
        State.APPROVED: approved,
        State.RUNNING: running,
        State.AWAITING_OPERATOR: (*running, e.QuestionAsked(a_question())),
        State.SUCCEEDED: (*running, e.RunSucceeded(("The manager says STABLE.",))),
        State.FAILED: (*running, e.RunFailed("The manager refused.", "Read its log.")),
        State.REJECTED: (*filed, e.PreflightFailed(("The manager cannot be reached.",))),
        State.DENIED: (*ready, e.RequestDenied(BEN, "not now")),
        State.EXPIRED: (*ready, e.RequestExpired()),
        State.WITHDRAWN: (*ready, e.RequestWithdrawn(ANA)),
        State.CANCELED: (*approved, e.StartStopped(ANA)),
    }[state]


def a_request(state: State = State.AWAITING_APPROVAL, **changes: Any) -> Request:
    """A request in a state, as the state machine itself brings it there; then `changes`."""
    request = a_planning_request()
    for event in events_to(state):
        request = evolve(request, event, NOON)
    return replace(request, **changes)


def an_account(user: UserId = BEN, **changes: Any) -> Account:
    """A full, human member of the workspace."""
    values: dict[str, Any] = {"user": user, "team_id": TEAM}
    return Account(**values | changes)


def a_standing(user: UserId = BEN, **changes: Any) -> Standing:
    """A full member of the workspace; a lead if the user is one."""
    values: dict[str, Any] = {
        "user": user,
        "person": PEOPLE.person(user),
        "home_team": TEAM,
        "account": an_account(user),
        "leads": LEADS,
    }
    return Standing(**values | changes)


def the_short_digest(plan: Plan | None = None) -> ShortDigest:
    """The short code of a plan's digest, as a button carries it."""
    code = a_digest(plan)[:8].upper()
    return ShortDigest(f"{code[:4]}-{code[4:]}")


def a_press(place: Place = CARD, digest: ShortDigest | None = None) -> Press:
    """A press on the card, with the default plan's digest unless it is given."""
    return Press(place, digest or the_short_digest())


def an_approval(
    user: UserId = BEN, press: Press | None = None, typed: str | None = None
) -> Approve:
    """A lead presses Approve on the card."""
    return Approve(a_standing(user), press or a_press(), typed)


def a_denial(user: UserId = BEN, press: Press | None = None, reason: str = "not now") -> Deny:
    """A lead says no."""
    return Deny(a_standing(user), press or a_press(), reason)


def a_rescission(user: UserId = BEN, press: Press | None = None) -> Rescind:
    """A lead takes the approval back."""
    return Rescind(a_standing(user), press or a_press())


def a_withdrawal(user: UserId = ANA, press: Press | None = None) -> Withdraw:
    """The requester takes the request back by a typed command, or by `press`."""
    return Withdraw(a_standing(user), press)


def a_stop(user: UserId = ANA, press: Press | None = None) -> Stop:
    """Somebody stops an approved request by a typed command, or by `press`."""
    return Stop(a_standing(user), press)


def an_answer(
    user: UserId = ANA, choice: Choice = Choice.CONTINUE, press: Press | None = None
) -> Answer:
    """Somebody answers the open question where it was asked."""
    return Answer(a_standing(user), press or a_press(QUESTION_PLACE), choice)


def a_filled_answer(
    *entries: Entry, user: UserId = BEN, press: Press | None = None, question: str = "follow:1"
) -> Answer:
    """A lead sends the form of the open question."""
    place = press or a_press(QUESTION_PLACE)
    return Answer(a_standing(user), place, Choice.CONTINUE, entries, question)


def a_suspension(user: UserId = BEN, press: Press | None = None) -> Suspend:
    """A lead wants to suspend the running restore."""
    return Suspend(a_standing(user), press or a_press())


def a_filing(**changes: Any) -> Filing:
    """Ana's request, before it has a row."""
    values: dict[str, Any] = {
        "id": REQUEST_ID,
        "wish": a_wish(),
        "environment": Environment.LAB,
        "requester": ANA,
        "requester_person": PersonId(ANA),
        "team": TEAM,
        "channel": CHANNEL,
    }
    return Filing(**values | changes)


def a_signature(key: str = "click-1", actor: str = BEN, place: Place | None = CARD) -> Signature:
    """By whom a command comes; each command of a test needs a key of its own."""
    return Signature(key, actor, place)
