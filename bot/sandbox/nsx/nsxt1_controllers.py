"""The controllers of a 1.x deployment, as far as a restore concerns them.

NSX-T 1.1 admin guide, "Restore a cluster backup": all controllers are restarted after the cluster
restore, to drop cached data, and connect to the Manager only after the node restore.
"""

from collections.abc import Iterable
from enum import StrEnum


class Controller(StrEnum):
    """The state of one controller."""

    STALE = "stale"
    """It holds data from before the restore."""
    RESTARTING = "restarting"
    RESTARTED = "restarted"


class Controllers:
    """All controllers by address, and the control cluster they form with the Manager."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.states = dict.fromkeys(addresses, Controller.STALE)
        self.word = "NO_CONTROLLERS"
        self._node_restored = False

    def forget(self) -> None:
        """Begin anew: a cluster restore makes the cache of every controller stale."""
        self.states = dict.fromkeys(self.states, Controller.STALE)
        self.word = "NO_CONTROLLERS"
        self._node_restored = False

    def begin_restart(self, address: str) -> None:
        """Take one down; raise `ValueError` for an address that is not there or is down already."""
        if address not in self.states:
            raise ValueError(f"there is no controller {address}")
        if self.states[address] is Controller.RESTARTING:
            raise ValueError(f"controller {address} is restarting already")
        self.states[address] = Controller.RESTARTING

    def end_restart(self, address: str, state: Controller) -> None:
        """Bring one back, with its cache dropped or with what it had."""
        self.states[address] = state

    def node_restored(self) -> None:
        """Note that the Manager is now the node that the controllers look for."""
        self._node_restored = True

    @property
    def may_connect(self) -> bool:
        """Whether both conditions for a control cluster hold and it is not there yet."""
        return (
            self.word == "NO_CONTROLLERS"
            and self._node_restored
            and bool(self.states)
            and all(state is Controller.RESTARTED for state in self.states.values())
        )
