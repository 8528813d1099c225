"""What a story of a rehearsal is: what goes wrong, how people act, how it must end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.sandbox.cast import Cast
from bot.sandbox.stage import TARGET, Setting, Stage

Play = Callable[[Stage, Cast], Awaitable[str]]
"""Acts the story out, and returns the state that the request ended in."""

Prepare = Callable[[Stage], None]
"""Sets what is wrong from the beginning."""


def nothing(_stage: Stage) -> None:
    """Leave everything as it is."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story with its expected end, and how many restores its target's manager must have seen."""

    name: str
    story: str
    play: Play
    ends: str
    posts: int
    setting: Setting = field(default_factory=Setting)
    prepare: Prepare = nothing
    target: str = TARGET
