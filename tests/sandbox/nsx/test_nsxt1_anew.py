"""A Manager whose pace is changed while it runs, and one that is deployed anew."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from bot.sandbox.backup_files import BackupKind
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults
from bot.sandbox.nsx.nsxt1_lifecycle import Durations, Phase, phases
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart
from bot.sandbox.nsx.simulated_time import SimulatedTime

STATUS = "/api/v1/cluster/status"
CLUSTER = "/api/v1/cluster/backups?action=restore"
PHASES = [phase for phase, _ in phases(BackupKind.CLUSTER, Durations(), Faults())]

Order = Callable[..., dict[str, Any]]


async def test_a_change_of_speed_is_no_jump() -> None:
    """The clock goes on from where it stands, faster or slower."""
    time = SimulatedTime(1_000)
    await time.until(5)
    before = time.now()
    time.speed = 1
    assert before <= time.now() < before + 5
    time.speed = 10_000
    assert time.speed == 10_000
    await time.until(before + 100)
    assert time.now() >= before + 100


async def test_who_waits_for_an_instant_waits_at_the_new_speed() -> None:
    """A wait of an hour is over at once when an hour passes at once."""
    time = SimulatedTime(1)
    waiting = asyncio.create_task(time.until(3_600))
    await asyncio.sleep(0)
    time.speed = 100_000
    async with asyncio.timeout(5):
        await waiting
    assert time.now() >= 3_600


@pytest.mark.parametrize("speed", [0, -1])
async def test_time_neither_stands_still_nor_goes_back(speed: float) -> None:
    """Neither from the beginning nor later."""
    with pytest.raises(ValueError, match="positive"):
        SimulatedTime(speed)
    time = SimulatedTime(1)
    with pytest.raises(ValueError, match="positive"):
        time.speed = speed
    assert time.speed == 1


async def test_a_duration_holds_for_what_begins_after_its_change(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
) -> None:
    """The outage that comes is as long as it was set last."""
    await stepped_client.post(CLUSTER, json=order())
    stepped_manager.durations.away = 500
    stepped_time.pass_by(13)
    await stepped_manager.until(lambda: stepped_manager.phase is Phase.AWAY)
    stepped_time.pass_by(499)
    assert stepped_manager.phase is Phase.AWAY
    stepped_time.pass_by(1)
    await stepped_manager.until(lambda: stepped_manager.phase is Phase.BAD_GATEWAY)


async def test_a_change_of_durations_is_that_manager_s_alone(
    manager: Nsxt1Manager, authority: Any, backups: Any
) -> None:
    """Two Managers of the same durations do not share them."""
    shared = Durations()
    other = Nsxt1Manager(authority=authority, password="x", backups=backups.facts, durations=shared)
    other.durations.away = 1
    assert shared.away == manager.durations.away == Durations().away


@pytest.mark.parametrize("status", [502, 503])
async def test_the_proxy_s_page_has_the_status_that_is_set(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
    status: int,
) -> None:
    """HTML, and the status's own words."""
    stepped_manager.faults.gateway_status = status
    await stepped_client.post(CLUSTER, json=order())
    stepped_time.pass_by(13 + Durations().away)
    await stepped_manager.until(lambda: stepped_manager.state()["phase"] == "bad gateway")
    await stepped_manager.until(lambda: stepped_manager.state()["listening"])
    reply = await stepped_client.get(STATUS)
    assert (reply.status_code, reply.headers["content-type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert str(status) in reply.text


@pytest.mark.parametrize("phase", PHASES)
async def test_a_manager_deployed_anew_is_fresh_whatever_was_going_on(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    order: Order,
    phase: Phase,
) -> None:
    """Same address and account; STABLE, nothing restored, and it can be restored again."""
    fresh = stepped_manager.state()
    await stepped_client.post(CLUSTER, json=order())
    for known, seconds in phases(BackupKind.CLUSTER, Durations(), Faults()):
        await stepped_manager.until(partial(_is_in, stepped_manager, known))
        if known is phase:
            break
        stepped_time.pass_by(seconds)
    await stepped_manager.deploy_anew()
    now = stepped_manager.state()
    changing = {"requests", "uptime_ms"}
    assert {k: v for k, v in now.items() if k not in changing} == {
        k: v for k, v in fresh.items() if k not in changing
    }
    assert (await stepped_client.get(STATUS)).json()["mgmt_cluster_status"]["status"] == "STABLE"
    stepped_time.pass_by(10_000)
    assert stepped_manager.phase is Phase.READY
    assert (await stepped_client.post(CLUSTER, json=order())).status_code == 200
    assert stepped_manager.restore_posts == 1


def _is_in(manager: Nsxt1Manager, phase: Phase) -> bool:
    return manager.phase is phase


async def test_a_restored_manager_is_deployed_anew(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """Controllers, helper script and certificate are as in the beginning too."""
    faults.certificate_after_restart = CertificateAfterRestart.SELF_SIGNED
    certificate = manager.certificate_sha256
    await client.post(CLUSTER, json=order())
    await manager.until(lambda: manager.stable_again_at is not None)
    manager.restart_controller("10.0.0.11")
    assert manager.certificate_sha256 != certificate
    await manager.deploy_anew()
    assert manager.certificate_sha256 == certificate
    assert set(manager.state()["controllers"].values()) == {"stale"}
    assert manager.stable_again_at is None
    status = (await client.get(STATUS)).json()
    assert status["control_cluster_status"]["status"] == "NO_CONTROLLERS"


async def test_a_restore_that_is_being_copied_ends_with_the_old_manager(
    authority: Any, backups: Any, order: Order
) -> None:
    """The new one has never heard of it."""
    async with (
        Nsxt1Manager(
            authority=authority,
            password="VMware1!",
            backups=backups.facts,
            durations=Durations(copy=0.3),
        ) as manager,
        httpx.AsyncClient(
            base_url=manager.url, auth=("admin", "VMware1!"), verify=authority.client_context()
        ) as client,
    ):
        sending = asyncio.create_task(client.post(CLUSTER, json=order()))
        await manager.until(lambda: manager.restore_posts == 1)
        await manager.deploy_anew()
        with pytest.raises(httpx.TransportError):
            await sending
        await asyncio.sleep(0.5)
        assert manager.phase is Phase.READY
