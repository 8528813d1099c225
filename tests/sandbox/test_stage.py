"""The stage and the people on it: durations at every speed, and nothing left open."""

from pathlib import Path

import httpx
import pytest

from bot.domain.target import Configuration
from bot.sandbox.cast import Cast
from bot.sandbox.stage import TARGET, Setting, Stage
from config import file


async def _configured(directory: Path, speed: float) -> Configuration:
    """Return what the bot would read at this speed."""
    async with Stage(directory, Setting(speed=speed)):
        return file.load(directory / "nsx-restore.yaml")


@pytest.mark.parametrize("speed", [0.1, 1, 2, 20, 500, 1000])
async def test_people_wait_longer_than_the_bot_at_every_speed(tmp_path: Path, speed: float) -> None:
    """Whatever the manager does, the bot asks before anybody has lost their patience.

    And however fast simulated time runs, people have real seconds to decide.
    """
    configuration = await _configured(tmp_path, speed)
    timing = configuration.targets[TARGET].timing
    people = Cast(Stage(tmp_path, Setting(speed=speed))).patience
    assert people > timing.stable_timeout.total_seconds() + 60
    assert configuration.policy.request_ttl.total_seconds() >= 20
    assert configuration.policy.start_ttl.total_seconds() >= 20
    assert timing.stable_timeout.total_seconds() >= 20


async def test_a_stage_that_cannot_be_raised_leaves_nothing_open(tmp_path: Path) -> None:
    """Its last part fails, and the parts before it are closed again."""
    (tmp_path / "nsx-restore.yaml").mkdir()
    stage = Stage(tmp_path, Setting())
    with pytest.raises(IsADirectoryError):
        await stage.__aenter__()
    async with httpx.AsyncClient(trust_env=False) as client:
        for url in (stage.slack.api_url, stage.manager.url):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
