"""Which backups of a mixed list are a manager's own, and which one is meant.

Sources: NSX 9 admin guide, List the Available Backups and Restore a Backup; NSX API,
ClusterBackupInfo.
"""

from datetime import timedelta

import pytest

from bot.domain.plan import at_milliseconds
from bot.runbooks import guided
from bot.runbooks.guided_backups import KEY_SIZE, offered, wrong_id
from bot.runbooks.observations import ClusterStatus, ListedRestore, ManagerFacts, OfferedBackup
from tests.builders import NODE_ID, NOON
from tests.runbooks.guided_driver import VERSION
from tests.runbooks.guided_seen import (
    FOREIGN,
    FQDN,
    IP,
    LISTING,
    NEW,
    OLD,
    listed,
    manager,
    reasons,
    the_plan,
)

SAME = (
    "The new node must be the one that was backed up: same IP, or same lower-case FQDN, published."
)
SEE = "See /nsx-restore backups for those that there are."

# -- which are its own --------------------------------------------------------------------------


def test_only_its_own_backups_are_offered_newest_first() -> None:
    """F15: the list mixes all managers that ever wrote to that directory."""
    assert offered(manager(), LISTING) == (
        OfferedBackup(f"{NODE_ID}:{NEW.timestamp}", IP, NOON - timedelta(hours=3)),
        OfferedBackup(f"{NODE_ID}:{OLD.timestamp}", IP, NOON - timedelta(hours=9)),
    )


@pytest.mark.parametrize("address", [IP, FQDN, "NSX.Example.Com"])
def test_a_backup_is_its_own_by_ip_or_by_fqdn(address: str) -> None:
    """In whichever case it is written."""
    assert len(offered(manager(), (listed(address=address),))) == 1


def test_addresses_are_compared_without_their_case() -> None:
    """Those of IPv6 are written in both."""
    status = ClusterStatus("STABLE", "STABLE", ("node-1",), ("2001:DB8::5",))

    assert len(offered(manager(status=status), (listed(address="2001:db8::5"),))) == 1


def test_a_manager_that_tells_no_fqdn_owns_nothing_without_an_address() -> None:
    """An empty name is no name."""
    nameless = manager(facts=ManagerFacts(VERSION, "node-1"))

    assert offered(nameless, (listed(address=""),)) == ()


@pytest.mark.parametrize(
    "kinds", [(), ("REGULAR_RESTORE",), ("POLICY_ONLY_RESTORE", "REGULAR_RESTORE")]
)
def test_a_list_without_kinds_hides_no_backup(kinds: tuple[str, ...]) -> None:
    """Before 2.5.1 there is none, and later it may be empty."""
    assert len(offered(manager(), (listed(kinds=kinds),))) == 1


def test_a_backup_that_is_not_for_a_full_restore_is_not_offered() -> None:
    """F26."""
    assert offered(manager(), (listed(kinds=("POLICY_ONLY_RESTORE",)),)) == ()


@pytest.mark.parametrize("timestamp", [2**62, -(2**62), 300_000_000_000_000])
def test_a_moment_that_is_none_hides_that_backup_alone(timestamp: int) -> None:
    """A manager may list anything."""
    found = offered(manager(), (listed(timestamp=timestamp), OLD))

    assert [one.id for one in found] == [f"{NODE_ID}:{OLD.timestamp}"]


# -- which one is meant -------------------------------------------------------------------------


def test_latest_is_the_newest_of_its_own() -> None:
    """Whatever others made since (F15)."""
    assert the_plan().backup.id == f"{NODE_ID}:{NEW.timestamp}"


def test_latest_is_the_newest_that_a_full_restore_can_use() -> None:
    """F26: a newer one of another kind does not hide it."""
    policy_only = listed(1, kinds=("POLICY_ONLY_RESTORE",))

    assert the_plan(listing=(policy_only, NEW, OLD)).backup.id == f"{NODE_ID}:{NEW.timestamp}"


@pytest.mark.parametrize(
    "wanted", [f"{NODE_ID}:{OLD.timestamp}", str(OLD.timestamp), f"  {OLD.timestamp} "]
)
def test_a_backup_is_named_by_its_pair_or_its_timestamp(wanted: str) -> None:
    """And copied exactly as it is listed."""
    backup = guided.listed(the_plan(wanted))

    assert (backup.node_id, backup.timestamp, backup.address) == (NODE_ID, OLD.timestamp, IP)
    assert backup.made_at == at_milliseconds(OLD.timestamp)


def test_a_backup_that_is_listed_twice_is_one() -> None:
    """Pages can overlap while a backup is being made."""
    assert the_plan(str(OLD.timestamp), listing=(OLD, OLD, NEW)).backup.id.endswith(
        str(OLD.timestamp)
    )


def test_a_timestamp_that_means_two_backups_is_asked_for_with_its_node() -> None:
    """A node that was deployed anew has another id."""
    other = listed(9, node_id="old-node")

    assert reasons(str(OLD.timestamp), listing=(OLD, other)) == (
        f"2 backups are called {OLD.timestamp}. Give NODE:TIMESTAMP as listed.",
    )
    named = the_plan(f"old-node:{OLD.timestamp}", listing=(OLD, other))
    assert guided.listed(named).node_id == "old-node"


@pytest.mark.parametrize(
    "wanted", [str(OLD.timestamp // 1000), f"{NODE_ID}:{OLD.timestamp // 1000}"]
)
def test_a_timestamp_in_seconds_is_refused(wanted: str) -> None:
    """F16: it is never multiplied, since the rest of it is lost."""
    assert reasons(wanted) == (
        (
            f"The backup {wanted} has a timestamp in seconds. The manager lists milliseconds; copy "
            "it exactly from /nsx-restore backups."
        ),
    )


@pytest.mark.parametrize("wanted", [str(OLD.timestamp + 1), f"other:{OLD.timestamp}", "newest"])
def test_a_backup_that_is_not_listed_is_refused(wanted: str) -> None:
    """F16: nothing near it is taken instead."""
    assert reasons(wanted) == (f"The manager lists no backup {wanted} of its own. {SEE}",)


def test_the_backup_of_another_manager_is_refused_by_its_name() -> None:
    """F15: it is in the list that people see, so they are told whose it is."""
    wanted = f"{FOREIGN.node_id}:{FOREIGN.timestamp}"

    assert reasons(wanted) == (
        f"The manager lists no backup {wanted} of its own. It is of 10.0.0.9. {SAME} {SEE}",
    )


def test_a_backup_of_another_kind_is_refused_by_its_kind() -> None:
    """F26: why, and what helps."""
    policy_only = listed(1, kinds=("POLICY_ONLY_RESTORE",))
    why = (
        (
            f"The backup {NODE_ID}:{policy_only.timestamp} is good for POLICY_ONLY_RESTORE only, "
            "not for a full restore. Choose another one."
        ),
    )

    assert reasons(str(policy_only.timestamp), listing=(policy_only, NEW)) == why
    assert reasons(listing=(policy_only,)) == why


# -- none of its own ----------------------------------------------------------------------------


def test_an_empty_list_is_explained_by_the_size_of_the_key() -> None:
    """F15: the manager says nothing of it."""
    assert reasons(listing=()) == (
        f"The manager lists no backup on backup.example.com. {KEY_SIZE}",
    )


@pytest.mark.parametrize(
    ("listing", "whose"),
    [
        ((FOREIGN, listed(2, "10.0.0.8"), FOREIGN), "10.0.0.8, 10.0.0.9"),
        ((listed(address=""),), "a manager without address"),
    ],
)
def test_backups_of_others_alone_are_told_with_whose_they_are(
    listing: tuple[ListedRestore, ...], whose: str
) -> None:
    """F15: the backup belongs to X, so the new node must be X."""
    assert reasons(listing=listing) == (
        (
            f"The manager lists {len(listing)} backups, and none of them is its own: they are of "
            f"{whose}. {SAME} It is {IP}, {FQDN}."
        ),
    )


def test_a_manager_that_tells_no_name_of_its_own_is_told_so() -> None:
    """Then no backup can be shown to be its own."""
    nameless = manager(
        facts=ManagerFacts(VERSION, "node-1"),
        status=ClusterStatus("STABLE", "STABLE", ("node-1",)),
    )

    (reason,) = reasons(manager=nameless)
    assert reason.endswith(" It is a manager that tells no address.")


# -- what the manager must be called ------------------------------------------------------------


@pytest.mark.parametrize("address", [IP, "2001:db8::5"])
def test_a_backup_that_is_listed_by_ip_needs_a_manager_that_publishes_no_fqdn(address: str) -> None:
    """The restore would be refused after the manager was changed."""
    status = ClusterStatus("STABLE", "STABLE", ("node-1",), (address,))
    publishing = manager(status=status, publishes_fqdn=True)

    assert reasons(manager=publishing, listing=(listed(address=address),)) == (
        (
            f"The backup is listed by its IP {address}, and the manager publishes its FQDN. Switch "
            "that off (PUT /api/v1/configs/management, publish_fqdns false) and file the request "
            "again."
        ),
    )


def test_a_backup_that_is_listed_by_fqdn_needs_a_manager_that_publishes_it() -> None:
    """Until then the manager's own page has its Restore button disabled too."""
    by_name = (listed(address=FQDN),)

    assert reasons(listing=by_name) == (
        (
            f"The backup is listed by its FQDN {FQDN}, and the manager does not publish its own. "
            "Switch that on (PUT /api/v1/configs/management, publish_fqdns true) and file the "
            "request again."
        ),
    )
    published = the_plan(manager=manager(publishes_fqdn=True), listing=by_name)
    assert guided.listed(published).address == FQDN


def test_a_backup_that_is_listed_in_upper_case_is_refused() -> None:
    """F15: only lower-case FQDNs can be restored."""
    upper = (listed(address="NSX.example.com"),)

    assert reasons(manager=manager(publishes_fqdn=True), listing=upper) == (
        (
            "The backup is listed as NSX.example.com. Only a lower-case FQDN can be restored: "
            "choose a backup that is listed in lower case."
        ),
    )


def test_a_manager_whose_own_fqdn_is_in_upper_case_is_refused() -> None:
    """F15: the new node must have the name in lower case too; by IP its name does not matter."""
    upper = manager(facts=ManagerFacts(VERSION, "node-1", "NSX.example.com"), publishes_fqdn=True)
    by_ip = manager(facts=upper.facts)

    assert reasons(manager=upper, listing=(listed(address=FQDN),)) == (
        (
            "The manager's own FQDN is NSX.example.com. Only a lower-case FQDN can be restored: "
            "give the new node its name in lower case and file the request again."
        ),
    )
    assert guided.listed(the_plan(manager=by_ip)).address == IP


# -- what a wish can mean -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "wish", ["latest", " latest ", "1712345678901", f"{NODE_ID}:1712345678901", "999999999999"]
)
def test_a_wish_can_mean_a_backup(wish: str) -> None:
    """Whether there is one, the manager says."""
    assert wrong_id(wish) is None


@pytest.mark.parametrize("wish", ["1712345678", f"{NODE_ID}:1712345678"])
def test_a_wish_in_seconds_is_refused_at_once(wish: str) -> None:
    """F16: before a request is filed."""
    assert wrong_id(wish) == (
        f"{wish} is in seconds. The manager lists milliseconds: copy it exactly."
    )


@pytest.mark.parametrize(
    "wish", ["", "newest", ":1712345678901", "node:", "/vol0/backups/x.tar", "1712345678901.0"]
)
def test_a_wish_that_names_no_backup_is_refused_with_what_does(wish: str) -> None:
    """As a file, which is how 1.x names them."""
    assert wrong_id(wish) == (
        "Give latest, or a backup as /nsx-restore backups lists it: NODE:TIMESTAMP."
    )
