"""A guard on what must not change once it is released: the workflow, and the order of its steps.

A run that a crash cut short is continued by replaying its recorded steps. If the code that replays
them asks for other steps than the code that recorded them, the run breaks off.
"""

import ast
import hashlib
import inspect
import json
import os
import textwrap
from pathlib import Path

from bot.domain.request import Choice
from bot.durable.engine import VERSION, WORKFLOW, DbosEngine
from tests.runbooks.driver import Played, played, the_plan
from tests.runbooks.guided_driver import (
    BOTH,
    HOSTS,
    NODES,
    NOTHING,
    PAUSED,
    SILENT,
    UNKNOWN,
    WantsSuspend,
    asking,
    broken,
    guided_plan,
    guided_run,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "released.json"
UPDATE = "UPDATE_GOLDEN"


def _steps(story: Played) -> list[str]:
    """The names under which the engine records the actions of a run."""
    return [f"{action.step}:{type(action).__name__}" for action in story.actions]


def _asked_on_the_way() -> Played:
    """A guided run that meets everything that it has an order for."""
    return guided_run(
        guided_plan(unasked=(NODES.name,)),
        start=[UNKNOWN, SILENT, Choice.CONTINUE],
        restore=[
            *(asking(NODES), "accepted"),
            *(asking(HOSTS, NODES), BOTH, NOTHING, Choice.SKIP, "refused"),
            *(WantsSuspend(), "accepted", PAUSED, Choice.CONTINUE, "unknown"),
            *(broken(), Choice.RETRY_UPDATED),
        ],
    )


def _code() -> str:
    """The workflow's code as a digest; comments, docstrings and layout do not count."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(DbosEngine._restore_v1)))
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def test_what_was_released_is_as_it_was() -> None:
    """Before the first release: write the file anew (UPDATE_GOLDEN=1) and read its difference.

    After a release: do not. Put the new code beside the old one (`restore_v2`, another version of
    the runbook), raise `VERSION`, and let the runs that are under way end with the old release.
    """
    now = {
        "version": VERSION,
        "workflow": WORKFLOW,
        "code": _code(),
        "cluster": _steps(played(the_plan())),
        "cluster+node": _steps(played(the_plan(node=True))),
        "guided": _steps(guided_run()),
        "guided, asked on the way": _steps(_asked_on_the_way()),
    }
    text = json.dumps(now, indent=2) + "\n"
    if os.environ.get(UPDATE) == "1":
        GOLDEN.write_text(text, encoding="utf-8")

    assert GOLDEN.read_text(encoding="utf-8") == text
