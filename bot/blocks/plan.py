"""A plan in the words of a card: target, backup, what is lost, steps, point of no return."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from posixpath import basename as last_part

from bot.blocks.text import ago, code, escape, moment, size, when
from bot.domain.plan import BackupFile, Plan, PlannedStep
from bot.domain.request import Request, State
from bot.domain.values import Environment, Scope


def environment(value: Environment) -> str:
    """Return what a target is; sandbox and production are said loudly."""
    match value:
        case Environment.SANDBOX:
            return "SANDBOX, nothing real is touched"
        case Environment.PRODUCTION:
            return "PRODUCTION"
        case _:
            return str(value)


def scope(value: Scope) -> str:
    """Return what is restored, in order."""
    return "cluster backup only" if value is Scope.CLUSTER else "cluster backup, then node backup"


def basename(path: str) -> str:
    """Return a file's name without its directory."""
    return last_part(path)


def target(request: Request) -> str:
    """Return what is restored, and what it was seen to be."""
    first = f"*Target:* *{escape(request.wish.target)}* ({environment(request.environment)})"
    plan = request.plan
    if plan is None:
        return first
    return (
        f"{first}\nNSX {escape(plan.manager_version)} at {escape(plan.manager_url)}, "
        f"node {escape(plan.manager_node)}"
    )


def backup(request: Request) -> str:
    """Return which backup, its age, and what it predates."""
    plan = request.plan
    if plan is None:
        return f"*Backup asked for:* {code(request.wish.backup)}, {scope(request.wish.scope)}"
    files = [_file("Backup", plan.backup.cluster)]
    if plan.backup.node:
        made = plan.backup.node.modified_at
        files.append(_file("Node backup", plan.backup.node))
        files.append(f"Made {moment(made)}, {apart(made, plan.backup.cluster.modified_at)}")
    return "\n".join(
        (
            *files,
            _age(request, plan.backup.cluster.modified_at),
            f"On {escape(plan.backup.server)}; restores the {scope(plan.scope)}",
        )
    )


def _file(label: str, file: BackupFile) -> str:
    return f"*{label}:* {code(basename(file.path))}, {size(file.size)}"


def apart(node: datetime, cluster: datetime) -> str:
    """Return how far a node backup is from the cluster backup: they belong together, or do not."""
    if node == cluster:
        return "at the same time as the cluster backup"
    direction = "after" if node > cluster else "before"
    return f"{ago(abs(node - cluster))} {direction} the cluster backup"


def _age(request: Request, made: datetime) -> str:
    """What the backup predates. The age is relative to the request, so that it stays true."""
    age = request.created_at - made
    relative = (
        f"{ago(age)} before this request"
        if age >= timedelta()
        else f"{ago(-age)} after this request was made"
    )
    match request.state:
        case State.SUCCEEDED:
            lost = "are lost"
        case State.FAILED if reached(request):
            lost = "may be lost"
        case _ if request.is_active:
            lost = "will be lost"
        case _:
            return f"Made {moment(made)}, {relative}"
    return f"*Changes made after {moment(made)} {lost}.* That is {relative}."


def step_title(plan: Plan, step: PlannedStep) -> str:
    """Return a step's title, not escaped yet, without the paths that stand beside the backup."""
    files = (plan.backup.cluster, plan.backup.node)
    words = step.title
    for file in files:
        words = words.replace(f" {file.path}", "") if file else words
    return words


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


def step_words(request: Request) -> str:
    """Return where a run stands: `step 3 of 8, Wait until ...`; empty before its first step."""
    plan, progress = request.plan, request.progress
    if plan is None or progress is None:
        return ""
    step = plan.steps[progress.number - 1]
    return f"step {progress.number} of {len(plan.steps)}, {escape(step_title(plan, step))}"


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
