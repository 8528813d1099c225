"""The backup configuration of 2.0 to 9.x: strict, write-only for secrets, tried at once."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.host_keys import KeyType
from bot.sandbox.nsx.guided_profile import Profile
from tests.sandbox.nsx.guided_scene import CONFIG, PASSPHRASE, RESTORE, GuidedScene, guided_scene

FINGERPRINT = "/api/v1/cluster/backups?action=retrieve_ssh_fingerprint"
_SERVER = "remote_file_server"
_PROTOCOL = (_SERVER, "protocol")
_LOGIN = (*_PROTOCOL, "authentication_scheme")
_GONE = object()


def _changed(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return the body with one value changed or taken out."""
    body = deepcopy(body)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    if value is _GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return body


async def _put(scene: GuidedScene, path: tuple[str, ...], value: Any) -> Any:
    return await scene.client.put(CONFIG, json=_changed(scene.configuration(), path, value))


async def test_a_fresh_manager_names_no_server(tmp_path: Path) -> None:
    """Backups are off, and there is nothing else to tell."""
    async with guided_scene(tmp_path) as scene:
        shown = (await scene.client.get(CONFIG)).json()

    assert shown == {"backup_enabled": False, "inventory_summary_interval": 240}


@pytest.mark.parametrize("profile", Profile)
async def test_what_was_put_is_shown_without_its_secrets(tmp_path: Path, profile: Profile) -> None:
    """The answer to PUT and GET are the same, and lack passphrase and password."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        put = await scene.configure()
        got = await scene.client.get(CONFIG)
        sent = scene.configuration()

    del sent["passphrase"]
    del sent[_SERVER]["protocol"]["authentication_scheme"]["password"]
    assert put.status_code == 200
    assert put.json() == got.json() == sent


async def test_secrets_that_are_left_out_keep_their_value(tmp_path: Path) -> None:
    """What GET answered can be put back, and the restore still succeeds in logging in."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        again = await scene.client.put(CONFIG, json=(await scene.client.get(CONFIG)).json())
        started = await scene.start()
        await scene.work_until(lambda: scene.manager.state()["step"] == 3)

    assert (again.status_code, started.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("backup_enabled",), "false", id="enabled is a string"),
        pytest.param(("inventory_summary_interval",), 29, id="interval too short"),
        pytest.param(("inventory_summary_interval",), 3_601, id="interval too long"),
        pytest.param(("inventory_summary_interval",), "300", id="interval is a string"),
        pytest.param(("after_inventory_update_interval",), 299, id="update interval too short"),
        pytest.param(("passphrase",), "", id="empty passphrase"),
        pytest.param(("_revision",), 0, id="a revision"),
        pytest.param(("backup_schedule",), {"seconds_between_backups": 300}, id="untyped schedule"),
        pytest.param((_SERVER, "server"), "", id="blank server"),
        pytest.param((_SERVER, "server"), _GONE, id="no server"),
        pytest.param((_SERVER, "port"), 0, id="port 0"),
        pytest.param((_SERVER, "port"), 65_536, id="port too big"),
        pytest.param((_SERVER, "directory_path"), "/", id="root directory"),
        pytest.param((_SERVER, "directory_path"), "backups", id="relative directory"),
        pytest.param((_SERVER, "directory_path"), "/my backups", id="blank in directory"),
        pytest.param((_SERVER, "directory_path"), "C:/backups", id="drive letter"),
        pytest.param((*_PROTOCOL, "protocol_name"), "scp", id="scp"),
        pytest.param((*_PROTOCOL, "protocol_name"), _GONE, id="no protocol"),
        pytest.param((*_PROTOCOL, "name"), "sftp", id="the restore file's key"),
        pytest.param((*_PROTOCOL, "ssh_fingerprint"), "b508dfc65562e46e95707c25baf246f1", id="MD5"),
        pytest.param((*_PROTOCOL, "ssh_fingerprint"), "SHA256:short", id="short fingerprint"),
        pytest.param((*_PROTOCOL, "ssh_fingerprint"), _GONE, id="no fingerprint"),
        pytest.param((*_LOGIN, "scheme_name"), "password", id="lower-case scheme"),
        pytest.param((*_LOGIN, "username"), "-x", id="odd user"),
        pytest.param((*_LOGIN, "username"), _GONE, id="no user"),
        pytest.param((*_LOGIN, "password"), "", id="empty password"),
    ],
)
async def test_a_malformed_configuration_is_refused(
    tmp_path: Path, path: tuple[str, ...], value: Any
) -> None:
    """400 names the field, and what was there stays."""
    async with guided_scene(tmp_path) as scene:
        before = (await scene.configure()).json()
        reply = await _put(scene, path, value)

        assert reply.status_code == 400
        assert (await scene.client.get(CONFIG)).json() == before
    assert path[-1] in reply.json()["error_message"]


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ((_SERVER, "server"), "192.0.2.20", "BACKUP_SERVER_UNREACHABLE"),
        ((_SERVER, "port"), 9, "BACKUP_SERVER_UNREACHABLE"),
        ((*_PROTOCOL, "ssh_fingerprint"), f"SHA256:{'A' * 43}", "BACKUP_BAD_FINGERPRINT"),
        ((*_LOGIN, "username"), "mallory", "BACKUP_AUTHENTICATION_FAILURE"),
        ((*_LOGIN, "password"), "wrong", "BACKUP_AUTHENTICATION_FAILURE"),
        ((*_LOGIN, "password"), _GONE, "BACKUP_AUTHENTICATION_FAILURE"),
        ((_SERVER, "directory_path"), "/vol1/backups", "BACKUP_PERMISSION_ERROR"),
    ],
)
async def test_a_configuration_is_tried_like_a_connection(
    tmp_path: Path, path: tuple[str, ...], value: Any, word: str
) -> None:
    """What a real connection would fail at is refused with NSX's own word."""
    async with guided_scene(tmp_path) as scene:
        reply = await _put(scene, path, value)

    assert reply.status_code == 400
    assert reply.json()["error_message"].startswith(word)


async def test_a_server_without_an_ecdsa_key_is_of_no_use(tmp_path: Path) -> None:
    """NSX 2.0 to 9.x use ECDSA keys only."""
    async with guided_scene(tmp_path, server={"key_types": [KeyType.ED25519]}) as scene:
        put = await scene.configure()
        body = {"server": "127.0.0.1", "port": scene.server.port}
        asked = await scene.client.post(FINGERPRINT, json=body)

    assert (put.status_code, asked.status_code) == (400, 400)
    assert "no matching host key type" in asked.json()["error_message"]


@pytest.mark.parametrize(
    ("passphrase", "enabled", "status"),
    [
        ("7Taspa5anecR", False, 200),
        ("7Taspa5anecR", True, 400),
        ("Short1!", True, 400),
        ("7Taspa5ane!R", True, 200),
    ],
)
async def test_only_a_passphrase_for_new_backups_has_to_be_strong(
    tmp_path: Path, passphrase: str, *, enabled: bool, status: int
) -> None:
    """An old backup's passphrase may lack what a new one needs."""
    async with guided_scene(tmp_path) as scene:
        reply = await scene.configure(passphrase=passphrase, backup_enabled=enabled)

    assert reply.status_code == status
    assert passphrase not in reply.text


@pytest.mark.parametrize(
    ("schedule", "status"),
    [
        ({"resource_type": "IntervalBackupSchedule"}, 200),
        ({"resource_type": "IntervalBackupSchedule", "seconds_between_backups": 299}, 400),
        (
            {
                "resource_type": "WeeklyBackupSchedule",
                "days_of_week": [0, 6],
                "hour_of_day": 2,
                "minute_of_day": 0,
            },
            200,
        ),
        ({"resource_type": "WeeklyBackupSchedule", "days_of_week": [7]}, 400),
    ],
)
async def test_a_schedule_is_one_of_two(
    tmp_path: Path, schedule: dict[str, Any], status: int
) -> None:
    """By interval with a default, or weekly with everything said."""
    async with guided_scene(tmp_path) as scene:
        reply = await scene.configure(backup_schedule=schedule)

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("profile", "key", "status"),
    [
        (Profile.V2_2, "backup_enabled", 400),
        (Profile.V2_2, "inventory_summary_interval", 400),
        (Profile.V2_5, "backup_enabled", 200),
        (Profile.V2_5, _SERVER, 400),
        (Profile.V4, _SERVER, 200),
        (Profile.V9_1, _SERVER, 200),
    ],
)
async def test_what_is_required_depends_on_the_version(
    tmp_path: Path, profile: Profile, key: str, status: int
) -> None:
    """Three things in 2.2, the server in 2.5, nothing since 4.1."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        reply = await _put(scene, (key,), _GONE)

    assert reply.status_code == status


@pytest.mark.parametrize("profile", Profile)
async def test_a_key_instead_of_a_password_came_late(tmp_path: Path, profile: Profile) -> None:
    """Since 4.x `KEY` is understood; this server takes passwords only."""
    login = {"scheme_name": "KEY", "username": "backup", "identity_file": "-----BEGIN ..."}
    async with guided_scene(tmp_path, profile=profile) as scene:
        reply = await _put(scene, _LOGIN, login)

    failed = "BACKUP_AUTHENTICATION_FAILURE" in reply.json()["error_message"]
    assert reply.status_code == 400
    assert failed is profile.has(Profile.V4)
    assert "BEGIN" not in reply.text


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b"", 400)])
async def test_a_body_is_a_json_object(tmp_path: Path, body: bytes, status: int) -> None:
    """Anything else is refused; so is JSON that does not say that it is."""
    async with guided_scene(tmp_path) as scene:
        json_type = {"Content-Type": "application/json"}
        reply = await scene.client.put(CONFIG, content=body, headers=json_type)
        untyped = await scene.client.put(CONFIG, content=b"{}")

    assert (reply.status_code, untyped.status_code) == (status, 415)


async def test_the_older_restore_configuration_is_the_same_one(tmp_path: Path) -> None:
    """`/cluster/restore/config` shows and changes the server and the passphrase."""
    path = f"{RESTORE}/config"
    async with guided_scene(tmp_path) as scene:
        body = scene.configuration()
        server = {_SERVER: body[_SERVER], "passphrase": PASSPHRASE}
        put = await scene.client.put(path, json=server)
        got = await scene.client.get(path)
        config = (await scene.client.get(CONFIG)).json()
        strange = await scene.client.put(path, json=server | {"backup_enabled": False})

    assert put.status_code == 200
    assert list(got.json()) == [_SERVER]
    assert config[_SERVER] == got.json()[_SERVER]
    assert config["backup_enabled"] is False
    assert strange.status_code == 400


async def test_the_manager_retrieves_the_fingerprint_itself(tmp_path: Path) -> None:
    """The SHA256 of the server's ECDSA key, unless somebody stands between."""
    async with guided_scene(tmp_path) as scene:
        body = {"server": "127.0.0.1", "port": scene.server.port}
        right = await scene.client.post(FINGERPRINT, json=body)
        scene.manager.faults.other_fingerprint = f"SHA256:{'A' * 43}"
        other = await scene.client.post(FINGERPRINT, json=body)
        nobody = await scene.client.post(FINGERPRINT, json={"server": "127.0.0.1"})

    assert right.json() == body | {"ssh_fingerprint": scene.server.fingerprint_sha256()}
    assert other.json()["ssh_fingerprint"] == f"SHA256:{'A' * 43}"
    assert nobody.status_code == 400


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_put_may_leave_backups_as_they_were(tmp_path: Path, *, enabled: bool) -> None:
    """With the fault switched on, 200 is answered and `backup_enabled` stays."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure(passphrase="7Taspa5ane!R", backup_enabled=enabled)
        scene.manager.faults.backup_stays_enabled = True
        reply = await scene.configure(passphrase="7Taspa5ane!R", backup_enabled=not enabled)

    assert reply.status_code == 200
    assert reply.json()["backup_enabled"] is enabled
