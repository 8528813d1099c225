"""Send something at most once: its claim is committed before it is sent.

Whoever finds the claim taken never sends. What was claimed and has no outcome is unknown.
"""

import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.values import RequestId
from bot.durable.work import Work
from bot.ports import Claim
from bot.runbooks.observations import Reply, Sent

FENCE: Final = timedelta(seconds=5)
"""A process that was frozen for longer than this between claim and send does not send: another
worker may have become leader and told people that the outcome is unknown. A look that is older
than this is looked at again."""

HELD_UP: Final = "The bot was held up right before it sent the request, so it did not send it."

INTERRUPTED: Final = "The bot was stopped between claiming the request and recording its outcome."

log = structlog.get_logger()


async def once(
    work: Work,
    request_id: RequestId,
    step: str,
    kind: str,
    send: Callable[[], Awaitable[Reply]],
    *,
    forbids: Callable[[], Awaitable[Reply | datetime]] | None = None,
) -> Sent:
    """Send unless that was done before, and return what is recorded of it.

    `forbids` looks once more right before the claim, however long that takes. It returns why
    nothing is sent, and then nothing is claimed; or when it saw what allows it. If that is too long
    ago once the claim is ours, it looks again.
    """
    allowed: Reply | datetime | None = None
    if forbids is not None and await work.ledger.claimed(request_id, kind) is None:
        allowed = await forbids()
        if isinstance(allowed, Reply):
            return await _withheld(work, request_id, kind, allowed)
    claim = await work.ledger.claim(request_id, kind)
    work.checkpoint(step, "claimed")
    if not claim.mine:
        return await _as_recorded(work, request_id, kind, claim)
    if forbids is not None and (allowed is None or _is_past(work, allowed)):
        allowed = await forbids()
    if isinstance(allowed, Reply):
        reply = allowed
    elif _is_past(work, claim.at):
        reply = Reply("refused", HELD_UP)
    else:
        reply = await _sent(send)
        work.checkpoint(step, "sent")
    await work.ledger.settle(request_id, kind, reply.outcome, reply.said)
    return Sent(reply.outcome, reply.said, claim.at)


def _is_past(work: Work, at: Reply | datetime) -> bool:
    return isinstance(at, datetime) and work.clock.now() - at > FENCE


async def _withheld(work: Work, request_id: RequestId, kind: str, why: Reply) -> Sent:
    """Say why nothing was sent, unless another worker has claimed it during the look."""
    claim = await work.ledger.claimed(request_id, kind)
    if claim is not None:
        return await _as_recorded(work, request_id, kind, claim)
    return Sent(why.outcome, why.said, work.clock.now())


async def _as_recorded(work: Work, request_id: RequestId, kind: str, claim: Claim) -> Sent:
    """What is known of something that was claimed before; it is never sent again."""
    if claim.outcome != "claimed":
        return Sent(claim.outcome, claim.said, claim.at)
    await work.ledger.settle(request_id, kind, "unknown", INTERRUPTED)
    return Sent("unknown", INTERRUPTED, claim.at)


async def _sent(send: Callable[[], Awaitable[Reply]]) -> Reply:
    """Send something whose claim is committed; whatever breaks, the outcome is told.

    What is foreseen is in the reply of `send`. Only bugs come here as errors, and one that went
    further would end the run with its claim open and nobody asked. Secrets are resolved before,
    and being called off is no `Exception`: the claim then stands as it is.
    """
    try:
        return await send()
    except Exception as error:  # noqa: BLE001
        # Border: the request may have left; logged with its place, and a question to a lead.
        # Neither told nor logged in its own words: this step holds secrets.
        name = type(error).__name__
        log.error("restore.broke", error=name, where=traceback.format_tb(error.__traceback__))  # noqa: TRY400
        return Reply("unknown", f"The bot broke off while it sent the request ({name}).")
