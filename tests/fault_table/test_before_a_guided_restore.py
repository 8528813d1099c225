"""The rows of the fault table that the look before a guided restore answers (2.0 to 9.x)."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.domain.plan import ListedBackup, differences, digest
from bot.ports import BackupAccess, Looker, Telling
from bot.runbooks.guided_preflight import TOLD
from bot.runbooks.observations import Offered, Schedule
from bot.runbooks.preflight import NotReady, Ready
from bot.sandbox.listed_backup import POLICY_ONLY
from bot.sandbox.listed_backup import ListedBackup as Listed
from bot.sandbox.nsx.guided_faults import Faults, OtherRestore
from bot.sandbox.nsx.guided_profile import RestoreState
from tests.durable.outside import NEWEST, OWN, Outside, a_listed, an_outside
from tests.fault_table.looking import look, refusal, writes

OTHER = "0d1c2f7e-3b54-4a6e-9f11-2f6a7c1d9e30"
ANOTHER_KEY = "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
DAY = 86_400_000
FQDN = "nsx.example.com"


@pytest.mark.parametrize("word", ["INITIALIZING", "UNSTABLE", "DEGRADED", "SIM_UNLISTED"])
async def test_f01_a_manager_that_is_not_stable_is_refused(tmp_path: Path, word: str) -> None:
    """Its word is named, listed or not, and nothing is written."""
    async with an_outside(tmp_path, faults=Faults(management_status=word)) as outside:
        assert f"The manager's status is {word}" in await refusal(outside)
        assert writes(outside) == []


async def test_f06_a_server_with_another_key_gets_no_password(tmp_path: Path) -> None:
    """Neither of the bot nor, by a configuration, of the manager."""
    async with an_outside(tmp_path, location={"fingerprint": ANOTHER_KEY}) as outside:
        said = await refusal(outside)

        assert outside.backups.fingerprint_sha256() in said
        assert ANOTHER_KEY in said
        assert "no password was sent" in said
        assert outside.backups.passwords_received == 0
        assert writes(outside) == []


async def test_f06_a_manager_that_sees_another_key_is_not_told_the_server(tmp_path: Path) -> None:
    """What the manager retrieves is no proof, but where it differs somebody may sit between."""
    async with an_outside(tmp_path, faults=Faults(other_fingerprint=ANOTHER_KEY)) as outside:
        said = await refusal(outside)

        assert f"The manager sees another key of the backup server ({ANOTHER_KEY})" in said
        assert outside.backups.passwords_received == 0
        assert writes(outside) == []


async def test_f08_an_old_passphrase_is_not_judged_by_the_rule_of_today(tmp_path: Path) -> None:
    """Without a special character, as in the guide of 1.1: the backup was sealed with it."""
    async with an_outside(tmp_path, changes={"passphrase": "7Taspa5anecR"}) as outside:
        assert isinstance(await look(outside), Ready)


@pytest.mark.parametrize("state", [RestoreState.RUNNING, RestoreState.SUCCESS])
async def test_f11_f28_a_manager_with_a_restore_is_refused(
    tmp_path: Path, state: RestoreState
) -> None:
    """Running or over: only where there is none, one is planned."""
    faults = Faults(other_restore=OtherRestore(NEWEST - DAY, state))
    async with an_outside(tmp_path, faults=faults) as outside:
        said = await refusal(outside)

        assert "A restore starts only where there is none" in said
        assert state.name in said
        assert writes(outside) == []


async def test_f15_an_empty_list_is_explained_by_the_key_size(tmp_path: Path) -> None:
    """The manager gives no reason; the one that the guide gives is told."""
    async with an_outside(tmp_path, faults=Faults(list_empty=True)) as outside:
        said = await refusal(outside)

        assert "lists no backup" in said
        assert "ECDSA key must have the size it had" in said


async def test_f15_a_key_of_another_size_hides_the_backups(tmp_path: Path) -> None:
    """Made when the server had a key of 521 bits: silently not listed, and explained."""
    async with an_outside(tmp_path, listed=(a_listed(key_bits=521),)) as outside:
        assert "ECDSA key must have the size it had" in await refusal(outside)


async def test_f15_backups_of_other_nodes_are_no_choice(tmp_path: Path) -> None:
    """Their addresses are told, and the manager's own; naming one of them changes nothing."""
    foreign = a_listed(node_id=OTHER, address="10.20.0.99")
    async with an_outside(tmp_path, listed=(foreign,)) as outside:
        said = await refusal(outside)

        assert "none of them is its own" in said
        assert "10.20.0.99" in said
        assert "10.20.0.5" in said
        assert "10.20.0.99" in await refusal(outside, f"{OTHER}:{NEWEST}")


async def test_f15_among_the_backups_of_others_the_own_one_is_found(tmp_path: Path) -> None:
    """The list mixes all who ever wrote there; a foreign pair is refused."""
    own = a_listed(timestamp=NEWEST - DAY)
    foreign = a_listed(node_id=OTHER, address="10.20.0.99")
    async with an_outside(tmp_path, listed=(foreign, own)) as outside:
        seen = await look(outside)

        assert isinstance(seen, Ready)
        assert isinstance(seen.plan.backup, ListedBackup)
        assert (seen.plan.backup.node_id, seen.plan.backup.timestamp) == (OWN, NEWEST - DAY)
        said = await refusal(outside, f"{OTHER}:{NEWEST}")
        assert f"no backup {OTHER}:{NEWEST} of its own" in said


async def test_f15_an_upper_case_fqdn_is_refused_with_the_reason(tmp_path: Path) -> None:
    """It is the manager's own, but only in lower case can it be restored."""
    async with an_outside(
        tmp_path,
        listed=(a_listed(address=FQDN),),
        publish_fqdns=True,
        faults=Faults(list_upper_case=True),
    ) as outside:
        assert "Only a lower-case FQDN can be restored" in await refusal(outside)


async def test_f15_a_backup_by_fqdn_needs_a_published_one(tmp_path: Path) -> None:
    """By IP it must not be published: each says which switch to turn."""
    async with an_outside(tmp_path, listed=(a_listed(address=FQDN),)) as outside:
        assert "publish_fqdns true" in await refusal(outside)
    other = tmp_path / "other"
    other.mkdir()
    async with an_outside(other, publish_fqdns=True) as outside:
        assert "publish_fqdns false" in await refusal(outside)


async def test_f16_a_timestamp_in_seconds_is_refused(tmp_path: Path) -> None:
    """Milliseconds, copied exactly: nothing is rounded or repaired."""
    async with an_outside(tmp_path) as outside:
        said = await refusal(outside, f"{OWN}:{NEWEST // 1000}")

        assert "in seconds" in said
        assert "copy it exactly" in said


async def test_f16_a_timestamp_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    """One millisecond beside it is no backup."""
    async with an_outside(tmp_path) as outside:
        assert f"no backup {OWN}:{NEWEST + 1}" in await refusal(outside, f"{OWN}:{NEWEST + 1}")


async def test_f17_a_busy_manager_is_refused_for_the_moment(tmp_path: Path) -> None:
    """429: the refusal is marked as one that passes, and the next look is good."""
    async with an_outside(tmp_path, faults=Faults(too_many_requests=1)) as outside:
        seen = await look(outside)

        assert isinstance(seen, NotReady)
        assert seen.passing
        assert isinstance(await look(outside), Ready)


@pytest.mark.parametrize("status", [301, 307])
async def test_f18_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    """The other host is named, and hears nothing: credentials would travel along."""
    heard: list[object] = []

    async def hear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(writer.get_extra_info("peername"))
        writer.close()

    other = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with an_outside(tmp_path) as outside, other:
        port = other.sockets[0].getsockname()[1]
        outside.manager.faults.redirect_to = f"https://localhost:{port}"
        outside.manager.faults.redirect_status = status
        said = await refusal(outside)

        assert f"HTTP {status} to localhost" in said
        assert heard == []
        assert writes(outside) == []


async def test_f23_further_nodes_must_be_powered_off(tmp_path: Path) -> None:
    """A backup is restored on one fresh node."""
    async with an_outside(tmp_path, faults=Faults(online_nodes=3)) as outside:
        said = await refusal(outside)

        assert "3 manager nodes are online" in said
        assert "power off the others" in said
        assert writes(outside) == []


async def test_f24_a_manager_of_the_other_generation_is_refused(tmp_path: Path) -> None:
    """Version and configured generation are both named."""
    async with an_outside(tmp_path, faults=Faults(product_version="1.1.0.0.0.4788147")) as outside:
        said = await refusal(outside)

        assert "1.1.0.0.0.4788147" in said
        assert "generation nsx" in said
        assert writes(outside) == []


async def test_f24_another_version_is_another_plan(tmp_path: Path) -> None:
    """What was approved does not hold any more, and the difference names both versions."""
    async with an_outside(tmp_path) as outside:
        before = await look(outside)
        outside.manager.faults.product_version = "4.2.2.0.0.24730845"
        after = await look(outside)

        assert isinstance(before, Ready)
        assert isinstance(after, Ready)
        assert digest(before.plan) != digest(after.plan)
        (said,) = differences(before.plan, after.plan)
        assert before.plan.manager_version in said
        assert "4.2.2.0.0.24730845" in said


async def test_f22_a_backup_that_is_gone_is_no_plan_any_more(tmp_path: Path) -> None:
    """The look at the start finds another one, so its digest is another, or none at all."""
    older = a_listed(timestamp=NEWEST - DAY)
    async with an_outside(tmp_path, listed=(a_listed(), older)) as outside:
        before = await look(outside)
        assert isinstance(before, Ready)
        outside.manager.listed.remove(a_listed())
        after = await look(outside)

        assert isinstance(after, Ready)
        assert digest(before.plan) != digest(after.plan)
        assert f"no backup {OWN}:{NEWEST}" in await refusal(outside, before.plan.backup.id)


async def test_f25_all_pages_of_the_list_are_read(tmp_path: Path) -> None:
    """The last page has a cursor too, of zeros, which leads to the first one: no endless loop."""
    days = tuple(a_listed(timestamp=NEWEST - DAY * day) for day in range(7))
    async with an_outside(
        tmp_path, listed=tuple(reversed(days)), faults=Faults(last_cursor_zeros=True)
    ) as outside:
        outside.manager.largest_page = 2
        seen = await look(outside)

        assert isinstance(seen, Ready)
        assert isinstance(seen.plan.backup, ListedBackup)
        assert seen.plan.backup.timestamp == NEWEST
        assert any("lists 7 backups; 7 are its own" in note for note in seen.notes)


async def test_f26_a_backup_for_policy_only_is_not_offered(tmp_path: Path) -> None:
    """Named all the same, it is refused with the reason; an absent list hides nothing."""
    regular: Listed = a_listed(timestamp=NEWEST - DAY)
    policy = replace(a_listed(), restore_type=(POLICY_ONLY,))
    async with an_outside(tmp_path, listed=(policy, regular)) as outside:
        offered = await outside.preflight.offered(outside.target, Looker("U0ANA"))
        assert isinstance(offered, Offered)
        assert [one.id for one in offered.backups] == [f"{OWN}:{NEWEST - DAY}"]
        said = await refusal(outside, f"{OWN}:{NEWEST}")
        assert f"good for {POLICY_ONLY} only, not for a full restore" in said


async def test_f30_a_server_that_somebody_sets_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Between the look and the writing lies a row of the audit; what they set stays as it is."""
    async with an_outside(tmp_path) as outside:
        said = await refusal(_overtaken(outside, "/vol0"))

        assert "Somebody set a backup server meanwhile" in said
        assert "file the request again" in said
        await _stands_as_set(outside, "/vol0")


async def test_f30_our_server_that_somebody_sets_meanwhile_is_listed_and_not_written(
    tmp_path: Path,
) -> None:
    """Another look of ours does it in the same moment; neither is refused for the other."""
    async with an_outside(tmp_path) as outside:
        ready = await look(_overtaken(outside, outside.target.backup.directory))

        assert isinstance(ready, Ready)
        assert TOLD not in ready.notes
        await _stands_as_set(outside, outside.target.backup.directory)


def _overtaken(outside: Outside, directory: str) -> Outside:
    """Have somebody name the backup server right before our look does."""

    async def announce(looker: Looker, telling: Telling) -> None:
        await outside.announcer(looker, telling)
        await _set_by_hand(outside, directory)

    return replace(outside, preflight=outside.looking(announce))


async def _stands_as_set(outside: Outside, directory: str) -> None:
    """Check that nothing was written after them, and that what they set is as they set it."""
    assert len(writes(outside)) == 2, "theirs alone"
    async with outside.managers.guided(outside.target) as manager:
        found = await manager.backup_place()
        assert found is not None
        assert found.directory == directory
        assert await manager.schedule() == Schedule(enabled=True)


async def _set_by_hand(outside: Outside, directory: str) -> None:
    """Name the backup server on the manager, with automatic backups, in two writes."""
    location = outside.target.backup
    access = BackupAccess(
        server=location.server,
        port=location.port,
        directory=directory,
        fingerprint=location.fingerprint,
        username=location.username,
        password=outside.secrets["BACKUP"],
        passphrase="S0mebody!else",
    )
    async with outside.managers.guided(outside.target) as manager:
        await manager.keep_backups(access)
        await manager.set_schedule(enabled=True)


async def test_f30_a_manager_at_work_is_not_told_a_server(tmp_path: Path) -> None:
    """It counts transport nodes, so it is no fresh one: its owner names the server by hand."""
    async with an_outside(tmp_path, faults=Faults(transport_nodes=12)) as outside:
        said = await refusal(outside)

        assert "it knows 12 transport nodes" in said
        assert "name the backup server on the manager by hand" in said
        assert writes(outside) == []
        assert outside.announcer.announced == []


async def test_f30_a_fresh_manager_is_told_the_server_after_it_is_announced(
    tmp_path: Path,
) -> None:
    """Once, by a row without a secret; where no row can be written, nothing is written at all."""
    async with an_outside(tmp_path) as outside:
        outside.announcer.trouble = StoreError("The database is full.", "Make room.")
        assert "was not told ours. The database is full." in await refusal(outside)
        assert writes(outside) == []
        outside.announcer.trouble = None
        seen = await look(outside)
        assert isinstance(seen, Ready)
        assert seen.notes[0] == TOLD
        assert len(writes(outside)) == 1
        assert TOLD not in repr(await look(outside))
        ((_, telling),) = outside.announcer.announced
        assert not [secret for secret in outside.secrets.values() if secret in repr(telling)]
