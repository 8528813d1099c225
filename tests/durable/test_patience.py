"""An outage of the database delays what a run writes; it never loses it."""

from typing import Any

import pytest

from bot.domain.errors import Kind, StoreError
from bot.durable.patience import PatientLedger
from tests.builders import REQUEST_ID, a_request


class AwayLedger:
    """A ledger whose database is away for a while, and counts what was asked of it."""

    def __init__(self, failures: int, kind: Kind = Kind.UNREACHABLE) -> None:
        self.failures = failures
        self.kind = kind
        self.asked: list[str] = []
        self.kept: list[str] = []

    async def _ask(self, what: str, answer: Any) -> Any:
        self.asked.append(what)
        if len(self.asked) <= self.failures:
            raise StoreError("The database is away.", "Wait.", self.kind)
        self.kept.append(what)
        return answer

    async def get(self, _id: Any) -> Any:
        """Return a request."""
        return await self._ask("get", a_request())

    async def apply(self, *_: Any) -> Any:
        """Apply."""
        return await self._ask("apply", "applied")

    async def claim(self, *_: Any) -> Any:
        """Claim."""
        return await self._ask("claim", "claimed")

    async def settle(self, *_: Any) -> Any:
        """Settle."""
        return await self._ask("settle", None)


CALLS: dict[str, tuple[Any, ...]] = {
    "get": (REQUEST_ID,),
    "apply": (REQUEST_ID, None, None),
    "claim": (REQUEST_ID, "restore"),
    "settle": (REQUEST_ID, "restore", "accepted", "HTTP 200."),
}


@pytest.mark.parametrize("call", CALLS)
async def test_an_outage_delays_and_never_loses(call: str) -> None:
    """Each thing is asked for until the database is there again, and then done once."""
    ledger = AwayLedger(failures=2)
    patient = PatientLedger(ledger)  # type: ignore[arg-type]
    await getattr(patient, call)(*CALLS[call])
    assert ledger.asked == [call] * 3
    assert ledger.kept == [call]


async def test_what_does_not_pass_is_not_waited_for() -> None:
    """A schema that is missing is no outage."""
    ledger = AwayLedger(failures=1, kind=Kind.MISSING)
    patient = PatientLedger(ledger)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await patient.claim(REQUEST_ID, "restore")
    assert ledger.asked == ["claim"]
