"""A run leads to what was approved, whatever the configuration says by then."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.domain.errors import CredentialError, Kind
from bot.domain.plan import Plan
from bot.domain.target import Target
from bot.domain.values import Component, Generation, SecretRef
from bot.durable.work import Hands, Work
from bot.runbooks.guided import listed
from bot.store.database import Database
from tests.builders import (
    a_backup_location,
    a_file_backup,
    a_guided_plan,
    a_manager_access,
    a_plan,
    a_target,
)
from tests.fakes import FakeCredentials, FakeManagers
from tests.store.desk import Desk

ADVICE = "Put the target back as it was approved and restart the bot."


@dataclass
class Scene:
    """A plan, and the target that it was made of."""

    database: Database
    plan: Plan
    target: Target

    def found(self, *targets: Target) -> Target:
        """The target of the plan where these are configured."""
        hands = Hands(
            ledger=Desk(self.database).ledger,
            managers=FakeManagers(),
            credentials=FakeCredentials({}),
            clock=SystemClock(),
            targets={target.key: target for target in targets},
        )
        return Work(hands).target(self.plan)

    def refused(self, *targets: Target) -> str:
        """Why there is none."""
        with pytest.raises(CredentialError) as caught:
            self.found(*targets)
        assert (caught.value.kind, caught.value.advice) == (Kind.MISSING, ADVICE)
        return caught.value.said

    def moved(self, **changes: Any) -> Target:
        """The target with another backup server."""
        return replace(self.target, backup=replace(self.target.backup, **changes))


@pytest.fixture
def guided(database: Database) -> Scene:
    """An approved restore of a Local Manager of 2.0 and later."""
    plan = a_guided_plan()
    backup = listed(plan)
    location = a_backup_location(
        server=backup.server,
        port=backup.port,
        directory=backup.directory,
        fingerprint=backup.fingerprint,
        protocol="sftp",
        host_key_sha256=None,
    )
    target = a_target(
        key=plan.target,
        generation=Generation.NSX,
        manager=a_manager_access(url=plan.manager_url),
        backup=location,
    )
    return Scene(database, plan, target)


@pytest.fixture
def nsxt1(database: Database) -> Scene:
    """An approved restore of NSX-T 1.x."""
    plan = a_plan(backup=a_file_backup())
    return Scene(database, plan, a_target(key=plan.target))


def test_a_target_as_it_was_approved_is_used(guided: Scene) -> None:
    """With the secrets of now: references, accounts and certificates may be renewed meanwhile."""
    renewed = guided.moved(
        username="backup2", password=SecretRef("env:NEW"), passphrase=SecretRef("env:NEW_TOO")
    )
    access = a_manager_access(
        url=guided.plan.manager_url, password=SecretRef("env:NEWEST"), ca_file="new.pem"
    )
    renewed = replace(renewed, manager=access)

    assert guided.found(guided.target) is guided.target
    assert guided.found(renewed) is renewed


def test_a_target_that_is_gone_is_named(guided: Scene) -> None:
    """As before it was bound to more than its address."""
    assert guided.refused() == (
        "The configuration no longer has the target dc1-nsxt, whose restore was approved."
    )


def test_another_manager_is_not_restored(guided: Scene) -> None:
    """By its address."""
    there = replace(guided.target, manager=a_manager_access(url="https://other.example.com"))

    assert guided.refused(there) == (
        "The configuration of dc1-nsxt no longer leads to what was approved: manager "
        "https://nsx.example.com, now https://other.example.com."
    )


def test_another_component_is_not_restored(guided: Scene) -> None:
    """A Global Manager has its restores elsewhere: the start would go to another manager's."""
    said = guided.refused(replace(guided.target, component=Component.GLOBAL))

    assert said.endswith("no longer leads to what was approved: component local, now global.")


def test_another_generation_is_not_restored(guided: Scene) -> None:
    """It has another way of restoring."""
    said = guided.refused(replace(guided.target, generation=Generation.NSXT_1))

    assert said.endswith(": generation nsx, now nsxt-1.")


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        (
            {"server": "192.0.2.99"},
            "backup server backup.example.com, now 192.0.2.99.",
        ),
        ({"port": 2222}, "backup port 22, now 2222."),
        ({"directory": "/elsewhere"}, "backup directory /vol0/backups, now /elsewhere."),
    ],
)
def test_secrets_of_another_backup_server_are_not_sent_to_the_approved_one(
    guided: Scene, changes: dict[str, Any], differs: str
) -> None:
    """The login of now belongs to the server of now."""
    said = guided.refused(guided.moved(**changes))

    assert said.endswith(f"no longer leads to what was approved: {differs}")


def test_another_key_of_the_backup_server_is_named_with_all_else_that_differs(
    guided: Scene,
) -> None:
    """Whoever puts it back sees at once what to put back."""
    was = guided.target.backup.fingerprint
    said = guided.refused(guided.moved(fingerprint="SHA256:other", port=2222))

    assert said.endswith(f": backup port 22, now 2222; backup fingerprint {was}, now SHA256:other.")


def test_a_plan_of_1x_is_bound_to_its_manager_and_its_generation(nsxt1: Scene) -> None:
    """What it is restored from stands in the plan, file by file; the rest was never bound."""
    moved = nsxt1.moved(
        server="192.0.2.99", port=2222, directory="/elsewhere", fingerprint="0" * 32
    )

    assert nsxt1.found(nsxt1.target) is nsxt1.target
    assert nsxt1.found(moved) is moved
    assert nsxt1.found(replace(nsxt1.target, component=Component.GLOBAL)) is not None
    assert nsxt1.refused(replace(nsxt1.target, generation=Generation.NSX)).endswith(
        ": generation nsxt-1, now nsx."
    )
