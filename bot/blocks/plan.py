"""A plan in the words of a card: target, steps, where a run stands, point of no return."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.blocks.text import code, escape, fit, in_one_line, when
from bot.domain.plan import FileBackup, Plan, PlannedStep
from bot.domain.request import Request, State
from bot.domain.values import Component, Environment, Generation, Scope

_DETAIL: Final = 300
"""Characters of what a manager says of itself; the thread has told it in full."""


def environment(value: Environment) -> str:
    """Return what a target is; sandbox and production are said loudly."""
    match value:
        case Environment.SANDBOX:
            return "SANDBOX, nothing real is touched"
        case Environment.PRODUCTION:
            return "PRODUCTION"
        case _:
            return str(value)


def scope(value: Scope, generation: Generation = Generation.NSXT_1) -> str:
    """Return what is restored, in order; from 2.0 on the manager does all of it by itself."""
    if generation is Generation.NSX:
        return "cluster and node, by the manager itself"
    return "cluster backup only" if value is Scope.CLUSTER else "cluster backup, then node backup"


def component(value: Component) -> str:
    """Return which manager is restored, as the vendor calls it."""
    return "Global Manager" if value is Component.GLOBAL else "Local Manager"


def is_global(plan: Plan) -> bool:
    """Say whether a Global Manager is restored: that is another thing, and said plainly."""
    return plan.guided is not None and plan.guided.component is Component.GLOBAL


def target(request: Request) -> str:
    """Return what is restored, and what it was seen to be."""
    first = f"*Target:* *{escape(request.wish.target)}* ({environment(request.environment)})"
    plan = request.plan
    if plan is None:
        return first
    which = f"*{component(Component.GLOBAL)}*, " if is_global(plan) else ""
    return (
        f"{first}\n{which}NSX {escape(plan.manager_version)} at {escape(plan.manager_url)}, "
        f"node {escape(plan.manager_node)}"
    )


def step_title(plan: Plan, step: PlannedStep) -> str:
    """Return a step's title, not escaped yet, without the names that stand beside the backup."""
    words = step.title
    for name in _names(plan):
        words = words.replace(f" {name}", "")
    return words


def _names(plan: Plan) -> list[str]:
    backup = plan.backup
    if isinstance(backup, FileBackup):
        return [file.path for file in (backup.cluster, backup.node) if file]
    return [backup.name]


def no_return(plan: Plan) -> tuple[int, PlannedStep] | None:
    """Return the first step that cannot be undone, with its number from 1."""
    numbered = enumerate(plan.steps, start=1)
    return next(((number, step) for number, step in numbered if step.no_return), None)


def reached(request: Request) -> bool:
    """Say whether a run has come to the first step that cannot be undone."""
    marked = no_return(request.plan) if request.plan else None
    return bool(marked and request.progress and request.progress.number >= marked[0])


def point_of_no_return(request: Request, plan: Plan) -> str:
    """Return where the way back ends, and, once running, whether it has been reached."""
    marked = no_return(plan)
    if marked is None:
        return "*Point of no return:* none; every step can be undone"
    number, step = marked
    words = escape(step_title(plan, step))
    first = f"*Point of no return:* step {number} of {len(plan.steps)}, {words}"
    if request.started_at is None:
        return first
    return f"{first} ({'reached' if reached(request) else 'not reached'})"


def own_step(request: Request) -> str:
    """Return the step of the plan that a run is at; empty before its first one."""
    plan, progress = request.plan, request.progress
    if plan is None or progress is None:
        return ""
    step = plan.steps[progress.number - 1]
    return f"step {progress.number} of {len(plan.steps)}, {escape(step_title(plan, step))}"


def step_words(request: Request) -> str:
    """Return where a run stands: `step 3 of 8, Wait until ...`; empty before its first step.

    Where the manager restores by steps of its own, it says which one.
    """
    words, progress = own_step(request), request.progress
    if progress is None or not progress.detail:
        return words
    says = "says" if request.is_active else "last said"
    return f"{words}: the manager {says} {fit(in_one_line(progress.detail), _DETAIL)}"


def unasked(plan: Plan) -> str:
    """Return which instructions of the manager nobody is asked about; empty if there is none."""
    if plan.guided is None or not plan.guided.unasked:
        return ""
    names = ", ".join(map(code, plan.guided.unasked))
    return (
        f"*Not asked about:* {names}. Where the manager waits with nothing but this, the bot goes "
        "on by itself; everything else is asked."
    )


def steps(request: Request, plan: Plan) -> str:
    """Return the steps in order, each with what has become of it."""
    return "\n".join(("*Steps:*", *_steps(request, plan)))


def _steps(request: Request, plan: Plan) -> Iterator[str]:
    current = _current(request, plan)
    for number, step in enumerate(plan.steps, start=1):
        line = f"{number}. {escape(step_title(plan, step))}"
        mark = " *[point of no return]*" if step.no_return else ""
        if number < current:
            yield f"{line}{mark} (done)"
        elif number == current:
            yield f"*{line}*{mark} *({_doing(request)})*"
        else:
            yield f"{line}{mark}"


def _current(request: Request, plan: Plan) -> int:
    """Return the number of the step a run is at; 0 before it, one beyond the last after it."""
    if request.state is State.SUCCEEDED:
        return len(plan.steps) + 1
    return request.progress.number if request.progress else 0


def _doing(request: Request) -> str:
    since = f" since {when(request.progress.since)}" if request.progress else ""
    match request.state:
        case State.AWAITING_OPERATOR:
            return f"waiting for a person since {when(request.waiting_since)}"
        case State.FAILED:
            return "ended here"
        case _:
            return f"running{since}"


def total(start: datetime | None, end: datetime) -> timedelta:
    """Return how long something took; nothing if it never began."""
    return end - start if start else timedelta()
