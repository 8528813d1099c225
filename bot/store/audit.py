"""The audit table: rows are only ever added, one writer at a time, each sealed to the last."""

import hmac
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import (
    SHORTEST_KEY,
    Fault,
    Inspection,
    Link,
    Record,
    record_json,
    seal,
)
from bot.domain.errors import Kind, StoreError
from bot.domain.events import RequestFiled
from bot.domain.request import Place
from bot.ports import AuditEntry, AuditHead, Clock
from bot.store.database import Database
from bot.store.documents import Json, action_of, place_from_json, place_to_json
from bot.store.schema import audit, audit_head, request

_PAGE: Final = 500

REFUSED: Final = "refused"
"""The action of every row that refuses something."""

TELLING: Final = "telling_backup_server"
"""The action of a row that comes before a manager is told its backup server. It belongs to a
request where the checks of one do that, and to none where somebody only looks."""

_FILED: Final = action_of(RequestFiled)

_SEALED: Final = {
    "wish": "wish",
    "channel": "channel",
    "requester": "by",
    "requester_person": "requester_person",
}
"""What of a request never changes after its filing, by the names of its row and of the audit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of verifying the chain: how many rows hold, and the first fault if there is one.

    `head` is the newest link that could be trusted: note it outside the database.
    """

    rows: int
    head: AuditHead | None
    fault: Fault | None = None

    @property
    def intact(self) -> bool:
        """Whether no fault was found."""
        return self.fault is None


def checked_key(key: bytes) -> bytes:
    """Return the audit key. Raises `StoreError` for one that could be guessed."""
    if len(key) < SHORTEST_KEY:
        raise StoreError(
            f"The audit key has {len(key)} bytes.",
            f"Let AUDIT_KEY lead to at least {SHORTEST_KEY} random bytes.",
            Kind.MALFORMED,
        )
    return key


async def check_key(database: Database, key: bytes) -> bool:
    """See that a key is the one that the chain goes on with: it seals the newest row anew.

    A chain without rows takes any key that is long enough. Only `verify` looks at all rows.
    Returns whether the chain has a row, and so whether there was one to compare with.

    Raises:
        StoreError: it is too short, or another key (or the newest row was changed); the database
            is unusable.
    """
    checked_key(key)
    async with database.reading() as tx:
        row = (await tx.execute(sa.select(audit).order_by(audit.c.seq.desc()).limit(1))).first()
    if row is not None and not _seals(key, row):
        raise StoreError(
            "AUDIT_KEY is not the key that the audit chain was begun with.",
            "Let it lead to that key again; a new key needs a new database. If it is the right "
            "key, somebody has changed the newest row: run `nsx-restore audit verify`.",
            Kind.MALFORMED,
        )
    return row is not None


def _seals(key: bytes, row: sa.Row[tuple[object, ...]]) -> bool:
    try:
        link = _link(row)
        return hmac.compare_digest(seal(key, link.prev, link.record).mac, link.mac)
    except (TypeError, ValueError):
        return False


async def head(tx: AsyncConnection) -> AuditHead | None:
    """Return the newest link, or `None` while there is none."""
    newest = await _head(tx, sa.select(audit_head))
    return newest if newest.seq else None


async def _head(tx: AsyncConnection, query: sa.Select[tuple[int, int, str]]) -> AuditHead:
    row = (await tx.execute(query)).first()
    if row is None:
        raise StoreError(
            "The head of the audit chain is gone: somebody has changed the database.",
            "Run `nsx-restore audit verify`.",
            Kind.MALFORMED,
        )
    return AuditHead(row.seq, row.mac)


class Chain:
    """The end of the chain, held by one transaction: others wait until it has ended.

    `at` is the moment at which its turn came, and of all rows it adds; `added` counts those,
    `refused` are those that refuse something.
    """

    def __init__(
        self, tx: AsyncConnection, key: bytes, end: AuditHead, at: datetime, policy_version: str
    ) -> None:
        """Use `hold`."""
        self.at = at
        self.added = 0
        self.refused: list[Record] = []
        self._tx = tx
        self._key = key
        self._end = end
        self._policy_version = policy_version

    @classmethod
    async def hold(
        cls, tx: AsyncConnection, key: bytes, clock: Clock, policy_version: str
    ) -> "Chain":
        """Wait for the writers before this one, and keep out those after it."""
        end = await _head(tx, sa.select(audit_head).with_for_update())
        return cls(tx, key, end, clock.now(), policy_version)

    @property
    def next(self) -> int:
        """The number of the row that `append` adds next."""
        return self._end.seq + 1

    async def append(
        self,
        *,
        key: str,
        actor: str,
        action: str,
        request_id: str | None,
        details: Json,
        place: Place | None = None,
        digest: str | None = None,
    ) -> None:
        """Add a row. `key` must be new."""
        record = Record(
            seq=self.next,
            key=key,
            at=self.at,
            actor=actor,
            action=action,
            request_id=request_id,
            place=place,
            details=details,
            digest=digest,
            policy_version=self._policy_version,
        )
        link = seal(self._key, self._end.mac, record)
        await self._tx.execute(sa.insert(audit).values(_columns(link)))
        await self._tx.execute(sa.update(audit_head).values(seq=record.seq, mac=link.mac))
        self._end = AuditHead(record.seq, link.mac)
        self.added += 1
        if action == REFUSED:
            self.refused.append(record)


def _columns(link: Link) -> dict[str, object]:
    record = link.record
    return {
        "seq": record.seq,
        "key": record.key,
        "at": record.at,
        "actor": record.actor,
        "action": record.action,
        "request_id": record.request_id,
        "place": place_to_json(record.place),
        "details": record.details,
        "digest": record.digest,
        "policy_version": record.policy_version,
        "prev": link.prev,
        "mac": link.mac,
    }


def _link(row: sa.Row[tuple[object, ...]]) -> Link:
    record = Record(
        seq=row.seq,
        key=row.key,
        at=row.at,
        actor=row.actor,
        action=row.action,
        request_id=row.request_id,
        place=place_from_json(row.place),
        details=row.details,
        digest=row.digest,
        policy_version=row.policy_version,
    )
    return Link(record, row.prev, row.mac)


async def under(tx: AsyncConnection, key: str) -> Record | None:
    """Return the row with this key."""
    row = (await tx.execute(sa.select(audit).where(audit.c.key == key))).first()
    return _link(row).record if row else None


async def story(tx: AsyncConnection, request_id: str) -> Sequence[AuditEntry]:
    """Return the rows of one request, oldest first."""
    query = sa.select(audit).where(audit.c.request_id == request_id).order_by(audit.c.seq)
    return [_entry(_link(row)) for row in await tx.execute(query)]


def _entry(link: Link) -> AuditEntry:
    record = link.record
    return AuditEntry(
        seq=record.seq,
        at=record.at,
        actor=record.actor,
        action=record.action,
        request_id=record.request_id,
        details=record.details,
        digest=record.digest,
        policy_version=record.policy_version,
        place=record.place,
        mac=link.mac,
    )


async def _links(tx: AsyncConnection) -> AsyncIterator[Link]:
    last: int | None = None
    while True:
        query = sa.select(audit).order_by(audit.c.seq).limit(_PAGE)
        if last is not None:
            query = query.where(audit.c.seq > last)
        links = [_link(row) for row in await tx.execute(query)]
        for link in links:
            yield link
        if len(links) < _PAGE:
            return
        last = links[-1].record.seq


async def verify(database: Database, key: bytes, anchor: AuditHead | None = None) -> Verdict:
    """Check the whole chain, its head, and a link that was noted outside the database.

    What requests ask for must be what was sealed when they were filed.

    Without an anchor, rows removed from the end together with a head set back go unnoticed. The
    anchor's mac may be its beginning, as a card shows it.

    Raises:
        StoreError: the database cannot be read, or the head is gone.
    """
    async with database.reading() as tx:
        inspection = Inspection(checked_key(key))
        fault = await _first_fault(tx, inspection, anchor)
    newest = AuditHead(inspection.seq, inspection.mac) if inspection.seq else None
    return Verdict(inspection.seq, newest, fault)


async def _first_fault(
    tx: AsyncConnection, inspection: Inspection, anchor: AuditHead | None
) -> Fault | None:
    try:
        return await _first_fault_of_links(tx, inspection, anchor)
    except (TypeError, ValueError):
        row = inspection.seq + 1
        return Fault(row, f"Row {row} or one soon after it is not what the bot writes.")


async def _first_fault_of_links(
    tx: AsyncConnection, inspection: Inspection, anchor: AuditHead | None
) -> Fault | None:
    async for link in _links(tx):
        if fault := inspection.fault_of(link):
            return fault
        if anchor and anchor.seq == inspection.seq and not inspection.mac.startswith(anchor.mac):
            return Fault(anchor.seq, f"Row {anchor.seq} is not the one that was noted outside.")
    end = await _head(tx, sa.select(audit_head))
    if fault := inspection.fault_of_end(end.seq, end.mac):
        return fault
    if anchor and anchor.seq > inspection.seq:
        return Fault(
            inspection.seq + 1,
            f"The chain ends at row {inspection.seq}; row {anchor.seq} was noted outside.",
        )
    return await _first_altered_request(tx)


async def _first_altered_request(tx: AsyncConnection) -> Fault | None:
    """Compare each request with what was sealed when it was filed: the rows that people read."""
    query = (
        sa.select(audit.c.seq, audit.c.request_id, audit.c.details, request.c.document)
        .join(request, request.c.id == audit.c.request_id, isouter=True)
        .where(audit.c.action == _FILED)
        .order_by(audit.c.seq)
    )
    for row in (await tx.execute(query)).all():
        if why := _altered(row.request_id, row.seq, row.details, row.document):
            return Fault(row.seq, why)
    return None


def _altered(request_id: str, seq: int, sealed: Json, document: Json | None) -> str | None:
    if document is None:
        return f"{request_id} was filed in row {seq}, and is not in the database any more."
    for name, name_sealed in _SEALED.items():
        if document.get(name) != sealed.get(name_sealed):
            return (
                f"{request_id} is not as it was filed in row {seq}: its row in the database says "
                f"another {name}."
            )
    return None


async def export(database: Database) -> AsyncIterator[str]:
    """Yield each row as a line of JSON, oldest first, with what is needed to verify it."""
    async with database.reading() as tx:
        async for link in _links(tx):
            yield json.dumps(record_json(link.record) | {"prev": link.prev, "mac": link.mac})
