"""The ledger: everything that happens to a request is written here, in one transaction each.

Every writer first holds the end of the audit chain, so writers come one after another, whichever
process they are in; what a command is judged by cannot change before its consequences are stored.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import events as e
from bot.domain.audit import Record
from bot.domain.commands import Command
from bot.domain.decide import Circumstances, Decision, decide
from bot.domain.machine import evolve
from bot.domain.request import Request
from bot.domain.standing import Finding
from bot.domain.target import People, Policy
from bot.domain.values import RequestId
from bot.ports import (
    Applied,
    AuditEntry,
    AuditHead,
    Claim,
    Clock,
    Filing,
    Looker,
    Outcome,
    Signature,
    Telling,
    Tried,
)
from bot.store import audit, effects, requests
from bot.store.announce import announce
from bot.store.database import Database
from bot.store.documents import Json, action_of, event_from_json, event_to_json, wish_to_json
from bot.store.filing import filed_event, new_request, target_taken, target_taken_unreadably

log = structlog.get_logger()

OnEvent = Callable[[RequestId, e.Event, Request, Request], None]
"""Told of each event once it is committed, with the request before and after. Must not raise."""


OnRows = Callable[[int], None]
"""Told how many audit rows a commit added. Must not raise."""


def ignore_rows(_count: int) -> None:
    """Tell nobody."""


def ignore(_id: RequestId, _event: e.Event, _before: Request, _after: Request) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """A transaction that holds the end of the chain."""

    tx: AsyncConnection
    chain: audit.Chain


@dataclass(frozen=True, slots=True)
class _Change:
    event: e.Event
    before: Request
    after: Request


class SqlLedger:
    """The `Ledger` on a database.

    Args:
        database: an open, migrated database.
        clock: gives the moment by which commands are judged.
        policy: the rules that hold from now on; its version goes into every audit row.
        audit_key: seals the audit, at least 16 bytes.
        people: which accounts are the same human from now on.
        on_event: told of every event after its commit.
        on_rows: told after each commit how many audit rows it added.

    Raises:
        StoreError: the audit key is too short; by every method: the database cannot be used.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policy: Policy,
        audit_key: bytes,
        on_event: OnEvent = ignore,
        *,
        people: People,
        on_rows: OnRows = ignore_rows,
    ) -> None:
        """Keep the parts."""
        self._database = database
        self._clock = clock
        self._policy = policy
        self._audit_key = audit.checked_key(audit_key)
        self._on_event = on_event
        self._people = people
        self._on_rows = on_rows

    async def file(self, filing: Filing, signature: Signature) -> Applied | Finding:
        """Write a new request in `planning`, unless its target has an active one (a finding)."""
        async with self._turn() as turn:
            if first := await audit.under(turn.tx, signature.key):
                return await _decided_before(turn.tx, first)
            if finding := await _taken(turn.tx, filing.wish.target):
                tried = Tried("File", filing.channel, filing.wish)
                await _refuse(turn, signature, None, finding, _attempt(tried))
                return finding
            new = new_request(filing, turn.chain.at, self._policy)
            await requests.insert(turn.tx, new)
            change = _Change(filed_event(filing), new, new)
            await _write(turn, signature, (change,))
        self._tell((change,))
        return Applied(new, Decision((change.event,)))

    async def apply(self, request_id: RequestId, command: Command, signature: Signature) -> Applied:
        """Judge a command and write all that follows from it in one transaction, or nothing.

        Raises:
            NotFoundError: no such request.
            ValueError: the signature's key was used for something else.
        """
        async with self._turn() as turn:
            before = await requests.lock(turn.tx, request_id)
            if first := await audit.under(turn.tx, signature.key):
                return Applied(before, await _decided(turn.tx, first, request_id), repeated=True)
            posted = await requests.posted_of(turn.tx, before)
            now = Circumstances(turn.chain.at, self._policy, posted, self._people.person)
            decision = decide(before, command, now)
            if decision.refusal:
                extra: Json = {"command": type(command).__name__}
                await _refuse(turn, signature, before, decision.refusal, extra)
            changes = _follow(before, decision.events, turn)
            await _write(turn, signature, changes)
        self._tell(changes)
        return Applied(changes[-1].after if changes else before, decision)

    async def refuse(
        self,
        request_id: RequestId | None,
        finding: Finding,
        signature: Signature,
        tried: Tried | None = None,
    ) -> Applied | Finding:
        """Audit an attempt that was refused before it became a command; once for each key.

        Returns what was decided first under the key: the finding, unless it was something else.
        """
        async with self._turn() as turn:
            if first := await audit.under(turn.tx, signature.key):
                return await _decided_before(turn.tx, first)
            known = await requests.find(turn.tx, request_id) if request_id else None
            extra = {"request": request_id} if tried is None else _attempt(tried)
            await _refuse(turn, signature, known, finding, extra)
            return finding

    async def announce(self, looker: Looker, telling: Telling) -> None:
        """Audit that a manager is about to be told its backup server; a row for each time.

        Raises:
            NotFoundError: no such request.
        """
        async with self._turn() as turn:
            asked = await requests.get(turn.tx, looker.request_id) if looker.request_id else None
            await turn.chain.append(
                key=f"{audit.TELLING}:{turn.chain.next}",
                actor=looker.actor,
                action=audit.TELLING,
                request_id=looker.request_id,
                details={**asdict(telling), "automatic_backups": False},
                digest=asked.digest if asked else None,
            )

    async def get(self, request_id: RequestId) -> Request:
        """Return one request. Raises `NotFoundError`."""
        async with self._database.reading() as tx:
            return await requests.get(tx, request_id)

    async def requests(
        self, *, active: bool = False, target: str | None = None, limit: int = 100
    ) -> Sequence[Request]:
        """Return requests, newest first."""
        async with self._database.reading() as tx:
            return await requests.select(tx, active=active, target=target, limit=limit)

    async def story(self, request_id: RequestId) -> Sequence[AuditEntry]:
        """Return the audit rows of one request, oldest first."""
        async with self._database.reading() as tx:
            return await audit.story(tx, request_id)

    async def head(self) -> AuditHead | None:
        """Return the newest link of the audit chain."""
        async with self._database.reading() as tx:
            return await audit.head(tx)

    async def claim(self, request_id: RequestId, kind: str) -> Claim:
        """Claim an effect that must happen at most once; committed when this returns.

        Raises:
            NotFoundError: no such request.
        """
        async with self._turn() as turn:
            request = await requests.lock(turn.tx, request_id)
            return await effects.claim(turn.tx, turn.chain, request, kind)

    async def claimed(self, request_id: RequestId, kind: str) -> Claim | None:
        """Return the claim of an effect, never `mine`; `None` where nobody has claimed it."""
        async with self._database.reading() as tx:
            return await effects.read(tx, request_id, kind)

    async def settle(self, request_id: RequestId, kind: str, outcome: Outcome, said: str) -> None:
        """Record what became of a claimed effect; only forward, never back to `claimed`.

        Raises:
            NotFoundError: no such request, or nothing of this kind was claimed.
        """
        async with self._turn() as turn:
            request = await requests.lock(turn.tx, request_id)
            await effects.settle(turn.tx, turn.chain, request, kind, outcome=outcome, said=said)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[_Turn]:
        async with self._database.writing() as tx:
            chain = await audit.Chain.hold(tx, self._audit_key, self._clock, self._policy.version)
            yield _Turn(tx, chain)
        self._on_rows(chain.added)
        for refused in chain.refused:
            log.info(
                "restore.refused",
                rule=refused.details["rule"],
                sentence=refused.details["sentence"],
                command=refused.details.get("command"),
                actor=refused.actor,
                request_id=refused.request_id,
                place=refused.place and refused.place.channel,
            )

    def _tell(self, changes: Sequence[_Change]) -> None:
        if changes:
            self._database.bell.set()
        for change in changes:
            self._on_event(change.after.id, change.event, change.before, change.after)


async def _taken(tx: AsyncConnection, target: str) -> Finding | None:
    """Return why a target cannot be asked for now, even if its request cannot be read."""
    if (active := await requests.active_of(tx, target)) is None:
        return None
    if await requests.unreadable(tx, {active}):
        return target_taken_unreadably(target, active)
    return target_taken(await requests.get(tx, active))


def _follow(before: Request, events: Sequence[e.Event], turn: _Turn) -> tuple[_Change, ...]:
    changes: list[_Change] = []
    for event in events:
        after = evolve(before, event, turn.chain.at)
        changes.append(_Change(event, before, after))
        before = after
    return tuple(changes)


async def _write(turn: _Turn, signature: Signature, changes: Sequence[_Change]) -> None:
    for number, change in enumerate(changes, start=1):
        await requests.save(turn.tx, change.before, change.after)
        await turn.chain.append(
            key=_key(signature, number),
            actor=signature.actor,
            action=action_of(type(change.event)),
            request_id=change.after.id,
            details=event_to_json(change.event),
            place=signature.place,
            digest=change.after.digest,
        )
        await announce(turn.tx, change.before, change.after, change.event, turn.chain.at)


def _key(signature: Signature, number: int) -> str:
    return signature.key if number == 1 else f"{signature.key}#{number}"


async def _refuse(
    turn: _Turn, signature: Signature, request: Request | None, finding: Finding, extra: Json
) -> None:
    await turn.chain.append(
        key=signature.key,
        actor=signature.actor,
        action=audit.REFUSED,
        request_id=request.id if request else None,
        details={"rule": finding.rule, "sentence": finding.sentence, **extra},
        place=signature.place,
        digest=request.digest if request else None,
    )


def _attempt(tried: Tried) -> Json:
    """What was tried where; who tried is the row's actor."""
    asked = {"wish": wish_to_json(tried.wish)} if tried.wish else {}
    return {"command": tried.what, "channel": tried.channel, **asked}


async def _decided_before(tx: AsyncConnection, first: Record) -> Applied | Finding:
    decision = await _decided(tx, first, first.request_id)
    if decision.refusal:
        return decision.refusal
    request = await requests.get(tx, first.request_id or "")
    return Applied(request, decision, repeated=True)


async def _decided(tx: AsyncConnection, first: Record, request_id: str | None) -> Decision:
    """Return what was decided under a key, from the rows it left."""
    if first.request_id != request_id:
        raise ValueError(f"the key {first.key} was used for {first.request_id}")
    if first.action == audit.REFUSED:
        return Decision((), Finding.no(first.details["rule"], first.details["sentence"]))
    events: list[e.Event] = []
    row: Record | None = first
    while row is not None and (event := event_from_json(row.action, row.details)) is not None:
        events.append(event)
        row = await audit.under(tx, f"{first.key}#{len(events) + 1}")
    return Decision(tuple(events))
