"""A backup server and a freshly deployed 1.x Manager, on real sockets, in fast time."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.authority import Authority
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Durations
from tests.sandbox.nsx.stepped_time import SteppedTime

_MADE = dt.datetime(2017, 3, 1, 2, 0, tzinfo=dt.UTC)

Order = Callable[..., dict[str, Any]]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Make an authority that the clients of a test trust."""
    return Authority(tmp_path)


@pytest.fixture
async def backups(tmp_path: Path) -> AsyncIterator[SshBackupServer]:
    """Run a backup server with one backup of each kind."""
    root = tmp_path / "backups"
    async with SshBackupServer(root, password="4uhasWak") as server:
        server.add_backup("backup-cluster-1.tar.gz", "7Taspa5anecR", _MADE)
        server.add_backup("backup-node-1.tar.gz", "7Taspa5anecR", _MADE)
        yield server


@pytest.fixture
def faults() -> Faults:
    """Switch no fault on; a test does that itself, before or while the Manager runs."""
    return Faults()


@pytest.fixture
async def manager(
    authority: Authority, backups: SshBackupServer, faults: Faults
) -> AsyncIterator[Nsxt1Manager]:
    """Run a Manager whose cluster restore takes about a quarter of a second."""
    async with Nsxt1Manager(
        authority=authority,
        password="VMware1!",
        backups=backups.facts,
        durations=Durations(),
        speed=500,
        faults=faults,
        controllers=("10.0.0.11", "10.0.0.12"),
    ) as running:
        yield running


@pytest.fixture
def trust(authority: Authority) -> ssl.SSLContext:
    """Trust the authority and nothing else."""
    return authority.client_context()


@pytest.fixture
async def client(manager: Nsxt1Manager, trust: ssl.SSLContext) -> AsyncIterator[httpx.AsyncClient]:
    """Call the Manager with the right login over verified TLS."""
    async with httpx.AsyncClient(
        base_url=manager.url, auth=("admin", "VMware1!"), verify=trust, timeout=5
    ) as calling:
        yield calling


@pytest.fixture
async def stepped_time() -> SteppedTime:
    """Make a time that a test moves by hand."""
    return SteppedTime()


@pytest.fixture
async def stepped_manager(
    authority: Authority, backups: SshBackupServer, faults: Faults, stepped_time: SteppedTime
) -> AsyncIterator[Nsxt1Manager]:
    """Run a Manager that stays in a phase until the test moves its time; copying takes none."""
    async with Nsxt1Manager(
        authority=authority,
        password="VMware1!",
        backups=backups.facts,
        durations=Durations(copy=0),
        faults=faults,
        time=stepped_time,
    ) as running:
        yield running


@pytest.fixture
async def stepped_client(
    stepped_manager: Nsxt1Manager, trust: ssl.SSLContext
) -> AsyncIterator[httpx.AsyncClient]:
    """Call the stepped Manager, each time on a new connection."""
    async with httpx.AsyncClient(
        base_url=stepped_manager.url,
        auth=("admin", "VMware1!"),
        verify=trust,
        timeout=5,
        limits=httpx.Limits(max_keepalive_connections=0),
    ) as calling:
        yield calling


@pytest.fixture
def order(backups: SshBackupServer) -> Order:
    """Write the body of a restore request for one of the two backups."""

    def body(name: str = "backup-cluster-1.tar.gz") -> dict[str, Any]:
        return {
            "restore_file": {
                "file_store": "remote",
                "passphrase": "7Taspa5anecR",
                "server": "127.0.0.1",
                "port": backups.port,
                "uri": f"/vol0/backups/{name}",
                "protocol": {
                    "name": "scp",
                    "ssh_fingerprint": backups.fingerprint_md5(),
                    "authentication_scheme": {
                        "scheme_name": "password",
                        "username": "backup",
                        "password": "4uhasWak",
                    },
                },
            }
        }

    return body
