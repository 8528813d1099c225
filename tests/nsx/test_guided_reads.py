"""Lists are read to their end, and the configuration is changed with care; over real sockets."""

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.domain.errors import CredentialError, Kind, ManagerError
from bot.domain.values import Component, SecretRef
from bot.nsx.client import HttpManagers
from bot.ports import GuidedManager
from bot.runbooks.observations import ClusterStatus, ListedRestore, ManagerFacts, Schedule
from bot.runbooks.restoring import Resource
from bot.sandbox.authority import Authority
from tests.builders import SHA256
from tests.fakes import FakeCredentials
from tests.nsx.guided_wire import GuidedWire, told
from tests.nsx.places import (
    CANARIES,
    PASSPHRASE,
    PASSWORD,
    a_backup_access,
    guided,
    managers,
    trusted,
)
from tests.nsx.raw_server import api_error, cut, raw_server, replying, silence

_LAST = "0" * 32
_GLOBAL = "/global-manager/api/v1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the targets name."""
    return Authority(tmp_path)


async def _backups(manager: GuidedManager) -> Sequence[ListedRestore]:
    return await manager.backups()


def _entry(number: int, **changes: Any) -> dict[str, Any]:
    entry = {"node_id": "n", "timestamp": 1712345678000 + number, "ip_address": "10.20.0.5"}
    return entry | changes


# -- what every manager is asked ----------------------------------------------------------------


@pytest.mark.parametrize("component", Component)
async def test_a_manager_tells_its_names_and_addresses(
    authority: Authority, component: Component
) -> None:
    """Node and cluster are under the same paths for a Global Manager."""
    node = {
        "product_version": "4.2.1.0.0.24304122",
        "node_uuid": "3B1C",
        "fully_qualified_domain_name": "nsx.example.com",
    }
    members = [
        {"uuid": "3B1C", "mgmt_cluster_listen_ip_address": "10.20.0.5"},
        {"uuid": "4D", "mgmt_cluster_listen_ip_address": ""},
    ]
    cluster = {
        "mgmt_cluster_status": {"status": "STABLE", "online_nodes": members},
        "control_cluster_status": {"status": "STABLE"},
    }
    wire = GuidedWire(authority, told(node), told(cluster), told({}), component=component)
    async with wire.open() as manager:
        assert await manager.facts() == ManagerFacts(
            "4.2.1.0.0.24304122", "3b1c", "nsx.example.com"
        )
        assert await manager.cluster_status() == ClusterStatus(
            "STABLE", "STABLE", ("3b1c", "4d"), ("10.20.0.5",)
        )
        assert await manager.uptime() is None
    assert wire.lines == [
        "GET /api/v1/node",
        "GET /api/v1/cluster/status",
        "GET /api/v1/node/status",
    ]


@pytest.mark.parametrize("published", [True, False])
async def test_a_manager_tells_whether_it_publishes_its_fqdn(
    authority: Authority, *, published: bool
) -> None:
    """It decides by which name a backup must be listed, so it is never guessed."""
    document = {"publish_fqdns": published, "_revision": 3}
    wire = GuidedWire(authority, told(document), told({}), component=Component.GLOBAL)
    async with wire.open() as manager:
        assert await manager.publishes_fqdn() is published
        with pytest.raises(ManagerError) as caught:
            await manager.publishes_fqdn()
    assert caught.value.kind is Kind.MALFORMED
    assert wire.lines[0] == "GET /api/v1/configs/management"


# -- lists --------------------------------------------------------------------------------------


async def test_backups_are_told_as_they_are_listed(authority: Authority) -> None:
    """F26: of all managers, with the kinds of restore each is good for, where that is told."""
    results = [
        _entry(1, restore_type=["REGULAR_RESTORE"]),
        _entry(2, node_id="OTHER", ip_address="NSX.example.com", new=1),
        _entry(3, restore_type=["POLICY_ONLY_RESTORE"]),
        _entry(4, restore_type=None, ip_address=None, ipv6_address="2001:db8::5"),
        _entry(5, node_id=None),
        _entry(6, timestamp=None),
        None,
    ]
    wire = GuidedWire(authority, told({"results": results, "result_count": 6}))
    assert await wire.gives(_backups) == (
        ListedRestore("n", 1712345678001, "10.20.0.5", ("REGULAR_RESTORE",)),
        ListedRestore("OTHER", 1712345678002, "NSX.example.com"),
        ListedRestore("n", 1712345678003, "10.20.0.5", ("POLICY_ONLY_RESTORE",)),
        ListedRestore("n", 1712345678004, "2001:db8::5"),
    )
    assert wire.lines == ["GET /api/v1/cluster/restore/backuptimestamps"]


@pytest.mark.parametrize("last", [{}, {"cursor": None}, {"cursor": ""}, {"cursor": _LAST}])
async def test_all_pages_of_a_list_are_read(authority: Authority, last: dict[str, Any]) -> None:
    """F25: until there is no cursor, or one that begins with `0000`; each is sent as it came."""
    cursor = "0036b+ /=&ü"
    wire = GuidedWire(
        authority,
        told({"results": [_entry(1)], "cursor": cursor}),
        told({"results": None, "cursor": "x"}),
        told({"results": [_entry(2)], **last}),
    )
    found = await wire.gives(_backups)
    assert [backup.timestamp for backup in found] == [1712345678001, 1712345678002]
    assert [asked.query for asked in wire.asked] == [{}, {"cursor": cursor}, {"cursor": "x"}]
    assert quote(cursor).encode() in wire.server.received[1]


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"]])
async def test_a_list_that_leads_in_a_circle_is_an_error(
    authority: Authority, cursors: list[str]
) -> None:
    """F25: no endless loop, and no part of a list that passes for the whole."""
    pages = [told({"results": [_entry(1)], "cursor": cursor}) for cursor in cursors]
    wire = GuidedWire(authority, *pages)
    error = await wire.error(_backups)
    assert error.kind is Kind.MALFORMED
    assert "list of backups (its pages have no end)" in error.said
    assert len(wire.asked) == len(cursors)


async def test_a_list_with_new_cursors_for_ever_is_an_error(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F25: there is a last page to be read at all (a thousand; four here)."""
    monkeypatch.setattr("bot.nsx.guided._PAGE_LIMIT", 4)
    count = 0

    async def answer(writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await told({"results": [], "cursor": f"c{count}"})(writer)

    error = await GuidedWire(authority, answer).error(_backups)
    assert (error.kind, count) == (Kind.MALFORMED, 4)


async def test_a_page_that_fails_fails_the_list(authority: Authority) -> None:
    """A part of the backups never passes for all of them."""
    wire = GuidedWire(
        authority, told({"results": [_entry(1)], "cursor": "x"}), replying(503, b"Starting")
    )
    assert (await wire.error(_backups)).kind is Kind.UNREACHABLE


@pytest.mark.parametrize("timestamp", ["1712345678901", 1712345678901.0, 1.5e300])
async def test_a_moment_that_is_no_integer_is_malformed(
    authority: Authority, timestamp: object
) -> None:
    """F16: rounded or rewritten it would match no backup."""
    wire = GuidedWire(authority, told({"results": [_entry(1, timestamp=timestamp)]}))
    assert (await wire.error(_backups)).kind is Kind.MALFORMED


async def test_resources_are_shown_by_the_named_fields(authority: Authority) -> None:
    """Texts in the wanted order, lists joined; what is unknown is left out."""
    results = [
        {
            "id": "r-1",
            "display_name": "esx-07",
            "resource_type": "FabricNode",
            "ip_addresses": ["192.0.2.77", "192.0.2.78", None],
            "port": 443,
            "up": True,
            "place": {"rack": 7, "row": "B"},
            "passphrase": PASSPHRASE,
        },
        {"target_id": "r-2", "target_type": "Host", "ip_addresses": [], "port": None},
        {"display_name": "nameless"},
    ]
    wire = GuidedWire(
        authority,
        told({"results": results[:2], "cursor": "c"}),
        told({"results": results[2:]}),
    )
    fields = ("ip_addresses", "unknown", "display_name", "port", "up", "place", "passphrase")
    found = await wire.gives(lambda manager: manager.resources("a b&c/d", fields))
    shown = ("192.0.2.77, 192.0.2.78", "esx-07", "443", "yes", "rack: 7, row: B", "[secret]")
    assert found == (
        Resource("r-1", "FabricNode", "esx-07", shown),
        Resource("r-2", "Host", "r-2"),
        Resource("", "", "nameless", ("nameless",)),
    )
    assert {asked.path for asked in wire.asked} == {"/api/v1/cluster/restore/instruction-resources"}
    assert [asked.query for asked in wire.asked] == [
        {"instruction_id": "a b&c/d", "page_size": "100"},
        {"instruction_id": "a b&c/d", "page_size": "100", "cursor": "c"},
    ]
    assert b"instruction_id=a%20b%26c" in wire.server.received[0]


# -- where a Global Manager has it --------------------------------------------------------------


async def test_a_global_manager_has_its_backups_under_its_own_prefix(authority: Authority) -> None:
    """As the vendor's binding has them (vcf-nsx 9.1.1, `global_manager`)."""
    everything = {"backup_enabled": True, "ssh_fingerprint": SHA256}
    wire = GuidedWire(authority, told(everything), component=Component.GLOBAL)
    async with wire.open() as manager:
        await manager.backup_place()
        await manager.schedule()
        await manager.set_schedule(enabled=True)
        await manager.keep_backups(a_backup_access())
        await manager.ssh_fingerprint("192.0.2.20", 22)
        await manager.backups()
        await manager.resources("i", ())
        await manager.make_backup()
        await manager.backup_run()
    assert {asked.path for asked in wire.asked} == {
        f"{_GLOBAL}/cluster",
        f"{_GLOBAL}/cluster/backups",
        f"{_GLOBAL}/cluster/backups/config",
        f"{_GLOBAL}/cluster/backups/history",
        f"{_GLOBAL}/cluster/backups/status",
        f"{_GLOBAL}/cluster/restore/backuptimestamps",
        f"{_GLOBAL}/cluster/restore/instruction-resources",
    }


# -- opening, and secrets -----------------------------------------------------------------------


async def test_a_reference_that_leads_nowhere_stops_the_opening(authority: Authority) -> None:
    """Nothing is connected without the manager's password."""
    place = guided(trusted("https://127.0.0.1:9", authority))
    with pytest.raises(CredentialError, match="env:NSX_PASSWORD"):
        async with HttpManagers(FakeCredentials({})).guided(place):
            pass


async def test_reading_needs_no_secret_of_the_backup_server(authority: Authority) -> None:
    """Its references are resolved to be hidden; one that leads nowhere stops no reading."""
    async with raw_server(authority.issue("127.0.0.1"), told({"backup_enabled": True})) as server:
        opened = HttpManagers(FakeCredentials({"env:NSX_PASSWORD": PASSWORD}))
        async with opened.guided(guided(trusted(server.url, authority))) as manager:
            assert await manager.schedule() == Schedule(enabled=True)


async def test_secrets_of_before_are_hidden_with_those_of_now(authority: Authority) -> None:
    """A manager may name any of them: in whichever spelling, and as a login, also of a former one.

    Of the manager, of its backup server, or of another target; those too that became known while
    the client was open.
    """
    secrets = {
        "env:NSX_PASSWORD": "f0rmer+pass",
        "env:BACKUP_PASSPHRASE": 'f0rmer "phrase"',
        "env:OTHER": "0f/another",
    }
    credentials = FakeCredentials(secrets)
    for ref in secrets:
        credentials.resolve(SecretRef(ref))
    secrets |= {"env:NSX_PASSWORD": PASSWORD, "env:BACKUP_PASSPHRASE": PASSPHRASE}
    names = ["f0rmer+pass", "f0rmer%2Bpass", 'f0rmer "phrase"', "0f/another", PASSWORD, PASSPHRASE]
    names += [b64encode(f"admin:{one}".encode()).decode() for one in ("f0rmer+pass", PASSWORD)]
    refusal = api_error(400, 1, "; ".join([*names, "n3w"]))

    async with raw_server(authority.issue("127.0.0.1"), refusal) as server:
        place = guided(trusted(server.url, authority))
        async with HttpManagers(credentials).guided(place) as manager:
            secrets["env:OTHER"] = "n3w"
            credentials.resolve(SecretRef("env:OTHER"))
            with pytest.raises(ManagerError) as caught:
                await manager.facts()

    assert f'"{"; ".join(["[secret]"] * 9)}"' in caught.value.said


async def test_no_secret_is_logged_or_shown(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Over good and bad answers to the one call that carries all of them."""
    caplog.set_level(logging.DEBUG)
    seen = [repr(a_backup_access())]
    repeated = json.dumps({"error_message": " ".join(CANARIES)}).encode()
    for answer in (told({}), replying(400, repeated), cut, replying(200, b"?"), silence):
        wire = GuidedWire(authority, told({}), answer, seconds=0.5)
        try:
            await wire.gives(lambda manager: manager.keep_backups(a_backup_access()))
        except ManagerError as error:
            seen += [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
    wire = GuidedWire(authority, told({}), replying(409, repeated))
    seen += [str(await wire.error(lambda m: m.keep_backups_unless_set(a_backup_access())))]
    async with managers().guided(guided(trusted("https://127.0.0.1:9", authority))) as manager:
        seen += [repr(manager)]
    text = "\n".join([caplog.text, *seen])
    assert text.count("[secret]") >= 3
    assert not [canary for canary in CANARIES if canary in text]
    assert "Basic " not in text
