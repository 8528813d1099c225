"""Which order a restore takes in which state: one table per generation of the API.

NSX-T 2.5.1 and 9.1 API, `POST /cluster/restore`; NSX-T 2.0 API for the older one, where a running
restore may be cancelled too. An order that is not listed is refused with 409.
"""

from enum import StrEnum

from bot.sandbox.nsx.guided_faults import Faults
from bot.sandbox.nsx.guided_profile import SUSPENDED, Profile, RestoreState


class Action(StrEnum):
    """An order to the restore."""

    START = "start"
    SUSPEND = "suspend"
    ADVANCE = "advance"
    CANCEL = "cancel"
    RETRY = "retry"
    RETRY_WITH_UPDATED_CONFIG = "retry_with_updated_config"

    @property
    def href(self) -> str:
        """Where the order goes, without the API's prefix, as `endpoints` shows it."""
        if self is Action.RETRY_WITH_UPDATED_CONFIG:
            return f"/cluster/restore/action/{self}"
        return f"/cluster/restore?action={self}"


_MODERN: dict[RestoreState, tuple[Action, ...]] = {
    RestoreState.NOT_AVAILABLE: (),
    RestoreState.INITIAL: (Action.START,),
    RestoreState.RUNNING: (Action.SUSPEND,),
    # Still shown as RUNNING, so that a second order to suspend meets the same answer.
    RestoreState.SUSPENDING: (Action.SUSPEND,),
    RestoreState.CANCELING: (),
    RestoreState.SUSPENDED_BY_USER: (Action.ADVANCE, Action.CANCEL),
    RestoreState.SUSPENDED_FOR_USER_ACTION: (Action.ADVANCE, Action.CANCEL),
    RestoreState.FAILED: (Action.RETRY,),
    RestoreState.SUCCESS: (),
    RestoreState.ABORTED: (),
}
_LEGACY = _MODERN | {
    RestoreState.RUNNING: (Action.SUSPEND, Action.CANCEL),
    RestoreState.SUSPENDING: (),
}
_NEWEST = _MODERN | {
    RestoreState.FAILED: (Action.RETRY, Action.RETRY_WITH_UPDATED_CONFIG),
}


def offered(state: RestoreState, profile: Profile, faults: Faults) -> tuple[Action, ...]:
    """Return the orders that a restore in this state takes."""
    if profile.has(Profile.V9_1):
        listed = _NEWEST[state]
    elif profile.has(Profile.V2_5):
        listed = _MODERN[state]
    else:
        listed = _LEGACY[state]
    withheld = set()
    if faults.suspend_not_offered:
        withheld.add(Action.SUSPEND)
    if faults.cancel_not_offered and state in SUSPENDED:
        withheld.add(Action.CANCEL)
    taken = [action for action in listed if action not in withheld]
    if state is RestoreState.FAILED and faults.cancel_after_failure:
        taken.append(Action.CANCEL)
    if state is RestoreState.SUCCESS and faults.starts_after_success:
        taken.append(Action.START)
    return tuple(taken)
