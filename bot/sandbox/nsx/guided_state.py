"""A 2.0 to 9.x Manager at a glance, for a control panel."""

from typing import Any

from bot.sandbox.nsx.guided_appliance import GuidedAppliance
from bot.sandbox.nsx.guided_profile import status_word


def snapshot(appliance: GuidedAppliance) -> dict[str, Any]:
    """Return what there is to see, as JSON and without secrets."""
    restore = appliance.restore
    return {
        "profile": appliance.profile.value,
        "component": appliance.identity.component.value,
        "phase": restore.state.value,
        "status": status_word(restore.state, appliance.profile),
        "reason": restore.reason,
        "window": appliance.window.form.value,
        "step": restore.step,
        "total_steps": restore.plan.total_steps,
        "step_word": restore.plan.step_word(restore.step) if restore.step else "",
        "step_status": restore.step_status.value,
        "product_version": appliance.version,
        "node_uuid": appliance.uuid,
        "address": appliance.identity.address,
        "fqdn": appliance.identity.fqdn,
        "publish_fqdns": appliance.management.publish_fqdns,
        "uptime_ms": appliance.uptime_ms,
        "mgmt_cluster_status": appliance.management_status,
        "control_cluster_status": appliance.control_status,
        "backup_timestamp": restore.chosen.backup.timestamp if restore.chosen else None,
        "prompts": [
            prompt.shown() | {"resources": [one.shown() for one in prompt.prompt.resources]}
            for prompt in restore.open
        ],
        "offered": [action.value for action in restore.offered],
        "orders": dict(restore.orders),
        "advances": len(appliance.advances),
        "backup_config": appliance.configuration.shown(),
        "backup_running": appliance.backups.running,
    }
