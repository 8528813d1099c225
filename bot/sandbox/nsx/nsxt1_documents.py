"""The documents that a 1.x Manager answers reads with."""

import time
import uuid
from typing import Any

from bot.sandbox.backup_files import BackupKind
from bot.sandbox.nsx.nsxt1_appliance import Appliance

_DAY_MS = 86_400_000
_CONTROL_PORT = 7_777


def node(appliance: Appliance) -> dict[str, Any]:
    """GET /api/v1/node."""
    return {
        "product_version": appliance.version,
        "node_version": appliance.version,
        "node_uuid": appliance.uuid,
        "hostname": "nsx-manager",
        "fully_qualified_domain_name": "nsx-manager.example.com",
        "system_time": _now_ms(),
    }


def node_status(appliance: Appliance) -> dict[str, Any]:
    """GET /api/v1/node/status: `uptime` in milliseconds since the system start."""
    return {"uptime": appliance.uptime_ms, "system_time": _now_ms()}


def cluster_status(appliance: Appliance) -> dict[str, Any]:
    """GET /api/v1/cluster/status, as in the NSX-T 1.1 admin guide, "Restore a cluster backup"."""
    return {
        "mgmt_cluster_status": {
            "status": appliance.management_status,
            "online_nodes": [
                _member(appliance, number) for number in range(appliance.faults.online_nodes)
            ],
            "offline_nodes": [],
            "required_members_for_initialization": [],
        },
        "control_cluster_status": {"status": appliance.control_status},
    }


def cluster_nodes(appliance: Appliance) -> dict[str, Any]:
    """GET /api/v1/cluster/nodes; the controllers are in the restored database only."""
    listed = [_manager_entry(appliance)]
    if BackupKind.CLUSTER in appliance.restored:
        listed += [_controller_entry(address) for address in appliance.controllers.states]
    return {"results": listed, "result_count": len(listed)}


def backup_history(appliance: Appliance) -> dict[str, Any]:
    """GET /api/v1/cluster/backups/history: what the restored database remembers."""
    remembered = BackupKind.CLUSTER in appliance.restored
    return {
        "cluster_backup_statuses": [_past_backup(appliance)] if remembered else [],
        "node_backup_statuses": [_past_backup(appliance)] if remembered else [],
        "inventory_backup_statuses": [],
    }


def _member(appliance: Appliance, number: int) -> dict[str, str]:
    if number == 0:
        return {
            "uuid": appliance.uuid,
            "mgmt_cluster_listen_ip_address": appliance.address,
        }
    return {
        "uuid": _uuid(f"manager {number}").upper(),
        "mgmt_cluster_listen_ip_address": f"10.0.0.{5 + number}",
    }


def _manager_entry(appliance: Appliance) -> dict[str, Any]:
    return {
        "id": appliance.uuid,
        "external_id": appliance.uuid,
        "appliance_mgmt_listen_addr": appliance.address,
        "manager_role": {
            "type": "ManagementClusterRoleConfig",
            "mgmt_cluster_listen_addr": {"ip_address": appliance.address, "port": 0},
        },
    }


def _controller_entry(address: str) -> dict[str, Any]:
    return {
        "id": _uuid(address),
        "external_id": _uuid(address),
        "appliance_mgmt_listen_addr": address,
        "controller_role": {
            "type": "ControllerClusterRoleConfig",
            "control_cluster_listen_addr": {"ip_address": address, "port": _CONTROL_PORT},
        },
    }


def _past_backup(appliance: Appliance) -> dict[str, Any]:
    started = _now_ms() - _DAY_MS
    return {
        "backup_id": f"{appliance.uuid}-{started}",
        "start_time": started,
        "end_time": started + 60_000,
        "success": True,
    }


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _now_ms() -> int:
    return int(time.time() * 1_000)
