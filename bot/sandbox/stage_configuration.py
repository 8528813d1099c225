"""The parts of the bot's configuration file, as a stage writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.sandbox.backup_server import SshBackupServer

QUICKEST: Final = 60.0
"""Real seconds that people and a busy machine are given at any speed."""

LONGEST_WAIT: Final = 3600.0
"""Simulated seconds after which the bot asks people, if the manager is not stable by then."""


def people(requesters: Sequence[str], leads: Sequence[str]) -> dict[str, Any]:
    """Return who may ask, if that is bounded, and who decides."""
    named = {"leads": {"usergroup": "S0LEADS", "members": list(leads)}}
    return {"requesters": {"members": list(requesters)}, **named} if requesters else named


@dataclass(frozen=True, slots=True)
class Written:
    """What is the same in every part.

    `speed` is how many simulated seconds pass in a real one; secrets are references to files of
    `directory`, named as they are.
    """

    speed: float
    directory: Path
    ca_pem: Path
    backups: SshBackupServer

    def policy(self) -> dict[str, Any]:
        """Return when requests expire and start, with two approvals."""
        return {
            "approvals": 2,
            "request_ttl": self._scaled(1800, least=QUICKEST),
            "start_ttl": self._scaled(600, least=QUICKEST),
            "start_delay": self._scaled(10),
        }

    def nsxt_target(self, url: str, timing: dict[str, Any]) -> dict[str, Any]:
        """Return a target of NSX-T 1.x without its scope; `timing` overrides single keys."""
        fingerprint = self.backups.fingerprint_md5()
        return {
            "environment": "sandbox",
            "generation": "nsxt-1",
            "manager": self._access(url),
            "backup": {**self._backup(), "protocol": "scp", "fingerprint": fingerprint},
            "timing": self._timing(5) | timing,
        }

    def guided_target(self, url: str, timing: dict[str, Any]) -> dict[str, Any]:
        """Return a target of 2.0 and later; `timing` overrides single keys."""
        return {
            "environment": "sandbox",
            "generation": "nsx",
            "manager": self._access(url),
            "backup": {**self._backup(), "fingerprint": self.backups.fingerprint_sha256()},
            "timing": self._timing(10) | timing,
        }

    def _access(self, url: str) -> dict[str, Any]:
        return {
            "url": url,
            "username": "admin",
            "password": self._reference("manager"),
            "ca_file": str(self.ca_pem),
        }

    def _backup(self) -> dict[str, Any]:
        return {
            "server": self.backups.host,
            "port": self.backups.port,
            "directory": self.backups.directory,
            "username": self.backups.username,
            "password": self._reference("backup"),
            "passphrase": self._reference("passphrase"),
        }

    def _timing(self, poll: float) -> dict[str, Any]:
        return {
            "poll": self._scaled(poll),
            "stable_polls": 3,
            "settle": self._scaled(60),
            "stable_timeout": self._scaled(LONGEST_WAIT, least=QUICKEST),
            "request_timeout": self._scaled(30, least=5),
        }

    def _reference(self, name: str) -> str:
        return f"file:{self.directory / name}"

    def _scaled(self, seconds: float, *, least: float = 0.0) -> str:
        """A duration as the configuration writes it, in simulated time."""
        return f"{max(seconds / self.speed, least) * 1000:.0f}ms"
