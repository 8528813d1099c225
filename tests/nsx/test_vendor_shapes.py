"""What the client sends is what the vendor's own client sends, as it was recorded.

`tests/golden/vendor_requests.json` holds the requests of vcf-nsx against the simulator; see
`tests/sandbox/nsx/test_vendor_client.py`, which writes it.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.values import Component
from bot.ports import GuidedManager
from bot.runbooks.actions import Selection
from bot.runbooks.restoring import ADVANCE, CANCEL, RETRY, RETRY_UPDATED, SUSPEND
from bot.sandbox.authority import Authority
from tests.builders import SHA256
from tests.nsx.guided_wire import GuidedWire, told
from tests.nsx.places import PASSPHRASE, SSH_PASSWORD, a_backup_access

_GOLDEN: Final = json.loads(
    (Path(__file__).parents[1] / "golden" / "vendor_requests.json").read_text()
)
_PORT: Final = 2222
_BLANKS: Final = {
    "<instruction>": "i-1",
    "<passphrase>": PASSPHRASE,
    "<password>": SSH_PASSWORD,
    "<fingerprint>": SHA256,
    "<port>": _PORT,
}
_OWN: Final = {"instruction_resources": {"page_size": "100"}}
"""What we add to a query: smaller pages of what has many fields."""

_PAGE: Final = {"results": [], "cursor": "page-from-2"}
_CONFIGURATION: Final = {"backup_enabled": False, "inventory_summary_interval": 300}

_CLUSTER: Final = {
    "mgmt_cluster_status": {"status": "STABLE", "online_nodes": []},
    "control_cluster_status": {"status": "STABLE"},
}

Call = Callable[[GuidedManager], Awaitable[object]]


def _filled(value: Any) -> Any:
    """Put our values where the recording left blanks."""
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    return _BLANKS.get(value, value) if isinstance(value, str) else value


def _vendors_selection() -> Selection:
    (answer,) = _GOLDEN["advance_with_resources"]["body"]["data"]
    chosen = ((r["target_id"], r["target_type"], r["selected"]) for r in answer["resources"])
    return Selection("i-1", tuple(chosen))


async def _keep(manager: GuidedManager) -> None:
    access = a_backup_access(server="127.0.0.1", port=_PORT)
    await manager.keep_backups(access)


def _start(recorded: str) -> Call:
    body = _GOLDEN[recorded]["body"]
    return lambda manager: manager.start(body["node_id"], body["timestamp"])


_CALLS: Final[dict[str, Call]] = {
    "start": _start("start"),
    "advance_after_suspension": lambda manager: manager.order(ADVANCE, ()),
    "advance_with_resources": lambda manager: manager.order(ADVANCE, (_vendors_selection(),)),
    "suspend": lambda manager: manager.order(SUSPEND, ()),
    "cancel": lambda manager: manager.order(CANCEL, ()),
    "retry": lambda manager: manager.order(RETRY, ()),
    "retry_with_updated_config": lambda manager: manager.order(RETRY_UPDATED, ()),
    "status": lambda manager: manager.restore_status(),
    "timestamps": lambda manager: manager.backups(),
    "timestamps_next_page": lambda manager: manager.backups(),
    "instruction_resources": lambda manager: manager.resources("i-1", ()),
    "config_get": lambda manager: manager.backup_place(),
    "config_put": _keep,
    "fingerprint": lambda manager: manager.ssh_fingerprint("127.0.0.1", _PORT),
    "cluster_status": lambda manager: manager.cluster_status(),
    "backup_now": lambda manager: manager.make_backup(),
    "backup_status": lambda manager: manager.backup_run(),
    "backup_history": lambda manager: manager.backup_run(),
    "global_start": _start("global_start"),
    "global_status": lambda manager: manager.restore_status(),
    "global_timestamps": lambda manager: manager.backups(),
}
_PLACE: Final = {
    "timestamps_next_page": (2, 2),
    "config_put": (2, 2),
    "backup_status": (1, 2),
    "backup_history": (2, 2),
}
"""Which of how many requests is the one in question, where there is not only that one."""


def test_every_recorded_request_is_compared() -> None:
    """A new recording asks for a new comparison."""
    assert set(_GOLDEN) == set(_CALLS)


@pytest.mark.parametrize("name", sorted(_GOLDEN))
async def test_our_request_is_the_vendors(tmp_path: Path, name: str) -> None:
    """Method, path, query, the types of bodies and replies, and the body itself."""
    answer = {"status": {"value": "RUNNING"}, "ssh_fingerprint": SHA256} | _CLUSTER
    first = {"timestamps_next_page": _PAGE, "config_put": _CONFIGURATION}.get(name, answer)
    component = Component.GLOBAL if name.startswith("global_") else Component.LOCAL
    wire = GuidedWire(Authority(tmp_path), told(first), told(answer), component=component)
    await wire.gives(_CALLS[name])
    place, number = _PLACE.get(name, (1, 1))
    assert len(wire.asked) == number
    asked, vendors = wire.asked[place - 1], _filled(_GOLDEN[name])
    assert (asked.method, asked.path) == (vendors["method"], vendors["path"])
    assert asked.query == vendors["query"] | _OWN.get(name, {})
    for header, value in vendors["headers"].items():
        assert asked.headers[header.lower()] == value
    if vendors["body"] is None:
        assert asked.body == b""
    else:
        assert asked.json == vendors["body"]
