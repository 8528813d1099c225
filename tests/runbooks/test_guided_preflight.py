"""What is seen before a guided restore becomes a plan, or all the reasons against it.

Sources: NSX 9 admin guide, Restore a Backup (prerequisites); NSX API, InitiateClusterRestore.
"""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from bot.domain.errors import Kind
from bot.domain.plan import GuidedTerms, ListedBackup, Plan, digest
from bot.domain.values import Component, Environment, Generation, Scope
from bot.domain.warned import unseen
from bot.runbooks import guided
from bot.runbooks.guided_preflight import TOLD, TOLD_PERHAPS
from bot.runbooks.observations import BackupPlace, Census, ClusterStatus, ManagerFacts, Trouble
from bot.runbooks.preflight import NotReady, Ready
from bot.runbooks.restoring import RestoreStatus
from tests.builders import NODE_ID, SHA256, a_timing
from tests.runbooks.guided_driver import VERSION
from tests.runbooks.guided_seen import (
    FQDN,
    IP,
    KEY,
    LISTING,
    LOST,
    NEW,
    OTHER_KEY,
    PLACE,
    SILENT,
    judged,
    manager,
    reasons,
    the_plan,
    the_target,
)

SAID = "The manager does not answer. Check its address."

# -- the plan -----------------------------------------------------------------------------------


def test_the_plan_holds_all_that_a_lead_approves() -> None:
    """Of the configuration and of what was seen, nothing more and no secret."""
    plan = the_plan()

    assert plan == Plan(
        target="dc1-nsxt",
        environment=Environment.LAB,
        manager_url="https://nsx.example.com",
        manager_version=VERSION,
        manager_node="node-1",
        generation=Generation.NSX,
        runbook="guided",
        runbook_version=1,
        backup=ListedBackup(
            server="backup.example.com",
            port=22,
            directory="/vol0/backups",
            fingerprint=SHA256,
            node_id=NODE_ID,
            timestamp=NEW.timestamp,
            address=IP,
        ),
        scope=Scope.CLUSTER_AND_NODE,
        node_restore_path=None,
        controllers=(),
        steps=guided.steps(),
        timing=a_timing(),
        policy_version="policy-1",
        guided=GuidedTerms(Component.LOCAL, ()),
    )
    assert "env:" not in repr(plan)


@pytest.mark.parametrize("version", ["2.2.0.0.0.8680772", "2.4.3.0.0.1"])
def test_nothing_is_promised_to_go_on_unasked_that_will_be_asked(version: str) -> None:
    """Before 2.5 one word stands for both kinds of a suspension; leads read that they are asked."""
    target = the_target(advance_unasked=("Hosts not found", "Add nodes"))
    seen = replace(manager(), facts=ManagerFacts(version, "node-1"))
    ready = judged(target=target, manager=seen)

    assert isinstance(ready, Ready)
    assert ready.plan.guided == GuidedTerms(Component.LOCAL, ())
    assert ready.notes[-1] == (
        "The configuration names instructions that nobody is asked about (advance_unasked): Hosts "
        f"not found, Add nodes. Here that has no effect: a manager of version {version} may have "
        "one word for both kinds of a suspension, so every instruction is asked about."
    )
    plain = judged(manager=seen)
    assert isinstance(plain, Ready)
    assert not any("advance_unasked" in note for note in plain.notes)


def test_the_plan_holds_what_may_go_on_unasked_and_which_manager_it_is() -> None:
    """Leads approve that too: another list is another digest."""
    target = the_target(component=Component.GLOBAL, advance_unasked=("Hosts not found",))
    ready = judged(target=target)

    assert isinstance(ready, Ready)
    assert ready.plan.guided == GuidedTerms(Component.GLOBAL, ("Hosts not found",))
    assert digest(ready.plan) != digest(the_plan())


def test_the_same_seen_twice_is_the_same_plan() -> None:
    """The order in which a manager lists its backups does not count."""
    digests = {digest(the_plan(listing=entries)) for entries in permutations(LISTING)}

    assert len(digests) == 1


def test_what_is_worth_knowing_is_noted() -> None:
    """With the key as both have seen it."""
    ready = judged()

    assert isinstance(ready, Ready)
    assert ready.notes == (
        "The manager is STABLE and says INITIAL.",
        (
            f"The backup server's ecdsa-sha2-nistp256 key is the configured one ({SHA256}); the "
            "manager sees the same."
        ),
        "The manager lists 3 backups; 2 are its own and good for this.",
    )


def test_a_manager_that_cannot_look_at_the_key_is_noted() -> None:
    """Before 2.5.1 it has no such call: the bot's own look remains."""
    ready = judged(manager=manager(key=None))

    assert isinstance(ready, Ready)
    assert ready.notes[1].endswith("; the manager cannot tell which it sees.")


@pytest.mark.parametrize(("nodes", "warned"), [(0, False), (12, True)])
def test_a_manager_with_transport_nodes_may_be_the_one_in_production(
    nodes: int, *, warned: bool
) -> None:
    """A fresh one has none: leads are warned where they decide."""
    ready = judged(manager=manager(census=Census(nodes, None)))

    assert isinstance(ready, Ready)
    said = (
        "The manager knows 12 transport nodes. A fresh one has none: is this the manager in "
        "production?"
    )
    assert ready.warnings == ((said,) if warned else ())
    assert ready.worth_knowing == (*ready.warnings, *ready.notes)
    assert said not in ready.notes


def test_transport_nodes_that_are_not_told_are_no_reason_against_it_but_a_warning() -> None:
    """Whether it is a fresh manager is then for the leads alone to see."""
    ready = judged(manager=manager(census=Census(None, 1)))

    assert isinstance(ready, Ready)
    (warning,) = ready.warnings
    assert warning == (
        "How many transport nodes the manager knows could not be read. A fresh one has none: is "
        "this the manager in production?"
    )


def test_the_warning_of_transport_nodes_is_of_one_kind_whatever_their_number() -> None:
    """One node more at the start takes no vote away; that none can be counted is another thing."""
    one, many, unread = (
        judged(manager=manager(census=Census(nodes, None))) for nodes in (1, 12, None)
    )

    assert isinstance(one, Ready)
    assert isinstance(many, Ready)
    assert isinstance(unread, Ready)
    assert unseen(one.warnings, many.warnings) == unseen(many.warnings, one.warnings) == ()
    assert unseen(many.warnings, unread.warnings) == unread.warnings


def test_a_global_manager_has_no_transport_nodes_to_ask_about() -> None:
    """So nobody is warned of them."""
    target = the_target(component=Component.GLOBAL)
    ready = judged(target=target, manager=manager(census=Census(None, None)))

    assert isinstance(ready, Ready)
    assert ready.warnings == ()


@pytest.mark.parametrize("word", ["INITIAL", "NOT_STARTED", "NOT_AVAILABLE"])
def test_a_manager_that_restores_nothing_is_ready(word: str) -> None:
    """Whichever word its generation has for that."""
    assert isinstance(judged(manager=manager(restore=RestoreStatus(word))), Ready)


def test_a_manager_that_knows_no_server_yet_is_ready() -> None:
    """A fresh one does not; it is told ours."""
    assert isinstance(judged(manager=manager(place=None)), Ready)


# -- the manager --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1.0.0.0.4788147", "1.0"])
def test_a_manager_of_the_other_generation_is_refused(version: str) -> None:
    """F24: both are named."""
    (reason,) = reasons(manager=manager(facts=ManagerFacts(version, "node-1")))

    assert version in reason
    assert "generation nsx" in reason


@pytest.mark.parametrize("version", ["2.0.0", "3.2.1", "4.2.1", "9.1.1", "10.0"])
def test_every_version_from_2_0_on_is_of_this_generation(version: str) -> None:
    """F24: those of two digits too."""
    assert the_plan(manager=manager(facts=ManagerFacts(version, "n"))).manager_version == version


def test_another_version_than_before_is_another_plan() -> None:
    """F24: votes are for a digest, so new approvals are needed."""
    other = the_plan(manager=manager(facts=ManagerFacts("4.2.2", "node-1", FQDN)))

    assert digest(other) != digest(the_plan())


@pytest.mark.parametrize("word", ["INITIALIZING", "UNSTABLE", "DEGRADED", "SOMETHING_NEW"])
def test_a_manager_that_is_not_stable_is_refused(word: str) -> None:
    """F01: the value is named."""
    status = ClusterStatus(word, "STABLE", ("node-1",), (IP,))

    assert reasons(manager=manager(status=status)) == (
        (
            f"The manager's status is {word}; it must be STABLE before a restore. Wait until it "
            "is, or repair the manager, and file the request again."
        ),
    )


def test_more_than_one_manager_node_is_refused() -> None:
    """F23: exactly one fresh node."""
    status = ClusterStatus("STABLE", "STABLE", ("node-1", "node-2", "node-3"), (IP,))

    assert reasons(manager=manager(status=status)) == (
        (
            "The manager says that 3 manager nodes are online. A backup is restored on one fresh "
            "node: power off the others first."
        ),
    )


@pytest.mark.parametrize("word", ["RUNNING", "SUCCESS", "FAILED", "ABORTED", "SOMETHING_NEW"])
def test_a_manager_that_has_a_restore_already_is_refused(word: str) -> None:
    """A restore that has ended is one too: the manager starts no second one."""
    assert reasons(manager=manager(restore=RestoreStatus(word, step=3, total=11))) == (
        (
            f"The manager says of its restore: step 3 of 11 ({word}). A restore starts only where "
            "there is none: INITIAL, NOT_STARTED or NOT_AVAILABLE. Bring that one to its end, or "
            "deploy a fresh manager."
        ),
    )


# -- the backup server --------------------------------------------------------------------------


def test_another_key_at_the_server_is_refused() -> None:
    """F06: possible interception; no secret was sent."""
    assert reasons(host_key=replace(KEY, sha256=OTHER_KEY)) == (
        (
            f"The backup server shows the key {OTHER_KEY}, and the configured fingerprint is "
            f"{SHA256}. It may be another server: find out why before anything else; no password "
            "was sent."
        ),
    )


def test_another_key_in_the_eyes_of_the_manager_is_refused() -> None:
    """F06: it is the manager that will send the password."""
    assert reasons(manager=manager(key=OTHER_KEY)) == (
        (
            f"The manager sees another key of the backup server ({OTHER_KEY}) than the configured "
            f"one ({SHA256}). Find out why before anything else; no password was sent."
        ),
    )


@pytest.mark.parametrize(
    "fingerprint",
    ["b508dfc65562e46e95707c25baf246f1", f"{SHA256}=", f" {SHA256}", "", OTHER_KEY],
    ids=["md5", "padded", "blank", "none", "another"],
)
def test_another_form_of_the_key_is_not_converted(fingerprint: str) -> None:
    """F05: what the manager is told must be exactly what was read and compared."""
    place = replace(PLACE, fingerprint=fingerprint)

    assert reasons(manager=manager(place=place)) == (
        (
            f"The manager knows the backup server by the key {fingerprint}, and the configuration "
            f"by {SHA256}. Correct the one that is wrong."
        ),
    )
    assert isinstance(judged(host_key=replace(KEY, sha256=fingerprint)), NotReady)


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, server="other.example.com"),
        replace(PLACE, port=2222),
        replace(PLACE, directory="/vol1/backups"),
        replace(PLACE, directory="/vol1/backups", fingerprint=OTHER_KEY),
    ],
    ids=["server", "port", "directory", "directory and key"],
)
def test_a_manager_that_keeps_its_backups_elsewhere_is_not_overwritten(place: BackupPlace) -> None:
    """Both places are named; one of them is a mistake that a person must find."""
    assert reasons(manager=manager(place=place)) == (
        (
            f"The manager keeps its backups at {place.server}:{place.port}{place.directory}, and "
            "the target is configured with backup.example.com:22/vol0/backups. Correct the "
            "configuration, or the manager by hand; the bot does not overwrite it."
        ),
    )


BY_HAND = (
    "name the backup server on the manager by hand (System > Backup & Restore), and file the "
    "request again."
)


def test_a_manager_that_is_not_fresh_is_not_told_a_server() -> None:
    """Transport nodes are of a manager at work, which nobody but its owner configures."""
    working = manager(place=None, census=Census(1, None))

    assert reasons(manager=working, listing=None) == (
        (
            "The manager knows no backup server, and it is not a fresh one: it knows 1 transport "
            f"node. So it was not told ours. If it is the right manager, {BY_HAND}"
        ),
    )
    assert (
        "it knows 12 transport nodes."
        in reasons(manager=replace(working, census=Census(12, None)), listing=None)[0]
    )


def test_a_manager_that_cannot_be_counted_is_not_told_a_server() -> None:
    """It may be one at work; what kept it from counting may pass, so it is looked at again."""
    uncounted = manager(place=None, census=Census(None, 1))
    said = (
        "The manager knows no backup server, and how many transport nodes it knows could not be "
        "read, so it cannot be told whether it is a fresh one. So it was not told ours. Give the "
        f"account the right to read transport nodes, or {BY_HAND}"
    )

    assert judged(manager=uncounted, listing=None) == NotReady((said,), passing=True)


def test_a_global_manager_that_knows_no_server_is_ready() -> None:
    """It has no transport nodes to count."""
    target = the_target(component=Component.GLOBAL)
    untold = manager(place=None, census=Census(None, None))

    assert isinstance(judged(target=target, manager=untold), Ready)


def test_a_server_without_an_ecdsa_key_is_told_in_its_own_words() -> None:
    """What could not be seen is as good as another key."""
    none = Trouble(Kind.FINGERPRINT, "The backup server has no ECDSA key.", "Give it one.")

    assert reasons(host_key=none) == ("The backup server has no ECDSA key. Give it one.",)


# -- several reasons, and those that pass -------------------------------------------------------


def test_all_reasons_are_told_at_once() -> None:
    """Whoever corrects one thing at a time loses an hour."""
    bad = manager(
        facts=ManagerFacts("1.1.0", "node-1"),
        status=ClusterStatus("DEGRADED", "STABLE", ("node-1", "node-2"), (IP,)),
        restore=RestoreStatus("RUNNING"),
        key=OTHER_KEY,
        place=replace(PLACE, port=2222),
    )
    told = reasons(
        manager=bad, host_key=replace(KEY, sha256=OTHER_KEY), listing=None, secrets=(LOST,)
    )

    assert len(told) == 8
    assert told[-1] == "env:BACKUP_PASSWORD is not set. Set it."


def test_a_reason_that_two_parts_give_is_told_once() -> None:
    """A password that leads nowhere stops the listing too."""
    assert reasons(secrets=(LOST, LOST), listing=LOST) == (
        "env:BACKUP_PASSWORD is not set. Set it.",
    )


@pytest.mark.parametrize("kind", [Kind.UNREACHABLE, Kind.BUSY, Kind.MALFORMED, Kind.SESSION])
@pytest.mark.parametrize("part", ["manager", "host_key", "listing"])
def test_trouble_that_may_be_over_in_a_moment_is_passing(part: str, kind: Kind) -> None:
    """It is worth another try, by itself."""
    seen: dict[str, Any] = {part: replace(SILENT, kind=kind)}
    no = judged(**seen)

    assert no == NotReady((SAID,), passing=True)


@pytest.mark.parametrize("kind", [Kind.TLS, Kind.AUTH, Kind.REDIRECT, Kind.REFUSED, Kind.MISSING])
def test_trouble_that_a_person_must_mend_is_not_passing(kind: Kind) -> None:
    """F18: as a redirect, or a refused login."""
    assert judged(manager=replace(SILENT, kind=kind)) == NotReady((SAID,), passing=False)


def test_passing_trouble_beside_a_lasting_reason_is_not_passing() -> None:
    """Another try would end the same way."""
    no = judged(manager=SILENT, secrets=(LOST,))

    assert no == NotReady((SAID, "env:BACKUP_PASSWORD is not set. Set it."), passing=False)


def test_a_plan_notes_first_that_the_manager_was_told_its_backup_server() -> None:
    """Leads read it beside the plan."""
    ready = judged(told=TOLD)
    assert isinstance(ready, Ready)
    quiet = judged()
    assert isinstance(quiet, Ready)
    assert ready == replace(quiet, notes=(TOLD, *quiet.notes))


def test_reasons_against_it_end_with_what_the_manager_was_told() -> None:
    """It passes or not as it would without."""
    unlisted = judged(told=TOLD_PERHAPS, listing=SILENT)
    assert unlisted == NotReady((f"{SILENT.said} {SILENT.advice}", TOLD_PERHAPS), passing=True)
    assert reasons(told=TOLD, listing=())[-1] == TOLD
