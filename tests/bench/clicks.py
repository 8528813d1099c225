"""Rounds of simultaneous clicks on one request: exactly one decision, never a vote too many.

    uv run python -m tests.bench.clicks --rounds 1000 [--postgres]

Each round files a request, posts its card and lets 2 to 32 clicks loose at once, in three ways:
one lead presses again and again; two leads press; a lead gives the last approval while another
denies.
"""

import argparse
import asyncio
import itertools
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.clock import SystemClock, new_request_id
from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.request import Place, Request, State
from bot.domain.standing import Finding
from bot.domain.values import PersonId, UserId
from bot.ports import Applied, CardItem, Signature
from bot.store.audit import verify
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from bot.store.outbox import SqlOutbox
from bot.store.revisions import migrate
from bot.telemetry import configure_logs
from tests.builders import (
    BEN,
    CHANNEL,
    CHI,
    DEE,
    PEOPLE,
    a_denial,
    a_digest,
    a_filing,
    a_plan,
    a_policy,
    a_press,
    a_wish,
    an_approval,
)
from tests.postgres import running_server

SIZES = (2, 4, 8, 16, 32)
KEY = b"the audit key of the clicks bench"

Click = Callable[[int, Place], c.Command]
Judge = Callable[[Request, Sequence[Applied]], bool]


@dataclass(frozen=True)
class Way:
    """One way of pressing, and what must come of it."""

    name: str
    click: Click
    judge: Judge
    before: Callable[[Place], Sequence[c.Command]] = lambda _: ()


@dataclass
class Tally:
    """What came of the rounds of one way with one number of clicks."""

    rounds: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


def _events(applied: Sequence[Applied], kind: type[e.Event]) -> int:
    return sum(isinstance(event, kind) for one in applied for event in one.decision.events)


def _one_vote(request: Request, applied: Sequence[Applied]) -> bool:
    return (
        request.state is State.AWAITING_APPROVAL
        and len(request.votes) == _events(applied, e.ApprovalRecorded) == 1
        and sum(one.decision.accepted for one in applied) == 1
    )


def _one_completion(request: Request, applied: Sequence[Applied]) -> bool:
    return (
        request.state is State.APPROVED
        and {vote.person for vote in request.votes} == {PersonId(BEN), PersonId(CHI)}
        and len(request.votes) == _events(applied, e.ApprovalRecorded) == 2
        and _events(applied, e.ApprovalCompleted) == 1
    )


def _one_end(request: Request, applied: Sequence[Applied]) -> bool:
    completed = _events(applied, e.ApprovalCompleted)
    denied = _events(applied, e.RequestDenied)
    # Denial wins, whichever came first; an approval that was faster is the only other decision.
    return (
        denied == 1
        and completed <= 1
        and request.state is State.DENIED
        and len({vote.person for vote in request.votes}) == len(request.votes) == 1 + completed
        and sum(one.decision.accepted for one in applied) == 1 + completed
    )


WAYS = (
    Way("one lead", lambda _, card: an_approval(BEN, a_press(card)), _one_vote),
    Way(
        "two leads",
        lambda number, card: an_approval((BEN, CHI)[number % 2], a_press(card)),
        _one_completion,
    ),
    Way(
        "approve against deny",
        lambda number, card: (an_approval, a_denial)[number % 2](
            (CHI, DEE)[number % 2], a_press(card)
        ),
        _one_end,
        before=lambda card: (an_approval(BEN, a_press(card)),),
    ),
)


class Bench:
    """Plays rounds on one database."""

    def __init__(self, database: Database) -> None:
        """Put a ledger on the database."""
        clock = SystemClock()
        self._ledger = SqlLedger(database, clock, a_policy(), KEY, people=PEOPLE)
        self._outbox = SqlOutbox(database, clock)
        self._numbers = itertools.count(1)

    async def play(self, way: Way, clicks: int, tally: Tally) -> None:
        """Play one round and judge it."""
        request, card = await self._request()
        for command in way.before(card):
            await self._ledger.apply(request.id, command, self._signature(BEN))
        begun = time.perf_counter()
        applied = await asyncio.gather(
            *(
                self._ledger.apply(request.id, way.click(number, card), self._signature(BEN))
                for number in range(clicks)
            )
        )
        tally.seconds += time.perf_counter() - begun
        tally.rounds += 1
        after = await self._ledger.get(request.id)
        if not way.judge(after, applied):
            tally.failures.append(f"{request.id}: {after.state}, {len(after.votes)} votes")

    async def _request(self) -> tuple[Request, Place]:
        number = next(self._numbers)
        filing = a_filing(id=new_request_id(), wish=a_wish(target=f"bench-{number}"))
        filed = await self._ledger.file(filing, self._signature(filing.requester))
        if isinstance(filed, Finding):
            raise TypeError(filed.sentence)
        plan = c.CompletePlan(a_plan(), a_digest(), ())
        planned = await self._ledger.apply(filing.id, plan, self._signature(BEN))
        card = Place(CHANNEL, f"{number}.0")
        for item in await self._outbox.due():
            if isinstance(item, CardItem) and item.request_id == filing.id:
                await self._outbox.sent(item, card)
        for item in await self._outbox.due():
            await self._outbox.sent(item, None)
        return planned.request, card

    def _signature(self, actor: UserId) -> Signature:
        return Signature(f"bench-{next(self._numbers)}", actor)


async def play(
    database: Database, rounds: int, sizes: Sequence[int] = SIZES
) -> dict[tuple[str, int], Tally]:
    """Play so many rounds, going around the ways and the numbers of clicks."""
    bench = Bench(database)
    cases = [(way, size) for size in sizes for way in WAYS]
    tallies = {(way.name, size): Tally() for way, size in cases}
    for number in range(rounds):
        way, size = cases[number % len(cases)]
        await bench.play(way, size, tallies[way.name, size])
    return tallies


@asynccontextmanager
async def opened(*, postgres: bool) -> AsyncIterator[Database]:
    """Open a fresh database of one kind."""
    with tempfile.TemporaryDirectory(prefix="nsx-restore-clicks-") as directory:
        if not postgres:
            url = f"sqlite:///{directory}/clicks.db"
            await migrate(url)
            async with Database.open(url) as database:
                yield database
            return
        with running_server() as server:
            url = server.url(server.new_database())
            await migrate(url)
            async with Database.open(url) as database:
                yield database


def table(tallies: dict[tuple[str, int], Tally]) -> str:
    """Return the tallies as a table."""
    lines = [f"{'way':<22}{'clicks':>7}{'rounds':>8}{'failures':>10}{'ms a round':>12}"]
    for (name, size), tally in tallies.items():
        each = 1000 * tally.seconds / max(tally.rounds, 1)
        failed = len(tally.failures)
        lines.append(f"{name:<22}{size:>7}{tally.rounds:>8}{failed:>10}{each:>12.1f}")
    return "\n".join(lines)


async def main(rounds: int, *, postgres: bool) -> int:
    """Play, verify the audit chain, print the table; return the number of failures."""
    begun = time.perf_counter()
    async with opened(postgres=postgres) as database:
        tallies = await play(database, rounds)
        verdict = await verify(database, KEY)
    failures = [failure for tally in tallies.values() for failure in tally.failures]
    if not verdict.intact:
        failures.append(f"audit: {verdict.fault}")
    wall = time.perf_counter() - begun
    print(table(tallies))
    print(f"N = {rounds} rounds on {'PostgreSQL' if postgres else 'SQLite'}, ", end="")
    print(f"{len(failures)} failures, {verdict.rows} audit rows, {wall:.0f} s")
    print(f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}")
    print(*failures, sep="\n", end="\n" if failures else "")
    return len(failures)


if __name__ == "__main__":
    configure_logs("WARNING", json=True)  # refusals are logged, and there are thousands
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    sys.exit(1 if asyncio.run(main(given.rounds, postgres=given.postgres)) else 0)
