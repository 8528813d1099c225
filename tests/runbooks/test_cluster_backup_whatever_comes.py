"""Whatever the outside does and people answer: the order, the once, and an end.

The outside is made up by Hypothesis for up to so many actions; from then on all goes well, so that
every run ends.
"""

from collections import Counter
from datetime import timedelta
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import Kind
from bot.domain.plan import Plan
from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.cluster_backup import files
from bot.runbooks.stability import STABLE
from tests.builders import BEN, NOON
from tests.runbooks.driver import CONTROLLERS, Outside, Played, play, replayed, the_plan

ODD_ACTIONS: Final = 60
"""So many actions may meet anything."""

WORDS: Final = st.sampled_from((*(STABLE,) * 9, "UNSTABLE", "NO_CONTROLLERS"))
MOMENTS: Final = st.integers(0, 10_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
STATUSES: Final = st.builds(o.ClusterStatus, WORDS, WORDS, st.just(("node-1",)))
SCHEDULES: Final = st.builds(o.Schedule, st.booleans())
FACTS: Final = st.builds(o.ManagerFacts, st.sampled_from(("1.1.0", "1.1.1")), st.just("node-1"))
TROUBLE: Final = st.builds(
    o.Trouble, st.sampled_from(Kind), st.just("It failed."), st.just("Repair it.")
)
SENT: Final = st.builds(
    o.Sent,
    st.sampled_from(("accepted", "accepted", "accepted", "unknown", "unknown", "refused")),
    st.just("HTTP."),
    MOMENTS,
)
STABLE_AGAIN: Final = st.builds(o.Stable, STATUSES, MOMENTS, st.floats(0, 7200), st.booleans())
NOT_STABLE: Final = st.builds(o.NotStable, st.floats(0, 7200), st.just("UNSTABLE."))
PLANS: Final = st.builds(
    lambda node, controllers: the_plan(node=node, controllers=controllers),
    st.booleans(),
    st.sampled_from(((), CONTROLLERS[:1], CONTROLLERS)),
)


def anything(action: a.Action) -> st.SearchStrategy[o.Observation | None]:
    """All that an action can bring back; what ends a run is rarer than what lets it go on."""
    match action:
        case a.ReadStatus():
            return STATUSES | STATUSES | STATUSES | STATUSES | TROUBLE
        case a.SendRestore():
            return SENT | TROUBLE
        case a.AwaitStable():
            return STABLE_AGAIN | NOT_STABLE | TROUBLE
        case a.ReadSchedule() | a.SetSchedule():
            return SCHEDULES | TROUBLE
        case a.TakeProof():
            return st.builds(o.Proof, FACTS, STATUSES, SCHEDULES) | TROUBLE
        case a.AskPerson(_, question):
            offered = [offer.choice for offer in question.offers]
            going_on = [choice for choice in offered if choice is not Choice.GIVE_UP]
            choices = st.sampled_from(going_on * 20 + offered)
            return st.builds(o.Answered, choices, st.just(BEN), MOMENTS)
        case a.FinishStep():
            return st.none()
        case _:
            raise AssertionError(action)


@st.composite
def stories(draw: st.DrawFn) -> Played:
    """A run that met anything for a while."""
    plan: Plan = draw(PLANS)
    calm, met = Outside(files(plan).node is not None), 0

    def meet(action: a.Action) -> o.Observation | None:
        nonlocal met
        met += 1
        return draw(anything(action)) if met <= ODD_ACTIONS else calm.meet(action)

    return play(plan, meet)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_whatever_comes_the_promises_hold(story: Played) -> None:
    """Order, once, unique questions, former schedule first, an honest end, and the same again."""
    _sent_once(story)
    _in_order(story)
    _schedule_read_first(story)
    _keys_are_unique(story)
    _the_end_is_honest(story)
    assert replayed(story) == story.actions


def _sent_once(story: Played) -> None:
    """After a request was sent or claimed, whatever became of it, it is never sent again."""
    kinds = [
        action.kind
        for action, seen in story.pairs
        if isinstance(action, a.SendRestore) and isinstance(seen, o.Sent)
    ]
    assert max(Counter(kinds).values(), default=0) <= 1
    asked = [action.kind for action in story.actions if isinstance(action, a.SendRestore)]
    assert asked == sorted(asked), "the node backup was to be restored before the cluster backup"
    for kind in set(kinds):
        last = max(at for at, (action, _) in enumerate(story.pairs) if _sends(action, kind))
        assert isinstance(story.pairs[last][1], o.Sent)
    if "node" in asked:
        assert kinds[0] == "cluster"
        assert files(story.plan).node is not None


def _in_order(story: Played) -> None:
    """Steps come in the order that was approved, none is left out, none is done twice."""
    steps = list(dict.fromkeys(action.step for action in story.actions))
    assert steps == [step.key for step in story.plan.steps][: len(steps)]
    numbers = [story.plan.step_number(action.step) for action in story.actions]
    assert numbers == sorted(numbers)
    done = [action.step for action in story.actions if isinstance(action, a.FinishStep)]
    assert done == steps[: len(done)]
    assert len(done) >= len(steps) - 1


def _schedule_read_first(story: Played) -> None:
    """The former schedule is known before the first change; enabling comes after the script."""
    names = [type(action) for action in story.actions]
    if a.SetSchedule in names:
        before = story.pairs[: names.index(a.SetSchedule)]
        assert any(isinstance(seen, o.Schedule) for _, seen in before)
    for action in story.actions:
        if isinstance(action, a.SetSchedule) and action.enabled:
            assert action.step == "backups_on"
            assert "helper_script" in story.told


def _keys_are_unique(story: Played) -> None:
    """A repeated key would be answered by the earlier answer."""
    keys = [question.key for question in story.questions]
    assert len(set(keys)) == len(keys)


def _the_end_is_honest(story: Played) -> None:
    """Success only with every step done and a good state proved; giving up is a failure at once.

    After the restore began nothing but giving up is a failure.
    """
    last = story.pairs[-1]
    gave_up = [seen for _, seen in story.pairs if _gives_up(seen)]
    if isinstance(story.end, a.Succeeded):
        assert gave_up == []
        assert list(story.told) == [step.key for step in story.plan.steps]
        proof = story.pairs[-2][1]
        assert isinstance(proof, o.Proof)
        assert proof.status.management == STABLE
        if files(story.plan).node:
            assert proof.status.control == STABLE
    else:
        assert gave_up or last[0].step in {"check", "cluster_restore"}
        assert story.end.advice.endswith(".")
    if gave_up:
        assert isinstance(story.end, a.Failed)
        assert gave_up == [last[1]]


def _gives_up(seen: o.Observation | None) -> bool:
    return isinstance(seen, o.Answered) and seen.choice is Choice.GIVE_UP


def _sends(action: a.Action, kind: str) -> bool:
    return isinstance(action, a.SendRestore) and action.kind == kind
