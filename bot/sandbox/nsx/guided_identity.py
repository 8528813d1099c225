"""What a 2.0 to 9.x Manager was deployed as, and what it publishes of that."""

from dataclasses import dataclass

from bot.sandbox.nsx.guided_profile import Component, Profile


@dataclass(frozen=True, slots=True)
class Identity:
    """What the appliance was deployed as; `nodes` is the size of the backed-up cluster."""

    profile: Profile
    component: Component
    version: str
    address: str
    fqdn: str
    nodes: int


@dataclass(slots=True)
class ManagementConfig:
    """Whether the node publishes its FQDN, with the revision that a PUT has to name."""

    publish_fqdns: bool
    revision: int = 0
