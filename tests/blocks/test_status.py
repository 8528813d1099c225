"""The sentences of a state."""

from dataclasses import replace
from typing import Any

import pytest

from bot.blocks import status
from bot.domain.request import State
from bot.domain.values import Scope
from tests.blocks.scenes import SCENES
from tests.builders import NOON, a_guided_plan

REQUEST = SCENES["running"].request


@pytest.mark.parametrize(
    "tell",
    [
        lambda state: status.status(replace(REQUEST, state=state), NOON),
        lambda state: status._ended(REQUEST, state),
    ],
)
def test_an_unknown_state_is_loud(tell: Any) -> None:
    """A new state without words is a bug that cannot be overlooked."""

    class Unknown:
        """A state of tomorrow."""

        words = "unknown"

    with pytest.raises(AssertionError):
        tell(Unknown())


def test_a_request_without_an_end_falls_back_to_its_last_change() -> None:
    """The moment that is shown is never made up."""
    assert status.ended_at(replace(REQUEST, ended_at=None)) == REQUEST.updated_at


UNSTARTED = (State.REJECTED, State.DENIED, State.EXPIRED, State.WITHDRAWN, State.CANCELED)


@pytest.mark.parametrize("state", UNSTARTED)
def test_of_a_manager_that_may_know_a_server_by_us_it_is_not_said_that_nothing_was_sent(
    state: State,
) -> None:
    """The checks may have told one of 2.0 and later its backup server (decision 10)."""
    guided = a_guided_plan()
    ended = replace(REQUEST, state=state, conclusion=("x",))
    for request in (
        replace(ended, plan=guided),
        replace(ended, plan=None, wish=replace(REQUEST.wish, scope=Scope.CLUSTER_AND_NODE)),
    ):
        told = status.status(request, NOON)
        assert "No restore was started." in told
        assert "Nothing was sent" not in told


def test_of_nsxt_1_it_is_said_that_nothing_was_sent() -> None:
    """Its checks only read."""
    ended = replace(REQUEST, state=State.WITHDRAWN)
    assert ended.plan is not None
    only_cluster = replace(ended, plan=None, wish=replace(REQUEST.wish, scope=Scope.CLUSTER))
    for request in (ended, only_cluster):
        assert "Nothing was sent to the manager." in status.status(request, NOON)
