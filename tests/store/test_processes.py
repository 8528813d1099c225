"""Several processes on one database decide as one."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

from bot.domain.request import State
from bot.store.audit import verify
from bot.store.database import Database
from tests.builders import BEN, CHI, DEE, REQUEST_ID
from tests.hand_clock import HandClock
from tests.store.desk import KEY, Desk

CLICKS = 8


async def presser(url: str, user: str) -> Process:
    """Start a process that is about to press, and wait until it is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.one_click", url, REQUEST_ID, user, str(CLICKS),
        stdin=PIPE, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n", (await process.communicate())[1]
    return process


async def test_leads_in_three_processes_are_counted_as_if_in_one(
    database: Database, database_url: str
) -> None:
    """Two votes complete the request, whoever comes first; every other click is refused."""
    desk = Desk(database, HandClock())
    await desk.awaiting_approval()
    processes = [await presser(database_url, user) for user in (BEN, CHI, DEE)]
    said = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [errors for _, errors in said] == [b"", b"", b""]
    events = sorted(int(line) for out, _ in said for line in out.split())
    assert events == [0] * (3 * CLICKS - 2) + [1, 2]
    request = await desk.ledger.get(REQUEST_ID)
    assert request.state is State.APPROVED
    assert len({vote.person for vote in request.votes}) == 2
    found = await verify(database, KEY)
    assert (found.intact, found.rows) == (True, 2 + 3 * CLICKS + 1)
