"""Which faults a Manager's listener looks at, whatever the version of its API."""

from enum import StrEnum
from typing import Protocol

from bot.sandbox.authority import Flaw
from bot.sandbox.nsx.listener import Absence


class CertificateAfterRestart(StrEnum):
    """Which certificate the appliance has when it comes back."""

    SAME = "same"
    REISSUED = "reissued"
    """Another one of the same authority: good by CA, wrong by pin."""
    SELF_SIGNED = "self-signed"


class RestartFaults(Protocol):
    """The switches for the certificate and for what a client meets at the port meanwhile."""

    absence: Absence
    certificate: Flaw
    certificate_after_restart: CertificateAfterRestart
