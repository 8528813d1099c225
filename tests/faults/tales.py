"""The stories of the matrix: one for each runbook, with its people and its own judge."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.ports import AuditEntry
from bot.sandbox.stage import GuidedSetting, Stage
from tests.faults import cluster_backup, guided
from tests.faults.judge import End

CLUSTER_BACKUP: Final = "cluster_backup"
GUIDED: Final = "guided"


class People(Protocol):
    """Those who file, approve and answer; they know whether they gave up."""

    @property
    def gave_up(self) -> bool:
        """Whether somebody gave up, since the manager had seen no request."""
        ...

    async def act(self) -> str:
        """File, approve and answer; return the state that the request ends in."""
        ...


def _as_it_is(_stage: Stage) -> None:
    """Leave the stage as it is."""


@dataclass(frozen=True, slots=True)
class Tale:
    """One story: what its manager does and asks, who answers, and what must hold of it.

    `posts` counts the restores that its manager was asked for.
    """

    people: Callable[[Stage], People]
    wrong: Callable[[Stage, Sequence[AuditEntry], End], Iterator[str]]
    posts: Callable[[Stage], int]
    guided: GuidedSetting
    prepare: Callable[[Stage], None] = _as_it_is


TALES: Final[dict[str, Tale]] = {
    CLUSTER_BACKUP: Tale(
        cluster_backup.People,
        cluster_backup.wrong,
        lambda stage: stage.manager.restore_posts,
        GuidedSetting(),
    ),
    GUIDED: Tale(
        guided.People,
        guided.wrong,
        lambda stage: stage.guided.start_posts,
        GuidedSetting(prompts=guided.PROMPTS),
        guided.prepare,
    ),
}
