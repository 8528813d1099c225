"""Every order in every state of the restore, in both generations of its words.

The table is that of the NSX-T 2.0, 2.5.1 and NSX 9.1 API descriptions of `POST /cluster/restore`.
"""

from pathlib import Path

import pytest

from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from tests.sandbox.nsx.guided_scene import QUESTION, STATUS, guided_scene

ACTIONS = ("start", "suspend", "advance", "cancel", "retry", "retry_with_updated_config")
WORDS = {
    RestoreState.NOT_AVAILABLE: ("NOT_AVAILABLE", "NOT_AVAILABLE"),
    RestoreState.INITIAL: ("NOT_STARTED", "INITIAL"),
    RestoreState.RUNNING: ("RUNNING", "RUNNING"),
    RestoreState.SUSPENDING: ("SUSPENDING", "RUNNING"),
    RestoreState.SUSPENDED_BY_USER: ("SUSPENDED", "SUSPENDED_BY_USER"),
    RestoreState.SUSPENDED_FOR_USER_ACTION: ("SUSPENDED", "SUSPENDED_FOR_USER_ACTION"),
    RestoreState.FAILED: ("ERROR", "FAILED"),
    RestoreState.SUCCESS: ("SUCCESS", "SUCCESS"),
    RestoreState.ABORTED: ("ABORTED", "ABORTED"),
}
"""What is shown, first by NSX-T 2.2, then by 2.5 and later."""

TAKEN = {
    (RestoreState.INITIAL, "start"): (RestoreState.RUNNING,),
    (RestoreState.RUNNING, "suspend"): (RestoreState.SUSPENDING, RestoreState.SUSPENDED_BY_USER),
    (RestoreState.SUSPENDED_BY_USER, "advance"): (RestoreState.RUNNING,),
    (RestoreState.SUSPENDED_BY_USER, "cancel"): (RestoreState.ABORTED,),
    (RestoreState.SUSPENDED_FOR_USER_ACTION, "advance"): (RestoreState.RUNNING,),
    (RestoreState.SUSPENDED_FOR_USER_ACTION, "cancel"): (RestoreState.ABORTED,),
    (RestoreState.FAILED, "retry"): (RestoreState.RUNNING,),
}
"""The orders that every version takes, and the states that follow."""

OLD_ONLY = {(RestoreState.RUNNING, "cancel"): (RestoreState.CANCELING, RestoreState.ABORTED)}
MODERN_ONLY = {
    (RestoreState.SUSPENDING, "suspend"): (RestoreState.SUSPENDING, RestoreState.SUSPENDED_BY_USER)
}
NEWEST_ONLY = {(RestoreState.FAILED, "retry_with_updated_config"): (RestoreState.RUNNING,)}


def _taken(profile: Profile) -> dict[tuple[RestoreState, str], tuple[RestoreState, ...]]:
    if profile is Profile.V2_2:
        return TAKEN | OLD_ONLY
    if profile is Profile.V9_1:
        return TAKEN | MODERN_ONLY | NEWEST_ONLY
    return TAKEN | MODERN_ONLY


def _word(state: RestoreState, profile: Profile) -> str:
    """Tell what a version shows; a cancellation under way is still shown as running."""
    if state is RestoreState.CANCELING:
        return "RUNNING"
    return WORDS[state][profile is not Profile.V2_2]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", WORDS, ids=lambda state: state.name)
@pytest.mark.parametrize("profile", Profile)
async def test_an_order_is_taken_or_refused_with_the_status(
    tmp_path: Path, profile: Profile, state: RestoreState, action: str
) -> None:
    """A taken order leads where the table says; any other gets 409 and changes nothing."""
    prompts = (QUESTION,) if state is RestoreState.SUSPENDED_FOR_USER_ACTION else ()
    async with guided_scene(tmp_path, profile=profile, prompts=prompts) as scene:
        await scene.bring_to(state)
        orders = dict(scene.manager.orders)

        reply = await scene.order(action)

        if action == "retry_with_updated_config" and profile is not Profile.V9_1:
            assert reply.status_code == 404
            assert "error_code" in reply.json()
            return
        followed = _taken(profile).get((state, action))
        assert reply.status_code == (409 if followed is None else 200)
        after = state if followed is None else followed[0]
        assert reply.json()["status"]["value"] == _word(after, profile)
        if followed is None:
            assert scene.manager.orders == orders
        else:
            assert scene.manager.orders[action] == orders.get(action, 0) + 1
            await scene.work_to(followed[-1])


@pytest.mark.parametrize("state", WORDS, ids=lambda state: state.name)
@pytest.mark.parametrize("profile", Profile)
async def test_endpoints_offer_exactly_what_is_taken(
    tmp_path: Path, profile: Profile, state: RestoreState
) -> None:
    """`endpoints` mirrors the table, with relative addresses that lack the API's prefix."""
    prompts = (QUESTION,) if state is RestoreState.SUSPENDED_FOR_USER_ACTION else ()
    async with guided_scene(tmp_path, profile=profile, prompts=prompts) as scene:
        await scene.bring_to(state)

        status = (await scene.client.get(STATUS)).json()

        assert status["status"]["value"] == _word(state, profile)
        hrefs = {
            "/cluster/restore/action/retry_with_updated_config"
            if action == "retry_with_updated_config"
            else f"/cluster/restore?action={action}"
            for taken_in, action in _taken(profile)
            if taken_in is state
        }
        assert {one["href"] for one in status["endpoints"]} == hrefs
        assert {one["action"] for one in status["endpoints"]} <= {"POST"}
