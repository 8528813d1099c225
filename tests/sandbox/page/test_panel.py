"""The control panel moves the real simulators, and shows how they really are."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from bot.sandbox.nsx.guided_faults import Failure, StartFault
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import UNKNOWN_PROMPT
from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.page.keeper import BotKeeper, BotState
from bot.sandbox.page.stage_page import StagePage
from bot.sandbox.stage import Setting, Stage
from tests.sandbox.page.browser import Browser, Page


@dataclass(frozen=True)
class Room:
    """A stage without a bot, and a window with its panel."""

    stage: Stage
    page: Page
    browser: Browser


@pytest.fixture
async def room(tmp_path: Path, session: aiohttp.ClientSession) -> AsyncIterator[Room]:
    """Raise a stage with its page, and open a window."""
    async with Stage(tmp_path, Setting(speed=500)) as stage, StagePage(stage) as served:
        browser = Browser(session, served.port)
        page = await browser.open("U0ANA")
        await page.until(lambda: page.panel)
        yield Room(stage, page, browser)
        await browser.close()


async def call(
    stage: Stage,
    method: str = "GET",
    path: str = "/api/v1/cluster/status",
    *,
    guided: bool = False,
    body: Any = None,
) -> Any:
    """Call a manager as the bot does."""
    url = stage.guided.url if guided else stage.manager.url
    trust = ssl.create_default_context(cafile=stage.directory / "ca.pem")
    password = (stage.directory / "manager").read_text()
    async with httpx.AsyncClient(verify=trust, auth=("admin", password), trust_env=False) as client:
        return await client.request(method, f"{url}{path}", json=body)


async def test_the_panel_shows_the_manager_the_backups_and_the_bot(room: Room) -> None:
    """All of it in the first frame, without a secret."""
    panel = room.page.panel
    shown = [(one["name"], one["generation"], one["phase"]) for one in panel["managers"]]
    assert shown == [("sandbox-nsxt", "NSX-T 1.x", "ready"), ("sandbox-nsx", "NSX", "initial")]
    assert len(panel["backups"]["files"]) == 14
    assert panel["backups"]["fingerprint"] == room.stage.backups.fingerprint_md5()
    assert panel["bot"]["state"] == "ended"
    assert panel["drill"] is None
    for secret in (room.stage.directory / name for name in ("manager", "backup", "passphrase")):
        assert secret.read_text() not in str(panel)


async def test_calls_are_shown_as_they_come_in_and_once(room: Room) -> None:
    """Each with its number, and with its status when it has one."""
    await call(room.stage)
    await call(room.stage, path="/api/v1/nothing")
    await room.page.until(lambda: room.page.calls[2]["status"])
    shown = [(c["method"], c["path"], c["status"]) for c in room.page.calls.values()]
    assert shown == [("GET", "/api/v1/cluster/status", 200), ("GET", "/api/v1/nothing", 404)]
    told = [c for f in room.page.frames if f["kind"] == "panel" for c in f["calls"]]
    assert len([c for c in told if c["status"] is not None]) == 2
    later = await room.browser.open("U0BEN")
    await later.until(lambda: later.calls[2])


async def test_each_call_says_which_manager_it_reached(room: Room) -> None:
    """In the order of their arrival, through one numbering, whoever was put back meanwhile."""
    await call(room.stage, path="/api/v1/node", guided=True)
    await call(room.stage)
    await room.page.until(lambda: room.page.calls[2]["status"])
    assert (await room.page.panel_act("action", "fresh_guided"))["ok"]
    await call(room.stage, path="/api/v1/cluster/restore/status", guided=True)
    await room.page.until(lambda: room.page.calls[3]["status"])
    assert [(one["manager"], one["path"]) for one in room.page.calls.values()] == [
        ("sandbox-nsx", "/api/v1/node"),
        ("sandbox-nsxt", "/api/v1/cluster/status"),
        ("sandbox-nsx", "/api/v1/cluster/restore/status"),
    ]


async def test_every_fault_can_be_set_and_unset(room: Room) -> None:
    """Whatever the table holds: the panel shows the value that was set, in every window."""
    other = await room.browser.open("U0BEN")
    await other.until(lambda: other.panel)
    for fault in room.page.panel["faults"]:
        key, before = fault["key"], fault["value"]
        for value in (*values(fault), before):
            reply = await room.page.panel_act("fault", key, value=value)
            assert reply["ok"], (key, value, reply)
            for page in (room.page, other):
                await page.until_fault(key, value)


def values(fault: dict[str, Any]) -> list[Any]:
    """Every kind of value that a fault takes."""
    match fault["type"]:
        case "switch":
            return [True, False]
        case "number":
            return [fault["min"], fault["max"]]
        case _:
            return [choice["value"] for choice in fault["choices"]]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("outage", -1),
        ("outage", 1e9),
        ("outage", "5"),
        ("outage", None),
        ("outage", True),
        ("speed", 0),
        ("wrong_passphrase", 1),
        ("wrong_passphrase", None),
        ("management_status", "SIDEWAYS"),
        ("management_status", True),
        ("proxy_page", 502),
        ("nsx_prompts", "everything"),
        ("nsx_failure_step", 12),
        ("nsx_profile", "3.0"),
        ("nsx_nodes", 3),
        ("nothing", True),
    ],
)
async def test_a_fault_takes_nothing_else(room: Room, key: str, value: object) -> None:
    """The reply says what it takes, and nothing has changed."""
    before = room.page.panel["faults"]
    reply = await room.page.panel_act("fault", key, value=value)
    assert (reply["ok"], reply["error"]) == (False, "bad_request")
    assert reply["text"]
    assert room.page.panel["faults"] == before


async def test_the_faults_reach_the_simulators(room: Room) -> None:
    """At once: the word, the passphrase, the request's fate, the host key, the backup."""
    stage = room.stage
    fingerprint = stage.backups.fingerprint_md5()
    newest = [name for name in stage.backups.backup_names() if "cluster" in name][-1]
    for key, value in (
        ("management_status", "DEGRADED"),
        ("wrong_passphrase", True),
        ("cluster_post", "cut after accepting"),
        ("unauthorized", True),
        ("outage", 120),
        ("proxy_seconds", 30),
        ("proxy_page", "503"),
        ("speed", 7),
        ("host_key", True),
        ("backup_removed", True),
    ):
        assert (await room.page.panel_act("fault", key, value=value))["ok"], key
    status = (await call(stage)).json()
    assert status["mgmt_cluster_status"]["status"] == "DEGRADED"
    assert stage.faults.refuse_passphrase
    assert stage.faults.unauthorized_after_restart
    assert stage.faults.cluster_post is PostFault.CUT_AFTER_ACCEPTING
    assert (stage.manager.durations.away, stage.manager.durations.bad_gateway) == (120, 30)
    assert stage.faults.gateway_status == 503
    assert stage.manager.speed == 7
    assert stage.backups.fingerprint_md5() != fingerprint
    assert newest not in stage.backups.backup_names()
    for key in ("host_key", "backup_removed"):
        await room.page.panel_act("fault", key, value=False)
    assert stage.backups.fingerprint_md5() == fingerprint
    assert newest in stage.backups.backup_names()


async def test_the_faults_of_the_guided_manager_reach_it(room: Room) -> None:
    """Its questions, failures, the start's fate, restarts, orders, the secret that it is sent."""
    stage = room.stage
    for key, value in (
        ("nsx_prompts", "at once"),
        ("nsx_failure", "twice"),
        ("nsx_failure_step", 9),
        ("nsx_passphrase", True),
        ("nsx_start", "cut after accepting"),
        ("nsx_list_empty", True),
        ("nsx_suspend_withheld", True),
        ("nsx_cancel_withheld", True),
        ("nsx_away", 120),
        ("nsx_starting_json", 30),
        ("nsx_proxy_page", "503"),
        ("nsx_unauthorized", True),
    ):
        assert (await room.page.panel_act("fault", key, value=value))["ok"], key
    faults, durations = stage.guided.faults, stage.guided.durations
    assert [prompt.at_step for prompt in stage.guided.prompts] == [5, 5]
    assert faults.failures == (Failure(step=9, times=2),)
    assert faults.start_post is StartFault.CUT_AFTER_ACCEPTING
    assert faults.list_empty
    assert faults.suspend_not_offered
    assert faults.cancel_not_offered
    assert faults.unauthorized_after_restart
    assert (durations.away, durations.starting_json, faults.gateway_status) == (120, 30, 503)
    secret = stage.directory / "passphrase"
    assert secret.read_text() != stage.secret("passphrase")
    await room.page.panel_act("fault", "nsx_passphrase", value=False)
    assert secret.read_text() == stage.secret("passphrase")


async def test_another_version_comes_with_a_fresh_manager(room: Room) -> None:
    """At the same address, with the faults, the questions and the pace that were set before."""
    stage, url = room.stage, room.stage.guided.url
    for key, value in (
        ("nsx_prompts", "unknown"),
        ("nsx_profile", "2.2"),
        ("nsx_nodes", "3"),
        ("nsx_away", 77),
        ("nsx_list_empty", True),
        ("speed", 9),
    ):
        assert (await room.page.panel_act("fault", key, value=value))["ok"], key
    assert stage.guided.profile is Profile.V4
    assert (await room.page.panel_act("action", "fresh_guided"))["ok"]
    assert (stage.guided.profile, stage.guided.url) == (Profile.V2_2, url)
    assert stage.guided.prompts == (UNKNOWN_PROMPT,)
    assert stage.guided.faults.list_empty
    assert (stage.guided.durations.away, stage.guided.speed) == (77, 9)
    status = (await call(stage, path="/api/v1/cluster/restore/status", guided=True)).json()
    assert status["status"]["value"] == "NOT_STARTED"


async def test_the_levers_of_the_guided_manager(room: Room) -> None:
    """The service restarts; nodes join only a restored cluster that lacks them."""
    assert (await room.page.panel_act("action", "nsx_restart_service"))["ok"]
    await room.stage.guided.until(lambda: room.stage.guided.state()["window"] != "open")
    assert not room.page.action("nsx_join_nodes")["enabled"]


async def test_nodes_join_a_restored_cluster_that_lacks_them(room: Room) -> None:
    """Until then the restored manager is not stable, and the action can be done only then."""
    stage = room.stage
    await room.page.panel_act("fault", "nsx_nodes", value="3")
    assert (await room.page.panel_act("action", "fresh_guided"))["ok"]
    await restored(stage)
    await room.page.until(lambda: room.page.action("nsx_join_nodes")["enabled"])
    assert stage.guided.state()["mgmt_cluster_status"] == "DEGRADED"

    assert (await room.page.panel_act("action", "nsx_join_nodes"))["ok"]

    assert stage.guided.state()["mgmt_cluster_status"] == "STABLE"
    await room.page.until(lambda: not room.page.action("nsx_join_nodes")["enabled"])


async def restored(stage: Stage) -> None:
    """Have the guided manager restore its newest backup, as the bot does."""
    protocol = {
        "protocol_name": "sftp",
        "ssh_fingerprint": stage.backups.fingerprint_sha256(),
        "authentication_scheme": {
            "scheme_name": "PASSWORD",
            "username": stage.backups.username,
            "password": stage.secret("backup"),
        },
    }
    server = {
        "server": stage.backups.host,
        "port": stage.backups.port,
        "directory_path": stage.backups.directory,
        "protocol": protocol,
    }
    configuration = {
        "backup_enabled": False,
        "passphrase": stage.secret("passphrase"),
        "remote_file_server": server,
    }
    newest = stage.guided.listed[0]
    for method, path, body in (
        ("PUT", "backups/config", configuration),
        (
            "POST",
            "restore?action=start",
            {"node_id": newest.node_id, "timestamp": newest.timestamp},
        ),
    ):
        whole = f"/api/v1/cluster/{path}"
        reply = await call(stage, method, whole, guided=True, body=body)
        assert reply.is_success, reply.text
    await stage.guided.until(lambda: stage.guided.phase is RestoreState.SUCCESS)


async def test_a_backup_that_is_put_back_is_the_same_file(room: Room) -> None:
    """Name, size and time: a plan that names it still holds."""
    [path] = sorted(room.stage.directory.rglob("backup-cluster-*"))[-1:]
    before = path.stat()
    await room.page.panel_act("fault", "backup_removed", value=True)
    assert not path.exists()
    await room.page.panel_act("fault", "backup_removed", value=False)
    assert (path.stat().st_size, path.stat().st_mtime) == (before.st_size, before.st_mtime)


async def test_the_operator_s_console(room: Room) -> None:
    """A controller restarts, and cannot be restarted meanwhile; the script has its time."""
    key = "restart_controller_10_0_0_11"
    room.stage.manager.speed = 0.1
    assert (await room.page.panel_act("action", key))["ok"]
    await room.page.until(lambda: not room.page.action(key)["enabled"])
    reply = await room.page.panel_act("action", key)
    assert (reply["ok"], "restarting already" in reply["text"]) == (False, True)
    assert not room.page.action("helper_script")["enabled"]
    reply = await room.page.panel_act("action", "helper_script")
    assert (reply["ok"], reply["text"][:7]) == (False, "Not yet")
    assert not (await room.page.panel_act("action", "nothing"))["ok"]


async def test_the_manager_is_put_back_to_fresh(room: Room) -> None:
    """With what was asked of it before still on the panel."""
    await call(room.stage)
    state = room.stage.manager.state
    room.stage.manager.speed = 0.1
    room.stage.manager.restart_controller("10.0.0.12")
    assert state()["controllers"]["10.0.0.12"] == "restarting"
    assert (await room.page.panel_act("action", "fresh_manager"))["ok"]
    assert set(state()["controllers"].values()) == {"stale"}
    assert room.page.calls


async def test_a_bot_that_cannot_start_is_ended_with_its_reason(room: Room) -> None:
    """Its log says why, on the page; it can be started again."""
    configuration = room.stage.directory / "nsx-restore.yaml"
    right = configuration.read_text()
    configuration.write_text("unknown: key\n")
    assert (await room.page.panel_act("action", "start_bot"))["ok"]
    await room.page.until(lambda: room.page.panel["bot"]["state"] == "starting")
    assert not room.page.action("start_bot")["enabled"]
    assert not (await room.page.panel_act("action", "start_bot"))["ok"]
    await room.page.until(lambda: room.page.panel["bot"]["state"] == "ended")
    assert "unknown" in str(room.page.panel["bot"]["log"])
    configuration.write_text(right)
    assert (await room.page.panel_act("action", "start_bot"))["ok"]
    await room.page.until(lambda: room.page.panel["bot"]["state"] == "running")


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
async def test_a_bot_that_is_just_being_made_can_be_killed(tmp_path: Path, turns: int) -> None:
    """At whatever turn of the loop: no process lives on, and the next start is the only one."""
    async with Stage(tmp_path, Setting(speed=500)) as stage:
        keeper = BotKeeper(stage)
        keeper.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        await keeper.kill()
        assert not stage.bot.is_running
        keeper.start()
        assert await keeper.until_settled() is BotState.RUNNING
        assert stage.bot.is_running
        await keeper.close()


async def test_a_bot_that_is_starting_can_be_killed(room: Room) -> None:
    """It stays killed."""
    await room.page.panel_act("action", "start_bot")
    assert (await room.page.panel_act("action", "kill_bot"))["ok"]
    await room.page.until(lambda: room.page.panel["bot"]["state"] == "killed")
    assert not room.stage.bot.is_running
    assert not room.page.action("kill_bot")["enabled"]
    assert not (await room.page.panel_act("action", "kill_bot"))["ok"]
    assert room.page.panel["bot"]["state"] == "killed"
