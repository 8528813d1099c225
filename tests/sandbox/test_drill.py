"""A drill is told from the audit alone: who took how long, and whether it was in time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.request import Request, State
from bot.ports import AuditEntry
from bot.sandbox import drill
from bot.sandbox.drill import Figures
from tests.builders import BEN, CHI, DEE, NOON, a_request

LEADS = (BEN, CHI, DEE)


def name(user: str) -> str:
    """What people call somebody."""
    return user.removeprefix("U0").lower()


def after(seconds: float) -> timedelta:
    """A length of time."""
    return timedelta(seconds=seconds)


def entries(*told: tuple[float, str, str, dict[str, Any]]) -> list[AuditEntry]:
    """Audit rows at these seconds after noon: actor, action and details."""
    return [
        AuditEntry(seq, NOON + after(at), actor, action, "R-7QK2M9", details, None, "v", None, "0")
        for seq, (at, actor, action, details) in enumerate(told, start=1)
    ]


def asked(at: float, key: str) -> tuple[float, str, str, dict[str, Any]]:
    """The row of a question."""
    return at, "run", "question_asked", {"question": {"key": key, "title": f"Do {key}"}}


def answered(at: float, who: str, key: str) -> tuple[float, str, str, dict[str, Any]]:
    """The row of an answer."""
    return at, who, "question_answered", {"key": key}


def story() -> list[AuditEntry]:
    """A restore that took 200 s: 60 s until the votes were there, 40 s for two questions."""
    return entries(
        (0, "U0ANA", "request_filed", {}),
        (5, "bot", "plan_ready", {}),
        (25, BEN, "approval_recorded", {}),
        (65, CHI, "approval_recorded", {}),
        (65, CHI, "approval_completed", {}),
        asked(100, "one"),
        answered(130, "U0ANA", "one"),
        asked(140, "two"),
        answered(150, DEE, "two"),
        (200, "run", "run_succeeded", {}),
    )


def ended(state: State, at: float) -> Request:
    """A request that ended so many seconds after noon."""
    return replace(a_request(state), created_at=NOON, ended_at=NOON + after(at))


def figures(request: Request, rows: list[AuditEntry]) -> Figures:
    """Measure it."""
    return drill.figures(request, rows, LEADS, name)


def test_everybody_s_time_is_told() -> None:
    """From the moment that the card could be decided, or that the question was asked."""
    told = figures(ended(State.SUCCEEDED, 200), story())
    assert told.decidable == after(5)
    assert [(act.who, act.did, act.after) for act in told.leads] == [
        ("ben", "approved", after(20)),
        ("chi", "approved", after(60)),
        ("dee", "", None),
    ]
    assert [(one.title, one.who, one.after) for one in told.questions] == [
        ("Do one", "ana", after(30)),
        ("Do two", "dee", after(10)),
    ]
    assert told.total == after(200)
    assert told.waiting == after(60 + 30 + 10)


def test_a_question_that_is_asked_again_is_told_again() -> None:
    """Each time with its own answer; the last one has none, and counts as waiting to the end."""
    rows = entries(
        asked(10, "one"), answered(20, "U0ANA", "one"), asked(30, "one"), (50, "run", "x", {})
    )
    told = figures(ended(State.FAILED, 50), rows)
    assert [one.after for one in told.questions] == [after(10), None]
    assert told.waiting == after(10 + 20)


def test_a_denial_and_an_expiry_end_the_waiting_too() -> None:
    """What was decided, by whom; a request on which nobody decides waits until it expires."""
    denied = entries((5, "bot", "plan_ready", {}), (35, CHI, "request_denied", {"reason": "no"}))
    told = figures(ended(State.DENIED, 35), denied)
    assert (told.leads[1].did, told.leads[1].after, told.waiting) == (
        "denied",
        after(30),
        after(30),
    )
    expired = entries((5, "bot", "plan_ready", {}), (65, "bot", "request_expired", {}))
    told = figures(ended(State.EXPIRED, 65), expired)
    assert (told.waiting, {act.did for act in told.leads}) == (after(60), {""})


def test_a_changed_plan_is_waited_for_anew() -> None:
    """After the approval, until it is approved again; not twice at the same time."""
    rows = entries(
        (10, "bot", "plan_ready", {}),
        (20, CHI, "approval_completed", {}),
        (30, "bot", "plan_changed", {}),
        (40, "bot", "plan_changed", {}),
        (60, CHI, "approval_completed", {}),
    )
    assert figures(ended(State.SUCCEEDED, 90), rows).waiting == after(10 + 30)


def test_a_request_that_is_refused_could_never_be_decided() -> None:
    """Nobody could act, so nobody did."""
    told = figures(ended(State.REJECTED, 3), entries((3, "bot", "preflight_failed", {})))
    assert (told.decidable, told.waiting) == (None, after(0))
    assert "could be decided  never" in drill.summary([told], None)


def test_a_drill_is_met_when_all_of_it_has_ended_in_time() -> None:
    """Nothing requested, or something still open, is not met."""
    done = figures(ended(State.SUCCEEDED, 200), story())
    going = figures(replace(a_request(State.RUNNING), ended_at=None), story()[:5])
    assert drill.is_met([done], None)
    assert drill.is_met([done], after(200))
    assert not drill.is_met([done], after(199))
    assert not drill.is_met([done, going], None)
    assert not drill.is_met([], None)
    assert going.is_met(after(1)) is None


def lines(*told: Figures, within: timedelta | None = None) -> Iterator[str]:
    """The lines of the summary, without the space between the columns."""
    for line in drill.summary(told, within).splitlines():
        yield " ".join(line.split())


def test_the_summary_is_one_page_of_sentences() -> None:
    """Every figure is in it, in words."""
    told = figures(ended(State.SUCCEEDED, 200), story())
    assert list(lines(told, within=after(600))) == [
        f"Drill {told.request}, {told.target}: succeeded",
        "filed 2026-03-14 12:00:00 UTC by ana",
        "could be decided 5 seconds later",
        "ben approved after 20 seconds",
        "chi approved after 1 minute",
        "dee did not act",
        "question Do one: ana after 30 seconds",
        "question Do two: dee after 10 seconds",
        "total 3 minutes 20 seconds, of it 1 minute 40 seconds waiting for people",
        "within 10 minutes met",
    ]
    assert "within 3 minutes missed" in list(lines(told, within=after(180)))
    assert list(lines()) == ["Drill: nothing was requested."]


def test_what_has_not_ended_says_so() -> None:
    """In the total and in the verdict."""
    going = figures(replace(a_request(State.RUNNING), ended_at=None), story()[:6])
    told = list(lines(going, within=after(60)))
    assert "total not finished" in told
    assert "within 1 minute not finished" in told
    assert "question Do one: not answered" in told


def test_the_page_gets_the_same_figures_in_seconds() -> None:
    """Nothing that was not measured has a number."""
    told = drill.to_json([figures(ended(State.SUCCEEDED, 200), story())], after(600))
    [request] = told["requests"]
    assert (told["within"], request["total"], request["waiting"]) == (600, 200, 100)
    assert request["leads"][2] == {"who": "dee", "did": None, "after": None}
    assert request["met"] is True
