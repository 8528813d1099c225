"""The restore's status is read from everything that has one, and from nothing that has none."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import Kind
from bot.domain.values import Component
from bot.ports import GuidedManager
from bot.runbooks.restoring import Instruction, Phase, RestoreStatus
from bot.sandbox.authority import Authority
from tests.nsx.guided_wire import GuidedWire, told
from tests.nsx.raw_server import Answering, api_error, cut, raw_server, replying, saying, silence

_MADE = 1712345678901
_FULL: dict[str, Any] = {
    "id": "86b29990-9f2a-5aea-8ac5-8be848a92ffc",
    "backup_timestamp": _MADE,
    "restore_start_time": 1712350000000,
    "restore_end_time": None,
    "total_steps": 11,
    "step": {
        "step_number": 5,
        "value": "SIM_STEP_05",
        "description": "Restoring Node",
        "status": {"value": "SUSPENDED_FOR_USER_ACTION", "description": "It waits"},
    },
    "status": {"value": "SUSPENDED_FOR_USER_ACTION", "description": "Somebody is needed"},
    "instructions": [
        {"id": "i-1", "name": "Add nodes", "actions": ["ADD", "SKIP"], "fields": ["display_name"]},
        {"id": "i-2", "name": "Check hosts", "actions": [], "fields": []},
    ],
    "endpoints": [
        {"action": "POST", "href": "/cluster/restore?action=advance", "rel": "self"},
        {"action": "POST", "href": "/cluster/restore?action=cancel", "rel": "self"},
    ],
    "not_allowed_actions": ["VC_UPDATES"],
    "allowed_actions": [],
}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the targets name."""
    return Authority(tmp_path)


async def _status(manager: GuidedManager) -> RestoreStatus:
    return await manager.restore_status()


async def _seen(authority: Authority, document: object, status: int = 200) -> RestoreStatus:
    return await GuidedWire(authority, told(document, status)).gives(_status)


async def test_a_status_is_told_as_it_is(authority: Authority) -> None:
    """F14: two instructions at once and a `null` end; every word of it reaches the runbook."""
    assert await _seen(authority, _FULL) == RestoreStatus(
        word="SUSPENDED_FOR_USER_ACTION",
        said="Somebody is needed",
        id="86b29990-9f2a-5aea-8ac5-8be848a92ffc",
        backup_timestamp=_MADE,
        step=5,
        total=11,
        step_name="SIM_STEP_05",
        step_said="Restoring Node",
        step_word="SUSPENDED_FOR_USER_ACTION",
        instructions=(
            Instruction("i-1", "Add nodes", ("ADD", "SKIP"), ("display_name",)),
            Instruction("i-2", "Check hosts"),
        ),
        offered=("advance", "cancel"),
        started_at=1712350000000,
    )


async def test_the_managers_own_times_are_told(authority: Authority) -> None:
    """In ms since 1970; the end is `null` until it is over."""
    over = await _seen(authority, _FULL | {"restore_end_time": 1712352400500})
    assert (over.started_at, over.ended_at) == (1712350000000, 1712352400500)
    assert over.seconds_taken() == pytest.approx(2400.5)
    assert (await _seen(authority, _FULL)).seconds_taken() is None


@pytest.mark.parametrize("field", ["restore_start_time", "restore_end_time"])
@pytest.mark.parametrize("value", [None, "1712350000000", 1712350000000.0, True, [], {}, 10**30])
async def test_a_time_that_makes_no_sense_is_not_told_and_hides_nothing(
    authority: Authority, field: str, value: object
) -> None:
    """Nothing but a sentence of the proof depends on it: the restore is followed all the same."""
    seen = await _seen(authority, _FULL | {field: value})
    assert getattr(seen, {"restore_start_time": "started_at"}.get(field, "ended_at")) is None
    assert seen.step == 5


@pytest.mark.parametrize(
    "document",
    [
        {"status": {"value": "SIM_UNHEARD_OF"}},
        {"status": {"value": "SIM_UNHEARD_OF", "description": None}}
        | dict.fromkeys(("id", "backup_timestamp", "total_steps", "step", "instructions"))
        | {"endpoints": None, "new_in_10": {"a": [1]}},
        {
            "status": {"value": "SIM_UNHEARD_OF"},
            "step": {"step_number": None, "value": None, "status": None},
            "instructions": [None],
            "endpoints": [None, {}, {"href": None}, {"href": "/cluster/restore"}],
        },
        {
            "status": {"value": "SIM_UNHEARD_OF", "new": 1},
            "step": {"status": {"value": None}},
            "instructions": [],
        },
    ],
    ids=range(4),
)
async def test_only_the_word_must_be_there(authority: Authority, document: object) -> None:
    """F14: what is missing or `null` is left open, an unknown word is shown; nothing is guessed."""
    assert await _seen(authority, document) == RestoreStatus("SIM_UNHEARD_OF")


async def test_an_unheard_of_instruction_is_shown(authority: Authority) -> None:
    """F14: whatever of it is told, and even one without an id, since people are asked."""
    document = {
        "status": {"value": "SUSPENDED"},
        "instructions": [{"id": "i", "name": None, "actions": None}, {"name": "SIM_WHAT", "x": 1}],
    }
    seen = await _seen(authority, document)
    assert seen.instructions == (Instruction("i", ""), Instruction("", "SIM_WHAT"))
    assert seen.phase is Phase.ASKING


@pytest.mark.parametrize(
    ("href", "offered"),
    [
        ("/cluster/restore?action=advance", ("advance",)),
        ("/api/v1/cluster/restore?action=suspend", ("suspend",)),
        ("https://nsx.example.com/api/v1/cluster/restore?x=1&action=retry#a", ("retry",)),
        ("/cluster/restore/action/retry_with_updated_config", ("retry_with_updated_config",)),
        ("/cluster/restore?reaction=advance", ()),
        ("advance", ()),
    ],
)
async def test_an_offer_is_known_by_its_word_alone(
    authority: Authority, href: str, offered: tuple[str, ...]
) -> None:
    """Addresses in `endpoints` lack the API's prefix; they are never followed."""
    endpoints = [{"action": "POST", "href": href}] * 2
    wire = GuidedWire(authority, told(_FULL | {"endpoints": endpoints}))
    assert (await wire.gives(_status)).offered == offered
    assert len(wire.asked) == 1


@pytest.mark.parametrize("status", [403, 503])
async def test_a_half_started_manager_tells_its_restore_too(
    authority: Authority, status: int
) -> None:
    """403 and 503 may hold the status (NSX-T 2.5.1 API, QueryClusterRestoreStatus)."""
    assert (await _seen(authority, _FULL, status)).step == 5


@pytest.mark.parametrize("status", [404, 409, 500, 502])
async def test_no_other_failure_tells_the_restore(authority: Authority, status: int) -> None:
    """What somebody else answers with these says nothing of the manager's restore."""
    wire = GuidedWire(authority, told(_FULL, status))
    assert str(status) in (await wire.error(_status)).said


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (api_error(401, 401), Kind.AUTH),
        (api_error(403, 403), Kind.AUTH),
        (api_error(403, 98), Kind.SESSION),
        (api_error(403, 289), Kind.REFUSED),
    ],
    ids=["401", "403 and 403", "403 and 98", "403 and another"],
)
async def test_a_refused_login_is_one_request_and_told_as_such(
    authority: Authority, answer: Answering, kind: Kind
) -> None:
    """F13: no second try, which could lock the account; a dead session is another kind."""
    wire = GuidedWire(authority, answer)
    assert (await wire.error(_status)).kind is kind
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (cut, Kind.UNREACHABLE),
        (silence, Kind.UNREACHABLE),
        (saying(b""), Kind.UNREACHABLE),
        (replying(502, b"<html>Bad Gateway"), Kind.UNREACHABLE),
        (replying(503, b"Starting", "Content-Type: text/plain"), Kind.UNREACHABLE),
        (told({"status": 503, "error": "Service Unavailable"}, 503), Kind.UNREACHABLE),
        (told({"status": {"value": ""}}, 503), Kind.UNREACHABLE),
        (replying(503, json.dumps(_FULL).encode()[:-9]), Kind.UNREACHABLE),
        (api_error(500, 98), Kind.UNREACHABLE),
        (api_error(404, 404), Kind.MISSING),
        (replying(200, b""), Kind.MALFORMED),
        (replying(200, b"<html>Loading", "Content-Type: text/html"), Kind.MALFORMED),
        (replying(200, b"OK"), Kind.MALFORMED),
        (replying(200, b"[]"), Kind.MALFORMED),
        (replying(200, b"{}"), Kind.MALFORMED),
        (told({"status": None, "step": {}}), Kind.MALFORMED),
        (told({"status": "RUNNING"}), Kind.MALFORMED),
        (told({"status": {"value": "A" * 100}}), Kind.MALFORMED),
        (replying(200, json.dumps(_FULL).encode(), length=9_999), Kind.MALFORMED),
    ],
    ids=range(19),
)
async def test_a_restarting_manager_is_told_from_one_that_says_something(
    authority: Authority, answer: Answering, kind: Kind
) -> None:
    """F12: each form of a restart is an error that passes by itself, and none is a status."""
    wire = GuidedWire(authority, answer, seconds=0.5)
    assert (await wire.error(_status)).kind is kind
    assert len(wire.asked) == 1


@pytest.mark.parametrize("headers", [[], ["Retry-After: 7"]])
async def test_too_many_requests_are_told_as_busy(authority: Authority, headers: list[str]) -> None:
    """F17: whoever polls waits and goes on; it is no failure of the restore."""
    body = b'{"error_code":102,"error_message":"Too many."}'
    wire = GuidedWire(authority, replying(429, body, *headers))
    error = await wire.error(_status)
    assert error.kind is Kind.BUSY
    assert "HTTP 429" in error.said


@pytest.mark.parametrize("status", [301, 307])
async def test_a_status_is_not_looked_for_elsewhere(authority: Authority, status: int) -> None:
    """F18: a redirect is refused, and the other host gets nothing."""
    async with raw_server(authority.issue("127.0.0.1"), told(_FULL)) as other:
        location = f"Location: {other.url}/api/v1/cluster/restore/status"
        error = await GuidedWire(authority, replying(status, b"", location)).error(_status)
        assert other.received == []
    assert error.kind is Kind.REDIRECT


async def test_a_manager_without_this_restore_is_not_called_a_1x_one(authority: Authority) -> None:
    """The advice for a 404 fits a target of 2.0 and later."""
    error = await GuidedWire(authority, api_error(404, 404)).error(_status)
    assert "is not an NSX-T 1.x" not in error.advice
    assert "restarting" in error.advice


@pytest.mark.parametrize("field", ["backup_timestamp", "total_steps"])
@pytest.mark.parametrize("value", ["11", 11.0, 11.5, True, [11], 10**30])
async def test_a_number_is_a_json_integer(authority: Authority, field: str, value: object) -> None:
    """A text or a fraction that looks like a number is not taken for one."""
    wire = GuidedWire(authority, told(_FULL | {field: value}))
    assert (await wire.error(_status)).kind is Kind.MALFORMED


async def test_what_people_act_on_is_told_to_its_end(authority: Authority) -> None:
    """The end of an instruction, or of a reason, may be what matters most; each is one line."""
    end = "do not go on before vcenter-01 is back."
    said = "Log in to each host,\nrun the script. " * 20 + end
    document = _FULL | {
        "status": {"value": "FAILED", "description": said},
        "step": {"step_number": 5, "value": said, "description": said},
        "instructions": [{"id": "i", "name": said}],
    }
    seen = await _seen(authority, document)
    for text in (seen.said, seen.step_name, seen.step_said, seen.instructions[0].name):
        assert text == " ".join(said.split())


async def test_what_is_cut_says_so(authority: Authority) -> None:
    """Names in lists are cut much earlier than what people act on; words and ids never are."""
    long = "very \n\x1b[31mlong " * 2000
    document = _FULL | {
        "status": {"value": "FAILED", "description": long},
        "step": {"step_number": 5, "value": long, "description": long},
        "instructions": [{"id": "i", "name": long, "actions": [long], "fields": ["ip_address"]}],
    }
    seen = await _seen(authority, document)
    (instruction,) = seen.instructions
    for text in (seen.said, seen.step_name, seen.step_said, instruction.name):
        assert len(text) == 3000
        assert text.endswith(" more characters)")
        assert text.isprintable()
    (action,) = instruction.actions
    assert len(action) == 300
    assert action.endswith(" more characters)")
    assert instruction.fields == ("ip_address",)


@pytest.mark.parametrize(
    ("component", "line"),
    [
        (Component.LOCAL, "GET /api/v1/cluster/restore/status"),
        (
            Component.GLOBAL,
            "GET /api/v1/cluster/restore/status?restore_component=GLOBAL_MANAGER",
        ),
    ],
)
async def test_the_status_is_where_every_manager_has_it(
    authority: Authority, component: Component, line: str
) -> None:
    """Only a Global Manager is asked for by its query, which 2.x does not know."""
    wire = GuidedWire(authority, told(_FULL), component=component)
    await wire.gives(_status)
    assert wire.lines == [line]
