"""A 2.0 to 9.x Manager that restarts, by itself or by order, and its sessions."""

from pathlib import Path

import httpx
import pytest

from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.guided_prompts import DOCUMENTED_PROMPTS
from bot.sandbox.nsx.listener import Absence
from tests.sandbox.nsx.guided_scene import STATUS, GuidedScene, guided_scene


async def _next_window(scene: GuidedScene, seconds: float) -> None:
    """Let time pass until a restart looks different, and something answers."""
    was = scene.manager.state()["window"]
    scene.time.pass_by(seconds)
    await scene.manager.until(lambda: scene.manager.state()["window"] != was)
    await scene.manager.until(lambda: scene.manager.state()["listening"])


@pytest.mark.parametrize("absence", Absence)
async def test_a_step_that_restarts_shows_every_form_of_a_restart(
    tmp_path: Path, absence: Absence
) -> None:
    """Listener away, 502, 503 with the status, 503 text, 404, then the API; the uptime falls."""
    async with guided_scene(tmp_path, restart_steps=(2,)) as scene:
        scene.manager.faults.absence = absence
        scene.client.timeout = httpx.Timeout(0.2)
        await scene.configure()
        await scene.start()
        before = (await scene.client.get("/api/v1/node/status")).json()["uptime"]
        await scene.work_until(lambda: scene.manager.state()["window"] == "away")
        sights = []
        with pytest.raises(httpx.TransportError):
            await scene.client.get(STATUS)
        scene.client.timeout = httpx.Timeout(5)
        for seconds in (45, 8, 6, 5, 4):
            await _next_window(scene, seconds)
            reply = await scene.client.get(STATUS)
            sights.append((reply.status_code, reply.headers["Content-Type"].partition(";")[0]))
            if sights[-1] == (503, "application/json"):
                assert reply.json()["status"]["value"] == "RUNNING"
        after = (await scene.client.get("/api/v1/node/status")).json()["uptime"]
        await scene.work_to(RestoreState.SUCCESS)

    assert sights == [
        (502, "text/html"),
        (503, "application/json"),
        (503, "text/plain"),
        (404, "application/json"),
        (200, "application/json"),
    ]
    assert after < before


async def test_the_health_probe_follows_the_services(tmp_path: Path) -> None:
    """503 and not healthy while they start, 200 and healthy when they are up."""
    path = "/api/v1/reverse-proxy/node/health"
    async with guided_scene(tmp_path) as scene:
        up = await scene.client.get(path)
        scene.manager.restart_service()
        await scene.work_until(
            lambda: scene.manager.state()["window"] == "starting, says so in JSON"
        )
        down = await scene.client.get(path)

    assert (up.status_code, up.json()["healthy"]) == (200, True)
    assert (down.status_code, down.json()["healthy"]) == (503, False)
    assert "MANAGER:DOWN" in down.json()["components_health"]


@pytest.mark.parametrize(
    ("path", "uptime_falls"),
    [
        ("/api/v1/node/services/manager?action=restart", False),
        ("/api/v1/node?action=restart", True),
    ],
)
async def test_a_restart_while_suspended_keeps_the_restore(
    tmp_path: Path, path: str, *, uptime_falls: bool
) -> None:
    """The same restore waits with the same question; sessions are gone."""
    async with guided_scene(tmp_path, prompts=(DOCUMENTED_PROMPTS[0],)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.SUSPENDED_FOR_USER_ACTION)
        before = await scene.status()
        uptime = scene.manager.state()["uptime_ms"]
        session = await scene.client.post(
            "/api/session/create",
            content="j_username=admin&j_password=VMware1%21",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        token = {"X-XSRF-TOKEN": session.headers["X-XSRF-TOKEN"]}
        alive = await _with_session(scene.client, token)
        assert (await scene.client.post(path)).status_code == 200
        await scene.work_until(lambda: scene.manager.state()["window"] != "open")
        await scene.work_until(lambda: scene.manager.state()["window"] == "open")

        assert await scene.status() == before
        assert (scene.manager.state()["uptime_ms"] < uptime) is uptime_falls
        dead = await _with_session(scene.client, token)
        assert (await scene.advance()).status_code == 200
        await scene.work_to(RestoreState.SUCCESS)

    assert (alive.status_code, dead.status_code, dead.json()["error_code"]) == (200, 403, 98)


async def _with_session(client: httpx.AsyncClient, token: dict[str, str]) -> httpx.Response:
    request = client.build_request("GET", STATUS, headers=token)
    return await client.send(request, auth=httpx.Auth())


async def test_a_session_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """After its destruction the cookie opens nothing."""
    async with guided_scene(tmp_path) as scene:
        session = await scene.client.post(
            "/api/session/create", data={"j_username": "admin", "j_password": "VMware1!"}
        )
        token = {"X-XSRF-TOKEN": session.headers["X-XSRF-TOKEN"]}
        ended = await scene.client.post("/api/session/destroy", headers=token)
        after = await _with_session(scene.client, token)

    assert (session.status_code, ended.status_code, after.status_code) == (200, 200, 403)
