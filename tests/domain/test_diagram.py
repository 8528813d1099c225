"""The picture of the states in the documentation is the table of the state machine.

After a change of the table: `UPDATE_DOCS=1 uv run pytest tests/domain/test_diagram.py`.
"""

import os
from pathlib import Path
from typing import Final

from bot.domain.machine import TRANSITIONS
from bot.domain.request import ACTIVE, TERMINAL, State

PAGE: Final = Path(__file__).parents[2] / "docs" / "states.md"
BEGIN: Final = "<!-- generated from bot/domain/machine.py: begin -->\n"
END: Final = "<!-- generated from bot/domain/machine.py: end -->\n"


def diagram() -> str:
    """The table as a Mermaid state diagram: one arrow for each pair of states."""
    lines = ["stateDiagram-v2", "    direction TB", "    [*] --> planning"]
    for state, row in TRANSITIONS.items():
        for to in dict.fromkeys(row.values()):
            events = [event.__name__ for event, target in row.items() if target is to]
            lines.append(f"    {state} --> {to}: {'<br>'.join(events)}")
    lines += [f"    {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(("```mermaid", *lines, "```"))


def table() -> str:
    """The table as text, for readers without pictures."""
    lines = ["| state | event | leads to |", "|---|---|---|"]
    for state, row in TRANSITIONS.items():
        lines += [f"| {state.words} | {event.__name__} | {to.words} |" for event, to in row.items()]
    ends = ", ".join(state.words for state in State if state in TERMINAL)
    return "\n".join((*lines, "", f"Nothing follows {ends}."))


def page_with(generated: str) -> str:
    """The page as it stands, with its generated part replaced."""
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{generated}\n\n{END}{tail}"


def test_the_documented_states_are_those_of_the_machine() -> None:
    """Nobody can change the table and leave the picture behind."""
    wanted = page_with(f"{diagram()}\n\n{table()}")
    if os.environ.get("UPDATE_DOCS") == "1":
        PAGE.write_text(wanted, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == wanted, "run this test with UPDATE_DOCS=1"


def test_the_page_names_every_state_in_words() -> None:
    """The introduction explains what the picture shows."""
    introduction = PAGE.read_text(encoding="utf-8").split(BEGIN)[0]

    assert [state.words for state in State if f"**{state.words}**" not in introduction] == []
    assert len(ACTIVE) + len(TERMINAL) == len(State)
