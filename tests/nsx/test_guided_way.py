"""The way to a manager of 2.0 and later: restarts, limits, certificates; simulated."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.runbooks.restoring import (
    CANCEL,
    Phase,
)
from bot.sandbox.nsx.guided_faults import (
    Faults,
    TokenRefused,
)
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart
from tests.nsx.guided_rig import MADE, NODE, Rig, a_rig
from tests.nsx.places import a_place, guided, managers


async def _restarted(rig: Rig) -> None:
    """Restart the manager service and wait for the API."""
    rig.simulator.restart_service()
    await rig.simulator.until(lambda: rig.simulator.state()["window"] != "open")
    await rig.simulator.until(lambda: rig.simulator.state()["window"] == "open")


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        (Faults(unauthorized_after_restart=True), Kind.AUTH),
        (Faults(locked_out_after_restart=True), Kind.AUTH),
        (Faults(token_refused=TokenRefused.ALWAYS), Kind.SESSION),
    ],
    ids=["401", "403 and 403", "403 and 98"],
)
async def test_a_login_that_is_refused_after_a_restart_is_tried_once(
    tmp_path: Path, faults: Faults, kind: Kind
) -> None:
    """F13: each read is one request; the error says whether to ask again or a person."""
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        await manager.restore_status()
        await _restarted(rig)
        before = len(rig.simulator.requests)
        with pytest.raises(ManagerError) as caught:
            await manager.restore_status()
        assert caught.value.kind is kind
        assert len(rig.simulator.requests) == before + 1


async def test_a_session_that_is_asked_for_once_passes(tmp_path: Path) -> None:
    """F13: the next read is answered, since Basic authentication needs no session."""
    faults = Faults(token_refused=TokenRefused.ONCE)
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        await _restarted(rig)
        with pytest.raises(ManagerError) as caught:
            await manager.restore_status()
        assert caught.value.kind is Kind.SESSION
        assert (await manager.restore_status()).phase is Phase.IDLE


@pytest.mark.parametrize("retry_after", [None, 7])
async def test_a_manager_that_is_asked_too_much_says_so_and_recovers(
    tmp_path: Path, retry_after: int | None
) -> None:
    """F17: 429 and the limit of 503 are passing errors; nothing is repeated by the client."""
    faults = Faults(too_many_requests=1, too_many_at_once=1, retry_after=retry_after)
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        kinds = []
        for _ in range(2):
            with pytest.raises(ManagerError) as caught:
                await manager.restore_status()
            kinds.append(caught.value.kind)
        assert kinds == [Kind.UNREACHABLE, Kind.BUSY]
        assert (await manager.restore_status()).phase is Phase.IDLE
        assert len(rig.simulator.requests) == 3


@pytest.mark.parametrize("status", [301, 307])
async def test_a_manager_that_sends_elsewhere_is_not_followed(tmp_path: Path, status: int) -> None:
    """F18: neither reads nor orders, nor the credentials, go to the other host."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(a_rig(tmp_path / "two"))
        faults = Faults(redirect_to=other.simulator.url, redirect_status=status)
        rig = await stack.enter_async_context(a_rig(tmp_path / "one", faults=faults))
        manager = await stack.enter_async_context(rig.open())
        with pytest.raises(ManagerError) as caught:
            await manager.restore_status()
        assert caught.value.kind is Kind.REDIRECT
        assert (await manager.start(NODE, MADE)).outcome == "refused"
        assert (await manager.order(CANCEL, ())).outcome == "refused"
        assert other.simulator.requests == []


@pytest.mark.parametrize(
    "after", [CertificateAfterRestart.REISSUED, CertificateAfterRestart.SELF_SIGNED]
)
async def test_another_certificate_after_a_restart(
    tmp_path: Path, after: CertificateAfterRestart
) -> None:
    """F27: good if the authority signed it or if it is a listed pin; else no request is sent."""
    faults = Faults(certificate_after_restart=after)
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        first = rig.simulator.certificate_sha256
        rig.simulator.reboot()
        await rig.simulator.until(lambda: rig.simulator.certificate_sha256 != first)
        await rig.simulator.until(lambda: rig.simulator.state()["window"] == "open")
        if after is CertificateAfterRestart.REISSUED:
            assert (await manager.restore_status()).phase is Phase.IDLE
            return
        before = len(rig.simulator.requests)
        with pytest.raises(ManagerError) as caught:
            await manager.restore_status()
        assert caught.value.kind is Kind.TLS
        assert len(rig.simulator.requests) == before
        pinned = a_place(
            rig.simulator.url,
            rig.authority.ca_pem,
            also_accept_sha256=(rig.simulator.certificate_sha256,),
        )
        async with managers().guided(guided(pinned)) as again:
            assert (await again.restore_status()).phase is Phase.IDLE


async def test_a_half_started_manager_keeps_telling_its_restore(tmp_path: Path) -> None:
    """403 with a status, as late versions give it while services start."""
    faults = Faults(status_forbidden=True)
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        assert (await manager.restore_status()).phase is Phase.IDLE


async def test_many_ask_at_once_over_one_client(tmp_path: Path) -> None:
    """Calls of one opening do not disturb each other."""
    async with a_rig(tmp_path) as rig, rig.open() as manager:
        await manager.keep_backups(rig.access())
        statuses = await asyncio.gather(*(manager.restore_status() for _ in range(8)))
        assert {status.phase for status in statuses} == {Phase.IDLE}
