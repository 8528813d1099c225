"""How long things take in a 2.0 to 9.x Manager; no public page gives any of it.

The proportions follow the examples of a rollback in NSX's command line reference; a real restore
takes many times longer.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Durations:
    """Simulated seconds; changeable at any time, for what begins later.

    `step` is the work of one step of a restore, `next_prompt` the time between the answer to one
    group of questions and the next group of the same step. The next five are the forms of a
    restart, in their order; a restart of the manager service alone has no `away`. `backup` is a
    backup. `uptime` is the age of the fresh appliance at the start.
    """

    step: float = 30.0
    next_prompt: float = 5.0
    away: float = 45.0
    bad_gateway: float = 8.0
    starting_json: float = 6.0
    starting_text: float = 5.0
    nothing_mapped: float = 4.0
    backup: float = 60.0
    uptime: float = 7_200.0
