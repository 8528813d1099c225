"""The look before a guided restore, at real simulators, and what it must not have done."""

from bot.domain.values import Scope
from bot.ports import Looker
from bot.runbooks.preflight import NotReady, Ready
from tests.durable.outside import Outside


async def look(outside: Outside, backup: str = "latest") -> Ready | NotReady:
    """What comes of a look at everything."""
    return await outside.preflight.look(
        outside.target.key, Scope.CLUSTER_AND_NODE, backup, Looker("bot")
    )


async def refusal(outside: Outside, backup: str = "latest") -> str:
    """All reasons against a restore; there are some, and nothing was begun."""
    seen = await look(outside, backup)
    assert isinstance(seen, NotReady), seen
    assert outside.manager.start_posts == 0
    return " ".join(seen.reasons)


def writes(outside: Outside) -> list[str]:
    """What was written to the manager; that it looks at a server's key changes nothing."""
    return [
        f"{request.method} {request.path}"
        for request in outside.manager.requests
        if request.method != "GET" and "retrieve_ssh_fingerprint" not in request.path
    ]
