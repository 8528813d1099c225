"""The vendor's own client for NSX 9.1 (`vcf-nsx`), called from an event loop, and what it sends.

Importing this takes seconds, because the vendor's package does: import it inside a fixture.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import vcf.nsx.model_client as model
from vcf.nsx.api import v1_client
from vcf.nsx.api.v1 import cluster_client
from vcf.nsx.api.v1.cluster import backups_client, restore_client
from vcf.nsx.api.v1.cluster.restore import action_client
from vcf.nsx.global_manager.api.v1 import cluster_client as global_cluster
from vcf.nsx.global_manager.api.v1.cluster import restore_client as global_restore
from vcf.nsx.policy.api.v1 import cluster_client as policy_cluster
from vcf.nsx.policy.api.v1.cluster import restore_client as policy_restore
from vmware.vapi.bindings.stub import StubConfiguration
from vmware.vapi.lib.connect import get_requests_connector


class VendorClient:
    """Its services, each call in a thread; `sent` is every request, in order."""

    model = model

    def __init__(self, url: str, username: str, password: str, ca: Path) -> None:
        self.sent: list[dict[str, Any]] = []
        self._session = requests.Session()
        # Else a CA bundle or a proxy of the environment goes before what is set here.
        self._session.trust_env = False
        self._session.auth = (username, password)
        self._session.verify = str(ca)
        self._session.max_redirects = 0
        self._session.hooks["response"].append(self._note)
        stub = StubConfiguration(
            get_requests_connector(session=self._session, msg_protocol="rest", url=url)
        )
        self._global = (global_cluster.Restore(stub), global_restore.Backuptimestamps(stub))
        self._policy = (policy_cluster.Restore(stub), policy_restore.Backuptimestamps(stub))
        self._restore = cluster_client.Restore(stub)
        self._fingerprints = cluster_client.Backups(stub)
        self._cluster_status = cluster_client.Status(stub)
        self._restore_status = restore_client.Status(stub)
        self._timestamps = restore_client.Backuptimestamps(stub)
        self._resources = restore_client.InstructionResources(stub)
        self._updated = action_client.RetryWithUpdatedConfig(stub)
        self._config = backups_client.Config(stub)
        self._history = backups_client.History(stub)
        self._overview = backups_client.Overview(stub)
        self._backup_status = backups_client.Status(stub)
        self._cluster = v1_client.Cluster(stub)

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    async def start(self, node_id: str, timestamp: int) -> Any:
        """Order the start."""
        body = model.InitiateClusterRestoreRequest(node_id=node_id, timestamp=timestamp)
        return await _called(self._restore.policy_initiate_cluster_restore, body)

    async def advance(self, answers: dict[str, list[Any]]) -> Any:
        """Order to go on, with the resources chosen for each instruction."""
        data = [
            model.AdvanceClusterRestoreInput(id=identity, resources=resources)
            for identity, resources in answers.items()
        ]
        body = model.AdvanceClusterRestoreRequest(data=data)
        return await _called(self._restore.policy_advance_cluster_restore, body)

    async def suspend(self) -> Any:
        """Order to stop after the step."""
        return await _called(self._restore.policy_suspend_cluster_restore)

    async def cancel(self) -> Any:
        """Order to abort."""
        return await _called(self._restore.policy_cancel_cluster_restore)

    async def retry(self) -> Any:
        """Order to do the failed step again."""
        return await _called(self._restore.policy_retry_cluster_restore)

    async def retry_with_updated_config(self) -> Any:
        """Order to do it again with a corrected passphrase."""
        return await _called(self._updated.policy_retry_cluster_restore_with_updated_config)

    async def status(self, component: str | None = None) -> Any:
        """Read the restore's status."""
        return await _called(self._restore_status.query_cluster_restore_status, component)

    async def start_newest_as(self, prefix: str) -> Any:
        """List the backups and start with the first, by the twin calls of another prefix."""
        global_manager = prefix == "global-manager"
        restore, timestamps = self._global if global_manager else self._policy
        name = "gm_policy" if global_manager else "lm_policy"
        listed = await _called(getattr(timestamps, f"{name}_list_cluster_backup_timestamps"))
        body = model.InitiateClusterRestoreRequest(
            node_id=listed.results[0].node_id, timestamp=listed.results[0].timestamp
        )
        return await _called(getattr(restore, f"{name}_initiate_cluster_restore"), body)

    async def timestamps(self, **query: Any) -> Any:
        """Read one page of the backups."""
        return await _called(self._timestamps.policy_list_cluster_backup_timestamps, **query)

    async def resources(self, instruction_id: str) -> Any:
        """Read what an instruction is about."""
        return await _called(
            self._resources.policy_list_restore_instruction_resources,
            instruction_id=instruction_id,
        )

    async def get_config(self) -> Any:
        """Read the backup configuration."""
        return await _called(self._config.policy_get_backup_config)

    async def put_config(self, configuration: Any) -> Any:
        """Write it."""
        return await _called(self._config.policy_configure_backup_config, configuration)

    async def fingerprint(self, server: str, port: int) -> Any:
        """Let the Manager retrieve a server's fingerprint."""
        body = model.RemoteServerFingerprintRequest(server=server, port=port)
        return await _called(self._fingerprints.policy_get_ssh_fingerprint_of_server, body)

    async def cluster_status(self) -> Any:
        """Read the cluster's status."""
        return await _called(self._cluster_status.read_cluster_status)

    async def backup_now(self) -> Any:
        """Order a backup."""
        return await _called(self._cluster.policy_request_onetime_backup)

    async def backup_status(self) -> Any:
        """Read what the backup does."""
        return await _called(self._backup_status.policy_get_backup_status)

    async def history(self) -> Any:
        """Read the backups that were made."""
        return await _called(self._history.policy_get_backup_history)

    async def overview(self) -> Any:
        """Read everything about backups at once."""
        return await _called(self._overview.policy_get_backup_overview)

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        request = response.request
        url, body = urlsplit(request.path_url), request.body
        assert body is None or isinstance(body, str | bytes)
        self.sent.append(
            {
                "method": request.method,
                "path": url.path,
                "query": dict(parse_qsl(url.query, keep_blank_values=True)),
                "headers": {
                    name: request.headers[name]
                    for name in ("Accept", "Content-Type")
                    if name in request.headers
                },
                "body": json.loads(body) if body else None,
            }
        )


async def _called(method: Callable[..., Any], *arguments: Any, **query: Any) -> Any:
    return await asyncio.to_thread(method, *arguments, **query)
