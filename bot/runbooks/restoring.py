"""An orchestrated restore as the manager tells it: its words, and what they mean here.

Every generation of words is understood: 2.0 to 2.3 (`NOT_STARTED`, `SUSPENDING`, `ERROR`) and later
(`INITIAL`, `SUSPENDED_BY_USER`, `FAILED`). A word of no list is shown and asked about. Steps and
instructions have no documented names, so nothing here depends on one.
Source: NSX API, ClusterRestoreStatus and GlobalRestoreStatus.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

ADVANCE: Final = "advance"
CANCEL: Final = "cancel"
RETRY: Final = "retry"
RETRY_UPDATED: Final = "retry_with_updated_config"
SUSPEND: Final = "suspend"

ASKS: Final = "SUSPENDED_FOR_USER_ACTION"
"""The word for a restore that waits for answers, and for nothing else."""

Order = Literal["advance", "cancel", "retry", "retry_with_updated_config", "suspend"]
"""What a restore that has begun can be told to do."""


class Phase(StrEnum):
    """What a restore is doing, whichever words the manager has for it."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    """Somebody suspended it; it goes on when it is advanced."""
    ASKING = "asking"
    """The manager waits for answers to its instructions."""
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    ABORTED = "aborted"
    """Cancelled. Nothing was rolled back."""
    UNKNOWN = "unknown"


_PHASES: Final = {
    "NOT_AVAILABLE": Phase.IDLE,
    "NOT_STARTED": Phase.IDLE,
    "INITIAL": Phase.IDLE,
    "RUNNING": Phase.RUNNING,
    "SUSPENDING": Phase.RUNNING,
    "SUSPENDED_BY_USER": Phase.PAUSED,
    ASKS: Phase.ASKING,
    "SUSPENDED": Phase.PAUSED,
    "FAILED": Phase.FAILED,
    "ERROR": Phase.FAILED,
    "SUCCESS": Phase.SUCCEEDED,
    "ABORTED": Phase.ABORTED,
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """Something that the manager wants a person to see to, in its own words.

    `id` is of this restore alone; `fields` names what of a resource is worth showing.
    """

    id: str
    name: str
    actions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What people know it by, if by its id alone."""
        return self.name.strip() or self.id or "an instruction without a name"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that an instruction is about; `shown` are its fields, in the wanted order."""

    id: str
    kind: str
    name: str
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resources:
    """All resources of one instruction."""

    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class RestoreStatus:
    """What the manager says of its restore; everything may be missing except the word.

    `backup_timestamp` in ms since 1970 says of which backup it is; `offered` are the words of the
    actions that its `endpoints` allow now: the authority on what may be sent. `started_at` and
    `ended_at` are its own times in ms since 1970.
    """

    word: str
    said: str = ""
    id: str | None = None
    backup_timestamp: int | None = None
    step: int | None = None
    total: int | None = None
    step_name: str = ""
    step_said: str = ""
    step_word: str = ""
    instructions: tuple[Instruction, ...] = ()
    offered: tuple[str, ...] = ()
    started_at: int | None = None
    ended_at: int | None = None

    @property
    def phase(self) -> Phase:
        """What it is doing. In 2.2 one word stands for both kinds of a suspension."""
        phase = _PHASES.get(self.word, Phase.UNKNOWN)
        if phase is Phase.PAUSED and self.instructions:
            return Phase.ASKING
        return phase

    def where(self) -> str:
        """Return where it is, in its own words: `step 5 of 11: Restoring Node (RUNNING)`."""
        if self.step is None:
            return self.word
        of = f" of {self.total}" if self.total is not None else ""
        name = f": {self.step_said or self.step_name}" if self.step_said or self.step_name else ""
        return f"step {self.step}{of}{name} ({self.word})"

    def stands_as(self, before: "RestoreStatus") -> bool:
        """Say whether it stands where it stood: same word, step, instructions and restore."""
        ids = [[one.id for one in each.instructions] for each in (self, before)]
        return (self.word, self.step, self.id, ids[0]) == (
            before.word,
            before.step,
            before.id,
            ids[1],
        )

    def seconds_taken(self) -> float | None:
        """Return how long it took by the manager's own clock; `None` where it does not say."""
        if self.started_at is None or self.ended_at is None:
            return None
        if not 0 < self.started_at <= self.ended_at:
            return None
        return (self.ended_at - self.started_at) / 1000

    def is_of(self, timestamp: int) -> bool:
        """Say whether it is a restore of the backup of this moment."""
        return self.backup_timestamp == timestamp

    def is_another(self, timestamp: int, id: str | None) -> bool:  # noqa: A002 - the field's word
        """Say whether it is another restore than the one of this backup, with this id if known.

        What tells neither is taken for that one: any field may be missing.
        """
        of_another = self.backup_timestamp is not None and not self.is_of(timestamp)
        return of_another or (id is not None and self.id not in {None, id})


@dataclass(frozen=True, slots=True)
class Started:
    """The start of a restore that was sent, or claimed, at `at`, and what became of it.

    `taken`: the manager has a restore already and says so in `status` (409).
    """

    outcome: Literal["accepted", "refused", "taken", "unknown"]
    said: str
    at: datetime
    status: RestoreStatus | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """Why a restore is not followed any further, for now.

    `changed`: `status` is one that somebody must deal with. `late`: nothing has changed for too
    long, or for as long as people wait it out. `suspend`: somebody wants to suspend it, and the
    manager offers that. `last` is what was seen last, in words; `status` the last that was told, if
    any; `seconds` is for how long nothing had changed.
    """

    why: Literal["changed", "late", "suspend"]
    at: datetime
    last: str
    status: RestoreStatus | None = None
    seconds: float = 0.0
