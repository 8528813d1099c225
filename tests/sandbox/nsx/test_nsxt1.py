"""The simulator goes through a whole 1.x restore as an appliance does, seen over real HTTPS."""

import itertools
import logging
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from bot.sandbox.authority import Authority
from bot.sandbox.backup_files import BackupKind
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Durations, Phase, phases
from bot.sandbox.ssh_source import OverSsh

CLUSTER = "/api/v1/cluster/backups?action=restore"
NODE = "/api/v1/node/backups?action=restore"
STATUS = "/api/v1/cluster/status"

Order = Callable[..., dict[str, Any]]


async def _restore_cluster(manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order) -> None:
    assert (await client.post(CLUSTER, json=order())).status_code == 200
    await manager.until(lambda: manager.stable_again_at is not None)


async def _sight(client: httpx.AsyncClient) -> str:
    """Say in a word what a poll of the cluster status sees."""
    try:
        reply = await client.get(STATUS)
    except httpx.TransportError:
        return "no answer"
    if reply.status_code == 200:
        return str(reply.json()["mgmt_cluster_status"]["status"])
    return f"{reply.status_code} {reply.headers['Content-Type'].partition(';')[0]}"


async def test_a_fresh_manager_is_stable_and_has_no_controllers(client: httpx.AsyncClient) -> None:
    """The status has the shape and the words of the NSX-T 1.1 guide, step 1."""
    status = (await client.get(STATUS)).json()

    assert status["mgmt_cluster_status"]["status"] == "STABLE"
    assert status["mgmt_cluster_status"]["online_nodes"] == [
        {
            "uuid": "422E901F-B167-DA0A-951F-C0278CA8A4BA",
            "mgmt_cluster_listen_ip_address": "10.0.0.5",
        }
    ]
    assert status["control_cluster_status"] == {"status": "NO_CONTROLLERS"}


async def test_the_node_tells_its_version(client: httpx.AsyncClient) -> None:
    """The version is that of NSX-T 1.1, in the version's own notation."""
    node = (await client.get("/api/v1/node")).json()

    assert node["product_version"] == "1.1.0.0.0.4788147"


async def test_an_accepted_restore_answers_200_without_a_body(
    client: httpx.AsyncClient, order: Order
) -> None:
    """The acceptance says nothing about the outcome."""
    reply = await client.post(CLUSTER, json=order())

    assert (reply.status_code, reply.content) == (200, b"")


async def test_a_restore_shows_every_form_of_a_restart_in_order(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
) -> None:
    """A poll sees the old state first, then the restart's forms, then STABLE for good."""
    sights = {}
    await stepped_client.post(CLUSTER, json=order())
    for phase, seconds in phases(BackupKind.CLUSTER, Durations(), Faults()):
        await stepped_manager.until(partial(_in_phase, stepped_manager, phase))
        sights[phase] = await _sight(stepped_client)
        stepped_time.pass_by(seconds)
    await stepped_manager.until(lambda: stepped_manager.stable_again_at is not None)

    assert list(sights.values()) == [
        "STABLE",
        "UNSTABLE",
        "no answer",
        "502 text/html",
        "503 application/json",
        "503 text/plain",
        "404 application/json",
        "INITIALIZING",
    ]
    assert await _sight(stepped_client) == "STABLE"


def _in_phase(manager: Nsxt1Manager, phase: Phase) -> bool:
    served = manager.state()["listening"]
    return manager.phase is phase and served is (phase is not Phase.AWAY)


async def test_the_port_survives_the_restart(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
) -> None:
    """Connections are refused for a while; then it listens at the same address again."""
    url = stepped_manager.url
    await stepped_client.post(CLUSTER, json=order())
    stepped_time.pass_by(13)
    await stepped_manager.until(lambda: not stepped_manager.state()["listening"])

    with pytest.raises(httpx.ConnectError):
        await stepped_client.get(STATUS)
    stepped_time.pass_by(1_000)
    await stepped_manager.until(lambda: stepped_manager.stable_again_at is not None)

    assert stepped_manager.url == url
    assert await _sight(stepped_client) == "STABLE"


async def test_an_open_connection_is_cut_by_the_restart(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """A connection that a client kept open does not outlive the services."""
    async with client.stream("POST", CLUSTER, json=order()) as reply:
        connection = reply.extensions["network_stream"].get_extra_info("socket")
        local = connection.getsockname()
        await reply.aread()
    await manager.until(lambda: manager.stable_again_at is not None)

    async with client.stream("GET", STATUS) as reply:
        connection = reply.extensions["network_stream"].get_extra_info("socket")
        assert connection.getsockname() != local


async def test_the_uptime_falls_with_the_restart(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """A smaller uptime is the proof that the appliance restarted."""
    before = (await client.get("/api/v1/node/status")).json()["uptime"]
    await _restore_cluster(manager, client, order)

    assert (await client.get("/api/v1/node/status")).json()["uptime"] < before


async def test_the_restored_configuration_has_automatic_backups_on(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """The database in the backup brings its own schedule, switched on, without its secrets."""
    path = "/api/v1/cluster/backups/config"
    assert (await client.get(path)).json()["backup_enabled"] is False
    await _restore_cluster(manager, client, order)

    restored = (await client.get(path)).json()

    assert restored["backup_enabled"] is True
    assert restored["backup_schedule"]["resource_type"] == "WeeklyBackupSchedule"
    assert "passphrase" not in str(restored)
    assert "4uhasWak" not in str(restored)


async def test_the_node_restore_comes_after_the_cluster_restore(
    client: httpx.AsyncClient, order: Order
) -> None:
    """The order of the guide is enforced, in the guide's own words."""
    reply = await client.post(NODE, json=order("backup-node-1.tar.gz"))

    assert reply.status_code == 400
    assert reply.json()["error_message"] == (
        "You must restore a cluster backup before restoring a node backup."
    )


async def test_the_control_cluster_needs_controllers_and_node_restore(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """It stays NO_CONTROLLERS until both are done, then it is UNSTABLE, then STABLE."""
    words: list[str] = []

    def control() -> str:
        word = str(manager.state()["control_cluster_status"])
        if words[-1:] != [word]:
            words.append(word)
        return word

    await _restore_cluster(manager, client, order)
    for address in ("10.0.0.11", "10.0.0.12"):
        manager.restart_controller(address)
    await manager.until(lambda: set(manager.state()["controllers"].values()) == {"restarted"})
    assert control() == "NO_CONTROLLERS"

    await client.post(NODE, json=order("backup-node-1.tar.gz"))
    await manager.until(lambda: control() == "STABLE")

    assert words == ["NO_CONTROLLERS", "UNSTABLE", "STABLE"]
    assert manager.node_times.own_seconds is not None


async def test_a_node_restore_alone_brings_no_controllers(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """Controllers with stale data do not connect; the last restart makes the cluster."""
    await _restore_cluster(manager, client, order)
    await client.post(NODE, json=order("backup-node-1.tar.gz"))
    await manager.until(lambda: manager.node_times.stable_again_at is not None)
    assert manager.state()["control_cluster_status"] == "NO_CONTROLLERS"

    manager.restart_controller("10.0.0.11")
    manager.restart_controller("10.0.0.12")

    await manager.until(lambda: manager.state()["control_cluster_status"] == "STABLE")


async def test_controllers_restarted_too_early_are_stale_again(manager: Nsxt1Manager) -> None:
    """A restart before the cluster restore drops nothing that would have to be dropped."""
    manager.restart_controller("10.0.0.11")
    assert manager.state()["controllers"]["10.0.0.11"] == "restarting"

    await manager.until(lambda: manager.state()["controllers"]["10.0.0.11"] == "stale")
    with pytest.raises(ValueError, match="no controller"):
        manager.restart_controller("10.0.0.99")


async def test_the_helper_script_needs_the_node_restore(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """It has nothing to reconcile before, and says what it did after."""
    with pytest.raises(RuntimeError):
        manager.run_helper_script()
    await _restore_cluster(manager, client, order)
    await client.post(NODE, json=order("backup-node-1.tar.gz"))
    await manager.until(lambda: manager.node_times.stable_again_at is not None)

    assert manager.run_helper_script()
    assert manager.state()["helper_script_runs"] == 1


async def test_a_second_restore_is_refused_while_one_runs(
    stepped_manager: Nsxt1Manager, stepped_client: httpx.AsyncClient, order: Order
) -> None:
    """Both requests count as arrived, one as accepted."""
    replies = [await stepped_client.post(CLUSTER, json=order()) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 409]
    assert stepped_manager.restore_posts == 2


async def test_nothing_is_written_while_the_status_is_unstable(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
) -> None:
    """Reads are answered, writes are 503 until the Manager is stable."""
    await stepped_client.post(CLUSTER, json=order())
    stepped_time.pass_by(3)
    await stepped_manager.until(lambda: stepped_manager.phase is Phase.UNSTABLE)

    assert (await stepped_client.post(CLUSTER, json=order())).status_code == 503
    assert (await stepped_client.get("/api/v1/cluster/backups/config")).status_code == 200
    reply = await stepped_client.put("/api/v1/cluster/backups/config", json={})
    assert reply.status_code == 503


async def test_a_later_restore_is_accepted_again(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """Nothing in the API protects a Manager from a second restore request."""
    await _restore_cluster(manager, client, order)
    first = manager.restore_accepted_at
    await _restore_cluster(manager, client, order)

    assert manager.restore_posts == 2
    assert manager.restore_accepted_at != first


async def test_the_times_of_a_restore_are_told(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """The appliance's own time is what lies between acceptance and the last STABLE."""
    assert manager.own_seconds is None
    await _restore_cluster(manager, client, order)

    accepted_at, stable_at = manager.restore_accepted_at, manager.stable_again_at
    assert accepted_at is not None
    assert stable_at is not None
    assert manager.own_seconds == stable_at - accepted_at >= 111 / 500


async def test_requests_are_recorded_without_secrets(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """The record has method, path, status and body, and no password, passphrase or header."""
    await client.get(STATUS)
    await client.post(CLUSTER, json=order())

    assert [(seen.method, seen.path, seen.status) for seen in manager.requests] == [
        ("GET", STATUS, 200),
        ("POST", CLUSTER, 200),
    ]
    body = manager.requests[1].body
    assert body is not None
    assert body["restore_file"]["uri"] == "/vol0/backups/backup-cluster-1.tar.gz"
    for secret in ("7Taspa5anecR", "4uhasWak", "VMware1!"):
        assert secret not in repr(manager.requests)
        assert secret not in repr(manager.state())


async def test_nothing_secret_is_logged(
    manager: Nsxt1Manager,
    client: httpx.AsyncClient,
    order: Order,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At the most talkative level, an accepted and a refused restore leave no secret behind."""
    caplog.set_level(logging.DEBUG)
    wrong = order()
    wrong["restore_file"]["passphrase"] = "not-the-passphrase"
    await client.post(CLUSTER, json=wrong)
    await _restore_cluster(manager, client, order)

    for secret in ("7Taspa5anecR", "4uhasWak", "VMware1!", "not-the-passphrase"):
        assert secret not in caplog.text


async def test_a_manager_can_really_copy_over_ssh(
    authority: Authority,
    backups: SshBackupServer,
    trust: ssl.SSLContext,
    order: Order,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With `OverSsh` the Manager logs in to the server that the request names."""
    async with (
        Nsxt1Manager(
            authority=authority, password="VMware1!", backups=OverSsh(), speed=500
        ) as manager,
        httpx.AsyncClient(base_url=manager.url, auth=("admin", "VMware1!"), verify=trust) as client,
    ):
        caplog.set_level(logging.DEBUG)
        wrong = order()
        wrong["restore_file"]["protocol"]["ssh_fingerprint"] = "0" * 32
        assert (await client.post(CLUSTER, json=wrong)).status_code == 400
        assert backups.passwords_received == 0
        assert (await client.post(CLUSTER, json=order())).status_code == 200
        assert backups.passwords_received == 1
        assert "4uhasWak" not in caplog.text


async def test_the_node_restore_path_can_be_configured(
    authority: Authority, backups: SshBackupServer, trust: ssl.SSLContext, order: Order
) -> None:
    """No public document names the path, so a deployment may have another."""
    path = "/api/v1/node/restore-backup"
    async with (
        Nsxt1Manager(
            authority=authority,
            password="VMware1!",
            backups=backups.facts,
            speed=500,
            node_restore_path=path,
        ) as manager,
        httpx.AsyncClient(base_url=manager.url, auth=("admin", "VMware1!"), verify=trust) as client,
    ):
        await _restore_cluster(manager, client, order)
        assert (await client.post(NODE, json=order("backup-node-1.tar.gz"))).status_code == 404
        assert (await client.post(path, json=order("backup-node-1.tar.gz"))).status_code == 200
        assert manager.node_restore_posts == 1


async def test_the_restored_database_knows_controllers_and_backups(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order
) -> None:
    """Before the restore the lists hold the Manager alone; afterwards what was backed up."""
    nodes, history = "/api/v1/cluster/nodes", "/api/v1/cluster/backups/history"
    assert (await client.get(nodes)).json()["result_count"] == 1
    assert (await client.get(history)).json()["cluster_backup_statuses"] == []
    await _restore_cluster(manager, client, order)

    entries = (await client.get(nodes)).json()["results"]

    assert [
        entry["appliance_mgmt_listen_addr"] for entry in entries if "controller_role" in entry
    ] == [
        "10.0.0.11",
        "10.0.0.12",
    ]
    assert (await client.get(history)).json()["cluster_backup_statuses"][0]["success"] is True


async def test_a_flapping_status_is_stable_in_the_end(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
    faults: Faults,
) -> None:
    """With two flaps a poll may see STABLE twice before it is true."""
    faults.flaps = 2
    words: list[str] = []

    async def note(is_reached: Callable[[], bool]) -> None:
        await stepped_manager.until(is_reached)
        words.append(str(stepped_manager.state()["mgmt_cluster_status"]))

    await stepped_client.post(CLUSTER, json=order())
    for phase, seconds in phases(BackupKind.CLUSTER, Durations(copy=0), faults):
        await note(partial(_in_phase, stepped_manager, phase))
        stepped_time.pass_by(seconds)
    await note(lambda: stepped_manager.stable_again_at is not None)

    assert [word for word, _ in itertools.groupby(words)][-6:] == [
        "INITIALIZING",
        "STABLE",
        "UNSTABLE",
        "STABLE",
        "UNSTABLE",
        "STABLE",
    ]


async def test_a_restore_can_end_unstable(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """It then stays UNSTABLE, and no end of the restore is told."""
    faults.never_stable = True
    await client.post(CLUSTER, json=order())
    await manager.until(lambda: manager.phase is Phase.INITIALIZING)
    await manager.until(lambda: manager.phase is Phase.UNSTABLE)

    assert await _sight(client) == "UNSTABLE"
    assert manager.stable_again_at is None
