"""The runbooks there are, by the name that a plan has of its own."""

from bot.domain.plan import Plan
from bot.runbooks import cluster_backup, guided
from bot.runbooks.asking import Run


def run(plan: Plan) -> Run:
    """Carry out a plan by its runbook. Raises `ValueError` for one that does not exist."""
    match plan.runbook:
        case cluster_backup.NAME:
            return cluster_backup.run(plan)
        case guided.NAME:
            return guided.run(plan)
        case other:
            raise ValueError(f"there is no runbook {other}")
