"""The end state of a restore, in the words that people read."""

from bot.domain.plan import FileBackup, Plan
from bot.runbooks.observations import Proof


def end_state(plan: Plan, backup: FileBackup, proof: Proof) -> tuple[str, ...]:
    """Return the sentences that show a restore to be complete, in the order people check them."""
    backups = "enabled" if proof.schedule.enabled else "disabled"
    nodes = ", ".join(proof.status.online_nodes) or "none named"
    same = (
        "as before"
        if proof.facts.version == plan.manager_version
        else f"before: {plan.manager_version}"
    )
    return (
        f"Management cluster: {proof.status.management}.",
        f"Control cluster: {proof.status.control}.{_control_note(backup, proof)}",
        f"Manager version: {proof.facts.version} ({same}).",
        f"Online manager nodes: {nodes}.",
        f"Automatic backups: {backups}.",
        f"Restored from: {_files(backup)}.",
    )


def _control_note(backup: FileBackup, proof: Proof) -> str:
    if backup.node is None and proof.status.control == "NO_CONTROLLERS":
        return " That stays so until the node backup has been restored."
    return ""


def _files(backup: FileBackup) -> str:
    if backup.node is None:
        return backup.cluster.path
    return f"{backup.cluster.path} and {backup.node.path}"
