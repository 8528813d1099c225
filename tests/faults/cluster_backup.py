"""The story of NSX-T 1.x: two restores by request, and people at the consoles between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.ports import AuditEntry
from bot.sandbox.cast import Cast
from bot.sandbox.stage import LEADS, REQUESTER, Stage
from tests.faults.judge import End


@dataclass(slots=True)
class People:
    """Answer as people would who have looked at the manager, and know whether they gave up."""

    stage: Stage
    gave_up: bool = False

    async def act(self) -> str:
        """File, approve and answer; return the state that the request ends in."""
        cast = Cast(self.stage)
        card = await cast.file()
        await cast.approve(card.ts)
        return await cast.operate(card.ts, decide=self.decide)

    def decide(self, text: str) -> tuple[str, str]:
        """Return who answers a question, and by which button."""
        if "Outcome unknown" not in text:
            return REQUESTER, "continue"
        manager = self.stage.manager
        posts = manager.node_restore_posts if "the node restore" in text else manager.restore_posts
        if posts:
            return LEADS[2], "continue"
        self.gave_up = True
        return LEADS[2], "give_up"


def wrong(stage: Stage, _entries: Sequence[AuditEntry], _end: End) -> Iterator[str]:
    """Yield what the manager has seen that it must not see."""
    manager = stage.manager
    if manager.restore_posts > 1 or manager.node_restore_posts > 1:
        yield f"restores sent twice: {manager.restore_posts}, {manager.node_restore_posts}"
