"""Whoever changes the audit is found out; whoever has only the bot's rights cannot change it."""

import json
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from bot.domain.errors import Kind, StoreError
from bot.ports import AuditHead
from bot.store import schema
from bot.store.audit import Verdict, check_key, export, verify
from bot.store.database import Database
from bot.store.ledger import SqlLedger
from tests.builders import ANA, BEN, CHI, PEOPLE, REQUEST_ID, a_policy, a_rescission, an_approval
from tests.hand_clock import HandClock
from tests.store.desk import KEY, Desk

ROWS = 6
"""Rows of the audit that every test here starts with."""


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with six rows: filed, planned, approved, taken back, refused, approved."""
    desk = Desk(database, HandClock())
    await desk.awaiting_approval()
    await desk.give(an_approval(BEN))
    await desk.give(a_rescission(BEN))
    await desk.give(an_approval(ANA))
    await desk.give(an_approval(CHI))
    return desk


async def tamper(desk: Desk, *statements: str) -> None:
    """Change the rows as somebody with every right on the database could."""
    async with desk.database.writing() as tx:
        for trigger, table in await _triggers(desk, tx):
            on = "" if desk.database.dialect == "sqlite" else f" ON {table}"
            await tx.execute(sa.text(f"DROP TRIGGER {trigger}{on}"))
        for statement in statements:
            await tx.execute(sa.text(statement))


async def _triggers(desk: Desk, tx: object) -> Sequence[tuple[str, str]]:
    query = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger "
        "WHERE NOT tgisinternal",
    }[desk.database.dialect]
    rows = await tx.execute(sa.text(query))  # type: ignore[attr-defined]
    return [(row[0], row[1]) for row in rows]


async def anchor(desk: Desk) -> AuditHead:
    """The head of the chain, noted outside."""
    head = await desk.ledger.head()
    assert head is not None
    return head


async def verdict(desk: Desk, noted: AuditHead | None = None) -> Verdict:
    """Verify with the right key."""
    return await verify(desk.database, KEY, noted)


async def test_an_untouched_chain_is_intact(desk: Desk) -> None:
    """All rows hold, and the newest link is told, to be noted outside."""
    found = await verdict(desk, await anchor(desk))
    assert found == Verdict(ROWS, await anchor(desk))
    assert found.intact


async def test_an_empty_chain_is_intact(database: Database) -> None:
    """Before anything has happened there is nothing to distrust."""
    assert await verify(database, KEY) == Verdict(0, None)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'U0EVIL'",
        "action = 'approval_rescinded'",
        "details = '{}'",
        "at = '2026-03-14 12:00:00.000001'",
        "request_id = 'R-ABCDEF'",
        "digest = NULL",
        "policy_version = 'policy-0'",
        "place = NULL",
        "key = 'another'",
        "mac = 'é'",
    ],
)
async def test_an_edited_row_is_found(desk: Desk, change: str) -> None:
    """Every column is sealed."""
    await tamper(desk, f"UPDATE audit SET {change} WHERE seq = 3")  # noqa: S608
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.seq == 3
    assert "was changed" in found.fault.why


async def test_a_removed_row_is_found(desk: Desk) -> None:
    """The numbers have no gaps."""
    await tamper(desk, "DELETE FROM audit WHERE seq = 3")
    found = await verdict(desk)
    assert found.fault is not None
    assert (found.fault.seq, found.rows) == (3, 2)
    assert found.fault.why == "Row 3 is missing; row 4 comes next."


async def test_a_removed_row_is_found_even_if_the_others_are_renumbered(desk: Desk) -> None:
    """Closing the gap does not help: each row is sealed to the one before."""
    await tamper(
        desk,
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 5",
        "UPDATE audit SET seq = 5 WHERE seq = 6",
    )
    found = await verdict(desk)
    assert found.fault is not None
    assert (found.fault.seq, found.fault.why) == (3, "Row 3 does not follow the row before it.")


async def test_reordered_rows_are_found(desk: Desk) -> None:
    """Two rows that change places are sealed to the wrong neighbours."""
    await tamper(
        desk,
        "UPDATE audit SET seq = 99 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 99",
    )
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.seq == 3


async def test_a_row_put_in_between_is_found(desk: Desk) -> None:
    """A copy of a row under the next number is sealed to nothing there."""
    await tamper(
        desk,
        "INSERT INTO audit SELECT 7, 'copy', at, actor, action, request_id, place, details, "
        "digest, policy_version, prev, mac FROM audit WHERE seq = 6",
    )
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.seq == 7


async def test_rows_cut_off_the_end_are_found_by_the_head(desk: Desk) -> None:
    """The head beside the rows says how many there must be."""
    await tamper(desk, "DELETE FROM audit WHERE seq > 4")
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.why == "The chain ends at row 4; its head says row 6."


async def test_a_rollback_of_rows_and_head_is_found_by_an_anchor(desk: Desk) -> None:
    """An older state of the chain is intact in itself; what was noted outside is not in it."""
    noted = await anchor(desk)
    await tamper(
        desk,
        "DELETE FROM audit WHERE seq > 4",
        "UPDATE audit_head SET seq = 4, mac = (SELECT mac FROM audit WHERE seq = 4)",
    )
    assert (await verdict(desk)).intact
    found = await verdict(desk, noted)
    assert found.fault is not None
    assert found.fault.seq == 5
    assert found.fault.why == "The chain ends at row 4; row 6 was noted outside."


async def test_another_history_of_the_same_length_is_found_by_an_anchor(desk: Desk) -> None:
    """Somebody who has the key can seal other rows, but not make the noted link one of them."""
    noted = AuditHead(4, "0" * 64)
    found = await verdict(desk, noted)
    assert found.fault is not None
    assert found.fault.why == "Row 4 is not the one that was noted outside."


async def test_a_head_that_was_changed_is_found(desk: Desk) -> None:
    """The head is a link of the chain, the last one."""
    await tamper(desk, "UPDATE audit_head SET seq = 5")
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.why == "The head says row 5, and is not that row of the chain."


async def test_a_removed_head_stops_everything(desk: Desk) -> None:
    """Without its head the chain is neither continued nor called intact."""
    await tamper(desk, "DELETE FROM audit_head")
    with pytest.raises(StoreError, match="head of the audit chain is gone"):
        await verdict(desk)
    with pytest.raises(StoreError, match="head of the audit chain is gone"):
        await desk.give(an_approval(BEN))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("the manager lost its database", "a drill", "wish"),
        ("INC-4711", "INC-1", "wish"),
        ('"backup": "latest"', '"backup": "older"', "wish"),
        ("C0INCIDENT", "C0OTHER", "channel"),
        ('"requester": "U0ANA"', '"requester": "U0EVE"', "requester"),
        ('"requester_person": "U0ANA"', '"requester_person": "U0EVE"', "requester_person"),
    ],
)
async def test_a_request_that_is_not_what_was_filed_is_found(
    desk: Desk, old: str, new: str, what: str
) -> None:
    """What somebody asked for is sealed when it is filed; the request's own row must agree."""
    query = sa.select(schema.request.c.document)
    async with desk.database.reading() as tx:
        document = json.dumps(await tx.scalar(query), ensure_ascii=False)
    assert document.count(old) == 1
    forged = document.replace(old, new)
    await tamper(desk, f"UPDATE request SET document = '{forged}'")  # noqa: S608

    fault = (await verdict(desk)).fault
    assert fault is not None
    assert fault.seq == 1
    assert fault.why == (
        f"{REQUEST_ID} is not as it was filed in row 1: its row in the database says another "
        f"{what}."
    )


async def test_a_filed_request_that_is_gone_is_found(desk: Desk) -> None:
    """Its story in the chain has no request any more."""
    others = ("vote", "outbox", "posted")
    await tamper(desk, *(f"DELETE FROM {table}" for table in (*others, "request")))  # noqa: S608

    fault = (await verdict(desk)).fault
    assert fault is not None
    assert fault.why == f"{REQUEST_ID} was filed in row 1, and is not in the database any more."


async def test_another_key_does_not_verify(desk: Desk) -> None:
    """The first row already tells."""
    found = await verify(desk.database, KEY[::-1])
    assert found.fault is not None
    assert found.fault.seq == 1
    assert "another audit key" in found.fault.why


async def test_another_key_is_refused_before_it_writes(desk: Desk) -> None:
    """Whoever mistypes AUDIT_KEY is told at the start, and the chain stays whole."""
    assert await check_key(desk.database, KEY)
    with pytest.raises(StoreError) as caught:
        await check_key(desk.database, KEY[::-1])
    assert caught.value.said == "AUDIT_KEY is not the key that the audit chain was begun with."
    assert "a new key needs a new database" in caught.value.advice
    assert caught.value.kind is Kind.MALFORMED


async def test_a_newest_row_that_cannot_be_read_is_not_sealed_by_any_key(desk: Desk) -> None:
    """It is refused like another key, with the advice to verify."""
    await tamper(desk, "UPDATE audit SET place = '[1]' WHERE seq = (SELECT max(seq) FROM audit)")
    with pytest.raises(StoreError, match="audit verify"):
        await check_key(desk.database, KEY)


async def test_a_chain_without_rows_takes_any_key(database: Database) -> None:
    """It is begun with the first row; that it has none is told."""
    assert not await check_key(database, KEY[::-1])


async def test_a_chain_without_rows_takes_no_short_key(database: Database) -> None:
    """What could be guessed begins no chain."""
    with pytest.raises(StoreError, match="The audit key has 5 bytes"):
        await check_key(database, b"short")


async def test_rows_written_without_the_key_are_found(desk: Desk) -> None:
    """Somebody who writes rows through our own code, with a key of their own, is found."""
    forger = SqlLedger(desk.database, desk.clock, a_policy(), KEY[::-1], people=PEOPLE)
    desk.ledger, honest = forger, desk.ledger
    await desk.give(a_rescission(CHI))
    desk.ledger = honest
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.seq == ROWS + 1


async def test_a_row_that_cannot_be_read_is_a_fault_not_a_crash(desk: Desk) -> None:
    """Broken JSON in a row is tampering like any other."""
    statement = {
        "sqlite": "UPDATE audit SET details = 'broken' WHERE seq = 3",
        "postgresql": "UPDATE audit SET place = '[1]' WHERE seq = 3",
    }[desk.database.dialect]
    await tamper(desk, statement)
    found = await verdict(desk)
    assert found.fault is not None
    assert found.fault.seq <= 3


async def test_a_long_chain_is_read_to_its_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain is read in pages, and no page is left out."""
    for size in (1, 2, 3, ROWS, ROWS + 1):
        monkeypatch.setattr("bot.store.audit._PAGE", size)
        assert (await verdict(desk, await anchor(desk))).rows == ROWS
        assert len([line async for line in export(desk.database)]) == ROWS


async def test_an_export_is_one_json_object_a_line(desk: Desk) -> None:
    """With everything that somebody else needs to verify it."""
    lines = [json.loads(line) async for line in export(desk.database)]
    assert [line["seq"] for line in lines] == list(range(1, ROWS + 1))
    assert [line["prev"] for line in lines[1:]] == [line["mac"] for line in lines[:-1]]
    assert lines[0]["request_id"] == REQUEST_ID
    assert lines[0]["at"] == "2026-03-14T12:00:00.000000Z"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'U0EVIL' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 6",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 4",
    ],
)
async def test_the_database_itself_refuses_changes(desk: Desk, statement: str) -> None:
    """Triggers keep the audit append-only and its head moving forward."""
    with pytest.raises((sa.exc.DBAPIError, StoreError), match=r"append-only|head of the audit"):
        async with desk.database.writing() as tx:
            await tx.execute(sa.text(statement))
    assert (await verdict(desk)).intact


async def test_a_row_cannot_be_replaced(desk: Desk) -> None:
    """Not by the way of inserting one with the same number either."""
    statement = {
        "sqlite": "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
        "postgresql": "TRUNCATE audit",
    }[desk.database.dialect]
    with pytest.raises((sa.exc.DBAPIError, StoreError), match="append-only"):
        async with desk.database.writing() as tx:
            await tx.execute(sa.text(statement))


def test_a_short_audit_key_is_refused(database: Database) -> None:
    """A key that could be guessed is none; the text does not show it."""
    with pytest.raises(StoreError, match="The audit key has 6 bytes") as caught:
        SqlLedger(database, HandClock(), a_policy(), b"secret", people=PEOPLE)
    assert "secret" not in str(caught.value)


async def test_every_column_of_the_audit_is_sealed(desk: Desk) -> None:
    """A new column must be sealed too, or this fails."""
    first, *_ = [line async for line in export(desk.database)]
    line = json.loads(first)
    assert set(line) == {column.name for column in schema.audit.columns}


async def test_an_anchor_may_be_short_as_on_a_card(desk: Desk) -> None:
    """The first twelve digits of a mac, as a card shows them, are anchor enough."""
    noted = await anchor(desk)

    assert (await verdict(desk, AuditHead(noted.seq, noted.mac[:12]))).intact
    assert not (await verdict(desk, AuditHead(noted.seq, "0" * 12))).intact
