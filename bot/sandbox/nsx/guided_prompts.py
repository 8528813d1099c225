"""Questions that a restore stops for, in the order and with the contents that NSX documents.

NSX 9 administration guide, "Restore a Backup", tells what is asked; the words on the wire for
`name` and `actions` are not public and therefore plainly invented.
"""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_COLUMNS = ("display_name", "ip_address")


@dataclass(frozen=True, slots=True)
class PromptResource:
    """One thing that a question is about, as `instruction-resources` lists it."""

    id: str
    display_name: str
    resource_type: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def shown(self) -> dict[str, str]:
        """Return the entry of the listing."""
        return {
            "id": self.id,
            "display_name": self.display_name,
            "resource_type": self.resource_type,
            **self.columns,
        }


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question at the end of a step.

    `fields` are the columns to show of each resource. Those with the same `at_step` and `group`
    are open at once; the groups of a step follow each other in ascending order.
    """

    name: str
    actions: tuple[str, ...] = ()
    fields: tuple[str, ...] = _COLUMNS
    resources: tuple[PromptResource, ...] = ()
    at_step: int = 5
    group: int = 0

    def at(self, step: int, group: int = 0) -> "Prompt":
        """Return the same question at another step."""
        return replace(self, at_step=step, group=group)


@dataclass(frozen=True, slots=True)
class OpenPrompt:
    """A question that waits for its answer, with the id that it got when it opened."""

    id: str
    prompt: Prompt

    @classmethod
    def of(cls, prompt: Prompt) -> "OpenPrompt":
        """Open a question."""
        return cls(str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)), prompt)

    def shown(self) -> dict[str, Any]:
        """Return the instruction in the restore's status."""
        return {
            "id": self.id,
            "name": self.prompt.name,
            "actions": list(self.prompt.actions),
            "fields": list(self.prompt.fields),
        }


def next_group(prompts: Iterable[Prompt], step: int, answered: set[int]) -> tuple[Prompt, ...]:
    """Return the questions of a step that open next, none if every group was answered."""
    here = [prompt for prompt in prompts if prompt.at_step == step]
    left = sorted({prompt.group for prompt in here} - answered)
    return tuple(prompt for prompt in here if left and prompt.group == left[0])


def _resource(name: str, kind: str, address: str) -> PromptResource:
    made = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    return PromptResource(made, name, kind, {"ip_address": address})


COMPUTE_MANAGERS = Prompt(
    name="SIM_COMPUTE_MANAGERS: Check that every compute manager is registered with the new "
    "NSX Manager node and can be reached.",
    actions=("SIM_CONFIRM",),
    resources=(_resource("vcenter-01.example.com", "ComputeManager", "10.20.0.30"),),
    at_step=3,
)
TRANSPORT_NODES = Prompt(
    name="SIM_TRANSPORT_NODES: These transport nodes were added or deleted after the backup. "
    "Log in to each of them and run the script that removes its old state.",
    actions=("SIM_SCRIPT_RUN", "SIM_SKIP"),
    resources=(
        _resource("esx-07.example.com", "TransportNode", "192.0.2.77"),
        _resource("esx-08.example.com", "TransportNode", "192.0.2.78"),
    ),
    at_step=5,
)
OTHER_MANAGERS = Prompt(
    name="SIM_ADD_MANAGER_NODES: The backed-up cluster had further manager nodes. Add them now, "
    "or go on and add them after the restore.",
    actions=("SIM_ADD_NOW", "SIM_ADD_LATER"),
    resources=(
        _resource("nsx-02.example.com", "ManagerNode", "10.20.0.6"),
        _resource("nsx-03.example.com", "ManagerNode", "10.20.0.7"),
    ),
    at_step=7,
)
FABRIC_NODES = Prompt(
    name="SIM_UNDISCOVERED_NODES: These fabric nodes have not found the new NSX Manager.",
    actions=("SIM_RETRY_DISCOVERY", "SIM_SKIP"),
    resources=(_resource("edge-03.example.com", "FabricNode", "192.0.2.93"),),
    at_step=9,
)
KUBERNETES_TOOLS = Prompt(
    name="SIM_KUBERNETES_TOOLS: Upload the Kubernetes tools for NSX Application Platform.",
    actions=("SIM_UPLOADED",),
    fields=(),
    at_step=10,
)
DOCUMENTED_PROMPTS = (COMPUTE_MANAGERS, TRANSPORT_NODES, OTHER_MANAGERS, FABRIC_NODES)
"""What the guide asks in a deployment without NSX Application Platform, in its order."""

UNKNOWN_PROMPT = Prompt(name="SIM_UNHEARD_OF", actions=("SIM_WHAT",), fields=("sim_column",))
"""A question that no document mentions and that lists nothing."""
