"""A drill, told from the bot's own audit: how long each lead took, and each question.

Pure: stories in, figures and one page of text out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.blocks.text import ago
from bot.domain.request import Request
from bot.ports import AuditEntry

Name = Callable[[str], str]
"""A user id in, what people call that person out."""

_DECIDABLE: Final = frozenset({"plan_ready", "plan_changed"})
_DECIDED: Final = frozenset(
    {"approval_completed", "request_denied", "request_withdrawn", "request_expired"}
)
_VERBS: Final = {"approval_recorded": "approved", "request_denied": "denied"}


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did after how long; `did` is empty for who did nothing."""

    who: str
    did: str = ""
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the run, and who answered it after how long; `who` is empty for nobody."""

    title: str
    who: str = ""
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """One request of a drill. `decidable` is how long it took until leads could decide.

    `total` is from filing to the end, `None` while it has not ended; `waiting` is the part of it
    in which the bot waited for people.
    """

    request: str
    target: str
    state: str
    filed_at: datetime
    filed_by: str
    decidable: timedelta | None
    leads: tuple[Act, ...]
    questions: tuple[Asked, ...]
    total: timedelta | None
    waiting: timedelta

    def is_met(self, within: timedelta | None) -> bool | None:
        """Whether it ended in time; `None` while it has not ended."""
        if self.total is None:
            return None
        return within is None or self.total <= within


def figures(
    request: Request, story: Sequence[AuditEntry], leads: Sequence[str], name: Name
) -> Figures:
    """Measure one request; `leads` are the user ids of those who may decide."""
    ready = next((entry.at for entry in story if entry.action in _DECIDABLE), None)
    ended = request.ended_at
    return Figures(
        request=request.id,
        target=request.wish.target,
        state=request.state.words,
        filed_at=request.created_at,
        filed_by=name(request.requester),
        decidable=ready - request.created_at if ready else None,
        leads=tuple(_lead(user, ready, story, name) for user in leads),
        questions=tuple(_questions(story, name)),
        total=ended - request.created_at if ended else None,
        waiting=sum((end - begin for begin, end in _waits(story, ended)), timedelta()),
    )


def is_met(drilled: Sequence[Figures], within: timedelta | None) -> bool:
    """Whether a drill was: something was requested, and all of it ended in time."""
    return bool(drilled) and all(one.is_met(within) for one in drilled)


def summary(drilled: Sequence[Figures], within: timedelta | None) -> str:
    """Write the drill down, on one page."""
    if not drilled:
        return "Drill: nothing was requested."
    return "\n\n".join("\n".join(_lines(one, within)) for one in drilled)


def to_json(drilled: Sequence[Figures], within: timedelta | None) -> dict[str, Any]:
    """Return the drill for the page; durations in seconds."""
    return {
        "within": _seconds(within),
        "requests": [
            {
                "id": one.request,
                "target": one.target,
                "state": one.state,
                "filed_at": one.filed_at.timestamp(),
                "filed_by": one.filed_by,
                "decidable": _seconds(one.decidable),
                "leads": [
                    {"who": act.who, "did": act.did or None, "after": _seconds(act.after)}
                    for act in one.leads
                ],
                "questions": [
                    {"title": q.title, "who": q.who or None, "after": _seconds(q.after)}
                    for q in one.questions
                ],
                "total": _seconds(one.total),
                "waiting": _seconds(one.waiting),
                "met": one.is_met(within),
            }
            for one in drilled
        ],
    }


def _lead(user: str, ready: datetime | None, story: Sequence[AuditEntry], name: Name) -> Act:
    for entry in story:
        if ready is not None and entry.actor == user and entry.action in _VERBS:
            return Act(name(user), _VERBS[entry.action], entry.at - ready)
    return Act(name(user))


def _questions(story: Sequence[AuditEntry], name: Name) -> Iterator[Asked]:
    for title, asked, answer in _asked(story):
        if answer is None:
            yield Asked(title)
        else:
            yield Asked(title, name(answer.actor), answer.at - asked.at)


def _asked(
    story: Sequence[AuditEntry],
) -> Iterator[tuple[str, AuditEntry, AuditEntry | None]]:
    """Yield each question with its answer; one that was asked again is there again."""
    for place, entry in enumerate(story):
        if entry.action != "question_asked":
            continue
        question = entry.details["question"]
        if not isinstance(question, dict):
            raise TypeError("a question is an object")
        answers = (
            later
            for later in story[place:]
            if later.action == "question_answered" and later.details["key"] == question["key"]
        )
        yield str(question["title"]), entry, next(answers, None)


def _waits(
    story: Sequence[AuditEntry], ended: datetime | None
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when the bot waited for people, from and until."""
    since: datetime | None = None
    for entry in story:
        if entry.action in _DECIDABLE and since is None:
            since = entry.at
        if entry.action in _DECIDED and since is not None:
            yield since, entry.at
            since = None
    for _, asked, answer in _asked(story):
        end = answer.at if answer else ended
        if end is not None:
            yield asked.at, end


def _lines(one: Figures, within: timedelta | None) -> Iterator[str]:
    yield f"Drill {one.request}, {one.target}: {one.state}"
    yield _line("filed", f"{one.filed_at:%Y-%m-%d %H:%M:%S} UTC by {one.filed_by}")
    if one.decidable is None:
        yield _line("could be decided", "never")
    else:
        yield _line("could be decided", f"{ago(one.decidable)} later")
    for act in one.leads:
        did = f"{act.did} after {ago(act.after)}" if act.after is not None else "did not act"
        yield _line(act.who, did)
    for asked in one.questions:
        yield _line("question", f"{asked.title}: {_answered(asked)}")
    if one.total is None:
        yield _line("total", "not finished")
    else:
        yield _line("total", f"{ago(one.total)}, of it {ago(one.waiting)} waiting for people")
    if within is not None:
        verdict = {True: "met", False: "missed", None: "not finished"}[one.is_met(within)]
        yield _line(f"within {ago(within)}", verdict)


def _answered(asked: Asked) -> str:
    if asked.after is None:
        return "not answered"
    return f"{asked.who} after {ago(asked.after)}"


def _line(label: str, text: str) -> str:
    return f"  {label:<17} {text}"


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length is not None else None
