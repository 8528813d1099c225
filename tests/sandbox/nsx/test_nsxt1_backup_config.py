"""The backup configuration behaves as in NSX-T 1.1: required fields, write-only secrets."""

from typing import Any

import httpx
import pytest

from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults

CONFIG = "/api/v1/cluster/backups/config"


def _configuration() -> dict[str, Any]:
    return {
        "backup_enabled": True,
        "inventory_summary_interval": 300,
        "passphrase": "7Taspa5anecR",
        "backup_schedule": {
            "resource_type": "IntervalBackupSchedule",
            "seconds_between_backups": 3600,
        },
        "remote_file_server": {
            "server": "192.0.2.20",
            "port": 22,
            "directory_path": "/vol0/backups",
            "protocol": {
                "protocol_name": "sftp",
                "ssh_fingerprint": "b508dfc65562e46e95707c25baf246f1",
                "authentication_scheme": {
                    "scheme_name": "PASSWORD",
                    "username": "backup",
                    "password": "4uhasWak",
                },
            },
        },
    }


async def test_what_was_put_is_shown_without_secrets(client: httpx.AsyncClient) -> None:
    """The reply and a later GET have everything but the password and the passphrase."""
    reply = await client.put(CONFIG, json=_configuration())

    assert reply.status_code == 200
    expected = _configuration()
    del expected["passphrase"]
    del expected["remote_file_server"]["protocol"]["authentication_scheme"]["password"]
    assert reply.json() == (await client.get(CONFIG)).json() == expected


async def test_omitted_secrets_keep_their_value(
    manager: Nsxt1Manager, client: httpx.AsyncClient
) -> None:
    """A document that was read, changed and put back leaves the secrets alone."""
    await client.put(CONFIG, json=_configuration())
    read = (await client.get(CONFIG)).json()
    await client.put(CONFIG, json=read | {"backup_enabled": False})

    stored = manager._appliance.configuration._stored
    assert stored["backup_enabled"] is False
    assert stored["passphrase"] == "7Taspa5anecR"
    login = stored["remote_file_server"]["protocol"]["authentication_scheme"]
    assert login["password"] == "4uhasWak"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("backup_enabled",), None),
        (("backup_enabled",), "false"),
        (("inventory_summary_interval",), None),
        (("inventory_summary_interval",), 29),
        (("remote_file_server",), None),
        (("passphrase",), ""),
        (("after_inventory_update_interval",), 300),
        (("backup_schedule", "resource_type"), "Daily"),
        (("backup_schedule", "seconds_between_backups"), 299),
        (("remote_file_server", "server"), ""),
        (("remote_file_server", "directory_path"), "/"),
        (("remote_file_server", "directory_path"), "vol0"),
        (("remote_file_server", "protocol", "protocol_name"), None),
        (("remote_file_server", "protocol", "name"), "scp"),
        (("remote_file_server", "protocol", "ssh_fingerprint"), "none"),
        (("remote_file_server", "protocol", "authentication_scheme", "scheme_name"), "password"),
        (("remote_file_server", "protocol", "authentication_scheme", "password"), ""),
    ],
)
async def test_a_bad_configuration_is_refused(
    client: httpx.AsyncClient, path: tuple[str, ...], value: object
) -> None:
    """Missing, unknown and malformed fields are named, and nothing is stored."""
    body = _configuration()
    parent: dict[str, Any] = body
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value

    reply = await client.put(CONFIG, json=body)

    assert reply.status_code == 400
    assert ".".join(path) in reply.json()["error_message"]
    assert (await client.get(CONFIG)).json()["backup_enabled"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [("days_of_week", []), ("days_of_week", [1, 1]), ("days_of_week", [7]), ("hour_of_day", 24)],
)
async def test_a_weekly_schedule_is_checked(
    client: httpx.AsyncClient, field: str, value: object
) -> None:
    """Days are 0 to 6 without doubles, hours 0 to 23."""
    weekly = {
        "resource_type": "WeeklyBackupSchedule",
        "days_of_week": [0, 6],
        "hour_of_day": 2,
        "minute_of_day": 30,
    }
    sound = _configuration() | {"backup_schedule": weekly}
    assert (await client.put(CONFIG, json=sound)).status_code == 200

    reply = await client.put(CONFIG, json=sound | {"backup_schedule": weekly | {field: value}})

    assert f"backup_schedule.{field}" in reply.json()["error_message"]


async def test_the_switch_can_be_stuck(client: httpx.AsyncClient, faults: Faults) -> None:
    """With the fault on, a PUT answers 200 and `backup_enabled` is what it was."""
    await client.put(CONFIG, json=_configuration())
    faults.backup_stays_enabled = True

    reply = await client.put(CONFIG, json=_configuration() | {"backup_enabled": False})

    assert reply.status_code == 200
    assert (await client.get(CONFIG)).json()["backup_enabled"] is True
