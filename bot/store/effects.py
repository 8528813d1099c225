"""Effects that must happen at most once: a row is committed before one is sent.

Whoever fails to insert the row never sends. The rows only move forward: `claimed`, `unknown`,
then `accepted`, `refused` or `taken`.
Every claim, every refusal of one, and every outcome is a row of the audit too.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approval import is_running, sent_in_time
from bot.domain.errors import NotFoundError
from bot.domain.request import Request
from bot.domain.standing import Finding
from bot.ports import Claim, Outcome
from bot.store import audit
from bot.store.audit import Chain
from bot.store.once import insert_once
from bot.store.schema import effect

ACTOR: Final = "nsx-restore"
"""Who claims and settles: the bot itself."""

NO_RETURN: Final = "cluster_restore"
"""The effect with which a run passes the point of no return; what comes later finishes it."""

_ATTEMPT: Final = 1
# A further attempt is a new request, with approvals of its own.

_BEFORE: Final[dict[Outcome, tuple[Outcome, ...]]] = {
    "claimed": (),
    "unknown": ("claimed",),
    "accepted": ("claimed", "unknown"),
    "refused": ("claimed", "unknown"),
    "taken": ("claimed", "unknown"),
}


async def claim(tx: AsyncConnection, chain: Chain, request: Request, kind: str) -> Claim:
    """Claim an effect for a running request; `mine` for the one who may send it."""
    if (taken := await read(tx, request.id, kind)) is not None:
        return taken
    running = is_running(request)
    if not running.holds:
        return await _refuse(tx, chain, request, kind, running)
    if kind == NO_RETURN and not (in_time := sent_in_time(request, chain.at)).holds:
        # Kept as a row: what was refused once is not sent later, whatever the clock says then.
        await _insert(tx, chain, request, kind, outcome="refused", said=in_time.sentence)
        return await _refuse(tx, chain, request, kind, in_time)
    mine = await _insert(tx, chain, request, kind, outcome="claimed", said="")
    await _note(chain, request, kind, "claimed", "")
    return Claim(mine=mine, outcome="claimed", said="", at=chain.at)


async def _insert(
    tx: AsyncConnection, chain: Chain, request: Request, kind: str, *, outcome: Outcome, said: str
) -> bool:
    return await insert_once(
        tx,
        effect,
        request_id=request.id,
        kind=kind,
        attempt=_ATTEMPT,
        outcome=outcome,
        said=said,
        at=chain.at,
    )


async def _refuse(
    tx: AsyncConnection, chain: Chain, request: Request, kind: str, finding: Finding
) -> Claim:
    """Say why nothing may be sent, and audit it once for each state that forbids it."""
    key = f"effect:{request.id}:{kind}:{_ATTEMPT}:{finding.rule}:{request.state}"
    if await audit.under(tx, key) is None:
        await chain.append(
            key=key,
            actor=ACTOR,
            action=audit.REFUSED,
            request_id=request.id,
            details={
                "rule": finding.rule,
                "sentence": finding.sentence,
                "command": "Claim",
                "kind": kind,
            },
            digest=request.digest,
        )
    return Claim(mine=False, outcome="refused", said=finding.sentence, at=chain.at)


async def settle(
    tx: AsyncConnection, chain: Chain, request: Request, kind: str, *, outcome: Outcome, said: str
) -> None:
    """Record what became of a claimed effect, unless that is known already."""
    if await read(tx, request.id, kind) is None:
        raise NotFoundError(f"{request.id} has no claim of {kind}.")
    result = await tx.execute(
        sa.update(effect)
        .where(effect.c.request_id == request.id, effect.c.kind == kind)
        .where(effect.c.outcome.in_(_BEFORE[outcome]))
        .values(outcome=outcome, said=said)
    )
    if result.rowcount:
        await _note(chain, request, kind, outcome, said)


async def read(tx: AsyncConnection, request_id: str, kind: str) -> Claim | None:
    """Return the claim of an effect, never `mine`; `None` where nobody has claimed it."""
    row = (
        await tx.execute(
            sa.select(effect).where(effect.c.request_id == request_id, effect.c.kind == kind)
        )
    ).first()
    return Claim(mine=False, outcome=row.outcome, said=row.said, at=row.at) if row else None


async def _note(chain: Chain, request: Request, kind: str, outcome: Outcome, said: str) -> None:
    await chain.append(
        key=f"effect:{request.id}:{kind}:{_ATTEMPT}:{outcome}",
        actor=ACTOR,
        action="claimed" if outcome == "claimed" else "settled",
        request_id=request.id,
        details={"kind": kind, "attempt": _ATTEMPT, "outcome": outcome, "said": said},
        digest=request.digest,
    )
