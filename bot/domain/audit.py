"""The audit chain: every row is sealed together with the one before it.

`mac` = HMAC-SHA256(key, mac of the row before || RFC 8785 canonical JSON of the row). Whoever
changes, removes or reorders rows without the key breaks the chain at that row. Rows removed from
the end break nothing inside it: the head that is kept beside the rows, and an anchor that was
noted outside the database, show those.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785

from bot.domain.request import Place

GENESIS: Final = "0" * 64
"""What stands for "the row before" in front of the first one."""

SHORTEST_KEY: Final = 16
"""Bytes. A shorter key could be guessed from the rows."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the audit before it is sealed. `details` are JSON values, `at` is aware."""

    seq: int
    key: str
    at: datetime
    actor: str
    action: str
    request_id: str | None
    place: Place | None
    details: dict[str, Any]
    digest: str | None
    policy_version: str


@dataclass(frozen=True, slots=True)
class Link:
    """A sealed row: `prev` is the mac of the row before, both in 64 hex digits."""

    record: Record
    prev: str
    mac: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row that cannot be trusted, and why."""

    seq: int
    why: str


def seal(key: bytes, prev: str, record: Record) -> Link:
    """Return the row as a link of the chain, behind the row whose mac is `prev`."""
    return Link(record, prev, _mac(key, prev, record))


def record_json(record: Record) -> dict[str, Any]:
    """Return what is sealed, as JSON values."""
    place = record.place
    return {
        "seq": record.seq,
        "key": record.key,
        "at": f"{record.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "actor": record.actor,
        "action": record.action,
        "request_id": record.request_id,
        "place": {"channel": place.channel, "ts": place.ts} if place else None,
        "details": record.details,
        "digest": record.digest,
        "policy_version": record.policy_version,
    }


def _mac(key: bytes, prev: str, record: Record) -> str:
    message = bytes.fromhex(prev) + rfc8785.dumps(record_json(record))
    return hmac.new(key, message, hashlib.sha256).hexdigest()


class Inspection:
    """Walks along a chain, link by link; stop at the first fault."""

    def __init__(self, key: bytes) -> None:
        """Start in front of the first row."""
        self._key = key
        self.seq = 0
        self.mac = GENESIS

    def fault_of(self, link: Link) -> Fault | None:
        """Return why the next link is not what it must be; otherwise step onto it."""
        expected = self.seq + 1
        if link.record.seq != expected:
            return Fault(expected, f"Row {expected} is missing; row {link.record.seq} comes next.")
        if link.prev != self.mac:
            return Fault(expected, f"Row {expected} does not follow the row before it.")
        sealed = _mac(self._key, self.mac, link.record)
        if not hmac.compare_digest(link.mac.encode(), sealed.encode()):
            return Fault(
                expected, f"Row {expected} was changed, or was sealed with another audit key."
            )
        self.seq, self.mac = expected, link.mac
        return None

    def fault_of_end(self, seq: int, mac: str) -> Fault | None:
        """Return why the chain does not end where the head beside it says."""
        if (self.seq, self.mac) == (seq, mac):
            return None
        if self.seq < seq:
            return Fault(
                self.seq + 1, f"The chain ends at row {self.seq}; its head says row {seq}."
            )
        return Fault(seq, f"The head says row {seq}, and is not that row of the chain.")
