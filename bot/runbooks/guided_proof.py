"""The end state of a guided restore, in the words that people read: the proof."""

from bot.domain.plan import Plan
from bot.runbooks.observations import Census, Proof, Trouble


def end_state(
    plan: Plan, proof: Proof | Trouble, before: Census, took: str, left: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the sentences that show a restore to be complete, in the order people check them.

    `before` was counted before the start; `took` says how long it took, and by whose clock; `left`
    are the items of the checklist that stay open. Where the proof is trouble, a lead has decided
    to end without it, and that is said first.
    """
    return (
        *(_not_read(proof) if isinstance(proof, Trouble) else _read(plan, proof, before)),
        f"Restored from: the backup {plan.backup.name}, in {took}.",
        f"Still open by the checklist: {', '.join(left) or 'nothing'}.",
    )


def _not_read(trouble: Trouble) -> tuple[str, ...]:
    return (
        (
            "Not read at the end, as decided by a lead: management and control cluster, manager "
            "version, online manager nodes, transport nodes, open alarms, automatic backups. "
            f"{trouble.said}"
        ),
    )


def _read(plan: Plan, proof: Proof, before: Census) -> tuple[str, ...]:
    after = proof.census or Census(None, None)
    same = (
        "as before"
        if proof.facts.version == plan.manager_version
        else f"before: {plan.manager_version}"
    )
    nodes = ", ".join(proof.status.addresses or proof.status.online_nodes) or "none named"
    return (
        f"Management cluster: {proof.status.management}.",
        f"Control cluster: {proof.status.control}.",
        f"Manager version: {proof.facts.version} ({same}).",
        f"Online manager nodes: {nodes}.",
        f"Transport nodes: {_counts(after.transport_nodes, before.transport_nodes)}.",
        f"Open alarms: {_counts(after.alarms, before.alarms)}.",
        f"Automatic backups: {'enabled' if proof.schedule.enabled else 'disabled'}.",
    )


def _counts(after: int | None, before: int | None) -> str:
    now, then = ("not told" if one is None else str(one) for one in (after, before))
    return f"{now} (before: {then})"
