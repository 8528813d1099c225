"""What every `Engine` does: DBOS on an SQLite file, and the stand-in in memory."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from dbos import DBOS, WorkflowHandleAsync

from bot.clock import SystemClock
from bot.domain.values import RequestId
from bot.durable.engine import DbosEngine
from bot.durable.tables import journal_url
from bot.durable.work import Hands
from bot.ports import Engine
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from tests.builders import a_configuration
from tests.fakes import FakeCredentials, FakeEngine, FakeManagers
from tests.store.desk import KEY

ONE, ANOTHER = RequestId("R-222222"), RequestId("R-333333")


@dataclass
class Case:
    """An engine, what it has started, and the end of every run: it was given up."""

    engine: Engine
    started: Callable[[], Awaitable[list[str]]]
    give_up: Callable[[RequestId], Awaitable[None]]


@pytest.fixture(params=["DBOS", "in memory"])
async def case(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> AsyncIterator[Case]:
    """Each claim holds for both."""
    if request.param == "in memory":
        yield _in_memory()
        return
    async with _on_dbos(Path(shutil.copy(sqlite_template, tmp_path / "bot.db"))) as made:
        yield made


def _in_memory() -> Case:
    fake = FakeEngine()

    async def started() -> list[str]:
        return list(fake.started)

    async def give_up(request_id: RequestId) -> None:
        fake.given_up.append((request_id, "ERROR: NotFoundError"))

    return Case(fake, started, give_up)


@asynccontextmanager
async def _on_dbos(path: Path) -> AsyncIterator[Case]:
    """Nobody has filed the requests that are started here, so each run breaks off by itself."""
    url, configuration = f"sqlite:///{path}", a_configuration()
    async with Database.open(url) as database:
        ledger = SqlLedger(
            database, SystemClock(), configuration.policy, KEY, people=configuration.people
        )
        engine = DbosEngine(
            journal_url(url),
            Hands(ledger, FakeManagers(), FakeCredentials({}), SystemClock(), {}),
        )

        async def started() -> list[str]:
            return [run.workflow_id for run in await DBOS.list_workflows_async()]

        async def give_up(request_id: RequestId) -> None:
            handle: WorkflowHandleAsync[str] = await DBOS.retrieve_workflow_async(request_id)
            await asyncio.gather(handle.get_result(), return_exceptions=True)

        await engine.launch()
        try:
            yield Case(engine, started, give_up)
        finally:
            await engine.close()


async def test_starting_twice_is_starting_once(case: Case) -> None:
    """Whoever is not sure whether a run was started starts it again; each request has its own."""
    for request_id in (ONE, ONE, ANOTHER, ONE):
        await case.engine.start(request_id)
    assert sorted(await case.started()) == [ONE, ANOTHER]
    for request_id in (ONE, ANOTHER):
        await case.give_up(request_id)


async def test_a_run_that_was_given_up_is_told_with_the_reason(case: Case) -> None:
    """For people to look at; what was never started is not among them."""
    assert await case.engine.stranded() == []
    await case.engine.start(ONE)
    await case.give_up(ONE)
    [(request_id, why)] = await case.engine.stranded()
    assert request_id == ONE
    assert why.startswith("ERROR: ")
