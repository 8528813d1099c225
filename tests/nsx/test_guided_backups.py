"""Where backups are is told and set with care, and a fresh one is made; over real sockets."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import Kind, ManagerError, PlaceSetError
from bot.domain.values import Component
from bot.ports import BackupPlace, BackupRun
from bot.runbooks.observations import Census
from bot.sandbox.authority import Authority
from tests.builders import SHA256
from tests.nsx.guided_wire import GuidedWire, told
from tests.nsx.places import (
    PASSPHRASE,
    SSH_PASSWORD,
    a_backup_access,
)
from tests.nsx.raw_server import Answering, api_error, cut, replying

_OURS: dict[str, Any] = {
    "server": "192.0.2.20",
    "port": 22,
    "directory_path": "/vol0/backups",
    "protocol": {"protocol_name": "sftp", "ssh_fingerprint": SHA256},
}
"""The place of `a_backup_access`, as a manager tells it."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the targets name."""
    return Authority(tmp_path)


# -- where backups are --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "place"),
    [
        ({}, None),
        ({"backup_enabled": False, "remote_file_server": None}, None),
        ({"remote_file_server": {"server": " "}}, None),
        ({"remote_file_server": {"port": 22}}, None),
        (
            {
                "remote_file_server": {
                    "server": "192.0.2.20",
                    "port": 2222,
                    "directory_path": "/vol0/backups",
                    "protocol": {"protocol_name": "sftp", "ssh_fingerprint": SHA256},
                }
            },
            BackupPlace("192.0.2.20", 2222, "/vol0/backups", SHA256),
        ),
        (
            {"remote_file_server": {"server": "192.0.2.20", "port": None, "protocol": None}},
            BackupPlace("192.0.2.20", 22, "", ""),
        ),
    ],
    ids=range(6),
)
async def test_a_manager_tells_where_its_backups_are(
    authority: Authority, configuration: dict[str, Any], place: BackupPlace | None
) -> None:
    """Nothing on a fresh one; the SSH port is 22 where none is told."""
    wire = GuidedWire(authority, told(configuration))
    assert await wire.gives(lambda manager: manager.backup_place()) == place


async def test_a_place_is_put_into_the_configuration_that_was_read(authority: Authority) -> None:
    """Schedule, intervals and unknown keys stay; automatic backups are disabled; no third call."""
    found = {
        "backup_enabled": True,
        "backup_schedule": {"resource_type": "IntervalBackupSchedule", "new": [1, None]},
        "inventory_summary_interval": 300,
        "after_inventory_update_interval": 600,
        "remote_file_server": {"server": "old", "left_over": 1},
        "new_in_9": {"a": 1},
    }
    wire = GuidedWire(authority, told(found))
    await wire.gives(lambda manager: manager.keep_backups(a_backup_access(port=2222)))
    assert wire.lines == [
        "GET /api/v1/cluster/backups/config",
        "PUT /api/v1/cluster/backups/config",
    ]
    assert wire.asked[1].json == found | {
        "backup_enabled": False,
        "passphrase": PASSPHRASE,
        "remote_file_server": {
            "server": "192.0.2.20",
            "port": 2222,
            "directory_path": "/vol0/backups",
            "protocol": {
                "protocol_name": "sftp",
                "ssh_fingerprint": SHA256,
                "authentication_scheme": {
                    "scheme_name": "PASSWORD",
                    "username": "backup",
                    "password": SSH_PASSWORD,
                },
            },
        },
    }


@pytest.mark.parametrize("found", [{}, {"inventory_summary_interval": None}])
async def test_an_interval_that_older_managers_require_is_given(
    authority: Authority, found: dict[str, Any]
) -> None:
    """240 seconds, the API's own default, where the manager tells none."""
    wire = GuidedWire(authority, told(found))
    await wire.gives(lambda manager: manager.keep_backups(a_backup_access()))
    assert wire.asked[1].json["inventory_summary_interval"] == 240


@pytest.mark.parametrize("status", [409, 412])
async def test_a_configuration_that_somebody_else_wrote_is_read_once_more(
    authority: Authority, status: int
) -> None:
    """A stale revision: nothing was written, so what stands there now is changed; once."""
    wire = GuidedWire(
        authority,
        told({"_revision": 1}),
        api_error(status, 205),
        told({"_revision": 2}),
        told({}),
    )
    await wire.gives(lambda manager: manager.keep_backups(a_backup_access()))
    assert [asked.method for asked in wire.asked] == ["GET", "PUT", "GET", "PUT"]
    assert wire.asked[3].json["_revision"] == 2

    stubborn = GuidedWire(
        authority, told({}), api_error(status, 205), told({}), api_error(status, 205)
    )
    error = await stubborn.error(lambda manager: manager.keep_backups(a_backup_access()))
    assert error.kind is Kind.REFUSED
    assert len(stubborn.asked) == 4


@pytest.mark.parametrize("found", [{}, {"remote_file_server": {"server": " "}}, {"a_key": 1}])
async def test_a_manager_that_names_no_server_is_told_one_as_any_other(
    authority: Authority, found: dict[str, Any]
) -> None:
    """What is written is the same, whoever writes it."""
    wire = GuidedWire(authority, told(found))
    assert await wire.gives(lambda manager: manager.keep_backups_unless_set(a_backup_access()))
    other = GuidedWire(authority, told(found))
    await other.gives(lambda manager: manager.keep_backups(a_backup_access()))
    assert [asked.method for asked in wire.asked] == ["GET", "PUT"]
    assert wire.asked[1].json == other.asked[1].json


@pytest.mark.parametrize(
    "changes",
    [
        {"server": "192.0.2.99"},
        {"port": 2222},
        {"directory_path": "/theirs"},
        {"protocol": {"protocol_name": "sftp", "ssh_fingerprint": "SHA256:another"}},
        {"protocol": None},
    ],
    ids=["server", "port", "directory", "key", "no key"],
)
async def test_another_place_is_not_overwritten_where_only_none_may_be_set(
    authority: Authority, changes: dict[str, Any]
) -> None:
    """Somebody has set it, with secrets and a schedule that nobody can read."""
    server = _OURS | changes
    wire = GuidedWire(authority, told({"remote_file_server": server}))
    error = await wire.error(lambda manager: manager.keep_backups_unless_set(a_backup_access()))
    assert isinstance(error, PlaceSetError)
    assert error.kind is Kind.REFUSED
    place = f"{server['server']}:{server['port']}{server['directory_path']}"
    assert str(error) == (
        f"Somebody set a backup server meanwhile: the manager keeps its backups at {place}, "
        "and was not told ours. See that it is the right one, and file the request again."
    )
    assert wire.lines == ["GET /api/v1/cluster/backups/config"]


async def test_the_very_place_that_a_manager_was_to_be_told_is_no_trouble(
    authority: Authority,
) -> None:
    """Another look of ours may have been faster: nothing is written, and that is told."""
    wire = GuidedWire(authority, told({"remote_file_server": _OURS}))
    assert not await wire.gives(lambda m: m.keep_backups_unless_set(a_backup_access()))
    assert wire.lines == ["GET /api/v1/cluster/backups/config"]


@pytest.mark.parametrize("status", [409, 412])
async def test_a_configuration_that_somebody_else_wrote_is_not_written_where_none_may_be_set(
    authority: Authority, status: int
) -> None:
    """A stale revision: what stands there now is for people to see, and there is no second try."""
    wire = GuidedWire(authority, told({}), api_error(status, 205, "Stale"), told({}))
    error = await wire.error(lambda manager: manager.keep_backups_unless_set(a_backup_access()))
    assert isinstance(error, PlaceSetError)
    assert f'HTTP {status}: "Stale" (error code 205)' in error.said
    assert "file the request again" in error.advice
    assert [asked.method for asked in wire.asked] == ["GET", "PUT"]


async def test_a_configuration_that_makes_no_sense_is_not_written_where_none_may_be_set(
    authority: Authority,
) -> None:
    """It may name a server all the same."""
    wire = GuidedWire(authority, told({"remote_file_server": {"server": ["192.0.2.20"]}}))
    error = await wire.error(lambda manager: manager.keep_backups_unless_set(a_backup_access()))
    assert error.kind is Kind.MALFORMED
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"server": " "}, "server"),
        ({"directory": "/"}, "directory_path"),
        ({"directory": "//"}, "directory_path"),
        ({"directory": "backups"}, "directory_path"),
        ({"directory": "/a b"}, "directory_path"),
        ({"fingerprint": "b508dfc65562e46e95707c25baf246f1"}, "ssh_fingerprint"),
        ({"fingerprint": f"{SHA256}="}, "ssh_fingerprint"),
        ({"fingerprint": f" {SHA256}"}, "ssh_fingerprint"),
    ],
    ids=range(8),
)
async def test_a_place_that_cannot_be_right_is_not_sent(
    authority: Authority, changes: dict[str, str], field: str
) -> None:
    """A fingerprint of the wrong form is refused, never repaired; the field is named."""
    wire = GuidedWire(authority, told({}))
    access = a_backup_access(**changes)
    for error in (
        await wire.error(lambda manager: manager.keep_backups(access)),
        await wire.error(lambda manager: manager.keep_backups_unless_set(access)),
    ):
        assert error.kind is Kind.REFUSED
        assert error.said.startswith(f"Nothing was sent: {field} ")
    assert wire.asked == []


async def test_a_server_key_is_asked_for_by_address(authority: Authority) -> None:
    """The SHA-256 of the key that the manager sees; `None` before 2.5.1, which has no such call."""
    answer = {"server": "192.0.2.20", "port": 2222, "ssh_fingerprint": SHA256}
    wire = GuidedWire(authority, told(answer), api_error(404, 404), api_error(400, 29220, "Down"))
    async with wire.open() as manager:
        assert await manager.ssh_fingerprint("192.0.2.20", 2222) == SHA256
        assert await manager.ssh_fingerprint("192.0.2.20", 22) is None
        with pytest.raises(ManagerError, match="Down") as caught:
            await manager.ssh_fingerprint("192.0.2.20", 22)
    assert caught.value.kind is Kind.REFUSED
    assert wire.lines[0] == "POST /api/v1/cluster/backups?action=retrieve_ssh_fingerprint"
    assert wire.asked[0].json == {"server": "192.0.2.20", "port": 2222}


# -- afterwards ---------------------------------------------------------------------------------


async def test_a_census_counts_what_is_told(authority: Authority) -> None:
    """The count of a list of one entry; `None` for what a version does not have."""
    wire = GuidedWire(authority, told({"result_count": 6, "results": [{}]}), api_error(404, 404))
    assert await wire.gives(lambda manager: manager.census()) == Census(6, None)
    assert wire.lines == [
        "GET /api/v1/transport-nodes?page_size=1",
        "GET /api/v1/alarms?status=OPEN&page_size=1",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(api_error(403, 289), id="no right to it"),
        pytest.param(replying(403, b'{"error_code": 98}'), id="a session"),
        pytest.param(replying(400, b""), id="refused"),
        pytest.param(replying(429, b""), id="busy"),
        pytest.param(replying(500, b""), id="broken"),
        pytest.param(replying(503, b""), id="starting"),
        pytest.param(replying(200, b"[]"), id="not understood"),
        pytest.param(cut, id="cut"),
    ],
)
async def test_what_cannot_be_counted_is_not_told_and_stops_nothing(
    authority: Authority, answer: Answering
) -> None:
    """No restore depends on a count, neither before its start nor after its success."""
    wire = GuidedWire(authority, answer, told({"result_count": 3}))
    assert await wire.gives(lambda manager: manager.census()) == Census(None, 3)

    wire = GuidedWire(authority, told({"result_count": 6}), answer)
    assert await wire.gives(lambda manager: manager.census()) == Census(6, None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(replying(401, b""), Kind.AUTH), (replying(302, b""), Kind.REDIRECT)],
)
async def test_a_census_that_is_refused_a_login_or_led_elsewhere_is_an_error(
    authority: Authority, answer: Answering, kind: Kind
) -> None:
    """More logins could lock the account, and another host is not this manager."""
    wire = GuidedWire(authority, answer)
    assert (await wire.error(lambda manager: manager.census())).kind is kind
    assert len(wire.asked) == 1


async def test_a_global_manager_is_not_counted(authority: Authority) -> None:
    """It has neither transport nodes nor alarms of its own."""
    wire = GuidedWire(authority, told({}), component=Component.GLOBAL)
    assert await wire.gives(lambda manager: manager.census()) == Census(None, None)
    assert wire.asked == []


async def test_a_backup_is_begun_by_one_request_without_a_body(authority: Authority) -> None:
    """A manager that makes one already refuses, and says so."""
    wire = GuidedWire(authority, replying(200, b""), api_error(409, 29230, "One is in progress"))
    async with wire.open() as manager:
        await manager.make_backup()
        with pytest.raises(ManagerError, match="One is in progress"):
            await manager.make_backup()
    assert wire.lines == ["POST /api/v1/cluster?action=backup_to_remote"] * 2
    assert wire.asked[0].body == b""


_OLD = {"end_time": 1712345678000, "success": True}
_BAD = {
    "end_time": 1712345679000,
    "success": False,
    "error_code": "BACKUP_AUTHENTICATION_FAILURE",
    "error_message": f"Login refused: {SSH_PASSWORD}",
}


@pytest.mark.parametrize(
    ("current", "past", "run"),
    [
        (
            {"operation_type": "NONE"},
            None,
            BackupRun(running=False, ended_at=None, success=None, said=""),
        ),
        ({}, [{"end_time": None}], BackupRun(running=False, ended_at=None, success=None, said="")),
        (
            {"operation_type": "NONE"},
            [_OLD],
            BackupRun(running=False, ended_at=1712345678000, success=True, said=""),
        ),
        (
            {"operation_type": None},
            [_OLD, _BAD, {"start_time": 1}],
            BackupRun(
                running=False,
                ended_at=1712345679000,
                success=False,
                said="BACKUP_AUTHENTICATION_FAILURE: Login refused: [secret]",
            ),
        ),
        (
            {"operation_type": "BACKUP", "current_step": "BACKUP_CREATING_NODE_BACKUP"},
            [_OLD],
            BackupRun(
                running=True,
                ended_at=1712345678000,
                success=True,
                said="BACKUP_CREATING_NODE_BACKUP",
            ),
        ),
        (
            {"operation_type": "SIM_OTHER", "current_step_message": "Working"},
            [],
            BackupRun(running=True, ended_at=None, success=None, said="Working"),
        ),
    ],
    ids=range(6),
)
async def test_a_backup_is_followed_by_status_and_history(
    authority: Authority, current: dict[str, Any], past: list[dict[str, Any]] | None, run: BackupRun
) -> None:
    """The newest that ended counts, wherever it stands; its error is told without secrets."""
    wire = GuidedWire(authority, told(current), told({"cluster_backup_statuses": past}))
    assert await wire.gives(lambda manager: manager.backup_run()) == run
    assert wire.lines == [
        "GET /api/v1/cluster/backups/status",
        "GET /api/v1/cluster/backups/history",
    ]
