"""The versions of NSX whose orchestrated restore is simulated, and the words each of them uses."""

from enum import StrEnum
from typing import assert_never


class Profile(StrEnum):
    """One API, as the versions round it have it, from the oldest to the newest."""

    V2_2 = "2.2"
    V2_5 = "2.5"
    V4 = "4.x"
    V9_1 = "9.1"

    def has(self, since: "Profile") -> bool:
        """Say whether this API has what came with that one."""
        order = list(Profile)
        return order.index(self) >= order.index(since)

    @property
    def default_version(self) -> str:
        """A product version of that profile."""
        match self:
            case Profile.V2_2:
                return "2.2.0.0.0.8680772"
            case Profile.V2_5:
                return "2.5.1.0.0.15314288"
            case Profile.V4:
                return "4.2.1.0.0.24304122"
            case Profile.V9_1:
                return "9.1.0.0.0.25081110"
            case _:
                assert_never(self)


class RestoreState(StrEnum):
    """Where the restore is; what is shown for it depends on the generation of the words."""

    NOT_AVAILABLE = "not available"
    INITIAL = "initial"
    RUNNING = "running"
    SUSPENDING = "suspending"
    """The step goes on to its end and the restore stops after it."""
    CANCELING = "canceling"
    """The same before an abortion (2.x before 2.5 only)."""
    SUSPENDED_BY_USER = "suspended by user"
    SUSPENDED_FOR_USER_ACTION = "suspended for user action"
    FAILED = "failed"
    SUCCESS = "success"
    ABORTED = "aborted"


SUSPENDED = frozenset({RestoreState.SUSPENDED_BY_USER, RestoreState.SUSPENDED_FOR_USER_ACTION})
AT_WORK = frozenset({RestoreState.RUNNING, RestoreState.SUSPENDING, RestoreState.CANCELING})

_LEGACY = {
    RestoreState.NOT_AVAILABLE: "NOT_AVAILABLE",
    RestoreState.INITIAL: "NOT_STARTED",
    RestoreState.RUNNING: "RUNNING",
    RestoreState.SUSPENDING: "SUSPENDING",
    RestoreState.CANCELING: "RUNNING",
    RestoreState.SUSPENDED_BY_USER: "SUSPENDED",
    RestoreState.SUSPENDED_FOR_USER_ACTION: "SUSPENDED",
    RestoreState.FAILED: "ERROR",
    RestoreState.SUCCESS: "SUCCESS",
    RestoreState.ABORTED: "ABORTED",
}
_MODERN = _LEGACY | {
    RestoreState.INITIAL: "INITIAL",
    RestoreState.SUSPENDING: "RUNNING",
    RestoreState.SUSPENDED_BY_USER: "SUSPENDED_BY_USER",
    RestoreState.SUSPENDED_FOR_USER_ACTION: "SUSPENDED_FOR_USER_ACTION",
    RestoreState.FAILED: "FAILED",
}


def status_word(state: RestoreState, profile: Profile) -> str:
    """Return the word for the restore: GlobalRestoreStatus of NSX-T 2.2, or the one since 2.5."""
    return (_MODERN if profile.has(Profile.V2_5) else _LEGACY)[state]


class StepStatus(StrEnum):
    """The word for a single step; only one list of them is public."""

    INITIAL = "INITIAL"
    RUNNING = "RUNNING"
    SUSPENDED_BY_USER = "SUSPENDED_BY_USER"
    SUSPENDED_FOR_USER_ACTION = "SUSPENDED_FOR_USER_ACTION"
    FAILED = "FAILED"
    SUCCESS = "SUCCESS"


class Component(StrEnum):
    """What the appliance is."""

    LOCAL = "local"
    GLOBAL = "global"

    @property
    def word(self) -> str:
        """The value of the query `restore_component`."""
        return f"{self.upper()}_MANAGER"
