"""What every `BackupServer` does: ours on a real SSH server, and the stand-in in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.backup.ssh import SshBackupServer
from bot.domain.errors import BackupError, CredentialError, Kind
from bot.domain.target import BackupLocation
from bot.domain.values import SecretRef
from bot.ports import BackupServer
from bot.runbooks.observations import ListedFile
from bot.sandbox import backup_server as sandbox
from bot.sandbox.host_keys import KeyType
from tests.builders import NOON, a_backup_location
from tests.fakes import HOST_KEY, FakeBackupServer, FakeCredentials

_SECRETS = FakeCredentials({"env:BACKUP_PASSWORD": "4uhasWak", "env:WRONG": "canary"})


@dataclass
class Case:
    """A backup server with one file, how it was configured, and its switches.

    `seen` are the two fingerprints that it shows now.
    """

    server: BackupServer
    location: BackupLocation
    rotate_host_key: Callable[[], None]
    passwords_received: Callable[[], int]
    seen: Callable[[], tuple[str, str]]


@pytest.fixture(params=["on SSH", "in memory"])
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each claim holds for both."""
    async with _made(request.param, tmp_path, KeyType.ECDSA_256) as ready:
        yield ready


@pytest.fixture(params=["on SSH", "in memory"])
async def without_ecdsa(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """A server with an Ed25519 key alone."""
    async with _made(request.param, tmp_path, KeyType.ED25519) as ready:
        yield ready


def _made(where: str, folder: Path, kind: KeyType) -> AbstractAsyncContextManager[Case]:
    return _in_memory(kind) if where == "in memory" else _on_ssh(folder, kind)


@asynccontextmanager
async def _in_memory(kind: KeyType) -> AsyncIterator[Case]:
    fake = FakeBackupServer(_SECRETS, "4uhasWak", replace(HOST_KEY, algorithm=kind))
    fake.add("backup-cluster-1.tar.gz", NOON - timedelta(days=1), 100_000)
    location = a_backup_location(fingerprint=fake.key.md5, host_key_sha256=fake.key.sha256)
    yield Case(
        fake,
        location,
        fake.rotate_host_key,
        lambda: fake.passwords_received,
        lambda: (fake.key.md5, fake.key.sha256),
    )


@asynccontextmanager
async def _on_ssh(folder: Path, kind: KeyType) -> AsyncIterator[Case]:
    async with sandbox.SshBackupServer(folder, password="4uhasWak", key_types=[kind]) as real:
        real.add_backup("backup-cluster-1.tar.gz", "pass", NOON - timedelta(days=1), 100_000)
        location = a_backup_location(
            server=real.host,
            port=real.port,
            username=real.username,
            fingerprint=real.fingerprint_md5(),
            host_key_sha256=real.fingerprint_sha256(),
        )
        yield Case(
            SshBackupServer(_SECRETS),
            location,
            real.rotate_host_key,
            lambda: real.passwords_received,
            lambda: (real.fingerprint_md5(), real.fingerprint_sha256()),
        )


async def test_the_host_key_is_told_with_the_listing(case: Case) -> None:
    """Type and both fingerprints of the key that was compared."""
    key = (await case.server.listing(case.location)).host_key
    assert key.algorithm == "ecdsa-sha2-nistp256"
    assert key.md5 == case.location.fingerprint
    assert key.sha256 == case.location.host_key_sha256


async def test_the_directory_is_listed_with_absolute_paths(case: Case) -> None:
    """Path, size in bytes, time in UTC."""
    listing = await case.server.listing(case.location)
    path = "/vol0/backups/backup-cluster-1.tar.gz"
    expected = ListedFile(path, 100_000, NOON - timedelta(days=1), is_directory=False)
    assert listing.entries == (expected,)


async def test_another_host_key_gets_no_password(case: Case) -> None:
    """The error names the configured and the seen fingerprint."""
    case.rotate_host_key()
    with pytest.raises(BackupError) as caught:
        await case.server.listing(case.location)
    md5, sha256 = case.seen()
    assert caught.value.kind is Kind.FINGERPRINT
    assert case.location.fingerprint in caught.value.said
    assert md5 in caught.value.said
    assert sha256 in caught.value.said
    assert "no password was sent" in caught.value.advice
    assert case.passwords_received() == 0


async def test_both_fingerprints_must_fit(case: Case) -> None:
    """The MD5 form alone is not enough where the SHA-256 form was configured too."""
    location = replace(case.location, host_key_sha256=f"SHA256:{'A' * 43}")
    with pytest.raises(BackupError) as caught:
        await case.server.listing(location)
    assert caught.value.kind is Kind.FINGERPRINT
    assert case.passwords_received() == 0


async def test_the_md5_form_alone_is_compared_where_no_other_is_known(case: Case) -> None:
    """`host_key_sha256` is optional."""
    assert (await case.server.listing(replace(case.location, host_key_sha256=None))).entries


async def test_a_refused_login_is_told(case: Case) -> None:
    """Kind `auth`, with advice, after one attempt."""
    with pytest.raises(BackupError) as caught:
        await case.server.listing(replace(case.location, password=SecretRef("env:WRONG")))
    assert caught.value.kind is Kind.AUTH
    assert "canary" not in str(caught.value)
    assert case.passwords_received() == 1


async def test_a_directory_that_is_not_there_is_told(case: Case) -> None:
    """Kind `missing`, naming it."""
    with pytest.raises(BackupError) as caught:
        await case.server.listing(replace(case.location, directory="/vol0/other"))
    assert caught.value.kind is Kind.MISSING
    assert "/vol0/other" in caught.value.said


async def test_a_password_that_leads_nowhere_is_told(case: Case) -> None:
    """The reference is named, and nobody is asked anything."""
    with pytest.raises(CredentialError, match="env:NOTHING"):
        await case.server.listing(replace(case.location, password=SecretRef("env:NOTHING")))
    assert case.passwords_received() == 0


async def test_the_host_key_is_shown_without_a_login(case: Case) -> None:
    """Type and both fingerprints, for a manager of 2.0 and later; the password is not even read."""
    location = replace(case.location, password=SecretRef("env:NOTHING"))
    key = await case.server.host_key(location)
    assert key.algorithm == "ecdsa-sha2-nistp256"
    assert (key.md5, key.sha256) == case.seen()
    assert case.passwords_received() == 0


async def test_the_host_key_is_shown_as_it_is_now(case: Case) -> None:
    """Nothing is compared here: what is configured makes no difference."""
    before = await case.server.host_key(case.location)
    case.rotate_host_key()
    after = await case.server.host_key(case.location)
    assert before.sha256 == case.location.host_key_sha256
    assert after.sha256 == case.seen()[1] != before.sha256


async def test_a_server_without_an_ecdsa_key_is_told_how_to_get_one(without_ecdsa: Case) -> None:
    """Kind `refused`, with the key that it has instead; its listing is for NSX-T 1.x as before."""
    location = without_ecdsa.location
    with pytest.raises(BackupError) as caught:
        await without_ecdsa.server.host_key(location)
    assert caught.value.kind is Kind.REFUSED
    assert "no ECDSA host key" in caught.value.said
    assert "ssh-ed25519" in caught.value.said
    assert f"ssh-keyscan -t ecdsa {location.server} must print it" in caught.value.advice
    assert without_ecdsa.passwords_received() == 0
    assert (await without_ecdsa.server.listing(location)).host_key.algorithm == "ssh-ed25519"
