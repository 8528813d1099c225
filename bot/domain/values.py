"""Names and small values that everything else is made of."""

import re
from enum import StrEnum
from typing import Final, NewType

RequestId = NewType("RequestId", str)
"""`R-` and six letters or digits that cannot be mistaken for one another."""

UserId = NewType("UserId", str)
"""A Slack account, such as `U0ANA`."""

PersonId = NewType("PersonId", str)
"""A human: the account that all their aliases point to."""

SecretRef = NewType("SecretRef", str)
"""Where a secret is to be found (`env:NAME`, `file:/path`), never the secret."""

ID_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits of request ids: without 0/O and 1/I/L, since ids are read aloud in a call."""

REQUEST_ID: Final = re.compile(rf"R-[{ID_ALPHABET}]{{6}}")
TARGET_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""Target keys are ASCII, so that no look-alike letter can name another target."""

REASON_LIMIT: Final = 300
"""Characters of a reason."""

INCIDENT_LIMIT: Final = 80
"""Characters of an incident id."""


class Environment(StrEnum):
    """What a target is; sandbox targets are loopback only."""

    PRODUCTION = "production"
    STAGING = "staging"
    LAB = "lab"
    SANDBOX = "sandbox"


class Generation(StrEnum):
    """Which restore API a manager speaks."""

    NSXT_1 = "nsxt-1"
    NSX = "nsx"


class Component(StrEnum):
    """Which manager an orchestrated restore is of. Its paths differ (NSX API: Global Manager)."""

    LOCAL = "local"
    GLOBAL = "global"


class Scope(StrEnum):
    """What is restored. A cluster restore always comes first.

    Source: NSX-T 1.1 admin guide, Restore a cluster backup: "You must restore a cluster backup
    before restoring a node backup."
    """

    CLUSTER = "cluster"
    CLUSTER_AND_NODE = "cluster+node"
