"""Whatever the manager says and people answer: one start, no order unbidden, and an honest end.

The outside is made up by Hypothesis for up to so many actions; from then on all goes well, so that
every run ends.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.request import Choice, Entry, Question
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import Followed, Phase, Resources, RestoreStatus, Started
from bot.runbooks.stability import STABLE
from tests.builders import BEN
from tests.runbooks.driver import Played, play, replayed
from tests.runbooks.guided_driver import (
    ALONE,
    ESX_7,
    ESX_8,
    HOSTS,
    NODES,
    OURS,
    RUNNING,
    TIMESTAMP,
    VERSION,
    Outside,
    guided_plan,
)
from tests.runbooks.test_cluster_backup_whatever_comes import (
    MOMENTS,
    NOT_STABLE,
    SCHEDULES,
    SENT,
    STABLE_AGAIN,
    TROUBLE,
)

ODD_ACTIONS: Final = 60
"""So many actions may meet anything."""

UNASKED: Final = (HOSTS.name,)
PLAN: Final = guided_plan(unasked=UNASKED)

WORDS: Final = st.sampled_from(
    (
        *("SUSPENDED_FOR_USER_ACTION", "SUSPENDED_BY_USER", "SUSPENDED", "FAILED", "ERROR") * 4,
        *("RUNNING", "SUSPENDING", "NOT_AVAILABLE", "NOT_STARTED", "INITIAL", "NEW_WORD"),
        *("SUCCESS", "SUCCESS", "SUCCESS", "ABORTED"),
    )
)
OFFERED: Final = st.lists(
    st.sampled_from(("advance", "advance", "retry", "retry_with_updated_config", "cancel")),
    unique=True,
).map(tuple)
STATUSES: Final = st.builds(
    RestoreStatus,
    WORDS,
    id=st.sampled_from((*(OURS,) * 12, None, "another")),
    backup_timestamp=st.sampled_from((*(TIMESTAMP,) * 12, None, TIMESTAMP - 1)),
    step=st.none() | st.integers(1, 11),
    said=st.sampled_from(("", "Wrong passphrase", "Waiting")),
    instructions=st.sampled_from(((), (HOSTS,), (HOSTS,), (NODES,), (HOSTS, NODES))),
    offered=OFFERED,
)
IDLE: Final = st.sampled_from(("INITIAL", "NOT_STARTED", "NOT_AVAILABLE")).map(RestoreStatus)
LATE: Final = st.builds(
    Followed, st.just("late"), MOMENTS, st.just("It said."), st.none() | STATUSES, st.just(3600.0)
)
STARTED: Final = st.builds(
    Started,
    st.sampled_from((*("accepted",) * 4, *("unknown",) * 4, *("taken",) * 3, "refused")),
    st.just("HTTP."),
    MOMENTS,
    st.none() | STATUSES,
)
CENSUS: Final = st.builds(o.Census, st.none() | st.just(3), st.none() | st.just(0))
PROOF: Final = st.builds(
    o.Proof,
    st.just(o.ManagerFacts(VERSION, "node-1")),
    st.builds(
        o.ClusterStatus,
        st.sampled_from((*(STABLE,) * 4, "DEGRADED")),
        st.just(STABLE),
        st.just(("node-1",)),
    ),
    SCHEDULES,
    st.none() | CENSUS,
)
RESOURCES: Final = st.sampled_from(((), (ESX_7,), (ESX_7, ESX_8))).map(Resources)
BACKUP_RUN: Final = st.builds(
    o.BackupRun, st.booleans(), st.none() | st.just(7), st.none() | st.booleans(), st.just("")
)
FRESH: Final = st.builds(o.FreshBackup, st.booleans(), st.just("It was made, or not."), MOMENTS)

_READS: Final[dict[type[a.Action], st.SearchStrategy[Any]]] = {
    a.ReadStatus: st.just(ALONE) | TROUBLE,
    a.ReadRestore: IDLE | TROUBLE,
    a.TakeCensus: CENSUS | TROUBLE,
    a.ReadSchedule: SCHEDULES | TROUBLE,
    a.SetSchedule: SCHEDULES | TROUBLE,
    a.SetUpBackups: st.just(o.Schedule(enabled=False)) | SCHEDULES | TROUBLE,
    a.StartRestore: STARTED | STARTED | STARTED | TROUBLE,
    a.ReadResources: RESOURCES | RESOURCES | RESOURCES | TROUBLE,
    a.SendOrder: SENT | SENT | SENT | TROUBLE,
    a.AwaitStable: STABLE_AGAIN | NOT_STABLE | TROUBLE,
    a.ReadBackupRun: BACKUP_RUN | TROUBLE,
    a.MakeBackup: FRESH | TROUBLE,
    a.TakeProof: PROOF | TROUBLE,
    a.FinishStep: st.none(),
    a.TellPeople: st.none(),
}


def anything(action: a.Action) -> st.SearchStrategy[Any]:
    """All that an action can bring back; what ends a run is rarer than what lets it go on."""
    match action:
        case a.AskPerson(_, question):
            return answers(question)
        case a.FollowRestore(heeds_suspend=heeds):
            changed = st.builds(
                lambda at, seen: Followed("changed", at, f"{seen.where()}.", seen),
                MOMENTS,
                STATUSES,
            )
            wish = st.builds(lambda at: Followed("suspend", at, "It runs.", RUNNING), MOMENTS)
            wishes = (changed, changed, changed, changed, wish) if heeds else (changed,)
            return st.one_of(*wishes, LATE, TROUBLE)
        case _:
            return _READS[type(action)]


@st.composite
def answers(draw: st.DrawFn, question: Question) -> o.Answered:
    """One of the answers that are offered, with its form filled in somehow."""
    going_on = [offer for offer in question.offers if offer.choice is not Choice.GIVE_UP]
    offer = draw(st.sampled_from([*going_on * 20, *question.offers]))
    fields = question.fields if question.asks_form(offer) else ()
    entries = tuple(
        Entry(
            field.key,
            tuple(draw(st.sets(st.sampled_from([option.value for option in field.options])))),
        )
        for field in fields
    )
    return o.Answered(offer.choice, BEN, draw(MOMENTS), entries)


@st.composite
def stories(draw: st.DrawFn) -> Played:
    """A run that met anything for a while, or anything that a restore itself can bring."""
    calm, met, closely = Outside(), 0, draw(st.booleans())

    def meet(action: a.Action) -> o.Observation | None:
        nonlocal met
        if met >= ODD_ACTIONS or (closely and action.step != "restore"):
            return calm.meet(action)
        met += 1
        seen: o.Observation | None = draw(anything(action))
        return seen

    return play(PLAN, meet)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_whatever_comes_the_promises_hold(story: Played) -> None:
    """One start, no order unbidden or twice, unique keys, an honest end, and the same again."""
    _started_once(story)
    _only_what_is_offered(story)
    _one_order_for_each_reason(story)
    _unasked_as_configured(story)
    _keys_are_unique(story)
    _in_order(story)
    _the_end_is_honest(story)
    assert replayed(story) == story.actions


def _started_once(story: Played) -> None:
    """After a start was sent or claimed, whatever became of it, none is ever sent again."""
    starts = [seen for act, seen in story.pairs if isinstance(act, a.StartRestore)]

    assert sum(isinstance(seen, Started) for seen in starts) <= 1
    assert all(isinstance(seen, o.Trouble) for seen in starts[:-1])


def _orders(story: Played) -> Iterator[tuple[int, a.SendOrder, RestoreStatus]]:
    """Every order, with its place, and the status that was seen last before it."""
    last: RestoreStatus | None = None
    for place, (action, seen) in enumerate(story.pairs):
        if isinstance(seen, Followed):
            last = seen.status
        if isinstance(action, a.SendOrder):
            assert last is not None
            yield place, action, last


def _only_what_is_offered(story: Played) -> None:
    """`endpoints` are the authority, and an answer has one item for each open instruction."""
    for _, action, status in _orders(story):
        assert action.order in status.offered
        if action.order == "advance":
            asked = [one.id for one in status.instructions]
            assert [answer.instruction for answer in action.answers] == asked
        else:
            assert action.answers == ()


def _one_order_for_each_reason(story: Played) -> None:
    """The reason is an answer, a wish to suspend, or what was told to go on unasked."""
    reasons = [_reason(story, place, action) for place, action, _ in _orders(story)]
    assert len(set(reasons)) == len(reasons)
    claims = [(action.order, action.turn) for _, action, _ in _orders(story)]
    assert len(set(claims)) == len(claims)


def _reason(story: Played, place: int, order: a.SendOrder) -> int:
    """The place of what an order is sent for."""
    for at in range(place - 1, -1, -1):
        action, seen = story.pairs[at]
        match action, seen:
            case a.AskPerson("restore"), o.Answered(choice):
                wanted = {
                    "advance": {Choice.CONTINUE, Choice.SKIP},
                    "cancel": {Choice.CANCEL},
                    "retry": {Choice.RETRY, Choice.RETRY_UPDATED},
                    "retry_with_updated_config": {Choice.RETRY_UPDATED},
                    "suspend": set[Choice](),
                }
                assert choice in wanted[order.order]
                return at
            case a.FollowRestore(), Followed("suspend"):
                assert order.order == "suspend"
                return at
            case a.TellPeople(turn=turn), _ if turn.startswith("unasked:"):
                assert order.order == "advance"
                return at
            case a.SetUpBackups() | a.ReadResources(), _:
                continue
            case _:
                raise AssertionError(action)
    raise AssertionError(order)


def _unasked_as_configured(story: Played) -> None:
    """Only what the configuration lists, with no resource, and each instruction once."""
    gone_on: list[str] = []
    for place, action, status in _orders(story):
        before = story.actions[place - 1]
        if isinstance(before, a.TellPeople) and before.turn.startswith("unasked:"):
            assert {one.name for one in status.instructions} <= set(UNASKED)
            assert all(answer.resources == () for answer in action.answers)
            gone_on.extend(one.id for one in status.instructions)
    assert len(set(gone_on)) == len(gone_on)


def _keys_are_unique(story: Played) -> None:
    """A repeated key would be answered by the earlier answer, or swallow what is told."""
    keys = [question.key for question in story.questions]
    assert len(set(keys)) == len(keys)
    told = [action.turn for action in story.actions if isinstance(action, a.TellPeople)]
    assert len(set(told)) == len(told)
    turns = [
        (action.step, action.turn)
        for action in story.actions
        if isinstance(action, a.FollowRestore)
    ]
    assert len(set(turns)) == len(turns)


def _in_order(story: Played) -> None:
    """Steps come in the order that was approved, none is left out, none is done twice."""
    steps = list(dict.fromkeys(action.step for action in story.actions))
    assert steps == [step.key for step in story.plan.steps][: len(steps)]
    numbers = [story.plan.step_number(action.step) for action in story.actions]
    assert numbers == sorted(numbers)
    assert list(story.told) == steps[: len(story.told)]
    assert len(story.told) >= len(steps) - 1


def _the_end_is_honest(story: Played) -> None:
    """Success only after a success that is not of another backup; giving up is the end at once."""
    statuses = [seen.status for _, seen in story.pairs if isinstance(seen, Followed)]
    gave_up = [seen for _, seen in story.pairs if _gives_up(seen)]
    if isinstance(story.end, a.Succeeded):
        last = statuses[-1]
        assert last is not None
        assert last.phase is Phase.SUCCEEDED
        assert last.backup_timestamp in {None, TIMESTAMP}
        assert gave_up == []
        assert list(story.told) == [step.key for step in story.plan.steps]
    else:
        assert story.end.advice.endswith(".")
        assert gave_up == ([story.pairs[-1][1]] if gave_up else [])


def _gives_up(seen: o.Observation | None) -> bool:
    return isinstance(seen, o.Answered) and seen.choice is Choice.GIVE_UP
