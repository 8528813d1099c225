"""The documents that a 2.0 to 9.x Manager answers reads with."""

import uuid
from typing import Any

from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_profile import Profile

_CLUSTER_ID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "cluster of nsx.example.com"))
_BACKED_UP_NODES = 6
_HEALTH = "POLICY:{word}, SEARCH:{word}, MANAGER:{word}, NODE_MGMT:{other}, UI:{word}"


def node(appliance: GuidedAppliance) -> dict[str, Any]:
    """GET /node."""
    fqdn = appliance.identity.fqdn
    return {
        "product_version": appliance.version,
        "node_version": appliance.version,
        "node_uuid": appliance.uuid,
        "hostname": fqdn.partition(".")[0],
        "fully_qualified_domain_name": fqdn,
        "system_time": appliance.wall_ms(),
    }


def node_version(appliance: GuidedAppliance) -> dict[str, Any]:
    """GET /node/version."""
    return {"product_version": appliance.version, "node_version": appliance.version}


def node_status(appliance: GuidedAppliance) -> dict[str, Any]:
    """GET /node/status: `uptime` in milliseconds since the system start."""
    return {"uptime": appliance.uptime_ms, "system_time": appliance.wall_ms()}


def manager_service(_: GuidedAppliance) -> dict[str, Any]:
    """GET /node/services/manager/status."""
    return {"runtime_state": "running", "monitor_runtime_state": "running"}


def health(*, up: bool) -> dict[str, Any]:
    """GET /reverse-proxy/node/health."""
    word = "UP" if up else "DOWN"
    return {"healthy": up, "components_health": _HEALTH.format(word=word, other="UP")}


def cluster_status(appliance: GuidedAppliance) -> dict[str, Any]:
    """GET /cluster/status."""
    status: dict[str, Any] = {
        "mgmt_cluster_status": {
            "status": appliance.management_status,
            "online_nodes": [
                {"uuid": identity, "mgmt_cluster_listen_ip_address": address}
                for identity, address in _online(appliance)
            ],
            "offline_nodes": [
                {"uuid": identity, "mgmt_cluster_listen_ip_address": address}
                for identity, address in _offline(appliance)
            ],
        },
        "control_cluster_status": {"status": appliance.control_status},
    }
    if appliance.profile.has(Profile.V2_5):
        status["cluster_id"] = _CLUSTER_ID
    if appliance.profile.has(Profile.V4):
        status["overall_status"] = _overall(appliance.management_status)
        status["detailed_cluster_status"] = {
            "cluster_id": _CLUSTER_ID,
            "overall_status": status["overall_status"],
            "groups": [],
        }
    return status


def cluster_nodes(appliance: GuidedAppliance) -> list[dict[str, Any]]:
    """GET /cluster/nodes, the whole list."""
    return [
        {
            "id": identity,
            "external_id": identity,
            "appliance_mgmt_listen_addr": address,
            "manager_role": {
                "type": "ManagementClusterRoleConfig",
                "mgmt_cluster_listen_addr": {"ip_address": address, "port": 0},
            },
        }
        for identity, address in _online(appliance) + _offline(appliance)
    ]


def management_config(appliance: GuidedAppliance) -> dict[str, Any]:
    """GET /configs/management."""
    return {
        "publish_fqdns": appliance.management.publish_fqdns,
        "_revision": appliance.management.revision,
    }


def transport_nodes(appliance: GuidedAppliance) -> list[dict[str, Any]]:
    """GET /transport-nodes, the whole list: they are in the restored database only."""
    told = appliance.faults.transport_nodes
    count = told if told is not None else _BACKED_UP_NODES if appliance.restored else 0
    return [
        {"id": _uuid(name), "node_id": _uuid(name), "display_name": name}
        for name in (f"esx-{number:02}.example.com" for number in range(1, count + 1))
    ]


def alarms(appliance: GuidedAppliance) -> list[dict[str, Any]]:
    """GET /alarms, the whole list: one of a cluster that lacks its other nodes."""
    if not appliance.alone:
        return []
    return [
        {
            "id": _uuid("cluster degraded"),
            "feature_name": "clustering",
            "event_type": "cluster_degraded",
            "severity": "MEDIUM",
            "status": "OPEN",
            "node_id": appliance.uuid,
        }
    ]


def certificates(pem: str) -> list[dict[str, Any]]:
    """GET /trust-management/certificates, the whole list: the one that is served."""
    return [
        {
            "id": _uuid(pem),
            "display_name": "APIserver",
            "resource_type": "certificate_self_signed",
            "pem_encoded": pem,
        }
    ]


def _online(appliance: GuidedAppliance) -> list[tuple[str, str]]:
    others = 0
    if appliance.restored and appliance.joined:
        others = appliance.identity.nodes - 1
    if appliance.faults.online_nodes is not None:
        others = appliance.faults.online_nodes - 1
    own = (appliance.uuid, appliance.identity.address)
    return [own, *(_other(number) for number in range(1, others + 1))]


def _offline(appliance: GuidedAppliance) -> list[tuple[str, str]]:
    if not appliance.alone:
        return []
    return [_other(number) for number in range(1, appliance.identity.nodes)]


def _other(number: int) -> tuple[str, str]:
    return _uuid(f"manager {number}"), f"10.20.0.{5 + number}"


def _overall(management: str) -> str:
    return management if management in {"STABLE", "DEGRADED"} else "UNAVAILABLE"


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
