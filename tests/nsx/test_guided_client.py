"""The client of 2.0 and later against the simulator: whole restores, and what goes wrong in them.

The simulator is a real HTTPS server; nothing of the client is replaced.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.domain.values import Component
from bot.ports import BackupPlace, GuidedManager
from bot.runbooks.actions import Selection
from bot.runbooks.observations import Census, ListedRestore, Schedule
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
from bot.sandbox.listed_backup import POLICY_ONLY, REGULAR
from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.guided_faults import (
    Faults,
    OtherRestore,
    StartFault,
    StatusForm,
)
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import DOCUMENTED_PROMPTS, OTHER_MANAGERS, TRANSPORT_NODES
from tests.nsx.guided_rig import BACKUP, MADE, NODE, PASSING, Rig, a_rig, follow
from tests.nsx.places import PASSPHRASE

_SLOW = Durations(step=100_000)
"""A restore that stays in its first step for as long as a test lasts."""


async def _prepare(manager: GuidedManager, rig: Rig) -> None:
    await manager.keep_backups(rig.access())


async def _begin(manager: GuidedManager, rig: Rig) -> None:
    await _prepare(manager, rig)
    assert (await manager.start(NODE, MADE)).outcome == "accepted"


async def _answers(manager: GuidedManager, status: RestoreStatus) -> tuple[Selection, ...]:
    """Choose every resource of every instruction."""
    return tuple(
        [
            Selection(
                instruction.id,
                tuple(
                    (resource.id, resource.kind, True)
                    for resource in await manager.resources(instruction.id, instruction.fields)
                ),
            )
            for instruction in status.instructions
        ]
    )


async def _to_the_end(manager: GuidedManager) -> tuple[RestoreStatus, set[Kind], int]:
    """Answer what is asked until the restore is over."""
    seen: set[Kind] = set()
    for answered in range(20):
        status, kinds = await follow(manager, Phase.ASKING, Phase.SUCCEEDED)
        seen |= kinds
        if status.phase is Phase.SUCCEEDED:
            return status, seen, answered
        reply = await manager.order(ADVANCE, await _answers(manager, status))
        assert reply.outcome == "accepted", reply.said
    raise AssertionError("It never ends.")


# -- whole restores -----------------------------------------------------------------------------


@pytest.mark.parametrize("profile", Profile)
async def test_a_restore_from_the_fresh_manager_to_the_fresh_backup(
    tmp_path: Path, profile: Profile
) -> None:
    """F12: with every documented question and over both restarts, in the words of each version."""
    async with (
        a_rig(tmp_path, profile=profile, prompts=DOCUMENTED_PROMPTS) as rig,
        rig.open() as manager,
    ):
        assert (await manager.facts()).fqdn == "nsx.example.com"
        assert (await manager.cluster_status()).addresses == ("10.20.0.5",)
        assert await manager.publishes_fqdn() is False
        assert await manager.backup_place() is None
        assert await manager.backups() == ()
        await _prepare(manager, rig)
        place = BackupPlace(
            rig.server.host,
            rig.server.port,
            rig.server.directory,
            rig.server.fingerprint_sha256(),
        )
        assert await manager.backup_place() == place
        assert await manager.schedule() == Schedule(enabled=False)
        (listed,) = await manager.backups()
        assert (listed.node_id, listed.timestamp, listed.address) == (NODE, MADE, "10.20.0.5")
        assert (await manager.restore_status()).phase is Phase.IDLE

        started = await manager.start(listed.node_id, listed.timestamp)
        assert started.outcome == "accepted"
        assert started.status is not None
        assert started.status.is_of(MADE)

        status, kinds, answered = await _to_the_end(manager)
        assert (status.step, status.total) == (11, 11)
        assert status.id == started.status.id
        assert answered == len(DOCUMENTED_PROMPTS)
        assert kinds
        assert kinds <= PASSING
        assert rig.simulator.start_posts == 1

        assert (await manager.cluster_status()).management == "STABLE"
        assert await manager.set_schedule(enabled=False) == Schedule(enabled=False)
        alarms = 0 if profile.has(Profile.V4) else None
        assert await manager.census() == Census(6, alarms)
        before = await manager.backup_run()
        await manager.make_backup()
        assert (await manager.backup_run()).running
        await rig.simulator.until(lambda: not rig.simulator.state()["backup_running"])
        after = await manager.backup_run()
        assert (after.running, after.success) == (False, True)
        assert after.ended_at is not None
        assert before.ended_at is not None
        assert after.ended_at > before.ended_at


@pytest.mark.parametrize("profile", [Profile.V4, Profile.V9_1])
async def test_a_global_manager_is_restored_under_its_own_paths(
    tmp_path: Path, profile: Profile
) -> None:
    """It asks nothing, and counts neither transport nodes nor alarms."""
    async with (
        a_rig(tmp_path, profile=profile, component=Component.GLOBAL) as rig,
        rig.open() as manager,
    ):
        assert await manager.ssh_fingerprint(rig.server.host, rig.server.port) == (
            rig.server.fingerprint_sha256()
        )
        await _begin(manager, rig)
        status, _, answered = await _to_the_end(manager)
        assert status.is_of(MADE)
        assert answered == 0
        assert await manager.census() == Census(None, None)
        assert await manager.set_schedule(enabled=False) == Schedule(enabled=False)
        await manager.make_backup()
        assert (await manager.backup_run()).running


@pytest.mark.parametrize("profile", Profile)
async def test_a_server_key_is_told_by_managers_that_can(tmp_path: Path, profile: Profile) -> None:
    """Since 2.5.1; it is what the manager says, true or not."""
    faults = Faults()
    async with a_rig(tmp_path, profile=profile, faults=faults) as rig, rig.open() as manager:
        told = await manager.ssh_fingerprint(rig.server.host, rig.server.port)
        known = rig.server.fingerprint_sha256() if profile.has(Profile.V2_5) else None
        assert told == known
        faults.other_fingerprint = "SHA256:" + "A" * 43
        other = await manager.ssh_fingerprint(rig.server.host, rig.server.port)
        assert other == (faults.other_fingerprint if known else None)


# -- starting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [fault for fault in StartFault if fault is not StartFault.NONE])
async def test_a_start_without_an_answer_is_unknown_and_was_sent_once(
    tmp_path: Path, fault: StartFault
) -> None:
    """F10: cut, silent or lost behind a proxy; whether it began, only the status tells."""
    faults = Faults(start_post=fault)
    async with (
        a_rig(tmp_path, faults=faults, durations=_SLOW) as rig,
        rig.open(seconds=0.5) as manager,
    ):
        await _prepare(manager, rig)
        reply = await manager.start(NODE, MADE)
        assert (reply.outcome, reply.status) == ("unknown", None)
        assert rig.simulator.start_posts == 1
        status = await manager.restore_status()
        began = fault in {
            StartFault.CUT_AFTER_ACCEPTING,
            StartFault.HANG_AFTER_ACCEPTING,
            StartFault.LOST_AFTER_ACCEPTING,
        }
        assert status.phase is (Phase.RUNNING if began else Phase.IDLE)
        assert status.is_of(MADE) is began


async def test_a_start_meets_somebody_elses_restore(tmp_path: Path) -> None:
    """F11: its status comes back, so that it can be shown; nothing was started."""
    faults = Faults(other_restore=OtherRestore(MADE - 86_400_000, with_start=True))
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        await _prepare(manager, rig)
        reply = await manager.start(NODE, MADE)
        assert reply.outcome == "taken"
        assert reply.status is not None
        assert reply.status.backup_timestamp == MADE - 86_400_000
        assert "step 3 of 11" in reply.said
        assert rig.simulator.orders["start"] == 0


async def test_a_start_after_an_earlier_success_is_taken_by_that(tmp_path: Path) -> None:
    """F11: a success of an earlier backup is no restore of ours; its moment shows that."""
    faults = Faults(other_restore=OtherRestore(MADE - 1, state=RestoreState.SUCCESS))
    async with a_rig(tmp_path, faults=faults) as rig, rig.open() as manager:
        await _prepare(manager, rig)
        reply = await manager.start(NODE, MADE)
        assert reply.outcome == "taken"
        assert reply.status is not None
        assert reply.status.phase is Phase.SUCCEEDED
        assert not reply.status.is_of(MADE)


async def test_a_backup_that_is_not_in_the_list_is_refused(tmp_path: Path) -> None:
    """F16: by the manager, in its words; a moment in seconds does not even reach it."""
    async with a_rig(tmp_path) as rig, rig.open() as manager:
        await _prepare(manager, rig)
        reply = await manager.start(NODE, MADE + 1)
        assert (reply.outcome, rig.simulator.start_posts) == ("refused", 1)
        assert "HTTP 400" in reply.said
        assert (await manager.start(NODE, MADE // 1000)).outcome == "refused"
        assert rig.simulator.start_posts == 1


# -- lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize("zeros", [False, True])
async def test_a_list_in_pages_is_read_whole(tmp_path: Path, *, zeros: bool) -> None:
    """F25: all backups of all managers, also where the last page has a cursor of zeros."""
    backups = tuple(replace(BACKUP, timestamp=MADE + 1000 * number) for number in range(7))
    faults = Faults(last_cursor_zeros=zeros)
    async with a_rig(tmp_path, backups=backups, faults=faults) as rig, rig.open() as manager:
        await _prepare(manager, rig)
        rig.simulator.largest_page = 2
        found = await manager.backups()
        assert [backup.timestamp for backup in found] == [b.timestamp for b in backups]
        asked = [r for r in rig.simulator.requests if "backuptimestamps" in r.path]
        assert len(asked) == 4


async def test_a_list_tells_for_what_each_backup_is_good(tmp_path: Path) -> None:
    """F26: kinds and addresses as they are listed; an absent kind hides nothing."""
    backups = (
        replace(BACKUP, restore_type=(POLICY_ONLY,)),
        replace(BACKUP, timestamp=MADE + 1, restore_type=None),
        replace(BACKUP, timestamp=MADE + 2, address="nsx.example.com"),
    )
    faults = Faults(list_upper_case=True)
    async with a_rig(tmp_path, backups=backups, faults=faults) as rig, rig.open() as manager:
        await _prepare(manager, rig)
        assert await manager.backups() == (
            ListedRestore(NODE, MADE, "10.20.0.5", (POLICY_ONLY,)),
            ListedRestore(NODE, MADE + 1, "10.20.0.5"),
            ListedRestore(NODE, MADE + 2, "NSX.EXAMPLE.COM", (REGULAR,)),
        )


# -- questions and orders -----------------------------------------------------------------------


async def test_two_questions_at_once_are_answered_together(tmp_path: Path) -> None:
    """F14: one item for each; resources come in pages, with the fields that are to be shown."""
    prompts = (TRANSPORT_NODES.at(2), OTHER_MANAGERS.at(2))
    async with a_rig(tmp_path, prompts=prompts) as rig, rig.open() as manager:
        await _begin(manager, rig)
        status, _ = await follow(manager, Phase.ASKING)
        assert len(status.instructions) == 2
        assert status.offered == (ADVANCE, CANCEL)
        rig.simulator.largest_page = 1
        first, second = status.instructions
        hosts = await manager.resources(first.id, first.fields)
        assert [(host.kind, host.name, host.shown) for host in hosts] == [
            ("TransportNode", "esx-07.example.com", ("esx-07.example.com", "192.0.2.77")),
            ("TransportNode", "esx-08.example.com", ("esx-08.example.com", "192.0.2.78")),
        ]
        half = (Selection(first.id),)
        assert (await manager.order(ADVANCE, half)).outcome == "refused"
        chosen = Selection(first.id, ((hosts[0].id, hosts[0].kind, True),))
        both = await manager.order(ADVANCE, (chosen, Selection(second.id)))
        assert both.outcome == "accepted"
        assert rig.simulator.advances == [
            {
                "data": [
                    {
                        "id": first.id,
                        "resources": [
                            {
                                "target_id": hosts[0].id,
                                "target_type": "TransportNode",
                                "selected": True,
                            }
                        ],
                    },
                    {"id": second.id, "resources": []},
                ]
            }
        ]
        with pytest.raises(ManagerError) as caught:
            await manager.resources(first.id, ())
        assert caught.value.kind is Kind.MISSING


@pytest.mark.parametrize("form", [StatusForm.NULLS, StatusForm.MISSING])
async def test_a_status_with_little_in_it_is_read(tmp_path: Path, form: StatusForm) -> None:
    """F14: an unlisted word, and no step, no instructions, no offers: shown, not guessed."""
    faults = Faults(status_form=form, status_word="SIM_PONDERING")
    async with a_rig(tmp_path, faults=faults, durations=_SLOW) as rig, rig.open() as manager:
        await _begin(manager, rig)
        status = await manager.restore_status()
        assert (status.phase, status.word) == (Phase.UNKNOWN, "SIM_PONDERING")
        assert (status.step, status.total, status.offered) == (None, None, ())
        assert status.is_of(MADE)


@pytest.mark.parametrize("profile", Profile)
async def test_a_restore_pauses_goes_on_and_is_cancelled(tmp_path: Path, profile: Profile) -> None:
    """Suspend, advance, suspend, cancel; what is not offered is refused in the manager's words."""
    async with a_rig(tmp_path, profile=profile) as rig, rig.open() as manager:
        await _begin(manager, rig)
        for _ in range(2):
            assert (await manager.order(SUSPEND, ())).outcome == "accepted"
            status, _ = await follow(manager, Phase.PAUSED)
            assert status.offered == (ADVANCE, CANCEL)
            refused = await manager.order(RETRY, ())
            assert refused.outcome == "refused"
            assert status.word in refused.said
            order: Order = ADVANCE if not rig.simulator.orders["advance"] else CANCEL
            assert (await manager.order(order, ())).outcome == "accepted"
        assert (await manager.restore_status()).phase is Phase.ABORTED
        assert rig.simulator.advances == [{"data": []}]


@pytest.mark.parametrize("profile", Profile)
async def test_a_wrong_passphrase_is_corrected_and_the_step_tried_again(
    tmp_path: Path, profile: Profile
) -> None:
    """F09: by an order of its own where the version has it, else by a plain retry."""
    async with a_rig(tmp_path, profile=profile) as rig, rig.open() as manager:
        await manager.keep_backups(rig.access("another"))
        await manager.start(NODE, MADE)
        status, _ = await follow(manager, Phase.FAILED)
        assert "passphrase" in status.said
        await manager.keep_backups(rig.access(PASSPHRASE))
        updated = await manager.order(RETRY_UPDATED, ())
        if profile.has(Profile.V9_1):
            assert RETRY_UPDATED in status.offered
            assert updated.outcome == "accepted"
        else:
            assert RETRY_UPDATED not in status.offered
            assert updated.outcome == "refused"
            assert "HTTP 404" in updated.said
            assert (await manager.order(RETRY, ())).outcome == "accepted"
        assert (await _to_the_end(manager))[0].is_of(MADE)
