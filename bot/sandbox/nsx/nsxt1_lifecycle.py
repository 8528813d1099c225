"""The phases through which a 1.x Manager goes after it accepted a restore, and how long each is.

No public page gives the durations; these stand in the proportion that NSX's own examples of a
service restart suggest, and a real restore takes many times longer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.backup_files import BackupKind
from bot.sandbox.nsx.nsxt1_faults import Faults


class Phase(StrEnum):
    """What the appliance is doing."""

    READY = "ready"
    ACCEPTED = "accepted"
    """A restore was accepted and the API still shows the state from before it."""
    UNSTABLE = "unstable"
    AWAY = "away"
    """Nothing serves the port."""
    BAD_GATEWAY = "bad gateway"
    STARTING_JSON = "starting, says so in JSON"
    STARTING_TEXT = "starting, says so in plain text"
    NOTHING_MAPPED = "nothing mapped"
    """Every path is 404."""
    INITIALIZING = "initializing"


@dataclass(slots=True)
class Durations:
    """How long things take, in simulated seconds; changeable at any time, for what begins later.

    `copy` is the time from a restore request to its answer. The next eight are the phases of a
    cluster restore; a node restore takes `node_share` of each. `flap` is the time in each state
    while the status flaps. `controllers_connect` runs from the moment when all controllers were
    restarted and the node restore is done. `uptime` is the age of the fresh appliance at the start.
    """

    copy: float = 4.0
    accepted: float = 3.0
    unstable: float = 10.0
    away: float = 45.0
    bad_gateway: float = 8.0
    starting_json: float = 6.0
    starting_text: float = 5.0
    nothing_mapped: float = 4.0
    initializing: float = 30.0
    flap: float = 10.0
    node_share: float = 0.4
    controller_restart: float = 60.0
    controllers_connect: float = 20.0
    uptime: float = 7_200.0


def phases(kind: BackupKind, durations: Durations, faults: Faults) -> Iterator[tuple[Phase, float]]:
    """Yield the phases between the acceptance and the last STABLE, with simulated seconds."""
    share = durations.node_share if kind is BackupKind.NODE else 1.0
    yield Phase.ACCEPTED, share * durations.accepted
    yield Phase.UNSTABLE, share * durations.unstable
    yield Phase.AWAY, share * durations.away
    yield Phase.BAD_GATEWAY, share * durations.bad_gateway
    yield Phase.STARTING_JSON, share * durations.starting_json
    yield Phase.STARTING_TEXT, share * durations.starting_text
    yield Phase.NOTHING_MAPPED, share * durations.nothing_mapped
    yield Phase.INITIALIZING, share * durations.initializing
    for _ in range(faults.flaps):
        yield Phase.READY, durations.flap
        yield Phase.UNSTABLE, durations.flap


def management_word(phase: Phase) -> str:
    """Return the management cluster's status in a phase in which the API answers."""
    match phase:
        case Phase.READY | Phase.ACCEPTED:
            return "STABLE"
        case Phase.INITIALIZING:
            return "INITIALIZING"
        case _:
            return "UNSTABLE"
