"""The audit chain: whatever is done to a row without the key is noticed at that row."""

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any, Final

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.audit import (
    GENESIS,
    SHORTEST_KEY,
    Fault,
    Inspection,
    Link,
    Record,
    record_json,
    seal,
)
from tests.builders import BEN, CARD, NOON, REQUEST_ID

KEY: Final = b"k" * SHORTEST_KEY
SEALED_ELSEWHERE: Final = "Row {} was changed, or was sealed with another audit key."


def a_record(seq: int, **changes: Any) -> Record:
    """Ben's approval, as a row."""
    values: dict[str, Any] = {
        "seq": seq,
        "key": f"click-{seq}",
        "at": NOON + timedelta(seconds=seq),
        "actor": BEN,
        "action": "ApprovalRecorded",
        "request_id": REQUEST_ID,
        "place": CARD,
        "details": {"count": seq},
        "digest": "7f3c91ab",
        "policy_version": "policy-1",
    }
    return Record(**values | changes)


def a_chain(length: int = 5, key: bytes = KEY) -> list[Link]:
    """Rows, each sealed behind the one before."""
    links: list[Link] = []
    for seq in range(1, length + 1):
        links.append(seal(key, links[-1].mac if links else GENESIS, a_record(seq)))
    return links


def fault(links: list[Link], key: bytes = KEY) -> Fault | None:
    """The first fault of a chain whose head is noted as the fifth row of a whole one."""
    head = a_chain()[-1]
    inspection = Inspection(key)
    found = next((fault for link in links if (fault := inspection.fault_of(link))), None)
    return found or inspection.fault_of_end(head.record.seq, head.mac)


def test_a_row_is_sealed_by_the_written_rule() -> None:
    """HMAC-SHA256 over the mac before and the canonical JSON: anybody with the key can check it."""
    first, second, *_ = a_chain()
    message = bytes.fromhex(first.mac) + rfc8785.dumps(record_json(second.record))

    assert second.mac == hmac.new(KEY, message, hashlib.sha256).hexdigest()
    assert (first.prev, second.prev) == ("0" * 64, first.mac)


def test_a_whole_chain_has_no_fault() -> None:
    """From the first row to the head."""
    assert fault(a_chain()) is None
    assert Inspection(KEY).fault_of_end(0, GENESIS) is None


CHANGES: list[dict[str, Any]] = [
    {"key": "click-99"},
    {"at": NOON},
    {"actor": "U0EVE"},
    {"action": "RequestDenied"},
    {"request_id": None},
    {"place": None},
    {"details": {"count": 99}},
    {"digest": None},
    {"policy_version": "policy-2"},
]


@settings(deadline=None)
@given(st.integers(0, 4), st.sampled_from(CHANGES))
def test_a_changed_row_is_found(at: int, changes: dict[str, Any]) -> None:
    """Every value of a row is sealed."""
    links = a_chain()
    links[at] = replace(links[at], record=replace(links[at].record, **changes))

    assert fault(links) == Fault(at + 1, SEALED_ELSEWHERE.format(at + 1))


def test_every_value_of_a_row_is_sealed() -> None:
    """The changes above leave out only the number, which has a fault of its own."""
    assert {"seq", *(name for change in CHANGES for name in change)} == set(
        record_json(a_record(1))
    )


@settings(deadline=None)
@given(st.integers(0, 3))
def test_a_removed_row_is_found(at: int) -> None:
    """The next row shows the gap."""
    links = a_chain()
    del links[at]

    assert fault(links) == Fault(at + 1, f"Row {at + 1} is missing; row {at + 2} comes next.")


def test_a_changed_row_sealed_anew_without_the_key_is_found() -> None:
    """Sealing needs the key."""
    links = a_chain()
    forged = replace(links[1].record, actor="U0EVE")
    links[1] = seal(b"guessed", links[0].mac, forged)

    assert fault(links) == Fault(2, SEALED_ELSEWHERE.format(2))


def test_rows_that_change_places_are_found() -> None:
    """Even if their numbers are put right."""
    links = a_chain()
    second, third = links[1], links[2]
    links[1] = replace(third, record=replace(third.record, seq=2))
    links[2] = replace(second, record=replace(second.record, seq=3))

    assert fault(links) == Fault(2, "Row 2 does not follow the row before it.")


def test_rows_cut_off_at_the_end_are_found_by_the_head() -> None:
    """Nothing inside the chain shows it; the head beside it does."""
    assert fault(a_chain()[:3]) == Fault(4, "The chain ends at row 3; its head says row 5.")


def test_a_head_that_was_changed_or_set_back_is_found() -> None:
    """The head must be the last row, not an earlier one and not another one."""
    inspection = Inspection(KEY)
    for link in a_chain():
        assert inspection.fault_of(link) is None

    assert inspection.fault_of_end(5, GENESIS) == Fault(
        5, "The head says row 5, and is not that row of the chain."
    )
    assert inspection.fault_of_end(3, a_chain()[2].mac) == Fault(
        3, "The head says row 3, and is not that row of the chain."
    )


def test_a_chain_under_another_key_is_found() -> None:
    """Who does not have the key cannot seal a chain anew."""
    assert fault(a_chain(key=b"x" * SHORTEST_KEY)) == Fault(1, SEALED_ELSEWHERE.format(1))


def test_a_mac_that_is_no_hex_is_found_and_not_stumbled_over() -> None:
    """Whatever stands in the column."""
    links = a_chain()
    links[0] = replace(links[0], mac="ä" * 64)

    assert fault(links) == Fault(1, SEALED_ELSEWHERE.format(1))


def test_the_same_moment_is_sealed_the_same_in_every_zone() -> None:
    """A database may hand back another zone."""
    moved = a_record(1, at=a_record(1).at.astimezone(timezone(timedelta(hours=2))))

    assert seal(KEY, GENESIS, moved).mac == seal(KEY, GENESIS, a_record(1)).mac
    assert record_json(moved)["at"] == "2026-03-14T12:00:01.000000Z"
