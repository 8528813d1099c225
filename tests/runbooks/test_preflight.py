"""What is seen before a restore becomes a plan, or all the reasons against it, each with help."""

from itertools import permutations
from typing import Any

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.domain.plan import Plan, digest
from bot.domain.target import Target
from bot.domain.values import Generation, Scope
from bot.runbooks import cluster_backup
from bot.runbooks.observations import (
    BackupListing,
    ClusterStatus,
    ManagerFacts,
    Trouble,
)
from bot.runbooks.preflight import NotReady, Ready, Seen, judge
from tests.builders import MD5, SHA256, a_target
from tests.runbooks.seen import (
    ALL,
    FACTS,
    FRESH,
    KEY,
    NEW,
    NODE_NEW,
    NODE_OLD,
    NONE_THERE,
    OLD,
    OTHER_KEY,
    SILENT,
    a_file,
    as_backup,
)


def judged(
    backup: str = "latest",
    *,
    scope: Scope = Scope.CLUSTER,
    target: Target | None = None,
    facts: ManagerFacts | Trouble = FACTS,
    status: ClusterStatus | Trouble = FRESH,
    listing: BackupListing | Trouble | None = None,
    secrets: tuple[Trouble, ...] = (),
) -> Ready | NotReady:
    """What comes of what was seen; all is well unless it is said."""
    seen = Seen(facts, status, listing or BackupListing(KEY, ALL), secrets)
    return judge(target or a_target(), scope, backup, seen, "policy-1")


def the_plan(**changes: Any) -> Plan:
    """The plan that is made of what was seen."""
    ready = judged(**changes)
    assert isinstance(ready, Ready)
    return ready.plan


def reasons(backup: str = "latest", **changes: Any) -> tuple[str, ...]:
    """All that speaks against it."""
    no = judged(backup, **changes)
    assert isinstance(no, NotReady)
    return no.reasons


# -- the plan -----------------------------------------------------------------------------------


def test_the_plan_holds_all_that_a_lead_approves() -> None:
    """Of the configuration and of what was seen, nothing more and no secret."""
    target = a_target()
    plan = the_plan()

    assert plan == Plan(
        target="dc1-nsxt",
        environment=target.environment,
        manager_url="https://nsx.example.com",
        manager_version="1.1.0.0.0.4788147",
        manager_node="node-1",
        generation=Generation.NSXT_1,
        runbook="cluster_backup",
        runbook_version=1,
        backup=plan.backup,
        scope=Scope.CLUSTER,
        node_restore_path=None,
        controllers=target.controllers,
        steps=cluster_backup.steps(cluster_backup.files(plan), target.controllers),
        timing=target.timing,
        policy_version="policy-1",
    )
    backup = cluster_backup.files(plan)
    assert backup.cluster == as_backup(NEW)
    assert backup.node is None
    assert (backup.server, backup.port, backup.protocol) == (
        "backup.example.com",
        22,
        "scp",
    )
    assert (backup.fingerprint, backup.host_key_sha256) == (MD5, SHA256)
    assert "env:" not in repr(plan)


def test_the_node_backup_of_the_plan_is_the_one_nearest_to_the_cluster_backup() -> None:
    """Two backups that belong together were taken together."""
    newest = the_plan(scope=Scope.CLUSTER_AND_NODE)
    older = the_plan(scope=Scope.CLUSTER_AND_NODE, backup="backup-cluster-1.tar")

    assert cluster_backup.files(newest).node == as_backup(NODE_NEW)
    assert cluster_backup.files(older).node == as_backup(NODE_OLD)
    assert newest.node_restore_path == "/api/v1/node/backups?action=restore"


def test_the_same_seen_twice_is_the_same_plan() -> None:
    """The order in which a server lists its files does not count."""
    digests = {
        digest(the_plan(scope=Scope.CLUSTER_AND_NODE, listing=BackupListing(KEY, entries)))
        for entries in permutations(ALL)
    }

    assert len(digests) == 1


def test_a_file_that_was_swapped_is_another_plan() -> None:
    """The same name with another size or time is noticed before the restore."""
    bigger = a_file("backup-cluster-2.tar", 3, size=1001)
    later = a_file("backup-cluster-2.tar", 2.9)
    plans = [
        the_plan(backup=NEW.path, listing=BackupListing(KEY, (OLD, entry)))
        for entry in (NEW, bigger, later)
    ]

    assert len(set(map(digest, plans))) == 3


def test_the_notes_say_what_was_found() -> None:
    """NO_CONTROLLERS is explained, since it looks like a fault and is none."""
    ready = judged()

    assert isinstance(ready, Ready)
    assert ready.notes == (
        "The manager is STABLE.",
        (
            "The control cluster says NO_CONTROLLERS. That is normal: it does not connect to the "
            "manager until the node backup has been restored."
        ),
        f"The backup server's ecdsa-sha2-nistp256 key is the configured one ({SHA256}).",
    )


@pytest.mark.parametrize("word", ["UNKNOWN", "SIDEWAYS"])
def test_another_control_word_is_noted_as_it_is(word: str) -> None:
    """A lead may know why."""
    ready = judged(status=ClusterStatus("STABLE", word, ("node-1",)))

    assert isinstance(ready, Ready)
    assert ready.notes[1] == f"The control cluster says {word}."


# -- the manager --------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["UNSTABLE", "INITIALIZING", "DEGRADED", "UNKNOWN", "stable", ""])
def test_only_a_stable_manager_is_restored(word: str) -> None:
    """The word is quoted, also one that no guide lists."""
    assert reasons(status=ClusterStatus(word, "NO_CONTROLLERS", ("node-1",))) == (
        (
            f"The manager's status is {word}; it must be STABLE before a restore. "
            "Wait until it is, or repair the manager, and file the request again."
        ),
    )


@pytest.mark.parametrize("word", ["STABLE", "UNSTABLE", "DEGRADED"])
def test_connected_controllers_are_refused(word: str) -> None:
    """A manager that is to be restored has none; this is probably the one in production.

    In an incident its controllers need not be well to be there.
    """
    assert reasons(status=ClusterStatus("STABLE", word, ("node-1",))) == (
        (
            f"The control cluster says {word}, so this manager has controllers. One that is to be "
            "restored is fresh and says NO_CONTROLLERS: this is probably the manager in "
            "production. Check the address of the target."
        ),
    )


@pytest.mark.parametrize("nodes", [("a", "b"), ("a", "b", "c")])
def test_other_manager_nodes_must_be_off(nodes: tuple[str, ...]) -> None:
    """A backup is restored on one fresh node."""
    assert reasons(status=ClusterStatus("STABLE", "NO_CONTROLLERS", nodes)) == (
        (
            f"The manager says that {len(nodes)} manager nodes are online. "
            "A backup is restored on one fresh node: power off the others first."
        ),
    )


def test_a_manager_that_names_no_node_is_taken_as_one() -> None:
    """The guide's own example leaves the address blank."""
    assert isinstance(judged(status=ClusterStatus("STABLE", "NO_CONTROLLERS", ())), Ready)


@pytest.mark.parametrize("version", ["2.0.0", "3.2.1", "4.1.0", "10.1.0", "11.0"])
def test_a_manager_of_another_generation_is_refused(version: str) -> None:
    """Its restore has another interface; both are named (F24)."""
    assert reasons(facts=ManagerFacts(version, "node-1")) == (
        (
            f"The manager says it is version {version}, which is generation nsx, but the target is "
            "configured as generation nsxt-1. Correct the address or the generation."
        ),
    )


@pytest.mark.parametrize("version", ["", "v1.1"])
def test_a_manager_of_no_known_generation_is_refused(version: str) -> None:
    """What it says is quoted."""
    assert reasons(facts=ManagerFacts(version, "node-1")) == (
        (
            f"The manager says it is version {version!r}, which is of no generation that is known. "
            "Find out what it is before anything else."
        ),
    )


def test_a_silent_manager_is_told_once() -> None:
    """Facts and status fail for the same reason."""
    assert reasons(facts=SILENT, status=SILENT) == (
        "The manager does not answer. Check its address.",
    )


def test_a_status_that_cannot_be_read_is_told() -> None:
    """Even if the version could be."""
    assert reasons(status=SILENT) == ("The manager does not answer. Check its address.",)


def test_a_status_is_judged_even_if_the_version_could_not_be_read() -> None:
    """All reasons at once, so that nobody repairs one after the other."""
    unstable = ClusterStatus("UNSTABLE", "NO_CONTROLLERS", ("node-1",))

    said = reasons(facts=SILENT, status=unstable)

    assert len(said) == 2
    assert "UNSTABLE" in said[1]


# -- the backup server --------------------------------------------------------------------------


def test_another_host_key_is_a_reason_against_it() -> None:
    """Somebody may be in between."""
    assert reasons(listing=OTHER_KEY) == (f"{OTHER_KEY.said} {OTHER_KEY.advice}",)


LOST = Trouble(Kind.MISSING, "env:PASSPHRASE is not set.", "Set it.")


def test_a_secret_that_leads_nowhere_is_a_reason_before_anybody_approves() -> None:
    """Else two leads would approve a run that cannot even send its request."""
    assert reasons(secrets=(LOST,)) == ("env:PASSPHRASE is not set. Set it.",)
    assert reasons(secrets=(LOST,), listing=LOST) == ("env:PASSPHRASE is not set. Set it.",)


@pytest.mark.parametrize(
    ("kind", "passing"),
    [
        (Kind.UNREACHABLE, True),
        (Kind.BUSY, True),
        (Kind.MALFORMED, True),
        (Kind.SESSION, True),
        (Kind.AUTH, False),
        (Kind.TLS, False),
        (Kind.MISSING, False),
    ],
)
def test_what_may_be_over_in_a_moment_is_marked(kind: Kind, *, passing: bool) -> None:
    """Only if nothing else stands against it."""
    trouble = Trouble(kind, "It failed.", "Look.")
    no, other = judged(status=trouble), judged(status=trouble, secrets=(LOST,))

    assert isinstance(no, NotReady)
    assert isinstance(other, NotReady)
    assert (no.passing, other.passing) == (passing, False)


def test_all_reasons_are_told_at_once() -> None:
    """Manager, backup and configuration, each with what to do."""
    said = reasons(
        "nothing.tar",
        scope=Scope.CLUSTER_AND_NODE,
        target=a_target(controllers=()),
        facts=ManagerFacts("2.0.0", "node-1"),
        status=ClusterStatus("UNSTABLE", "STABLE", ("a", "b")),
    )

    assert [sentence.split()[0:4] for sentence in said] == [
        ["The", "manager", "says", "it"],
        ["The", "manager's", "status", "is"],
        ["The", "manager", "says", "that"],
        ["The", "control", "cluster", "says"],
        ["There", "is", "no", "backup"],
        ["The", "scope", "cluster+node", "needs"],
    ]


def test_the_scope_with_the_node_needs_its_controllers() -> None:
    """They are restarted before the node backup is restored."""
    no_controllers = a_target(controllers=())

    assert reasons(scope=Scope.CLUSTER_AND_NODE, target=no_controllers) == (
        (
            "The scope cluster+node needs the controllers of the target. "
            "List them in the configuration."
        ),
    )
    assert isinstance(judged(target=no_controllers), Ready)


def test_the_scope_with_the_node_needs_a_node_backup() -> None:
    """Its absence is found before anything is restored, not half-way."""
    assert reasons(scope=Scope.CLUSTER_AND_NODE, listing=BackupListing(KEY, (OLD, NEW))) == (
        (
            "There is no node backup (backup-node-*) in /vol0/backups, and the scope is "
            "cluster+node. Ask for scope=cluster, or put the file there."
        ),
    )


def test_no_backup_at_all_is_a_reason() -> None:
    """An empty directory is told as one."""
    assert reasons(listing=BackupListing(KEY, ())) == (NONE_THERE,)


@pytest.mark.parametrize("name", ["backup-cluster-9.tar.gz", "backup-node-9.tar.gz"])
def test_an_empty_backup_is_refused(name: str) -> None:
    """A file of no bytes is a backup that was not completed, even if it is the newest."""
    empty = a_file(name, hours_ago=0, size=0)
    cluster = a_file("backup-cluster-8.tar.gz", hours_ago=0.5)
    found = reasons(
        scope=Scope.CLUSTER_AND_NODE, listing=BackupListing(KEY, (*ALL, cluster, empty))
    )

    assert found == (
        f"{empty.path} is empty (0 bytes): that backup was not completed. Choose another one.",
    )


def test_trouble_says_what_the_error_said() -> None:
    """Kind, words and advice are kept: a person reads in the thread what stands in the logs."""
    error = ManagerError(Kind.TLS, "Its certificate has expired.", "Renew it.")

    trouble = Trouble.of(error)

    assert trouble == Trouble(Kind.TLS, "Its certificate has expired.", "Renew it.")
    assert trouble.text == str(error)
