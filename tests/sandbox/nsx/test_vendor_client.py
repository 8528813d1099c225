"""The vendor's own client for NSX 9.1 drives the simulator: every answer is one that it parses.

What it sends on the way is kept in `tests/golden/vendor_requests.json`, the yardstick for any
other client.
"""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.nsx.guided_faults import Failure, Faults
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import TRANSPORT_NODES
from tests.sandbox.nsx.guided_scene import BACKUP, PASSPHRASE, GuidedScene, guided_scene

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings(
        "ignore:read_binary is deprecated:DeprecationWarning:vmware.vapi.l10n.bundle"
    ),
]

GOLDEN = Path(__file__).parents[2] / "golden" / "vendor_requests.json"
UPDATE = "UPDATE_GOLDEN"
"""Set this variable to 1 to write the file anew; then read its difference."""

Open = Callable[[GuidedScene], Any]
Noted = Callable[[str, Awaitable[Any]], Awaitable[Any]]
QUESTION = TRANSPORT_NODES.at(3)
MANY = [replace(BACKUP, timestamp=BACKUP.timestamp - number * 60_000) for number in range(5)]


@pytest.fixture
def vendor() -> Open:
    """Open the vendor's client; its import takes seconds, which only this module's worker pays."""
    from tests.sandbox.nsx.vendor_client import VendorClient  # noqa: PLC0415

    def opened(scene: GuidedScene) -> VendorClient:
        ca = scene.authority.ca_pem
        return VendorClient(scene.manager.url, "admin", "VMware1!", ca)

    return opened


@asynccontextmanager
async def driven(
    tmp_path: Path, vendor: Open, **options: Any
) -> AsyncIterator[tuple[GuidedScene, Any]]:
    """Run a 9.1 Manager and the vendor's client for it."""
    async with guided_scene(tmp_path, profile=Profile.V9_1, **options) as scene:
        client = vendor(scene)
        yield scene, client
        client.close()


def _configuration(scene: GuidedScene, client: Any, passphrase: str = PASSPHRASE) -> Any:
    model = client.model
    return model.BackupConfiguration(
        backup_enabled=False,
        inventory_summary_interval=300,
        passphrase=passphrase,
        remote_file_server=model.RemoteFileServer(
            server="127.0.0.1",
            port=scene.server.port,
            directory_path="/vol0/backups",
            protocol=model.FileTransferProtocol(
                protocol_name="sftp",
                ssh_fingerprint=scene.server.fingerprint_ecdsa(),
                authentication_scheme=model.FileTransferAuthenticationScheme(
                    scheme_name="PASSWORD", username="backup", password="4uhasWak"
                ),
            ),
        ),
    )


async def test_the_vendors_client_restores_from_beginning_to_end(
    tmp_path: Path, vendor: Open
) -> None:
    """Every call on the way parses, and every request is the one that was reviewed."""
    golden: dict[str, Any] = {}
    faults = Faults(failures=(Failure(4),))
    async with driven(
        tmp_path, vendor, listed=MANY, prompts=(QUESTION,), total_steps=5, faults=faults
    ) as (scene, client):

        async def noted(name: str, call: Awaitable[Any]) -> Any:
            answer = await call
            golden[name] = client.sent[-1]
            return answer

        fresh = await noted("config_get", client.get_config())
        told = await noted("fingerprint", client.fingerprint("127.0.0.1", scene.server.port))
        put = await client.put_config(_configuration(scene, client, "not-it-1A!"))
        scene.manager.largest_page = 2
        first = await noted("timestamps", client.timestamps())
        second = await noted("timestamps_next_page", client.timestamps(cursor=first.cursor))
        last = await client.timestamps(cursor=second.cursor)
        pages = (first, second, last)
        started = await noted("start", client.start(BACKUP.node_id, BACKUP.timestamp))
        assert started.status.value == "RUNNING"

        await scene.work_to(RestoreState.FAILED)
        assert "passphrase" in (await noted("status", client.status())).status.description
        await noted("config_put", client.put_config(_configuration(scene, client)))
        again = await noted("retry_with_updated_config", client.retry_with_updated_config())
        assert again.step.step_number == 2

        await noted("suspend", client.suspend())
        await scene.work_to(RestoreState.SUSPENDED_BY_USER)
        assert (await client.status()).status.value == "SUSPENDED_BY_USER"
        await noted("advance_after_suspension", client.advance({}))

        await scene.work_to(RestoreState.SUSPENDED_FOR_USER_ACTION)
        (instruction,) = (await client.status()).instructions
        listed = await noted("instruction_resources", client.resources(instruction.id))
        chosen_resources = [
            client.model.SelectableResourceReference(
                target_id=one.id, target_type=one.resource_type, selected=True
            )
            for one in listed.results
        ]
        await noted("advance_with_resources", client.advance({instruction.id: chosen_resources}))

        await scene.work_to(RestoreState.FAILED)
        await noted("retry", client.retry())
        await scene.work_to(RestoreState.SUCCESS)
        final = await client.status()
        cluster = await noted("cluster_status", client.cluster_status())
        await _make_a_backup(client, noted)

        assert fresh.remote_file_server is None
        assert told.ssh_fingerprint == scene.server.fingerprint_ecdsa()
        assert put.remote_file_server.port == scene.server.port
        assert [one.timestamp for page in pages for one in page.results] == [
            one.timestamp for one in MANY
        ]
        assert last.cursor is None
        assert listed.result_count == 2
        assert (final.status.value, final.backup_timestamp) == ("SUCCESS", BACKUP.timestamp)
        assert isinstance(final.restore_end_time, int)
        assert cluster.mgmt_cluster_status.status == "STABLE"
        assert (await client.get_config()).backup_enabled is True
        golden["cancel"] = await _refused_cancel(client)
        replaced = {
            scene.server.port: "<port>",
            scene.server.fingerprint_ecdsa(): "<fingerprint>",
            instruction.id: "<instruction>",
            PASSPHRASE: "<passphrase>",
            "4uhasWak": "<password>",
        }
    _compare(_with(golden, replaced))


async def _make_a_backup(client: Any, noted: Noted) -> None:
    await noted("backup_now", client.backup_now())
    await noted("backup_status", client.backup_status())
    await noted("backup_history", client.history())


async def _refused_cancel(client: Any) -> dict[str, Any]:
    with pytest.raises(client.model.ClusterRestoreStatus):
        await client.cancel()
    sent: dict[str, Any] = client.sent[-1]
    return sent


def _with(value: Any, replaced: dict[Any, str]) -> Any:
    """Put words in the place of what differs from run to run."""
    if isinstance(value, dict):
        return {key: _with(inner, replaced) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with(inner, replaced) for inner in value]
    return replaced.get(value, value)


def _compare(sent: dict[str, Any]) -> None:
    """Compare these requests with the recorded ones; others recorded the rest."""
    if os.environ.get(UPDATE) == "1":
        recorded = json.loads(GOLDEN.read_text(encoding="utf-8")) | sent
        text = json.dumps(recorded, indent=2, sort_keys=True) + "\n"
        GOLDEN.write_text(text, encoding="utf-8")
    recorded = json.loads(GOLDEN.read_text(encoding="utf-8"))

    assert {name: recorded.get(name) for name in sent} == sent


async def test_the_vendors_client_restores_a_global_manager(tmp_path: Path, vendor: Open) -> None:
    """Under its own prefix, but for the status, which is asked by a component."""
    async with driven(tmp_path, vendor, component="global") as (scene, client):
        config = "/global-manager/api/v1/cluster/backups/config"
        await scene.client.put(config, json=scene.configuration())
        await client.start_newest_as("global-manager")
        await client.status("GLOBAL_MANAGER")

    listed, started, status = client.sent
    _compare({"global_timestamps": listed, "global_start": started, "global_status": status})


async def test_the_vendors_client_cancels_a_suspended_restore(tmp_path: Path, vendor: Open) -> None:
    """ABORTED, at once."""
    async with driven(tmp_path, vendor) as (scene, client):
        await scene.bring_to(RestoreState.SUSPENDED_BY_USER)
        aborted = await client.cancel()

    assert aborted.status.value == "ABORTED"
    assert aborted.endpoints == []


async def test_a_configuration_goes_there_and_back(tmp_path: Path, vendor: Open) -> None:
    """What GET gave is put back with one change; the schedule that came along survives."""
    async with driven(tmp_path, vendor) as (scene, client):
        await scene.bring_to(RestoreState.SUCCESS)
        restored = await client.get_config()
        restored.backup_enabled = False
        put = await client.put_config(restored)

    assert put.backup_enabled is False
    assert put.to_dict()["backup_schedule"]["days_of_week"] == [0, 1, 2, 3, 4, 5, 6]


async def test_the_vendors_client_reads_all_about_backups(tmp_path: Path, vendor: Open) -> None:
    """A backup on demand answers nothing; its status, the history and the overview parse."""
    async with driven(tmp_path, vendor) as (scene, client):
        await scene.configure()
        ordered = await client.backup_now()
        busy = await client.backup_status()
        await scene.work_until(lambda: not scene.manager.state()["backup_running"])
        history = await client.history()
        overview = await client.overview()

    assert ordered is None
    assert busy.current_step == "BACKUP_CREATING_CLUSTER_BACKUP"
    assert history.cluster_backup_statuses[0].success is True
    assert (overview.result_count, overview.restore_status.status.value) == (2, "INITIAL")


@pytest.mark.parametrize("action", ["advance", "cancel", "retry", "retry_with_updated_config"])
async def test_a_conflict_is_raised_as_the_current_status(
    tmp_path: Path, vendor: Open, action: str
) -> None:
    """409 carries a ClusterRestoreStatus, not an ApiError."""
    async with driven(tmp_path, vendor) as (scene, client):
        await scene.bring_to(RestoreState.RUNNING)
        arguments: tuple[dict[str, Any], ...] = ({},) if action == "advance" else ()
        with pytest.raises(client.model.ClusterRestoreStatus) as raised:
            await getattr(client, action)(*arguments)

    assert raised.value.to_dict()["status"]["value"] == "RUNNING"


async def test_a_bad_request_is_raised_as_an_api_error(tmp_path: Path, vendor: Open) -> None:
    """400 carries code, module and message."""
    async with driven(tmp_path, vendor) as (scene, client):
        await scene.configure()
        with pytest.raises(client.model.ApiError) as raised:
            await client.start(BACKUP.node_id, BACKUP.timestamp // 1_000)

    assert "no backup" in raised.value.to_dict()["error_message"]
    assert isinstance(raised.value.to_dict()["error_code"], int)


@pytest.mark.parametrize("status", [403, 503])
async def test_a_status_that_is_refused_is_raised_as_a_status(
    tmp_path: Path, vendor: Open, status: int
) -> None:
    """403, and 503 during a restart, carry a ClusterRestoreStatus on `restore/status`."""
    async with driven(tmp_path, vendor) as (scene, client):
        await scene.bring_to(RestoreState.SUSPENDED_BY_USER)
        scene.manager.faults.status_forbidden = status == 403
        if status == 503:
            scene.manager.restart_service()
            await scene.work_until(
                lambda: scene.manager.state()["window"] == "starting, says so in JSON"
            )
        with pytest.raises(client.model.ClusterRestoreStatus) as raised:
            await client.status()

    assert raised.value.to_dict()["status"]["value"] == "SUSPENDED_BY_USER"


@pytest.mark.parametrize(
    ("component", "prefix"), [("local", "policy"), ("global", "global-manager")]
)
async def test_the_twin_calls_of_the_other_prefixes_restore_too(
    tmp_path: Path, vendor: Open, component: str, prefix: str
) -> None:
    """`/policy` on a Local Manager, `/global-manager` on a Global one; the status is elsewhere."""
    async with driven(tmp_path, vendor, component=component) as (scene, client):
        config = f"/{prefix}/api/v1/cluster/backups/config"
        await scene.client.put(config, json=scene.configuration())
        started = await client.start_newest_as(prefix)
        await scene.work_to(RestoreState.SUCCESS)
        final = await client.status(f"{component.upper()}_MANAGER")

    assert (started.status.value, final.status.value) == ("RUNNING", "SUCCESS")
    assert {one["path"].split("/")[1] for one in client.sent} == {prefix, "api"}
