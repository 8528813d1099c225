"""Each fault switch does on the wire what its description says."""

import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.sandbox.authority import Authority, Flaw
from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.listener import Absence
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults, PostFault
from bot.sandbox.nsx.odd_replies import OddReply
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart

STATUS = "/api/v1/cluster/status"
CLUSTER = "/api/v1/cluster/backups?action=restore"

Order = Callable[..., dict[str, Any]]


async def _restore(manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order) -> None:
    await client.post(CLUSTER, json=order())
    await manager.until(lambda: manager.stable_again_at is not None)


async def test_any_status_word_can_be_shown(client: httpx.AsyncClient, faults: Faults) -> None:
    """A word outside the documented lists is possible too."""
    faults.management_status = "SIDEWAYS"
    faults.control_status = "STABLE"

    status = (await client.get(STATUS)).json()

    assert status["mgmt_cluster_status"]["status"] == "SIDEWAYS"
    assert status["control_cluster_status"]["status"] == "STABLE"


async def test_old_nodes_and_another_version_can_be_shown(
    client: httpx.AsyncClient, faults: Faults
) -> None:
    """Two nodes online, or a version that was not planned."""
    faults.online_nodes = 2
    faults.product_version = "2.5.1.0.0.15314288"

    nodes = (await client.get(STATUS)).json()["mgmt_cluster_status"]["online_nodes"]

    assert len({node["uuid"] for node in nodes}) == 2
    assert (await client.get("/api/v1/node")).json()["product_version"] == "2.5.1.0.0.15314288"


async def test_a_cut_before_accepting_begins_nothing(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """The client sees a broken connection; the request arrived and had no effect."""
    faults.cluster_post = PostFault.CUT_BEFORE_ACCEPTING

    with pytest.raises(httpx.TransportError):
        await client.post(CLUSTER, json=order())
    assert manager.restore_posts == 1
    assert manager.requests[0].status is None
    assert manager.restore_accepted_at is None


async def test_a_cut_after_accepting_begins_the_restore(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """The client sees the same broken connection; the restore runs to its end."""
    faults.cluster_post = PostFault.CUT_AFTER_ACCEPTING

    with pytest.raises(httpx.TransportError):
        await client.post(CLUSTER, json=order())
    assert manager.restore_accepted_at is not None
    assert manager.requests[0].status is None
    await manager.until(lambda: manager.stable_again_at is not None)


async def test_a_hanging_post_never_answers(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """The client's deadline ends the wait; nothing was begun."""
    faults.cluster_post = PostFault.HANG_BEFORE_ACCEPTING

    with pytest.raises(httpx.ReadTimeout):
        await client.post(CLUSTER, json=order(), timeout=0.1)
    assert manager.restore_accepted_at is None
    assert manager.restore_posts == 1


async def test_a_post_can_hang_after_it_was_accepted(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """No answer comes, and the restore runs all the same."""
    faults.cluster_post = PostFault.HANG_AFTER_ACCEPTING

    with pytest.raises(httpx.TransportError):
        await client.post(CLUSTER, json=order(), timeout=0.1)
    await manager.until(lambda: manager.stable_again_at is not None)


async def test_an_accepted_restore_may_answer_202_with_a_body(
    client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """The form of the answer is not documented, so it can be another."""
    faults.accepted_status = 202
    faults.accepted_body = True

    reply = await client.post(CLUSTER, json=order())

    assert (reply.status_code, reply.json()) == (202, {"status": "accepted"})


async def test_logins_can_fail_after_the_restart(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """The login is good until the services restart and 401 afterwards."""
    faults.unauthorized_after_restart = True
    assert (await client.get(STATUS)).status_code == 200
    await _restore(manager, client, order)

    assert (await client.get(STATUS)).status_code == 401


async def test_an_account_can_be_locked(client: httpx.AsyncClient, faults: Faults) -> None:
    """A locked account gets 403 with error code 403."""
    faults.locked_out = True

    reply = await client.get(STATUS)

    assert (reply.status_code, reply.json()["error_code"]) == (403, 403)


@pytest.mark.parametrize("status", [301, 307])
async def test_requests_can_be_redirected(
    client: httpx.AsyncClient, faults: Faults, status: int
) -> None:
    """The location is the same path on another host."""
    faults.redirect_to = "https://other.example.com"
    faults.redirect_status = status

    reply = await client.get(STATUS)

    assert reply.status_code == status
    assert reply.headers["Location"] == f"https://other.example.com{STATUS}"


async def test_a_burst_of_429_passes(client: httpx.AsyncClient, faults: Faults) -> None:
    """As many requests as set are refused, with Retry-After if set, then all is well."""
    faults.too_many_requests = 2
    faults.retry_after = 3

    replies = [await client.get(STATUS) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [429, 429, 200]
    assert replies[0].headers["Retry-After"] == "3"


@pytest.mark.parametrize(
    ("odd", "start", "content_type"),
    [
        (OddReply.HTML, b"<!DOCTYPE html>", "text/html"),
        (OddReply.EMPTY, b"", ""),
        (OddReply.TEXT, b"OK", "text/plain"),
        (OddReply.TRUNCATED, b'{"mgmt', "application/json"),
        (OddReply.ARRAY, b'["STABLE"]', "application/json"),
        (OddReply.NULLS, b'{"mgmt_cluster_status":null', "application/json"),
        (OddReply.DEEP, b"[[[[", "application/json"),
    ],
)
async def test_reads_can_be_answered_oddly(
    client: httpx.AsyncClient, faults: Faults, odd: OddReply, start: bytes, content_type: str
) -> None:
    """Every odd answer has status 200."""
    faults.odd_reads = odd

    reply = await client.get(STATUS)

    assert reply.status_code == 200
    assert reply.headers.get("Content-Type", "").partition(";")[0] == content_type
    assert reply.content.startswith(start)


async def test_a_huge_answer_may_be_left_unread(client: httpx.AsyncClient, faults: Faults) -> None:
    """A client that hangs up early does the simulator no harm."""
    faults.odd_reads = OddReply.HUGE
    async with client.stream("GET", STATUS) as reply:
        async for chunk in reply.aiter_bytes():
            assert chunk.startswith(b'{"padding":"')
            break
    faults.odd_reads = OddReply.NONE

    assert (await client.get(STATUS)).status_code == 200


@pytest.mark.parametrize(
    ("absence", "error"),
    [(Absence.RESET, httpx.ConnectError), (Absence.SILENT, httpx.ConnectTimeout)],
)
async def test_the_port_can_be_occupied_during_the_restart(
    stepped_manager: Nsxt1Manager,
    stepped_client: httpx.AsyncClient,
    stepped_time: Any,
    *,
    order: Order,
    faults: Faults,
    absence: Absence,
    error: type[Exception],
) -> None:
    """Instead of a refusal a client can meet a reset or silence."""
    faults.absence = absence
    await stepped_client.post(CLUSTER, json=order())
    stepped_time.pass_by(13)
    await stepped_manager.until(lambda: not stepped_manager.state()["listening"])

    with pytest.raises(error):
        await stepped_client.get(STATUS, timeout=0.1)
    stepped_time.pass_by(1_000)
    await stepped_manager.until(lambda: stepped_manager.stable_again_at is not None)
    assert (await stepped_client.get(STATUS)).status_code == 200


async def test_the_certificate_can_be_reissued(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """A new certificate of the same authority is trusted and has another digest."""
    faults.certificate_after_restart = CertificateAfterRestart.REISSUED
    before = manager.certificate_sha256
    await _restore(manager, client, order)

    assert (await client.get(STATUS)).status_code == 200
    assert manager.certificate_sha256 != before


async def test_the_certificate_can_become_self_signed(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """A client that trusts the authority refuses it."""
    faults.certificate_after_restart = CertificateAfterRestart.SELF_SIGNED
    await _restore(manager, client, order)

    with pytest.raises(httpx.ConnectError, match="self-signed"):
        await client.get(STATUS)


@pytest.mark.parametrize("flaw", [Flaw.EXPIRED, Flaw.OTHER_HOST, Flaw.SELF_SIGNED])
async def test_the_certificate_can_be_bad_from_the_start(
    authority: Authority, backups: SshBackupServer, trust: ssl.SSLContext, flaw: Flaw
) -> None:
    """No request reaches a Manager whose certificate a client has to refuse."""
    async with (
        Nsxt1Manager(
            authority=authority,
            password="VMware1!",
            backups=backups.facts,
            faults=Faults(certificate=flaw),
        ) as manager,
        httpx.AsyncClient(base_url=manager.url, verify=trust) as client,
    ):
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(STATUS)
        assert manager.requests == []
