"""The start of a guided restore is one request, whatever becomes of it on its way."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.request import Choice, Request, State
from bot.sandbox.nsx.guided_faults import Faults, OtherRestore, StartFault
from bot.sandbox.nsx.guided_profile import RestoreState
from tests.durable.outside import NEWEST
from tests.durable.scene import Given, a_guided_scene, goes_on

SHORT = {"request_timeout": timedelta(milliseconds=600)}

UNKNOWN = "Outcome unknown: did the restore begin?"
EARLIER = NEWEST - 86_400_000


def gives_up(request: Request) -> Given:
    """Answer as people who have seen that nothing has begun, or who leave it alone."""
    assert request.question is not None
    if request.question.offer(Choice.GIVE_UP):
        return Given(Choice.GIVE_UP)
    return goes_on(request)


@pytest.mark.parametrize(
    "fault",
    [
        StartFault.CUT_AFTER_ACCEPTING,
        pytest.param(StartFault.HANG_AFTER_ACCEPTING, marks=pytest.mark.long),
        pytest.param(StartFault.LOST_AFTER_ACCEPTING, marks=pytest.mark.long),
    ],
)
async def test_a_start_that_arrived_is_adopted_by_what_the_status_shows(
    tmp_path: Path, fault: StartFault
) -> None:
    """Nobody is asked: a restore of this backup, where there was none before, is ours."""
    async with a_guided_scene(tmp_path, timing=SHORT, faults=Faults(start_post=fault)) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert UNKNOWN not in scene.asked
        assert len(scene.told()) == len(set(scene.told()))
        assert (scene.manager.start_posts, scene.manager.orders["start"]) == (1, 1)


@pytest.mark.parametrize(
    "fault",
    [
        StartFault.CUT_BEFORE_ACCEPTING,
        pytest.param(StartFault.HANG_BEFORE_ACCEPTING, marks=pytest.mark.long),
    ],
)
async def test_a_start_that_got_lost_is_asked_about_and_never_sent_again(
    tmp_path: Path, fault: StartFault
) -> None:
    """People may look again first; what they give up is not begun by anybody."""
    looked: list[str] = []

    def answer(request: Request) -> Given:
        assert request.question is not None
        looked.append(request.question.title)
        return Given(Choice.RETRY if len(looked) == 1 else Choice.GIVE_UP)

    async with a_guided_scene(tmp_path, timing=SHORT, faults=Faults(start_post=fault)) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.FAILED
        assert looked == [UNKNOWN, UNKNOWN]
        assert (scene.manager.start_posts, scene.manager.orders["start"]) == (1, 0)


async def test_an_unknown_start_can_be_adopted_by_a_lead_and_is_followed(tmp_path: Path) -> None:
    """Adopted by hand, its restore is followed like any other: here it proves not to be there."""

    def answer(request: Request) -> Given:
        assert request.question is not None
        return Given(
            Choice.CONTINUE if request.question.title == UNKNOWN else Choice.GIVE_UP,
        )

    faults = Faults(start_post=StartFault.CUT_BEFORE_ACCEPTING)
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.FAILED
        assert scene.asked == [UNKNOWN, "The manager says INITIAL"]
        assert scene.manager.start_posts == 1


async def test_a_restore_of_another_backup_that_came_first_is_left_alone(tmp_path: Path) -> None:
    """409 carries its status, not an error: the request ends, and nothing else is sent."""
    other = OtherRestore(EARLIER, with_start=True)
    async with a_guided_scene(tmp_path, faults=Faults(other_restore=other)) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.FAILED
        assert "not a restore of the backup that was approved" in ended.conclusion[0]
        assert "step 3 of 11" in ended.conclusion[0]
        assert scene.asked == []
        assert scene.manager.start_posts == 1
        assert not scene.manager.orders


async def test_a_restore_of_the_same_backup_that_came_first_can_be_followed(
    tmp_path: Path,
) -> None:
    """A lead chooses; it is followed to its end, with one start request of ours, refused."""
    faults = Faults(other_restore=OtherRestore(NEWEST, with_start=True))

    def answer(request: Request) -> Given:
        faults.other_restore = OtherRestore(NEWEST, RestoreState.SUCCESS, with_start=True)
        return goes_on(request)

    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked[0] == "The manager restores this backup already"
        assert scene.manager.start_posts == 1
        assert not scene.manager.orders


async def test_a_restore_of_the_same_backup_can_be_left_alone(tmp_path: Path) -> None:
    """Then the request has failed, and that restore goes on without it."""
    faults = Faults(other_restore=OtherRestore(NEWEST, with_start=True))
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(gives_up)

        assert ended.state is State.FAILED
        assert not scene.manager.orders


async def test_a_success_of_an_earlier_restore_is_never_told_as_ours(tmp_path: Path) -> None:
    """The start got lost, and what the status shows is of another backup."""
    faults = Faults(
        start_post=StartFault.CUT_BEFORE_ACCEPTING,
        other_restore=OtherRestore(EARLIER, RestoreState.SUCCESS, with_start=True),
    )
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.FAILED
        assert "a restore of another backup now" in ended.conclusion[0]
        assert scene.manager.start_posts == 1


async def test_a_restore_that_others_began_while_people_decided_is_not_taken_for_ours(
    tmp_path: Path,
) -> None:
    """F11: not even where our own start would have got lost: it is asked about, none is sent."""
    async with a_guided_scene(tmp_path, restart_steps=()) as scene:
        scene.manager.faults.start_post = StartFault.CUT_BEFORE_ACCEPTING
        kept = scene.secrets.pop("PASSPHRASE")

        def answer(request: Request) -> Given:
            assert request.question is not None
            if request.question.key.startswith("backups_off"):
                scene.secrets["PASSPHRASE"] = kept
                scene.manager.faults.other_restore = OtherRestore(NEWEST, RestoreState.RUNNING)
                return Given(Choice.RETRY)
            return gives_up(request)

        ended = await scene.run(answer)

        assert ended.state is State.FAILED
        assert scene.asked[-1] == "The manager restores this backup already"
        assert scene.manager.start_posts == 0
