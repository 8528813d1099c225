"""The backup server is a real SSH server: a strict client sees keys, files and faults as told."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from bot.sandbox.backup_files import BackupKind, Seal
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.backup_source import BackupRefused, BackupSource, RestoreFile
from bot.sandbox.host_keys import KeyType, md5_of, sha256_of
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.ssh_sessions import SshFault
from bot.sandbox.ssh_source import OverSsh

_MADE = dt.datetime(2017, 3, 1, 2, 0, tzinfo=dt.UTC)
_PASSWORD = "4uhasWak"
_NAME = "backup-cluster-20170301.tar.gz"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SshBackupServer]:
    """Run a server with one cluster backup and one node backup."""
    keys = (KeyType.ED25519, KeyType.ECDSA_256)
    async with SshBackupServer(tmp_path, password=_PASSWORD, key_types=keys) as running:
        running.add_backup(_NAME, "7Taspa5anecR", _MADE, 100_000)
        running.add_backup("backup-node-20170301.tar.gz", "7Taspa5anecR", _MADE)
        yield running


def _connect(
    server: SshBackupServer, password: str = _PASSWORD, algorithms: str = "ecdsa-sha2-nistp256"
) -> "asyncssh.misc._ACMWrapper[asyncssh.SSHClientConnection]":
    return asyncssh.connect(
        server.host,
        server.port,
        username="backup",
        password=password,
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        config=None,
        server_host_key_algs=algorithms,
    )


def _wanted(server: SshBackupServer, **changed: str) -> RestoreFile:
    fields = {
        "server": server.host,
        "uri": f"{server.directory}/{_NAME}",
        "protocol": "scp",
        "fingerprint": server.fingerprint_md5(),
        "username": "backup",
        "password": _PASSWORD,
        "passphrase": "7Taspa5anecR",
    }
    return RestoreFile(port=server.port, **(fields | changed))


async def test_the_listing_shows_names_sizes_and_times(server: SshBackupServer) -> None:
    """Over SFTP the backups are in `/vol0/backups`, with the size and time they were given."""
    async with _connect(server) as connection, connection.start_sftp_client() as sftp:
        entries = {entry.filename: entry.attrs async for entry in sftp.scandir(server.directory)}

    assert entries.keys() - {".", ".."} == {_NAME, "backup-node-20170301.tar.gz"}
    assert entries[_NAME].size == 100_000
    assert entries[_NAME].mtime == _MADE.timestamp()


async def test_nothing_outside_the_root_can_be_seen(server: SshBackupServer) -> None:
    """The root of the server is its own directory, whatever path a client asks for."""
    async with _connect(server) as connection, connection.start_sftp_client() as sftp:
        assert set(await sftp.listdir("/../..")) - {".", ".."} == {"vol0"}


async def test_commands_are_refused(server: SshBackupServer) -> None:
    """A login gives file access only."""
    async with _connect(server) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("id")


@pytest.mark.parametrize(
    ("algorithm", "key_type"),
    [
        ("ecdsa-sha2-nistp256", KeyType.ECDSA_256),
        ("ssh-ed25519", KeyType.ED25519),
    ],
)
async def test_each_key_type_has_its_own_fingerprint(
    server: SshBackupServer, algorithm: str, key_type: KeyType
) -> None:
    """The key a client negotiates is the one whose fingerprints the server tells for that type."""
    async with _connect(server, algorithms=algorithm) as connection:
        key = connection.get_server_host_key()

    assert key is not None
    assert md5_of(key) == server.fingerprint_md5(key_type)
    assert sha256_of(key) == server.fingerprint_sha256(key_type)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((KeyType.RSA, KeyType.ED25519, KeyType.ECDSA_256), KeyType.ECDSA_256),
        ((KeyType.RSA, KeyType.ECDSA_384, KeyType.ED25519), KeyType.ED25519),
        ((KeyType.RSA,), KeyType.RSA),
    ],
)
async def test_the_fingerprint_is_that_of_the_key_the_manager_chooses(
    tmp_path: Path, offered: tuple[KeyType, ...], chosen: KeyType
) -> None:
    """Unless told which, it is of the first type in the order ECDSA-256, ED25519, RSA."""
    server = SshBackupServer(tmp_path, password=_PASSWORD, key_types=offered)

    assert server.fingerprint_md5() == server.fingerprint_md5(chosen)


async def test_rotated_keys_are_shown_to_new_connections(server: SshBackupServer) -> None:
    """After a rotation the fingerprint is another one, and it is the one on the wire."""
    before = server.fingerprint_md5()
    server.rotate_host_key()

    async with _connect(server) as connection:
        key = connection.get_server_host_key()

    assert key is not None
    assert md5_of(key) == server.fingerprint_md5() != before


async def test_the_first_keys_can_be_put_back(server: SshBackupServer) -> None:
    """As a server that was an impostor's for a while."""
    before = server.fingerprint_md5()
    assert server.has_first_host_key
    server.rotate_host_key()
    server.rotate_host_key()
    assert not server.has_first_host_key
    server.put_back_host_key()
    assert server.has_first_host_key
    assert server.fingerprint_md5() == before


async def test_passwords_are_counted_and_wrong_ones_refused(server: SshBackupServer) -> None:
    """Every password that arrives counts, right or wrong."""
    with pytest.raises(asyncssh.PermissionDenied):
        await _connect(server, password="wrong")
    async with _connect(server):
        pass

    assert server.passwords_received == 2


@pytest.mark.parametrize("fault", [SshFault.CLOSE_AT_BANNER, SshFault.REFUSE_LOGIN])
async def test_a_refusing_server_lets_nobody_in(server: SshBackupServer, fault: SshFault) -> None:
    """A dropped connection and a refused login both fail at once."""
    server.fault = fault

    with pytest.raises((asyncssh.Error, OSError)):
        await _connect(server)


@pytest.mark.parametrize("fault", [SshFault.HANG_AT_BANNER, SshFault.HANG_AT_LOGIN])
async def test_a_hanging_server_never_answers(server: SshBackupServer, fault: SshFault) -> None:
    """The client's own deadline is all that ends the wait, and no password arrives."""
    server.fault = fault

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_connect(server), 0.2)
    assert server.passwords_received == 0


async def test_a_connection_can_be_cut_in_a_listing(server: SshBackupServer) -> None:
    """The cut reaches the client as an error, not as a short list."""
    server.fault = SshFault.CLOSE_IN_LISTING

    async with _connect(server) as connection, connection.start_sftp_client() as sftp:
        with pytest.raises(asyncssh.ConnectionLost):
            await sftp.listdir(server.directory)


async def test_files_can_be_replaced_and_removed(server: SshBackupServer) -> None:
    """A replaced file has other content under its old name; a removed one is gone."""
    server.replace(_NAME, "another", _MADE + dt.timedelta(days=1), 50_000)
    server.remove("backup-node-20170301.tar.gz")

    async with _connect(server) as connection, connection.start_sftp_client() as sftp:
        assert (await sftp.stat(f"{server.directory}/{_NAME}")).size == 50_000
        assert not await sftp.exists(f"{server.directory}/backup-node-20170301.tar.gz")
    with pytest.raises(FileNotFoundError):
        server.replace("backup-node-20170301.tar.gz", "x", _MADE)


@pytest.mark.parametrize("how", ["known", "over ssh"])
@pytest.mark.parametrize(
    ("field", "value", "blamed"),
    [
        ("fingerprint", "0" * 32, "restore_file.protocol.ssh_fingerprint"),
        ("password", "wrong", "restore_file.protocol.authentication_scheme"),
        ("uri", "/vol0/backups/none.tar.gz", "restore_file.uri"),
        ("uri", "/vol0/backups/backup-node-20170301.tar.gz", "restore_file.uri"),
        ("passphrase", "wrong", "restore_file.passphrase"),
    ],
)
async def test_both_sources_blame_the_same_field(
    server: SshBackupServer, how: str, field: str, value: str, blamed: str
) -> None:
    """Judging by known facts and really connecting come to the same verdict."""
    source: BackupSource = server.facts if how == "known" else OverSsh()
    await source.check(_wanted(server), BackupKind.CLUSTER)

    with pytest.raises(BackupRefused) as refused:
        await source.check(_wanted(server, **{field: value}), BackupKind.CLUSTER)
    assert refused.value.field == blamed


async def test_no_password_is_sent_to_a_server_with_another_key(server: SshBackupServer) -> None:
    """The Manager's own copy checks the host key before it logs in."""
    with pytest.raises(BackupRefused):
        await OverSsh().check(_wanted(server, fingerprint="0" * 32), BackupKind.CLUSTER)

    assert server.connections == 1
    assert server.passwords_received == 0


async def test_listed_backups_lie_below_a_folder_of_their_node(tmp_path: Path) -> None:
    """Their files are real ones, which a client finds over SFTP and the passphrase opens."""
    backup = ListedBackup(
        node_id="86f7ec49-6a5b-542a-800c-5cf478b844b4",
        timestamp=1_712_345_678_901,
        address="nsx.example.com",
        restore_type=None,
        passphrase="7Taspa5anecR",
    )
    async with SshBackupServer(tmp_path, password=_PASSWORD) as server:
        server.stock(backup)
        async with _connect(server) as connection, connection.start_sftp_client() as sftp:
            attributes = await sftp.stat(f"/vol0/backups/{backup.name}")
        head = server.facts.files.head(f"/vol0/backups/{backup.name}")
        with pytest.raises(FileExistsError):
            server.stock(backup)

    assert attributes.mtime == 1_712_345_678
    assert Seal.read(head).opens("7Taspa5anecR")
    assert Seal.read(head).kind is BackupKind.CLUSTER
    assert "7Taspa5anecR" not in repr(backup)


@pytest.mark.parametrize("bits", [256, 384, 521])
async def test_the_ecdsa_key_is_the_one_that_later_managers_use(tmp_path: Path, bits: int) -> None:
    """Its size and its SHA256 are known, whatever other keys there are."""
    kind = KeyType(f"ecdsa-sha2-nistp{bits}")
    async with SshBackupServer(
        tmp_path, password=_PASSWORD, key_types=[KeyType.ED25519, kind]
    ) as server:
        assert server.facts.ecdsa_bits == bits
        assert server.fingerprint_ecdsa() == server.fingerprint_sha256(kind)


async def test_a_server_may_have_no_ecdsa_key(tmp_path: Path) -> None:
    """Then later Managers cannot use it, and it says so."""
    async with SshBackupServer(tmp_path, password=_PASSWORD, key_types=[KeyType.ED25519]) as server:
        assert server.facts.ecdsa_bits is None
        with pytest.raises(ValueError, match="ECDSA"):
            server.fingerprint_ecdsa()
