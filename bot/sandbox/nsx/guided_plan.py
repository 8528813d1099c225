"""How an orchestrated restore is meant to go, which backup it takes, and how long it took."""

import asyncio
from dataclasses import dataclass, field

from bot.sandbox.backup_files import Seal
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.nsx.guided_profile import SUSPENDED, RestoreState
from bot.sandbox.nsx.guided_prompts import Prompt


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """How a restore goes if nothing goes wrong.

    `restart_steps` reboot the appliance in their middle; the passphrase is tried at the end of
    `passphrase_step`. A question at a step beyond the last is never asked.
    """

    total_steps: int = 11
    restart_steps: tuple[int, ...] = (4, 8)
    passphrase_step: int = 2
    prompts: tuple[Prompt, ...] = ()

    @staticmethod
    def step_word(number: int) -> str:
        """Return the step's name on the wire."""
        return "RESTORE_INITIATED" if number == 1 else f"SIM_STEP_{number:02}"


@dataclass(slots=True)
class RestoreTimes:
    """When a restore was accepted and over, on the event loop's clock (real seconds)."""

    accepted_at: float | None = None
    succeeded_at: float | None = None
    suspended: float = 0.0
    _suspended_at: float | None = None

    def note(self, state: RestoreState) -> None:
        """Count the time that is spent suspended."""
        now = asyncio.get_running_loop().time()
        if self._suspended_at is not None:
            self.suspended += now - self._suspended_at
            self._suspended_at = None
        if state in SUSPENDED:
            self._suspended_at = now
        if state is RestoreState.SUCCESS:
            self.succeeded_at = now

    @property
    def own_seconds(self) -> float | None:
        """Seconds from acceptance to success without those spent suspended; `None` before it."""
        if self.accepted_at is None or self.succeeded_at is None:
            return None
        return self.succeeded_at - self.accepted_at - self.suspended


@dataclass(frozen=True, slots=True)
class Chosen:
    """The backup that is restored: its list entry, its seal and the passphrase to try."""

    backup: ListedBackup
    seal: Seal
    passphrase: str | None = field(repr=False)
