"""One process that presses Approve on a request, for tests with several.

It says `ready`, waits for a line, presses, and prints what came of it.
"""

import asyncio
import sys

from bot.domain.values import RequestId, UserId
from bot.ports import Signature
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from bot.telemetry import configure_logs
from tests.builders import PEOPLE, a_policy, an_approval
from tests.hand_clock import HandClock
from tests.store.desk import KEY


async def main(url: str, request_id: str, user: str, times: int) -> None:
    """Press as often as asked, all at once."""
    configure_logs("WARNING", json=True)  # refusals are logged; the output is for what came of it
    async with Database.open(url) as database:
        ledger = SqlLedger(database, HandClock(), a_policy(), KEY, people=PEOPLE)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        applied = await asyncio.gather(
            *(
                ledger.apply(
                    RequestId(request_id),
                    an_approval(UserId(user)),
                    Signature(f"{user}-{number}", user),
                )
                for number in range(times)
            )
        )
        for one in applied:
            sys.stdout.write(f"{len(one.decision.events)}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
