"""Each fault switch of a 2.0 to 9.x Manager does on the wire what its description says."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.authority import Flaw
from bot.sandbox.nsx.guided_faults import (
    Failure,
    Faults,
    OtherRestore,
    StartFault,
    StatusForm,
    TokenRefused,
)
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS
from bot.sandbox.nsx.odd_replies import OddReply
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart
from tests.sandbox.nsx.guided_scene import (
    BACKUP,
    RESTORE,
    STATUS,
    TIMESTAMPS,
    GuidedScene,
    guided_scene,
)

EARLIER = BACKUP.timestamp - 86_400_000


@pytest.mark.parametrize(
    ("fault", "begun"),
    [
        (StartFault.CUT_BEFORE_ACCEPTING, False),
        (StartFault.CUT_AFTER_ACCEPTING, True),
        (StartFault.HANG_BEFORE_ACCEPTING, False),
        (StartFault.HANG_AFTER_ACCEPTING, True),
    ],
)
async def test_a_start_without_an_answer_may_have_begun_or_not(
    tmp_path: Path, fault: StartFault, *, begun: bool
) -> None:
    """The client learns nothing; only the status tells."""
    async with guided_scene(tmp_path, faults=Faults(start_post=fault)) as scene:
        await scene.configure()
        scene.client.timeout = httpx.Timeout(0.3)
        with pytest.raises(httpx.TransportError):
            await scene.start()
        await scene.manager.until(lambda: scene.manager.start_posts == 1)
        scene.client.timeout = httpx.Timeout(5)

        assert await scene.word() == ("RUNNING" if begun else "INITIAL")
    assert scene.manager.start_posts == 1
    assert scene.manager.orders["start"] == int(begun)
    starts = [one for one in scene.manager.requests if "action=start" in one.path]
    assert [one.status for one in starts] == [None]


async def test_an_accepted_start_may_be_lost_behind_a_gateway(tmp_path: Path) -> None:
    """502 with a page of HTML, and the restore runs."""
    faults = Faults(start_post=StartFault.LOST_AFTER_ACCEPTING)
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        reply = await scene.start()

        assert (reply.status_code, reply.headers["Content-Type"]) == (
            502,
            "text/html; charset=utf-8",
        )
        assert await scene.word() == "RUNNING"


@pytest.mark.parametrize("with_start", [True, False])
async def test_somebody_elses_restore_refuses_a_start(tmp_path: Path, *, with_start: bool) -> None:
    """409 with the other one's status; it shows before the start, or only with it."""
    other = OtherRestore(EARLIER, with_start=with_start)
    async with guided_scene(tmp_path, faults=Faults(other_restore=other)) as scene:
        await scene.configure()
        before = await scene.word()
        reply = await scene.start()
        after = await scene.status()

    assert before == ("INITIAL" if with_start else "RUNNING")
    assert reply.status_code == 409
    assert reply.json()["backup_timestamp"] == EARLIER
    assert after == reply.json()
    assert not scene.manager.orders


@pytest.mark.parametrize("again", [True, False])
async def test_an_earlier_success_is_shown_until_a_start_is_accepted(
    tmp_path: Path, *, again: bool
) -> None:
    """It has the earlier backup's timestamp; whether a start is taken after it is a switch."""
    faults = Faults(
        other_restore=OtherRestore(EARLIER, RestoreState.SUCCESS), starts_after_success=again
    )
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        before = await scene.status()
        reply = await scene.start()

    assert (before["status"]["value"], before["backup_timestamp"]) == ("SUCCESS", EARLIER)
    assert reply.status_code == (200 if again else 409)
    assert reply.json()["backup_timestamp"] == (BACKUP.timestamp if again else EARLIER)


async def test_a_restored_manager_may_take_another_start(tmp_path: Path) -> None:
    """With the switch on; without it the table's 409 stands."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.SUCCESS)
        refused = await scene.start()
        scene.manager.faults.starts_after_success = True
        taken = await scene.start()

    assert (refused.status_code, taken.status_code) == (409, 200)


async def test_no_passphrase_is_right(tmp_path: Path) -> None:
    """The right one fails too."""
    async with guided_scene(tmp_path, faults=Faults(refuse_passphrase=True)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        status = await scene.status()

    assert "passphrase" in status["status"]["description"]


@pytest.mark.parametrize("restart", ["restart_service", "reboot"])
async def test_a_transient_failure_heals_by_a_restart(tmp_path: Path, restart: str) -> None:
    """The restore goes on by itself, without a retry."""
    faults = Faults(failures=(Failure(2, times=None, heals_by_restart=True),))
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        status = await scene.status()
        getattr(scene.manager, restart)()
        await scene.work_to(RestoreState.SUCCESS)

    assert (status["step"]["step_number"], status["step"]["status"]["value"]) == (2, "FAILED")
    assert status["status"]["description"] == "Cluster restore failed"
    assert scene.manager.orders == {"start": 1}


async def test_a_failure_repeats_before_a_retry_helps(tmp_path: Path) -> None:
    """It fails as often as it was told to, always at the same step; a restart does not help."""
    faults = Faults(failures=(Failure(3, times=2, reason="Node restore failed"),))
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.FAILED)
        scene.manager.restart_service()
        await scene.work_until(lambda: scene.manager.state()["window"] != "open")
        await scene.work_until(lambda: scene.manager.state()["window"] == "open")
        assert (await scene.status())["step"]["step_number"] == 3
        await scene.order("retry")
        await scene.work_to(RestoreState.FAILED)
        assert (await scene.status())["step"]["step_number"] == 3
        await scene.order("retry")
        await scene.work_to(RestoreState.SUCCESS)

    assert scene.manager.orders["retry"] == 2


async def test_a_final_failure_stays_one(tmp_path: Path) -> None:
    """Every retry fails again."""
    faults = Faults(failures=(Failure(2, times=None),))
    async with guided_scene(tmp_path, faults=faults) as scene:
        await scene.configure()
        await scene.start()
        for _ in range(3):
            await scene.work_to(RestoreState.FAILED)
            assert (await scene.order("retry")).status_code == 200
        await scene.work_to(RestoreState.FAILED)


async def test_a_failed_restore_may_offer_to_be_cancelled(tmp_path: Path) -> None:
    """Only then is the order taken."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(RestoreState.FAILED)
        refused = await scene.order("cancel")
        scene.manager.faults.cancel_after_failure = True
        offered = scene.manager.state()["offered"]
        taken = await scene.order("cancel")

    assert (refused.status_code, taken.status_code) == (409, 200)
    assert "cancel" in offered
    assert taken.json()["status"]["value"] == "ABORTED"


async def test_a_restore_may_abort_by_itself(tmp_path: Path) -> None:
    """ABORTED by nobody's order."""
    async with guided_scene(tmp_path, faults=Faults(abort_at_step=2)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.ABORTED)
        status = await scene.status()

    assert (status["status"]["value"], status["endpoints"]) == ("ABORTED", [])
    assert status["restore_end_time"] is not None


async def test_a_restore_may_run_for_ever(tmp_path: Path) -> None:
    """A day later it is still at that step."""
    async with guided_scene(tmp_path, faults=Faults(stuck_at_step=2)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_until(lambda: scene.manager.state()["step"] == 2)
        for _ in range(24):
            scene.time.pass_by(3_600)
            await asyncio.sleep(0)
        status = await scene.status()

    assert (status["status"]["value"], status["step"]["step_number"]) == ("RUNNING", 2)


async def test_a_word_may_be_unheard_of(tmp_path: Path) -> None:
    """It stands where RUNNING would."""
    async with guided_scene(tmp_path, faults=Faults(status_word="SIM_PONDERING")) as scene:
        await scene.configure()
        fresh = await scene.word()
        await scene.start()

        assert (fresh, await scene.word()) == ("INITIAL", "SIM_PONDERING")


async def test_an_instruction_may_be_unheard_of(tmp_path: Path) -> None:
    """It has an id and a name, and nothing that says what to do."""
    faults = Faults(unknown_instruction=True)
    async with guided_scene(tmp_path, faults=faults, prompts=(COMPUTE_MANAGERS,)) as scene:
        await scene.configure()
        await scene.start()
        await scene.work_to(RestoreState.SUSPENDED_FOR_USER_ACTION)
        (instruction,) = (await scene.status())["instructions"]

    assert set(instruction) == {"id", "name"}


@pytest.mark.parametrize("form", [StatusForm.NULLS, StatusForm.MISSING])
async def test_a_status_may_lack_nearly_everything(tmp_path: Path, form: StatusForm) -> None:
    """Step, times, total, instructions and endpoints are null, or not there."""
    async with guided_scene(tmp_path, faults=Faults(status_form=form)) as scene:
        await scene.configure()
        await scene.start()
        status = await scene.status()

    keys = ("restore_start_time", "restore_end_time", "total_steps", "step", "instructions")
    for key in (*keys, "endpoints"):
        assert status.get(key) is None
        assert (key in status) is (form is StatusForm.NULLS)
    assert status["status"]["value"] == "RUNNING"


async def test_a_status_may_be_forbidden(tmp_path: Path) -> None:
    """403 with a status as its body."""
    async with guided_scene(tmp_path, faults=Faults(status_forbidden=True)) as scene:
        reply = await scene.client.get(STATUS)

    assert (reply.status_code, reply.json()["status"]["value"]) == (403, "INITIAL")


@pytest.mark.parametrize(
    ("switch", "action", "state"),
    [
        ("cancel_not_offered", "cancel", RestoreState.SUSPENDED_BY_USER),
        ("suspend_not_offered", "suspend", RestoreState.RUNNING),
    ],
)
async def test_an_order_that_is_not_offered_is_refused(
    tmp_path: Path, switch: str, action: str, state: RestoreState
) -> None:
    """It is not among `endpoints`, and gets 409."""
    async with guided_scene(tmp_path) as scene:
        await scene.bring_to(state)
        setattr(scene.manager.faults, switch, True)
        offered = [one["href"] for one in (await scene.status())["endpoints"]]
        reply = await scene.order(action)

    assert all(action not in href for href in offered)
    assert reply.status_code == 409


async def test_a_list_may_be_empty_for_no_visible_reason(tmp_path: Path) -> None:
    """Nothing is listed, and so nothing can be started."""
    async with guided_scene(tmp_path, faults=Faults(list_empty=True)) as scene:
        await scene.configure()
        listed = (await scene.client.get(TIMESTAMPS)).json()
        reply = await scene.start()

    assert (listed["results"], reply.status_code) == ([], 400)


async def test_a_list_may_shout(tmp_path: Path) -> None:
    """FQDNs in upper case are listed and refused at the start; IPs stay as they are."""
    by_name = replace(BACKUP, address="nsx.example.com")
    by_ip = replace(BACKUP, timestamp=BACKUP.timestamp + 1)
    async with guided_scene(
        tmp_path,
        backup=by_name,
        listed=[by_name, by_ip],
        publish_fqdns=True,
        faults=Faults(list_upper_case=True),
    ) as scene:
        await scene.configure()
        listed = (await scene.client.get(TIMESTAMPS)).json()["results"]
        reply = await scene.start()

    assert [one["ip_address"] for one in listed] == ["NSX.EXAMPLE.COM", "10.20.0.5"]
    assert reply.status_code == 400


async def test_a_list_may_offer_policy_only(tmp_path: Path) -> None:
    """Every entry says so, and a full restore is refused."""
    async with guided_scene(tmp_path, faults=Faults(list_policy_only=True)) as scene:
        await scene.configure()
        (entry,) = (await scene.client.get(TIMESTAMPS)).json()["results"]
        reply = await scene.start()

    assert (entry["restore_type"], reply.status_code) == (["POLICY_ONLY_RESTORE"], 400)


@pytest.mark.parametrize(
    ("faults", "path", "keys", "value"),
    [
        (
            Faults(management_status="INITIALIZING"),
            "cluster/status",
            ("mgmt_cluster_status", "status"),
            "INITIALIZING",
        ),
        (
            Faults(control_status="UNSTABLE"),
            "cluster/status",
            ("control_cluster_status", "status"),
            "UNSTABLE",
        ),
        (Faults(product_version="3.2.1.0.0.1"), "node", ("product_version",), "3.2.1.0.0.1"),
        (Faults(online_nodes=3), "cluster/nodes", ("result_count",), 3),
    ],
)
async def test_an_appliance_may_say_other_things_of_itself(
    tmp_path: Path, faults: Faults, path: str, keys: tuple[str, ...], value: Any
) -> None:
    """The word of the management cluster, the version, the number of nodes."""
    async with guided_scene(tmp_path, faults=faults) as scene:
        told = (await scene.client.get(f"/api/v1/{path}")).json()

    for key in keys:
        told = told[key]
    assert told == value


async def _restart(scene: GuidedScene) -> None:
    scene.manager.reboot()
    await scene.work_until(lambda: scene.manager.state()["window"] != "open")
    await scene.work_until(lambda: scene.manager.state()["window"] == "open")


@pytest.mark.parametrize(
    ("faults", "answers"),
    [
        (Faults(unauthorized_after_restart=True), [(401, 401), (401, 401)]),
        (Faults(locked_out_after_restart=True), [(403, 403), (403, 403)]),
        (Faults(token_refused=TokenRefused.ONCE), [(403, 98), (200, None)]),
        (Faults(token_refused=TokenRefused.ALWAYS), [(403, 98), (403, 98)]),
    ],
)
async def test_a_restart_may_make_logins_fail(
    tmp_path: Path, faults: Faults, answers: list[tuple[int, int | None]]
) -> None:
    """Good before; afterwards refused, for once or for good."""
    async with guided_scene(tmp_path, faults=faults) as scene:
        assert await scene.word() == "INITIAL"
        await _restart(scene)
        replies = [await scene.client.get(STATUS) for _ in answers]

    assert [(one.status_code, one.json().get("error_code")) for one in replies] == answers


async def test_an_account_may_be_locked_from_the_start(tmp_path: Path) -> None:
    """403 and code 403."""
    async with guided_scene(tmp_path, faults=Faults(locked_out=True)) as scene:
        reply = await scene.client.get(STATUS)

    assert (reply.status_code, reply.json()["error_code"]) == (403, 403)


@pytest.mark.parametrize("status", [301, 307])
async def test_every_request_may_be_sent_elsewhere(tmp_path: Path, status: int) -> None:
    """The address of the other host keeps path and query."""
    faults = Faults(redirect_to="https://192.0.2.9", redirect_status=status)
    async with guided_scene(tmp_path, faults=faults) as scene:
        reply = await scene.start()

    assert reply.status_code == status
    assert reply.headers["Location"] == f"https://192.0.2.9{RESTORE}?action=start"


@pytest.mark.parametrize("retry_after", [None, 7])
async def test_a_burst_of_429_passes(tmp_path: Path, retry_after: int | None) -> None:
    """It counts down, with or without a hint when to come back."""
    faults = Faults(too_many_requests=2, retry_after=retry_after)
    async with guided_scene(tmp_path, faults=faults) as scene:
        replies = [await scene.client.get(STATUS) for _ in range(3)]

    assert [one.status_code for one in replies] == [429, 429, 200]
    hint = None if retry_after is None else str(retry_after)
    assert replies[0].headers.get("Retry-After") == hint


async def test_too_many_at_once_is_503(tmp_path: Path) -> None:
    """With an ApiError, not a status."""
    async with guided_scene(tmp_path, faults=Faults(too_many_at_once=1)) as scene:
        replies = [await scene.client.get(STATUS) for _ in range(2)]

    assert [one.status_code for one in replies] == [503, 200]
    assert "error_code" in replies[0].json()


@pytest.mark.parametrize("odd", [OddReply.HTML, OddReply.EMPTY, OddReply.TRUNCATED])
async def test_a_status_may_be_odd(tmp_path: Path, odd: OddReply) -> None:
    """200 without JSON; other reads are as ever, unless all of them are to be odd."""
    async with guided_scene(tmp_path, faults=Faults(odd_statuses=odd)) as scene:
        status = await scene.client.get(STATUS)
        node = await scene.client.get("/api/v1/node")
        scene.manager.faults.odd_reads = odd
        odd_node = await scene.client.get("/api/v1/node")

    assert (status.status_code, node.status_code, odd_node.status_code) == (200, 200, 200)
    assert "product_version" in node.json()
    assert odd_node.content == status.content
    with pytest.raises(json.JSONDecodeError):
        status.json()


@pytest.mark.parametrize(
    ("change", "verified"),
    [
        (CertificateAfterRestart.SAME, True),
        (CertificateAfterRestart.REISSUED, True),
        (CertificateAfterRestart.SELF_SIGNED, False),
    ],
)
async def test_the_certificate_may_change_with_a_restart(
    tmp_path: Path, change: CertificateAfterRestart, *, verified: bool
) -> None:
    """Another one of the authority, or one that nobody vouches for; the pin tells them apart."""
    faults = Faults(certificate_after_restart=change)
    async with guided_scene(tmp_path, faults=faults) as scene:
        before = scene.manager.certificate_sha256
        await _restart(scene)

        if verified:
            assert await scene.word() == "INITIAL"
        else:
            with pytest.raises(httpx.ConnectError, match="self-signed"):
                await scene.word()
        same = scene.manager.certificate_sha256 == before
    assert same is (change is CertificateAfterRestart.SAME)


async def test_the_certificate_may_be_bad_from_the_start(tmp_path: Path) -> None:
    """An expired one is refused by a client that verifies."""
    async with guided_scene(tmp_path, faults=Faults(certificate=Flaw.EXPIRED)) as scene:
        with pytest.raises(httpx.ConnectError, match="expired"):
            await scene.word()


@pytest.mark.parametrize("profile", Profile)
async def test_an_error_has_the_form_of_its_version(tmp_path: Path, profile: Profile) -> None:
    """Three keys before 2.5; afterwards the status as a word too."""
    async with guided_scene(tmp_path, profile=profile) as scene:
        body = (await scene.client.get("/api/v1/nowhere")).json()

    keys = {"error_code", "error_message", "module_name"}
    assert set(body) == (keys | {"httpStatus"} if profile.has(Profile.V2_5) else keys)
    assert isinstance(body["error_code"], int)
