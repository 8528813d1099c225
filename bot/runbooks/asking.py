"""What every runbook does alike: ask people, insist on a read, switch automatic backups.

A runbook is a generator: it yields the next action and is sent what was observed. Given the same
observations it always takes the same way, which is how a run continues after a crash.
"""

from collections.abc import Generator, Iterator
from typing import TypeVar

from bot.domain.request import Choice, Question
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks import questions

Run = Generator[a.Action, o.Observation | None, a.End]
"""A run of a runbook; `None` is what follows a `FinishStep`."""

Doing = Generator[a.Action, o.Observation | None, None]

Read = TypeVar("Read", bound=o.Observation)


class GivenUpError(Exception):
    """A lead chose to give up, or nothing else is left; carries the end of the run."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.end = a.Failed(reason, advice)


def ask(step: str, question: Question) -> Generator[a.Action, o.Observation | None, o.Answered]:
    """Ask; giving up ends the run from here. Raises `GivenUpError`."""
    answer = yield a.AskPerson(step, question)
    if not isinstance(answer, o.Answered):
        raise TypeError(answer)
    if answer.choice is Choice.GIVE_UP:
        raise GivenUpError(
            f"A lead chose to give up at: {question.title}", questions.AFTER_GIVING_UP
        )
    return answer


def insist(
    action: a.Action, wanted: type[Read], attempts: Iterator[int]
) -> Generator[a.Action, o.Observation | None, Read]:
    """Do it until it works; people decide each time it does not.

    `attempts` numbers the questions of a step, so that no two of them share a key.
    """
    while True:
        seen = yield action
        match seen:
            case o.Trouble(kind, said, advice):
                question = questions.trouble(action.step, next(attempts), kind, said, advice)
                yield from ask(action.step, question)
            case _ if isinstance(seen, wanted):
                return seen
            case _:
                raise TypeError(seen)


def switch(
    step: str, attempts: Iterator[int], *, enabled: bool, page: str = questions.NSXT_1_PAGE
) -> Generator[a.Action, o.Observation | None, bool]:
    """Switch automatic backups until, read again, they are as wanted; `False` if left as is.

    `page` is where people switch them on the manager.
    """
    while True:
        seen = yield a.SetSchedule(step, enabled)
        match seen:
            case o.Schedule(now) if now == enabled:
                return True
            case o.Schedule():
                said = questions.not_as_written(enabled)
            case o.Trouble():
                said = seen.text
            case _:
                raise TypeError(seen)
        question = questions.not_switched(step, next(attempts), said, enabled, page)
        answer = yield from ask(step, question)
        if answer.choice is Choice.DECLINE:
            return False
