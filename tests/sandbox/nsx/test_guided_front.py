"""What stands in front of a 2.0 to 9.x Manager, with each of its faults switched on."""

import json
from pathlib import Path

import httpx
import pytest

from bot.sandbox.authority import Flaw
from bot.sandbox.nsx.guided_faults import (
    Faults,
    TokenRefused,
)
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.odd_replies import OddReply
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart
from tests.sandbox.nsx.guided_scene import (
    RESTORE,
    STATUS,
    GuidedScene,
    guided_scene,
)


async def _restart(scene: GuidedScene) -> None:
    scene.manager.reboot()
    await scene.work_until(lambda: scene.manager.state()["window"] != "open")
    await scene.work_until(lambda: scene.manager.state()["window"] == "open")


@pytest.mark.parametrize(
    ("faults", "answers"),
    [
        (Faults(unauthorized_after_restart=True), [(401, 401), (401, 401)]),
        (Faults(locked_out_after_restart=True), [(403, 403), (403, 403)]),
        (Faults(token_refused=TokenRefused.ONCE), [(403, 98), (200, None)]),
        (Faults(token_refused=TokenRefused.ALWAYS), [(403, 98), (403, 98)]),
    ],
)
async def test_a_restart_may_make_logins_fail(
    tmp_path: Path, faults: Faults, answers: list[tuple[int, int | None]]
) -> None:
    """Good before; afterwards refused, for once or for good."""
    async with guided_scene(tmp_path, faults=faults) as scene:
        assert await scene.word() == "INITIAL"
        await _restart(scene)
        replies = [await scene.client.get(STATUS) for _ in answers]

    assert [(one.status_code, one.json().get("error_code")) for one in replies] == answers


async def test_an_account_may_be_locked_from_the_start(tmp_path: Path) -> None:
    """403 and code 403."""
    async with guided_scene(tmp_path, faults=Faults(locked_out=True)) as scene:
        reply = await scene.client.get(STATUS)

    assert (reply.status_code, reply.json()["error_code"]) == (403, 403)


@pytest.mark.parametrize("status", [301, 307])
async def test_every_request_may_be_sent_elsewhere(tmp_path: Path, status: int) -> None:
    """The address of the other host keeps path and query."""
    faults = Faults(redirect_to="https://192.0.2.9", redirect_status=status)
    async with guided_scene(tmp_path, faults=faults) as scene:
        reply = await scene.start()

    assert reply.status_code == status
    assert reply.headers["Location"] == f"https://192.0.2.9{RESTORE}?action=start"


@pytest.mark.parametrize("retry_after", [None, 7])
async def test_a_burst_of_429_passes(tmp_path: Path, retry_after: int | None) -> None:
    """It counts down, with or without a hint when to come back."""
    faults = Faults(too_many_requests=2, retry_after=retry_after)
    async with guided_scene(tmp_path, faults=faults) as scene:
        replies = [await scene.client.get(STATUS) for _ in range(3)]

    assert [one.status_code for one in replies] == [429, 429, 200]
    hint = None if retry_after is None else str(retry_after)
    assert replies[0].headers.get("Retry-After") == hint


async def test_too_many_at_once_is_503(tmp_path: Path) -> None:
    """With an ApiError, not a status."""
    async with guided_scene(tmp_path, faults=Faults(too_many_at_once=1)) as scene:
        replies = [await scene.client.get(STATUS) for _ in range(2)]

    assert [one.status_code for one in replies] == [503, 200]
    assert "error_code" in replies[0].json()


@pytest.mark.parametrize("odd", [OddReply.HTML, OddReply.EMPTY, OddReply.TRUNCATED])
async def test_a_status_may_be_odd(tmp_path: Path, odd: OddReply) -> None:
    """200 without JSON; other reads are as ever, unless all of them are to be odd."""
    async with guided_scene(tmp_path, faults=Faults(odd_statuses=odd)) as scene:
        status = await scene.client.get(STATUS)
        node = await scene.client.get("/api/v1/node")
        scene.manager.faults.odd_reads = odd
        odd_node = await scene.client.get("/api/v1/node")

    assert (status.status_code, node.status_code, odd_node.status_code) == (200, 200, 200)
    assert "product_version" in node.json()
    assert odd_node.content == status.content
    with pytest.raises(json.JSONDecodeError):
        status.json()


@pytest.mark.parametrize(
    ("change", "verified"),
    [
        (CertificateAfterRestart.SAME, True),
        (CertificateAfterRestart.REISSUED, True),
        (CertificateAfterRestart.SELF_SIGNED, False),
    ],
)
async def test_the_certificate_may_change_with_a_restart(
    tmp_path: Path, change: CertificateAfterRestart, *, verified: bool
) -> None:
    """Another one of the authority, or one that nobody vouches for; the pin tells them apart."""
    faults = Faults(certificate_after_restart=change)
    async with guided_scene(tmp_path, faults=faults) as scene:
        before = scene.manager.certificate_sha256
        await _restart(scene)

        if verified:
            assert await scene.word() == "INITIAL"
        else:
            with pytest.raises(httpx.ConnectError, match="self-signed"):
                await scene.word()
        same = scene.manager.certificate_sha256 == before
    assert same is (change is CertificateAfterRestart.SAME)


async def test_the_certificate_may_be_bad_from_the_start(tmp_path: Path) -> None:
    """An expired one is refused by a client that verifies."""
    async with guided_scene(tmp_path, faults=Faults(certificate=Flaw.EXPIRED)) as scene:
        with pytest.raises(httpx.ConnectError, match="expired"):
            await scene.word()


@pytest.mark.parametrize("profile", Profile)
async def test_an_error_has_the_form_of_its_version(tmp_path: Path, profile: Profile) -> None:
    """Three keys before 2.5; afterwards the status as a word too."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        body = (await scene.client.get("/api/v1/nowhere")).json()

    keys = {"error_code", "error_message", "module_name"}
    assert set(body) == (keys | {"httpStatus"} if profile.has(Profile.V2_5) else keys)
    assert isinstance(body["error_code"], int)
