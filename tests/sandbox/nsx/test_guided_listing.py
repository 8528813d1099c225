"""Which backups are listed, how the list is paged, and which of them may be restored."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.host_keys import KeyType
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from tests.sandbox.nsx.guided_scene import BACKUP, RESTORE, TIMESTAMPS, GuidedScene, guided_scene

OTHER_NODE = replace(BACKUP, node_id="0d3b7e7c-54a5-4f8b-8a0e-6f4a1c9d2e10", address="10.20.0.99")
BY_NAME = replace(BACKUP, address="nsx.example.com")


async def _listed(scene: GuidedScene, **query: Any) -> dict[str, Any]:
    reply = await scene.client.get(TIMESTAMPS, params=query)
    assert reply.status_code == 200, reply.text
    listed: dict[str, Any] = reply.json()
    return listed


async def test_nothing_is_listed_without_a_configuration(tmp_path: Path) -> None:
    """A fresh Manager knows no backup server."""
    async with guided_scene(tmp_path) as scene:
        before = await _listed(scene)
        await scene.configure()
        after = await _listed(scene)

    assert before == {"results": [], "result_count": 0}
    assert after["result_count"] == 1


@pytest.mark.parametrize("profile", Profile)
async def test_an_entry_has_the_keys_of_its_version(tmp_path: Path, profile: Profile) -> None:
    """`restore_type` is a list that came after 2.5.1; the timestamp is an integer."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        await scene.configure()
        (entry,) = (await _listed(scene))["results"]

    expected = {
        "node_id": BACKUP.node_id,
        "timestamp": 1_712_345_678_901,
        "ip_address": "10.20.0.5",
    }
    if profile.has(Profile.V4):
        expected |= {"restore_type": ["REGULAR_RESTORE"]}
    assert entry == expected


async def test_the_backups_of_all_nodes_are_listed(tmp_path: Path) -> None:
    """The directory belongs to a deployment, and every node of it has written there."""
    async with guided_scene(tmp_path, listed=[BACKUP, OTHER_NODE]) as scene:
        await scene.configure()
        listed = await _listed(scene)

    assert [one["ip_address"] for one in listed["results"]] == ["10.20.0.5", "10.20.0.99"]


async def test_a_backup_lies_where_nsx_puts_it(tmp_path: Path) -> None:
    """One folder per node below `cluster-node-backups`; without its file nothing is listed."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        name = BACKUP.name
        there = (tmp_path / "disk/vol0/backups" / name).is_file()
        scene.server.remove(name)
        listed = await _listed(scene)

    assert there
    assert name.startswith(f"cluster-node-backups/4.2.1.0.0.24304122-{BACKUP.node_id}-10.20.0.5/")
    assert name.endswith("/backup-2024-04-05T19_34_38_901UTC.tar.gz")
    assert listed["results"] == []


@pytest.mark.parametrize(
    ("key", "bits"), [(KeyType.ECDSA_384, 384), (KeyType.ECDSA_521, 521), (KeyType.ECDSA_256, 256)]
)
async def test_another_key_size_hides_a_backup_silently(
    tmp_path: Path, key: KeyType, bits: int
) -> None:
    """A backup is listed only if the server's ECDSA key has the size that it had then."""
    fitting = replace(BACKUP, timestamp=BACKUP.timestamp + 1, key_bits=bits)
    hidden = replace(BACKUP, key_bits=384 if bits == 256 else 256)
    async with guided_scene(
        tmp_path, listed=[hidden, fitting], server={"key_types": [key]}
    ) as scene:
        await scene.configure()
        listed = await _listed(scene)

    assert [one["timestamp"] for one in listed["results"]] == [fitting.timestamp]


async def test_a_list_comes_in_pages(tmp_path: Path) -> None:
    """Cursors lead through all pages; the last page has none."""
    many = [replace(BACKUP, timestamp=BACKUP.timestamp + number) for number in range(5)]
    async with guided_scene(tmp_path, listed=many) as scene:
        scene.manager.largest_page = 2
        await scene.configure()
        seen: list[int] = []
        query: dict[str, Any] = {}
        for size in (2, 2, 1):
            page = await _listed(scene, **query)
            assert (len(page["results"]), page["result_count"]) == (size, 5)
            seen += [one["timestamp"] for one in page["results"]]
            query = {"cursor": page.get("cursor")}

    assert "cursor" not in page
    assert seen == [one.timestamp for one in many]


async def test_a_client_may_ask_for_smaller_sorted_pages(tmp_path: Path) -> None:
    """`page_size`, `sort_by`, `sort_ascending` and `included_fields` are obeyed."""
    many = [replace(BACKUP, timestamp=BACKUP.timestamp + number) for number in range(3)]
    async with guided_scene(tmp_path, listed=many) as scene:
        await scene.configure()
        page = await _listed(
            scene,
            page_size=2,
            sort_by="timestamp",
            sort_ascending="false",
            included_fields="timestamp",
        )

    assert page["results"] == [
        {"timestamp": many[2].timestamp},
        {"timestamp": many[1].timestamp},
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": 0},
        {"page_size": 1_001},
        {"page_size": "many"},
        {"cursor": "somewhere"},
        {"cursor": "page-from-99"},
        {"sort_by": "colour"},
    ],
    ids=str,
)
async def test_a_nonsensical_page_is_refused(tmp_path: Path, query: dict[str, Any]) -> None:
    """400, not some page."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        reply = await scene.client.get(TIMESTAMPS, params=query)

    assert reply.status_code == 400


async def test_the_last_page_may_have_a_cursor_of_zeros(tmp_path: Path) -> None:
    """Whoever follows it is at the beginning again."""
    async with guided_scene(tmp_path) as scene:
        scene.manager.faults.last_cursor_zeros = True
        await scene.configure()
        first = await _listed(scene)
        again = await _listed(scene, cursor=first["cursor"])

    assert first["cursor"].startswith("0000")
    assert again == first


async def test_a_server_that_was_changed_since_is_not_read(tmp_path: Path) -> None:
    """Another host key refuses the list, with NSX's own word."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        scene.server.rotate_host_key()
        reply = await scene.client.get(TIMESTAMPS)

    assert reply.status_code == 400
    assert reply.json()["error_message"].startswith("BACKUP_BAD_FINGERPRINT")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"timestamp": 1_712_345_678}, id="seconds"),
        pytest.param({"timestamp": 1_712_345_678_902}, id="another timestamp"),
        pytest.param({"timestamp": "1712345678901"}, id="timestamp is a string"),
        pytest.param({"timestamp": 1_712_345_678_901.0}, id="timestamp is a float"),
        pytest.param({"timestamp": None}, id="no timestamp"),
        pytest.param({"node_id": OTHER_NODE.node_id}, id="another node"),
        pytest.param({"node_id": None}, id="no node"),
        pytest.param({"ip_address": "10.20.0.6"}, id="another address"),
        pytest.param({"reason": "drill"}, id="unknown key"),
    ],
)
async def test_a_start_names_exactly_one_listed_backup(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Anything else is refused with 400, and nothing begins."""
    async with guided_scene(tmp_path) as scene:
        await scene.configure()
        body = {"node_id": BACKUP.node_id, "timestamp": BACKUP.timestamp} | changes
        reply = await scene.client.post(RESTORE, params={"action": "start"}, json=body)

        assert reply.status_code == 400
        assert await scene.word() == "INITIAL"
    assert scene.manager.start_posts == 1
    assert not scene.manager.orders


@pytest.mark.parametrize(
    ("profile", "key", "status"),
    [
        (Profile.V2_2, "ip_address", 400),
        (Profile.V2_5, "ip_address", 200),
        (Profile.V2_5, "ipv6_address", 400),
        (Profile.V4, "ipv6_address", 200),
    ],
)
async def test_a_start_has_the_keys_of_its_version(
    tmp_path: Path, profile: Profile, key: str, status: int
) -> None:
    """2.0 knows no address, 2.5 one, 4.2 two."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        await scene.configure()
        value = BACKUP.address if key == "ip_address" else "2001:db8::5"
        body = {"node_id": BACKUP.node_id, "timestamp": BACKUP.timestamp, key: value}
        reply = await scene.client.post(RESTORE, params={"action": "start"}, json=body)

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("backup", "publish", "status"),
    [
        pytest.param(BACKUP, False, 200, id="same IP"),
        pytest.param(BACKUP, True, 400, id="same IP, but the FQDN is published"),
        pytest.param(replace(BACKUP, address="10.20.0.6"), False, 400, id="another IP"),
        pytest.param(BY_NAME, True, 200, id="same FQDN, published"),
        pytest.param(BY_NAME, False, 400, id="same FQDN, not published"),
        pytest.param(replace(BACKUP, address="nsx2.example.com"), True, 400, id="another FQDN"),
        pytest.param(replace(BACKUP, address="NSX.example.com"), True, 400, id="upper case"),
    ],
)
async def test_a_backup_is_restored_only_onto_the_same_node(
    tmp_path: Path, backup: Any, *, publish: bool, status: int
) -> None:
    """Same IP and no published FQDN, or the same FQDN in lower case and published."""
    async with guided_scene(tmp_path, backup=backup, publish_fqdns=publish) as scene:
        await scene.configure()
        reply = await scene.start()

    assert reply.status_code == status
    if status == 400:
        assert backup.address in reply.json()["error_message"]


async def test_the_fqdn_is_published_by_a_put_with_the_revision(tmp_path: Path) -> None:
    """A missing revision is 400, a stale one 409; the right one counts up."""
    path = "/api/v1/configs/management"
    async with guided_scene(tmp_path, backup=BY_NAME) as scene:
        await scene.configure()
        read = (await scene.client.get(path)).json()
        missing = await scene.client.put(path, json={"publish_fqdns": True})
        put = await scene.client.put(path, json=read | {"publish_fqdns": True})
        stale = await scene.client.put(path, json=read | {"publish_fqdns": False})
        started = await scene.start()

    assert read == {"publish_fqdns": False, "_revision": 0}
    assert (missing.status_code, put.status_code, stale.status_code) == (400, 200, 409)
    assert put.json() == {"publish_fqdns": True, "_revision": 1}
    assert started.status_code == 200


async def test_a_policy_only_backup_is_not_restored(tmp_path: Path) -> None:
    """The list says what it is good for, and a start is refused."""
    only = replace(BACKUP, restore_type=("POLICY_ONLY_RESTORE",))
    async with guided_scene(tmp_path, backup=only) as scene:
        await scene.configure()
        listed = await _listed(scene)
        reply = await scene.start()

    assert listed["results"][0]["restore_type"] == ["POLICY_ONLY_RESTORE"]
    assert reply.status_code == 400


async def test_an_entry_may_say_nothing_of_its_kind(tmp_path: Path) -> None:
    """Without `restore_type` it is restored all the same."""
    async with guided_scene(tmp_path, backup=replace(BACKUP, restore_type=None)) as scene:
        await scene.configure()
        listed = await _listed(scene)
        assert (await scene.start()).status_code == 200
        await scene.work_to(RestoreState.SUCCESS)

    assert "restore_type" not in listed["results"][0]


async def test_a_backup_on_demand_is_made_listed_and_remembered(tmp_path: Path) -> None:
    """It takes its time, refuses a second one meanwhile, and its file can be restored."""
    base = "/api/v1/cluster/backups"
    async with guided_scene(tmp_path) as scene:
        order = ("/api/v1/cluster", {"action": "backup_to_remote"})
        unconfigured = await scene.client.post(order[0], params=order[1])
        await scene.configure()
        first = await scene.client.post(order[0], params=order[1])
        second = await scene.client.post(order[0], params=order[1])
        busy = (await scene.client.get(f"{base}/status")).json()
        await scene.work_until(lambda: not scene.manager.state()["backup_running"])
        idle = (await scene.client.get(f"{base}/status")).json()
        history = (await scene.client.get(f"{base}/history")).json()
        listed = await _listed(scene, sort_by="timestamp")
        made = scene.manager.listed[-1]
        assert (await scene.start(made)).status_code == 200
        await scene.work_to(RestoreState.SUCCESS)

    assert (unconfigured.status_code, first.status_code, second.status_code) == (400, 200, 409)
    assert first.content == b""
    assert (busy["operation_type"], idle) == ("BACKUP", {"operation_type": "NONE"})
    assert history["overall_backup_status"] == "SUCCESS"
    assert [one["success"] for one in history["cluster_backup_statuses"]] == [True]
    assert listed["result_count"] == 2
