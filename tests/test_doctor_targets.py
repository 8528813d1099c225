"""The doctor looks at each target as a restore would, on real sockets, and changes nothing."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import Parts
from bot.clock import SystemClock
from bot.diagnosis import Diagnosis
from bot.doctor.targets import target_found
from bot.domain.target import Target
from bot.domain.values import Component, Generation, SecretRef
from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.host_keys import KeyType
from bot.sandbox.nsx.guided import GuidedManager
from bot.sandbox.nsx.guided_faults import Faults, OtherRestore
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.odd_replies import OddReply
from tests.builders import NOON, a_backup_location, a_manager_access, a_target
from tests.fakes import FakeCredentials

_SECRETS = {
    "env:NSX_PASSWORD": "canary-manager",
    "env:BACKUP_PASSWORD": "canary-backup",
    "env:BACKUP_PASSPHRASE": "Canary-passphrase1!",
}


@dataclass
class Surgery:
    """A backup server with all kinds of keys, and managers that are started as they are needed."""

    stack: AsyncExitStack
    authority: Authority
    backups: SshBackupServer
    secrets: dict[str, str] = field(default_factory=lambda: dict(_SECRETS))

    async def nsx(self, **changes: Any) -> GuidedManager:
        """Start a manager of 2.0 and later."""
        made = GuidedManager(
            authority=self.authority,
            password="canary-manager",
            backups=self.backups.facts,
            **changes,
        )
        return await self.stack.enter_async_context(made)

    async def nsxt1(self, **changes: Any) -> Nsxt1Manager:
        """Start a manager of 1.x."""
        made = Nsxt1Manager(
            authority=self.authority,
            password="canary-manager",
            backups=self.backups.facts,
            **changes,
        )
        return await self.stack.enter_async_context(made)

    def target(self, url: str, generation: Generation, **changes: Any) -> Target:
        """A target, configured as it should be."""
        nsx = generation is Generation.NSX
        sha256 = self.backups.fingerprint_sha256(KeyType.ECDSA_256)
        location = a_backup_location(
            server=self.backups.host,
            port=self.backups.port,
            username=self.backups.username,
            fingerprint=sha256 if nsx else self.backups.fingerprint_md5(),
            host_key_sha256=None if nsx else sha256,
        )
        access = a_manager_access(
            url=url, ca_file=str(self.authority.ca_pem), password=SecretRef("env:NSX_PASSWORD")
        )
        values: dict[str, Any] = {"key": "dc1", "manager": access, "backup": location}
        return a_target(generation=generation, **values | changes)

    async def found(self, target: Target) -> dict[str, Diagnosis]:
        """Examine it."""
        parts = Parts(SystemClock(), FakeCredentials(self.secrets))
        found = [each async for each in target_found(target, parts)]
        assert not [secret for secret in self.secrets.values() if secret in repr(found)]
        assert len({each.about for each in found}) == len(found)
        return {each.about.removeprefix("dc1 "): each for each in found}


@pytest.fixture
async def surgery(tmp_path: Path) -> AsyncIterator[Surgery]:
    """Everything is well, to begin with."""
    kinds = (KeyType.ED25519, KeyType.ECDSA_256)
    async with (
        SshBackupServer(tmp_path / "ssh", password="canary-backup", key_types=kinds) as backups,
        AsyncExitStack() as stack,
    ):
        backups.add_backup("backup-cluster-1.tar.gz", "pass", NOON)
        yield Surgery(stack, Authority(tmp_path), backups)


def _ill(found: dict[str, Diagnosis]) -> dict[str, str]:
    return {about: each.said for about, each in found.items() if not each.holds}


async def test_an_nsx_target_where_all_is_well(surgery: Surgery) -> None:
    """Manager, its restore, both secrets, and the host key, which needs no login."""
    manager = await surgery.nsx()
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert {about: each.said for about, each in found.items()} == {
        "manager": "version 4.2.1.0.0.24304122, STABLE, TLS verified",
        "restore": "none is under way (INITIAL)",
        "backup password": "its reference leads to a value",
        "passphrase": "its reference leads to a value",
        "host key": "ecdsa-sha2-nistp256, as configured.",
    }
    assert _ill(found) == {}
    assert surgery.backups.passwords_received == 0
    assert {request.method for request in manager.requests} == {"GET"}


async def test_a_global_manager_is_asked_about_its_own_restore(surgery: Surgery) -> None:
    """Its paths differ."""
    manager = await surgery.nsx(component="global")
    target = surgery.target(manager.url, Generation.NSX, component=Component.GLOBAL)
    assert _ill(await surgery.found(target)) == {}
    assert any("GLOBAL_MANAGER" in request.path for request in manager.requests)


async def test_an_nsxt1_target_where_all_is_well(surgery: Surgery) -> None:
    """Manager, passphrase, host key and the directory."""
    manager = await surgery.nsxt1()
    found = await surgery.found(surgery.target(manager.url, Generation.NSXT_1))
    assert _ill(found) == {}
    assert list(found) == ["manager", "passphrase", "host key", "backups"]


async def test_a_manager_of_1x_is_no_nsx_target(surgery: Surgery) -> None:
    """Both generations are named, and nothing is asked that it does not have."""
    manager = await surgery.nsxt1()
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert _ill(found) == {
        "manager": (
            "The manager says it is version 1.1.0.0.0.4788147, which is generation nsxt-1, but the "
            "target is configured as generation nsx. Correct the address or the generation."
        )
    }
    assert "restore" not in found


async def test_a_manager_of_2_and_later_is_no_nsxt1_target(surgery: Surgery) -> None:
    """The reverse."""
    manager = await surgery.nsx()
    found = await surgery.found(surgery.target(manager.url, Generation.NSXT_1))
    assert _ill(found) == {
        "manager": (
            "The manager says it is version 4.2.1.0.0.24304122, which is generation nsx, but the "
            "target is configured as generation nsxt-1. Correct the address or the generation."
        )
    }


async def test_another_host_key_is_told_with_both(surgery: Surgery) -> None:
    """It is the ECDSA key that is compared, whichever others the server has."""
    manager = await surgery.nsx()
    target = surgery.target(manager.url, Generation.NSX)
    surgery.backups.rotate_host_key()
    seen = surgery.backups.fingerprint_sha256(KeyType.ECDSA_256)
    assert _ill(await surgery.found(target)) == {
        "host key": (
            f"configured is {target.backup.fingerprint}, seen was {seen} (ecdsa-sha2-nistp256). "
            "Find out why before anything else; no password was sent."
        )
    }


async def test_the_key_of_another_kind_is_not_the_configured_one(surgery: Surgery) -> None:
    """A fingerprint of the Ed25519 key would never match what the manager sees."""
    manager = await surgery.nsx()
    target = surgery.target(manager.url, Generation.NSX)
    ed25519 = surgery.backups.fingerprint_sha256(KeyType.ED25519)
    target = replace(target, backup=replace(target.backup, fingerprint=ed25519))
    assert list(_ill(await surgery.found(target))) == ["host key"]


async def test_a_server_without_an_ecdsa_key_is_told_how_to_get_one(
    surgery: Surgery, tmp_path: Path
) -> None:
    """With the command that must print it afterwards."""
    manager = await surgery.nsx()
    target = surgery.target(manager.url, Generation.NSX)
    kinds = (KeyType.ED25519,)
    async with SshBackupServer(tmp_path / "other", password="word", key_types=kinds) as other:
        target = replace(target, backup=replace(target.backup, port=other.port))
        said = _ill(await surgery.found(target))["host key"]
    assert "has no ECDSA host key" in said
    assert said.endswith("ssh-keyscan -t ecdsa 127.0.0.1 must print it.")


_HALF = (
    "A manager on which a restore has not come to its end is half restored: see to it there, or "
    "deploy a fresh one."
)


_FIRST = "Bring it to its end first."


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            RestoreState.RUNNING,
            f"one is under way: step 3 of 11: Sim step 03 (RUNNING). {_FIRST}",
        ),
        (
            RestoreState.SUSPENDED_BY_USER,
            f"one is under way: step 3 of 11: Sim step 03 (SUSPENDED_BY_USER). {_FIRST}",
        ),
        (
            RestoreState.SUSPENDED_FOR_USER_ACTION,
            f"one is under way: step 3 of 11: Sim step 03 (SUSPENDED_FOR_USER_ACTION). {_FIRST}",
        ),
        (
            RestoreState.FAILED,
            "the last one has not come to its end: step 3 of 11: Sim step 03 (FAILED). " + _HALF,
        ),
        (
            RestoreState.ABORTED,
            "the last one has not come to its end: step 3 of 11: Sim step 03 (ABORTED). " + _HALF,
        ),
    ],
)
async def test_a_restore_that_is_not_over_is_found(
    surgery: Surgery, state: RestoreState, said: str
) -> None:
    """Another one could not start; what the manager says of it is told in its words."""
    other = OtherRestore(backup_timestamp=1_712_345_678_901, state=state)
    manager = await surgery.nsx(faults=Faults(other_restore=other))
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert _ill(found) == {"restore": said}


async def test_a_word_of_no_list_is_shown(surgery: Surgery) -> None:
    """It is not taken for idle."""
    other = OtherRestore(backup_timestamp=1_712_345_678_901)
    manager = await surgery.nsx(faults=Faults(other_restore=other, status_word="SIMMERING"))
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert _ill(found) == {"restore": "the manager says SIMMERING of it, which no document lists."}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"profile": Profile.V2_2}, "NOT_STARTED"),
        ({"faults": Faults(restore_unavailable=True)}, "NOT_AVAILABLE"),
    ],
)
async def test_every_word_for_idle_is_understood(
    surgery: Surgery, changes: dict[str, Any], word: str
) -> None:
    """Also those of 2.0 to 2.3."""
    manager = await surgery.nsx(**changes)
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert _ill(found) == {}
    assert found["restore"].said == f"none is under way ({word})"


async def test_a_status_that_cannot_be_read_is_told_apart(surgery: Surgery) -> None:
    """The manager itself is well."""
    manager = await surgery.nsx(faults=Faults(odd_statuses=OddReply.HTML))
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert list(_ill(found)) == ["restore"]


async def test_a_restore_that_was_done_long_ago_is_no_fault(surgery: Surgery) -> None:
    """A manager that was restored and is in use since says so for ever."""
    other = OtherRestore(backup_timestamp=1_712_345_678_901, state=RestoreState.SUCCESS)
    manager = await surgery.nsx(faults=Faults(other_restore=other))
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert _ill(found) == {}
    assert found["restore"].said == "none is under way; the last one has ended (SUCCESS)"


async def test_a_manager_that_is_out_of_reach_is_told_once(surgery: Surgery) -> None:
    """What else can be looked at is looked at."""
    manager = await surgery.nsx()
    target = surgery.target(manager.url, Generation.NSX)
    await surgery.stack.aclose()
    found = await surgery.found(target)
    assert list(_ill(found)) == ["manager"]
    assert found["host key"].holds


@pytest.mark.parametrize(
    ("ref", "about"),
    [("env:BACKUP_PASSWORD", "backup password"), ("env:BACKUP_PASSPHRASE", "passphrase")],
)
async def test_a_secret_that_only_the_manager_uses_is_looked_for_too(
    surgery: Surgery, ref: str, about: str
) -> None:
    """By the name of its reference."""
    del surgery.secrets[ref]
    manager = await surgery.nsx()
    found = await surgery.found(surgery.target(manager.url, Generation.NSX))
    assert _ill(found) == {about: f"{ref} is not there. Set it."}
