"""A restore request is checked strictly; the refusal names the field and shows no value."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.sandbox.backup_server import SshBackupServer
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager
from bot.sandbox.nsx.nsxt1_faults import Faults

CLUSTER = "/api/v1/cluster/backups?action=restore"

Order = Callable[..., dict[str, Any]]
Change = tuple[str, Any]

_FILE = "restore_file"
_PROTOCOL = f"{_FILE}.protocol"
_LOGIN = f"{_PROTOCOL}.authentication_scheme"
_REQUIRED = (
    _FILE,
    f"{_FILE}.file_store",
    f"{_FILE}.passphrase",
    f"{_FILE}.server",
    f"{_FILE}.uri",
    _PROTOCOL,
    f"{_PROTOCOL}.name",
    f"{_PROTOCOL}.ssh_fingerprint",
    _LOGIN,
    f"{_LOGIN}.scheme_name",
    f"{_LOGIN}.username",
    f"{_LOGIN}.password",
)


def _parent(body: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *above, key = path.split(".")
    for step in above:
        body = body[step]
    return body, key


async def _refused(client: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    reply = await client.post(CLUSTER, json=body)
    assert reply.status_code == 400
    assert reply.json().keys() == {"module_name", "error_message", "error_code"}
    assert field in reply.json()["error_message"]
    for secret in ("7Taspa5anecR", "4uhasWak"):
        assert secret not in reply.text


@pytest.mark.parametrize("field", _REQUIRED)
async def test_every_field_is_required(client: httpx.AsyncClient, order: Order, field: str) -> None:
    """A field that is absent or null is named in the refusal."""
    absent, null = order(), order()
    parent, key = _parent(absent, field)
    del parent[key]
    parent, key = _parent(null, field)
    parent[key] = None

    await _refused(client, absent, field)
    await _refused(client, null, field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (f"{_FILE}.server", ""),
        (f"{_FILE}.server", "  "),
        (f"{_FILE}.uri", ""),
        (f"{_FILE}.uri", "/vol0/backups/"),
        (f"{_FILE}.passphrase", ""),
        (f"{_FILE}.passphrase", 7),
        (f"{_FILE}.file_store", "REMOTE"),
        (f"{_FILE}.port", 0),
        (f"{_FILE}.port", 65_536),
        (f"{_FILE}.port", "22"),
        (f"{_FILE}.port", True),
        (f"{_FILE}.mode", "full"),
        (f"{_PROTOCOL}.name", "SCP"),
        (f"{_PROTOCOL}.name", "https"),
        (f"{_PROTOCOL}.name", ["scp"]),
        (f"{_PROTOCOL}.protocol_name", "scp"),
        (f"{_PROTOCOL}.ssh_fingerprint", "SHA256:P1ZVstg445oCk/YMVqLiiYUt5dGPCQfID37bcj+UJLY"),
        (f"{_PROTOCOL}.ssh_fingerprint", "B508DFC65562E46E95707C25BAF246F1"),
        (f"{_PROTOCOL}.ssh_fingerprint", "b5:08:df:c6:55:62:e4:6e:95:70:7c:25:ba:f2:46:f1"),
        (f"{_PROTOCOL}.ssh_fingerprint", " b508dfc65562e46e95707c25baf246f1"),
        (f"{_LOGIN}.scheme_name", "PASSWORD"),
        (f"{_LOGIN}.username", ""),
        (f"{_LOGIN}.password", ""),
    ],
)
async def test_a_bad_value_is_refused(
    client: httpx.AsyncClient, order: Order, field: str, value: object
) -> None:
    """Blank, of the wrong type, wrong word, wrong form or unknown: refused by name."""
    body = order()
    parent, key = _parent(body, field)
    parent[key] = value

    await _refused(client, body, field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (f"{_FILE}.server", "192.0.2.20"),
        (f"{_FILE}.uri", "/vol0/backups/none.tar.gz"),
        (f"{_FILE}.uri", "/vol0/backups/backup-node-1.tar.gz"),
        (f"{_FILE}.passphrase", "wrong"),
        (f"{_PROTOCOL}.ssh_fingerprint", "b508dfc65562e46e95707c25baf246f1"),
        (f"{_LOGIN}.password", "wrong"),
    ],
)
@pytest.mark.parametrize("status", [400, 500])
async def test_what_the_backup_server_says_counts(
    client: httpx.AsyncClient,
    order: Order,
    faults: Faults,
    *,
    field: str,
    value: str,
    status: int,
) -> None:
    """A well-formed request for the wrong thing is refused too, with 400 or 500 as set."""
    faults.refusal_status = status
    body = order()
    parent, key = _parent(body, field)
    parent[key] = value

    reply = await client.post(CLUSTER, json=body)

    assert reply.status_code == status
    assert field.rpartition(".")[0] in reply.json()["error_message"]


async def test_a_rotated_host_key_is_noticed(
    client: httpx.AsyncClient, order: Order, backups: SshBackupServer
) -> None:
    """The approved fingerprint no longer fits the server."""
    body = order()
    backups.rotate_host_key()

    await _refused(client, body, f"{_PROTOCOL}.ssh_fingerprint")


async def test_a_refused_restore_changes_nothing(
    manager: Nsxt1Manager, client: httpx.AsyncClient, order: Order, faults: Faults
) -> None:
    """After a refusal the Manager is as it was, and a correct request is accepted."""
    faults.refuse_passphrase = True
    await _refused(client, order(), f"{_FILE}.passphrase")
    assert manager.restore_accepted_at is None

    faults.refuse_passphrase = False
    assert (await client.post(CLUSTER, json=order())).status_code == 200


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
)
async def test_what_is_no_json_object_is_refused(
    client: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    """The body and its declared type both have to be JSON."""
    reply = await client.post(CLUSTER, content=content, headers={"Content-Type": content_type})

    assert reply.status_code == status
    assert reply.json().keys() == {"module_name", "error_message", "error_code"}
