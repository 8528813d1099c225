"""A start and an order are one request each, and what came of it is told exactly."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.domain.values import Component
from bot.ports import GuidedManager, StartReply
from bot.runbooks.actions import Selection
from bot.runbooks.observations import Reply
from bot.runbooks.restoring import (
    ADVANCE,
    CANCEL,
    RETRY,
    RETRY_UPDATED,
    SUSPEND,
    Order,
    Phase,
    RestoreStatus,
)
from bot.sandbox.authority import Authority, Flaw
from tests.nsx.guided_wire import GuidedWire, told
from tests.nsx.places import (
    CANARIES,
    PASSPHRASE,
    PASSWORD,
    SSH_PASSWORD,
    a_place,
    guided,
    managers,
)
from tests.nsx.raw_server import (
    Answering,
    api_error,
    cut,
    dripping,
    mute_server,
    raw_server,
    replying,
    saying,
    silence,
    spoiling,
)

_SOON = 0.3
"""Seconds, as a request's deadline where a test waits for it to pass."""

_NODE = "86f7ec49-6a5b-542a-800c-5cf478b844b4"
_MADE = 1712345678901
_RUNNING = {
    "id": "86b29990-9f2a-5aea-8ac5-8be848a92ffc",
    "backup_timestamp": _MADE,
    "total_steps": 11,
    "step": {"step_number": 3, "value": "SIM_STEP_03", "description": "Copying"},
    "status": {"value": "RUNNING", "description": "It copies"},
}
_ORDERS: tuple[Order, ...] = (ADVANCE, CANCEL, RETRY, RETRY_UPDATED, SUSPEND)
_SLOW_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
_ELSEWHERE = "Location: https://evil.example.com/"

_ANSWERS: list[tuple[Answering, str]] = [
    (told(_RUNNING), "accepted"),
    (told(_RUNNING, 202), "accepted"),
    (replying(200, b""), "accepted"),
    (replying(204, b""), "accepted"),
    (replying(200, b"<html>Loading</html>", "Content-Type: text/html"), "accepted"),
    (replying(200, b"{", length=500), "accepted"),
    (dripping(_SLOW_HEAD, b"{" * 100_000, _SOON / 10), "accepted"),
    (spoiling(_SLOW_HEAD + b"{"), "accepted"),
    (api_error(400, 255), "refused"),
    (api_error(401, 401), "refused"),
    (api_error(403, 403), "refused"),
    (api_error(403, 98), "refused"),
    (api_error(404, 404), "refused"),
    (api_error(409, 205), "refused"),
    (api_error(412, 205), "refused"),
    (replying(400, b"<html>"), "refused"),
    (replying(301, b"", _ELSEWHERE), "refused"),
    (replying(307, b"", _ELSEWHERE), "refused"),
    (api_error(408, 1), "unknown"),
    (api_error(429, 102), "unknown"),
    (api_error(500, 98), "unknown"),
    (api_error(500, 607), "unknown"),
    (replying(502, b"<html>"), "unknown"),
    (told(_RUNNING, 503), "unknown"),
    (replying(504, b""), "unknown"),
    (silence, "unknown"),
    (cut, "unknown"),
    (saying(b""), "unknown"),
    (saying(b"garbage\r\n\r\n"), "unknown"),
    (dripping(b"", _SLOW_HEAD, _SOON / 10), "unknown"),
    (spoiling(), "unknown"),
]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the targets name."""
    return Authority(tmp_path)


async def _start(manager: GuidedManager) -> StartReply:
    return await manager.start(_NODE, _MADE)


async def _suspend(manager: GuidedManager) -> Reply:
    return await manager.order(SUSPEND, ())


# -- what is sent -------------------------------------------------------------------------------


async def test_a_start_names_node_and_moment_and_nothing_else(authority: Authority) -> None:
    """The moment goes as the integer that was listed (InitiateClusterRestoreRequest)."""
    wire = GuidedWire(authority, told(_RUNNING))
    await wire.gives(_start)
    (asked,) = wire.asked
    assert asked.line == "POST /api/v1/cluster/restore?action=start"
    assert asked.body == b'{"node_id":"%s","timestamp":1712345678901}' % _NODE.encode()
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["authorization"].startswith("Basic ")
    assert "cookie" not in asked.headers


@pytest.mark.parametrize(
    ("order", "line"),
    [
        (CANCEL, "POST /api/v1/cluster/restore?action=cancel"),
        (RETRY, "POST /api/v1/cluster/restore?action=retry"),
        (SUSPEND, "POST /api/v1/cluster/restore?action=suspend"),
        (RETRY_UPDATED, "POST /api/v1/cluster/restore/action/retry_with_updated_config"),
    ],
)
async def test_an_order_has_no_body(authority: Authority, order: Order, line: str) -> None:
    """But the type of one, and its length of 0, as the vendor's client sends it."""
    wire = GuidedWire(authority, told(_RUNNING))
    await wire.gives(lambda manager: manager.order(order, ()))
    (asked,) = wire.asked
    assert (asked.line, asked.body) == (line, b"")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["content-length"] == "0"


async def test_an_advance_answers_each_instruction_by_itself(authority: Authority) -> None:
    """One item of `data` for each, with its resources; a type that is not known is left out."""
    answers = (
        Selection("i-1", (("r-1", "FabricNode", True), ("r-2", "", False))),
        Selection("i-2"),
    )
    wire = GuidedWire(authority, told(_RUNNING))
    await wire.gives(lambda manager: manager.order(ADVANCE, answers))
    (asked,) = wire.asked
    assert asked.line == "POST /api/v1/cluster/restore?action=advance"
    assert asked.json == {
        "data": [
            {
                "id": "i-1",
                "resources": [
                    {"target_id": "r-1", "target_type": "FabricNode", "selected": True},
                    {"target_id": "r-2", "selected": False},
                ],
            },
            {"id": "i-2", "resources": []},
        ]
    }


async def test_an_advance_after_a_pause_answers_nothing(authority: Authority) -> None:
    """`data` is required even then, and empty."""
    wire = GuidedWire(authority, told(_RUNNING))
    await wire.gives(lambda manager: manager.order(ADVANCE, ()))
    assert wire.asked[0].json == {"data": []}


@pytest.mark.parametrize("order", _ORDERS)
async def test_a_global_manager_takes_orders_under_its_own_prefix(
    authority: Authority, order: Order
) -> None:
    """Start and orders alike (vcf-nsx 9.1.1, `global_manager`)."""
    wire = GuidedWire(authority, told(_RUNNING), component=Component.GLOBAL)
    async with wire.open() as manager:
        await manager.start(_NODE, _MADE)
        await manager.order(order, ())
    prefix = "/global-manager/api/v1/cluster/restore"
    assert [asked.path.startswith(prefix) for asked in wire.asked] == [True, True]


# -- what comes of it ---------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "outcome"), _ANSWERS, ids=range(len(_ANSWERS)))
async def test_a_start_is_sent_once_whatever_comes_back(
    authority: Authority, answer: Answering, outcome: str
) -> None:
    """F10: `refused` only where nothing can have begun, `unknown` where it may; never a second."""
    wire = GuidedWire(authority, answer, seconds=_SOON * 3)
    reply = await wire.gives(_start)
    assert reply.outcome == outcome
    assert reply.said
    assert len(wire.asked) == 1


@pytest.mark.parametrize(("answer", "outcome"), _ANSWERS, ids=range(len(_ANSWERS)))
async def test_an_order_is_sent_once_whatever_comes_back(
    authority: Authority, answer: Answering, outcome: str
) -> None:
    """As a start: an order that may have been obeyed is not given again by itself."""
    wire = GuidedWire(authority, answer, seconds=_SOON * 3)
    reply = await wire.gives(_suspend)
    assert reply.outcome == outcome
    assert reply.said
    assert len(wire.asked) == 1


@pytest.mark.parametrize("answer", [silence, cut, replying(502, b"<html>")])
async def test_an_unknown_outcome_says_what_is_in_doubt(
    authority: Authority, answer: Answering
) -> None:
    """A restore may have begun; an order may have been obeyed."""
    start = await GuidedWire(authority, answer, seconds=_SOON).gives(_start)
    order = await GuidedWire(authority, answer, seconds=_SOON).gives(_suspend)
    assert "it may or may not have begun" in start.said
    assert "it may or may not have been obeyed" in order.said


async def test_an_accepted_start_tells_how_the_restore_stands(authority: Authority) -> None:
    """The reply's own status, where it has one; nothing is made up where it has none."""
    reply = await GuidedWire(authority, told(_RUNNING)).gives(_start)
    assert reply.status is not None
    assert reply.status.is_of(_MADE)
    assert reply.status.where() == "step 3 of 11: Copying (RUNNING)"
    assert reply.said == "The manager accepted the start of the restore (HTTP 200)."
    assert (await GuidedWire(authority, replying(200, b"")).gives(_start)).status is None


async def test_a_start_that_meets_another_restore_says_which(authority: Authority) -> None:
    """F11: a 409 with a status is that restore, to be shown and perhaps followed, not started."""
    other = _RUNNING | {"backup_timestamp": 1600000000000}
    wire = GuidedWire(authority, told(other, 409))
    reply = await wire.gives(_start)
    assert reply.outcome == "taken"
    assert reply.status is not None
    assert (reply.status.phase, reply.status.is_of(_MADE)) == (Phase.RUNNING, False)
    assert reply.said == (
        'The manager has a restore already: step 3 of 11: Copying (RUNNING), "It copies".'
    )
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        replying(409, b""),
        replying(409, b"<html>"),
        replying(409, json.dumps(_RUNNING).encode()[:-1], length=len(json.dumps(_RUNNING))),
        told({"status": 409, "error": "Conflict"}, 409),
        told(_RUNNING | {"total_steps": "11"}, 409),
    ],
    ids=range(5),
)
async def test_a_conflict_that_shows_no_restore_is_a_refusal(
    authority: Authority, answer: Answering
) -> None:
    """Nothing to follow, and nothing was begun."""
    reply = await GuidedWire(authority, answer).gives(_start)
    assert (reply.outcome, reply.status) == ("refused", None)


async def test_an_order_out_of_place_is_refused_in_the_managers_words(
    authority: Authority,
) -> None:
    """A 409 with a status: where it stands, and what it says."""
    reply = await GuidedWire(authority, told(_RUNNING, 409)).gives(_suspend)
    assert reply == Reply(
        "refused",
        "The manager refused (HTTP 409); its restore stands at "
        'step 3 of 11: Copying (RUNNING), "It copies".',
    )


async def test_a_refusal_is_told_in_the_managers_own_words(authority: Authority) -> None:
    """With the code, and with the details that later versions give."""
    body = {
        "error_message": "The pair is unknown.",
        "details": "node_id: no such node",
        "error_code": 29200,
        "related_errors": [],
    }
    for reply in (
        await GuidedWire(authority, told(body, 400)).gives(_start),
        await GuidedWire(authority, told(body, 400)).gives(_suspend),
    ):
        assert reply.said == (
            'The manager refused: HTTP 400: "The pair is unknown. node_id: no such node" '
            "(error code 29200)."
        )


@pytest.mark.parametrize("status", [301, 307])
async def test_an_order_does_not_follow_a_redirect(authority: Authority, status: int) -> None:
    """F18: neither the order nor the credentials go to the other host."""
    async with raw_server(authority.issue("127.0.0.1"), told(_RUNNING)) as other:
        location = f"Location: {other.url}/api/v1/cluster/restore?action=start"
        reply = await GuidedWire(authority, replying(status, b"", location)).gives(_start)
        assert other.received == []
    assert reply.outcome == "refused"
    assert "127.0.0.1" in reply.said


async def test_an_order_to_where_nobody_answers_was_never_sent(authority: Authority) -> None:
    """Provably: no connection came about, so it counts as refused, not as unknown."""
    async with mute_server() as (port, ended):
        place = a_place(f"https://127.0.0.1:{port}", authority.ca_pem, seconds=_SOON)
        async with managers().guided(guided(place)) as manager:
            start, order = await _start(manager), await manager.order(RETRY_UPDATED, ())
            arrived = [await asyncio.wait_for(ended.get(), 5) for _ in range(2)]
    assert b"Authorization" not in b"".join(arrived)
    assert start.outcome == order.outcome == "refused"
    assert start.said.startswith("The start of the restore was never sent. ")
    assert order.said.startswith("The order to retry with updated config was never sent. ")


@pytest.mark.parametrize(
    ("node", "timestamp", "field"),
    [(" ", _MADE, "node_id"), (_NODE, 1712345678, "timestamp"), (_NODE, -1, "timestamp")],
)
async def test_a_start_that_names_no_backup_is_not_sent(
    authority: Authority, node: str, timestamp: int, field: str
) -> None:
    """F16: a moment in seconds matches no backup; it is refused here, and the field is named."""
    wire = GuidedWire(authority, told(_RUNNING))
    reply = await wire.gives(lambda manager: manager.start(node, timestamp))
    assert (reply.outcome, reply.status) == ("refused", None)
    assert reply.said.startswith(f"Nothing was sent: {field} ")
    assert wire.asked == []


async def test_an_unknown_certificate_gets_no_order(authority: Authority) -> None:
    """F27: another certificate after the restore: only a listed pin or the authority counts."""
    certificate = authority.certificate("127.0.0.1", flaw=Flaw.SELF_SIGNED)
    async with raw_server(certificate.context, told(_RUNNING)) as server:
        strange = a_place(server.url, authority.ca_pem, also_accept_sha256=("0" * 64,))
        async with managers().guided(guided(strange)) as manager:
            reply = await _start(manager)
        assert server.received == []
        known = a_place(server.url, authority.ca_pem, also_accept_sha256=(certificate.sha256,))
        async with managers().guided(guided(known)) as manager:
            status: RestoreStatus = await manager.restore_status()
    assert (reply.outcome, status.word) == ("refused", "RUNNING")
    assert certificate.sha256 in reply.said


async def test_a_manager_that_repeats_secrets_is_not_repeated(authority: Authority) -> None:
    """Whatever it says and wherever: also those that it was told by an earlier connection."""
    secrets = f"{PASSWORD} {SSH_PASSWORD} {PASSPHRASE}"
    status = {
        "status": {"value": "FAILED", "description": secrets},
        "step": {"step_number": 2, "value": secrets, "description": secrets},
        "instructions": [{"id": "i", "name": secrets, "actions": [secrets]}],
    }
    said = [
        repr(await GuidedWire(authority, answer).gives(call))
        for answer in (told(status), told(status, 409), api_error(400, 1, secrets))
        for call in (_start, _suspend)
    ]
    assert sum("[secret]" in text for text in said) >= 5
    assert not [canary for canary in CANARIES if canary in "\n".join(said)]
