"""The rows of the fault table that a running guided restore answers, beside tests/durable."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.request import Choice, Request, State
from bot.sandbox.nsx.guided_faults import Faults
from bot.sandbox.nsx.odd_replies import OddReply
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart
from tests.durable.scene import Given, GuidedScene, a_guided_scene, goes_on

NEEDS_A_PERSON = "This step needs a person"
LATE = "The restore does not come further"


def title(request: Request) -> str:
    """What the open question is called."""
    assert request.question is not None
    return request.question.title


async def followed(scene: GuidedScene) -> None:
    """Wait until the restore is being followed."""
    await scene.until(lambda request: bool(request.progress and request.progress.detail))


@pytest.mark.parametrize(
    "odd", [OddReply.HTML, pytest.param(OddReply.EMPTY, marks=pytest.mark.long)]
)
async def test_f12_senseless_answers_are_one_notice_and_at_the_deadline_a_question(
    tmp_path: Path, odd: OddReply
) -> None:
    """Status 200 all the time, for ever: people may wait on, and nothing is cancelled."""
    short = {"stable_timeout": timedelta(milliseconds=800)}
    async with a_guided_scene(tmp_path, timing=short, restart_steps=()) as scene:
        await followed(scene)
        scene.manager.faults.odd_statuses = odd

        def answer(request: Request) -> Given:
            if title(request) == LATE:
                scene.manager.faults.odd_statuses = OddReply.NONE
            return goes_on(request)

        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count(LATE) == 1
        assert (await scene.actions()).count("outage_noticed") == 1
        assert dict(scene.manager.orders) == {"start": 1}


async def test_f19_backups_that_stay_enabled_stop_the_run_before_its_start(tmp_path: Path) -> None:
    """PUT is answered with 200, read again they are enabled: nothing is started."""
    async with a_guided_scene(tmp_path) as scene:
        manager = scene.manager
        manager.faults.backup_stays_enabled = True
        _enable(scene)
        ended = await scene.run(lambda _: Given(Choice.GIVE_UP))

        assert ended.state is State.FAILED
        assert scene.asked == ["Automatic backups could not be disabled"]
        assert manager.start_posts == 0


def _enable(scene: GuidedScene) -> None:
    """Have the manager believe that its automatic backups are enabled."""
    configuration = scene.manager._appliance.configuration
    configuration.store(configuration._stored | {"backup_enabled": True})


@pytest.mark.long
async def test_f27_another_certificate_of_the_authority_is_accepted(tmp_path: Path) -> None:
    """The restored node has its own again: where the authority vouches for it, nobody is asked."""
    faults = Faults(certificate_after_restart=CertificateAfterRestart.REISSUED)
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert NEEDS_A_PERSON not in scene.asked


async def test_f27_an_unknown_certificate_is_asked_about(tmp_path: Path) -> None:
    """Neither listed nor of the authority: it gets no login, and people decide."""
    faults = Faults(certificate_after_restart=CertificateAfterRestart.SELF_SIGNED)
    texts: list[str] = []

    def answer(request: Request) -> Given:
        assert request.question is not None
        texts.append(request.question.text)
        return Given(Choice.GIVE_UP)

    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.FAILED
        assert scene.asked == [NEEDS_A_PERSON]
        assert "certificate" in texts[0]
