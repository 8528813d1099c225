"""The calls of the bot at both managers, in the order in which they came in."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.sandbox.nsx.recording import RecordedRequest
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import GUIDED_TARGET, TARGET, Stage

Requests = Sequence[RecordedRequest]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call: where it stands in the record of which manager."""

    manager: str
    record: Requests
    place: int

    @property
    def request(self) -> RecordedRequest:
        return self.record[self.place]


class Calls:
    """All calls, numbered from 0; they stay when a manager is put in the place of another."""

    def __init__(self, stage: Stage) -> None:
        self._clock = stage.workspace.clock
        self._records: dict[str, Callable[[], Requests]] = {
            TARGET: lambda: stage.manager.requests,
            GUIDED_TARGET: lambda: stage.guided.requests,
        }
        self._read: dict[str, tuple[Requests, int]] = {}
        self._calls: list[_Call] = []
        self._unanswered = 0
        self.look()

    def __len__(self) -> int:
        return len(self._calls)

    def look(self) -> bool:
        """Take in what has come; say whether there is a call or an answer that was not before."""
        fresh = [call for name in self._records for call in self._new(name)]
        fresh.sort(key=lambda call: call.request.at)
        self._calls += fresh
        before = self._unanswered
        self._unanswered = sum(call.request.status is None for call in self._calls)
        return bool(fresh) or before != self._unanswered

    def _new(self, name: str) -> list[_Call]:
        record = self._records[name]()
        known, read = self._read.get(name, (record, 0))
        begun = read if known is record else 0
        self._read[name] = record, len(record)
        return [_Call(name, record, place) for place in range(begun, len(record))]

    def is_answered(self, number: int) -> bool:
        """Whether the call has its answer."""
        return self._calls[number].request.status is not None

    def shown(self, number: int) -> Json:
        """The call on the page, numbered from 1."""
        call = self._calls[number]
        request = call.request
        age = asyncio.get_running_loop().time() - request.at
        return {
            "n": number + 1,
            "at": self._clock() - age,
            "manager": call.manager,
            "method": request.method,
            "path": request.path,
            "status": request.status,
        }
