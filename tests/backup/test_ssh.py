"""The SSH side asks for the key that a manager would see, and survives any server."""

import ast
import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from bot.backup.ssh import SshBackupServer
from bot.domain.errors import BackupError, Kind
from bot.domain.target import BackupLocation
from bot.sandbox import backup_server as sandbox
from bot.sandbox.host_keys import KeyType
from bot.sandbox.ssh_sessions import SshFault
from tests.builders import NOON, a_backup_location
from tests.fakes import FakeCredentials

_PASSWORD = "canary-backup-4uhasWak"
_SOON = timedelta(milliseconds=600)


def _client(timeout: timedelta = timedelta(seconds=10)) -> SshBackupServer:
    return SshBackupServer(FakeCredentials({"env:BACKUP_PASSWORD": _PASSWORD}), timeout=timeout)


def _location(server: sandbox.SshBackupServer) -> BackupLocation:
    return a_backup_location(
        server=server.host,
        port=server.port,
        username=server.username,
        fingerprint=server.fingerprint_md5(),
    )


@pytest.mark.parametrize(
    ("types", "chosen"),
    [
        ((KeyType.ED25519, KeyType.ECDSA_256, KeyType.RSA), KeyType.ECDSA_256),
        ((KeyType.RSA, KeyType.ED25519, KeyType.ECDSA_521), KeyType.ED25519),
        ((KeyType.RSA, KeyType.ECDSA_384), KeyType.RSA),
    ],
)
async def test_the_key_is_the_one_a_manager_would_see(
    tmp_path: Path, types: tuple[KeyType, ...], chosen: KeyType
) -> None:
    """NSX-T 1.1: ECDSA with 256 bits, then ED25519, then RSA."""
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD, key_types=types) as server:
        key = (await _client().listing(_location(server))).host_key
        assert key.md5 == server.fingerprint_md5(chosen)
        assert key.sha256 == server.fingerprint_sha256(chosen)
    assert key.algorithm == chosen


async def test_a_server_without_a_usable_key_is_told_how_to_get_one(tmp_path: Path) -> None:
    """Larger ECDSA keys are of no use to a manager."""
    types = (KeyType.ECDSA_384, KeyType.ECDSA_521)
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD, key_types=types) as server:
        location = a_backup_location(server=server.host, port=server.port)
        with pytest.raises(BackupError, match="ssh-keygen -t ecdsa -b 256") as caught:
            await _client().listing(location)
        assert caught.value.kind is Kind.REFUSED
        assert server.passwords_received == 0


@pytest.mark.parametrize(
    ("types", "chosen"),
    [
        ((KeyType.ED25519, KeyType.RSA, KeyType.ECDSA_521), KeyType.ECDSA_521),
        ((KeyType.ED25519, KeyType.ECDSA_384), KeyType.ECDSA_384),
        ((KeyType.ECDSA_521, KeyType.ECDSA_384, KeyType.ECDSA_256), KeyType.ECDSA_256),
    ],
)
async def test_a_later_manager_sees_the_ecdsa_key(
    tmp_path: Path, types: tuple[KeyType, ...], chosen: KeyType
) -> None:
    """NSX-T 2.0 and later: ECDSA of any size, whichever other keys there are."""
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD, key_types=types) as server:
        key = await _client().host_key(_location(server))
        assert key.sha256 == server.fingerprint_sha256(chosen)
        assert server.passwords_received == 0
    assert key.algorithm == chosen


async def test_a_key_that_is_only_borrowed_is_not_taken() -> None:
    """A server that shows somebody else's public key cannot sign with it."""
    known, own = (asyncssh.generate_private_key("ecdsa-sha2-nistp256") for _ in range(2))
    (borrowed,) = asyncssh.load_keypairs(own)
    borrowed.public_data = known.public_data
    async with await asyncssh.create_server(
        asyncssh.SSHServer, "127.0.0.1", 0, server_host_keys=[borrowed], gss_host=None
    ) as impostor:
        location = a_backup_location(server="127.0.0.1", port=impostor.get_port())
        with pytest.raises(BackupError) as caught:
            await _client().host_key(location)
    assert caught.value.kind is Kind.REFUSED


@pytest.mark.parametrize("fault", [SshFault.HANG_AT_BANNER, SshFault.CLOSE_AT_BANNER])
async def test_a_look_at_the_key_ends_within_the_time(tmp_path: Path, fault: SshFault) -> None:
    """As a listing does."""
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD) as server:
        server.fault = fault
        with pytest.raises(BackupError) as caught:
            await asyncio.wait_for(_client(_SOON).host_key(_location(server)), 5)
    assert caught.value.kind is Kind.UNREACHABLE


async def test_a_look_at_the_key_waits_for_no_login(tmp_path: Path) -> None:
    """It is over before a server that hangs there is asked for one."""
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD) as server:
        server.fault = SshFault.HANG_AT_LOGIN
        key = await _client().host_key(_location(server))
        assert key.sha256 == server.fingerprint_sha256()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (SshFault.HANG_AT_BANNER, Kind.UNREACHABLE),
        (SshFault.CLOSE_AT_BANNER, Kind.UNREACHABLE),
        (SshFault.HANG_AT_LOGIN, Kind.UNREACHABLE),
        (SshFault.REFUSE_LOGIN, Kind.AUTH),
        (SshFault.HANG_IN_LISTING, Kind.UNREACHABLE),
        (SshFault.CLOSE_IN_LISTING, Kind.UNREACHABLE),
    ],
)
async def test_a_fault_ends_in_an_error_within_the_time(
    tmp_path: Path, fault: SshFault, kind: Kind
) -> None:
    """Whatever the server does, the call ends, with what was seen and what helps."""
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD) as server:
        server.fault = fault
        with pytest.raises(BackupError) as caught:
            await asyncio.wait_for(_client(_SOON).listing(_location(server)), 5)
    assert caught.value.kind is kind
    assert _PASSWORD not in f"{caught.value!s}{caught.value!r}"


async def test_an_address_where_nobody_is_is_told() -> None:
    """A refused connection and an unknown name."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nobody = a_backup_location(server="127.0.0.1", port=bound.getsockname()[1])
        for look in (_client().listing, _client().host_key):
            with pytest.raises(BackupError, match="could not be reached") as caught:
                await look(nobody)
            assert caught.value.kind is Kind.UNREACHABLE
    for look in (_client().listing, _client().host_key):
        with pytest.raises(BackupError) as caught:
            await look(a_backup_location(server="backup.invalid"))
        assert caught.value.kind is Kind.UNREACHABLE


async def test_only_files_and_directories_that_can_be_named_are_listed(tmp_path: Path) -> None:
    """Links, and names that JSON text cannot carry or a person cannot read, are left out."""
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD) as server:
        server.add_backup("backup-cluster-1.tar.gz", "pass", NOON)
        folder = tmp_path / "vol0" / "backups"
        (folder / "old").mkdir()
        (folder / "latest").symlink_to("backup-cluster-1.tar.gz")
        (folder / "line\nbreak").touch()
        (folder / os.fsdecode(b"\xff\xfe")).touch()
        listing = await _client().listing(_location(server))
    assert {(entry.path, entry.is_directory) for entry in listing.entries} == {
        ("/vol0/backups/backup-cluster-1.tar.gz", False),
        ("/vol0/backups/old", True),
    }


async def test_a_server_without_sftp_is_told() -> None:
    """Listing needs SFTP, even where the manager itself copies with scp."""
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")

    class Anybody(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            del username
            return False

    listener = await asyncssh.create_server(
        Anybody, "127.0.0.1", 0, server_host_keys=[key], gss_host=None
    )
    async with listener:
        location = a_backup_location(
            server="127.0.0.1",
            port=listener.get_port(),
            fingerprint=key.get_fingerprint("md5").removeprefix("MD5:").replace(":", ""),
        )
        with pytest.raises(BackupError) as caught:
            await _client().listing(location)
    assert caught.value.kind is Kind.REFUSED


async def test_the_machines_own_ssh_setup_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of known hosts that trusts the impostor, a configuration, an agent: all ignored."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text("Host *\n  Port 9\n  Hostname 192.0.2.1\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    async with sandbox.SshBackupServer(tmp_path / "root", password=_PASSWORD) as server:
        location = _location(server)
        assert (await _client().listing(location)).entries == ()
        assert (await _client().host_key(location)).sha256 == server.fingerprint_sha256()
        server.rotate_host_key()
        impostor = await asyncssh.get_server_host_key(server.host, server.port, config=None)
        assert impostor is not None
        line = impostor.export_public_key().decode()
        (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {line}")
        with pytest.raises(BackupError) as caught:
            await _client().listing(location)
        assert caught.value.kind is Kind.FINGERPRINT
        assert server.passwords_received == 1


async def test_no_secret_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the most talkative level."""
    caplog.set_level(logging.DEBUG)
    async with sandbox.SshBackupServer(tmp_path, password=_PASSWORD) as server:
        client = _client()
        await client.listing(_location(server))
        server.fault = SshFault.REFUSE_LOGIN
        with pytest.raises(BackupError):
            await client.listing(_location(server))
    assert _PASSWORD not in caplog.text
    assert _PASSWORD not in repr(client)


def test_no_source_trusts_every_host() -> None:
    """No key is trusted beforehand: `None` would send a password to anybody.

    Something empty, or nothing, would be replaced by the user's own file.
    """
    sources = Path(__file__).parents[2] / "bot"
    found = {path: list(_known_hosts(path.read_text())) for path in sources.rglob("*.py")}

    assert found[sources / "backup" / "ssh.py"] == ["([], [], [])"]
    assert {value for values in found.values() for value in values} == {"([], [], [])"}


@pytest.mark.parametrize(
    "source",
    ["go(known_hosts=None)", 'go(**{"known_hosts": None})', 'options["known_hosts"] = None'],
)
def test_no_form_of_trusting_every_host_is_overlooked(source: str) -> None:
    """As an argument, in a dictionary, put into one."""
    assert list(_known_hosts(source)) == ["None"]


def _known_hosts(source: str) -> Iterator[str]:
    """Every value that is given to `known_hosts`, as it is written."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="known_hosts", value=value):
                yield ast.unparse(value)
            case ast.Dict(keys, values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "known_hosts":
                        yield ast.unparse(value)
            case ast.Assign([ast.Subscript(slice=ast.Constant("known_hosts"))], value):
                yield ast.unparse(value)
