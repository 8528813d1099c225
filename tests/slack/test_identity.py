"""Which app we are: what payloads are compared with."""

import asyncio
from dataclasses import replace

import pytest
import structlog

from bot.app import FIRST_WAIT, introduce
from bot.sandbox.slack import api_error, drop_before_effect, http_status
from bot.sandbox.slack.faults import Fault
from bot.slack.identity import app_of, identify
from tests.handlers.world import World


async def test_the_app_is_known_from_the_token(world: World) -> None:
    """No further scope and no further setting is needed."""
    seen = await identify(world.clients.reads)
    assert seen is not None
    assert await app_of(world.clients.reads, seen) == world.slack.app.app_id


@pytest.mark.parametrize("fault", [api_error("missing_scope"), drop_before_effect()], ids=str)
async def test_an_app_that_slack_does_not_tell_is_left_to_the_signature(
    world: World, fault: Fault
) -> None:
    """The bot starts all the same; the logs say so."""
    seen = await identify(world.clients.reads)
    assert seen is not None
    world.workspace.faults.always("bots.info", fault)
    with structlog.testing.capture_logs() as logs:
        assert await app_of(world.clients.reads, seen) is None
    assert [line["event"] for line in logs] == ["slack.app_unknown"]
    assert await app_of(world.clients.reads, replace(seen, bot_id=None)) is None


async def test_a_slack_out_of_reach_at_the_start_is_logged_with_what_to_check(world: World) -> None:
    """In the words of the doctor; the bot goes in as soon as Slack answers."""
    world.workspace.faults.always("auth.test", http_status(503))
    with structlog.testing.capture_logs() as logs:
        going_in = asyncio.create_task(introduce(world.clients, world.slack.app.team_id))
        async with asyncio.timeout(30):
            while not logs:  # noqa: ASYNC110 - the log has no event to wait for
                await asyncio.sleep(0.01)
            world.workspace.faults.clear()
            assert (await going_in).team_id == world.slack.app.team_id
    line = logs[0]
    assert (line["event"], line["again_in_seconds"]) == ("slack.unreachable", FIRST_WAIT)
    assert line["advice"] == "Check SLACK_API_URL and the way out."
