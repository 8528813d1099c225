"""Where any error at all is caught, and why: each such place is a border, and a deliberate act.

Everywhere else an `except` names what it expects. A border says in one comment why it is one, and
what becomes of the error: it is logged, and usually told to a person.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BROAD: Final = {"Exception", "BaseException"}

BORDERS: Final = {
    "bot/durable/once.py:_sent",
    "bot/durable/tables.py:told",
    "bot/sandbox/page/link.py:_reply_or_say_that_it_broke",
    "bot/sandbox/page/link.py:_telling_on",
    "bot/slack/messenger.py:run",
    "bot/sweeper.py:_pick_up",
    "handlers/actions.py:_request",
    "handlers/events.py:_show_home",
    "handlers/reads.py:answer",
    "handlers/windows.py:show",
}


def _sources() -> Iterator[Path]:
    for package in ("bot", "handlers", "config"):
        yield from sorted((ROOT / package).rglob("*.py"))


def _broad(path: Path) -> Iterator[tuple[str, ast.ExceptHandler]]:
    """Yield the function and each `except` in it that catches everything."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                    yield f"{path.relative_to(ROOT)}:{function.name}", node


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in BROAD for node in ast.walk(handler.type))


def test_errors_of_every_kind_are_caught_at_the_borders_alone() -> None:
    """A new border is written down here, by somebody who can say why it is one."""
    assert {place for path in _sources() for place, _ in _broad(path)} == BORDERS


def test_no_error_is_suppressed_whatever_it_is() -> None:
    """`suppress` is an `except` too."""
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                assert not BROAD & {ast.unparse(each) for each in node.args}, path


def test_every_border_says_why_it_is_one_and_what_it_does() -> None:
    """The first line below its `except` begins with `# Border: `; a semicolon parts the two."""
    for path in _sources():
        lines = path.read_text().splitlines()
        for place, handler in _broad(path):
            first = lines[handler.lineno].strip()
            assert first.startswith("# Border: "), place
            comment = " ".join(lines[handler.lineno : handler.body[0].lineno - 1])
            assert ";" in comment, place
