"""Events: App Home and mentions."""

from tests.builders import ANA, CHANNEL, REQUEST_ID
from tests.handlers.world import ELSEWHERE, World


async def test_home_shows_what_is_open(both: World) -> None:
    """The Home tab lists requests, without any button that decides."""
    await both.planned()
    delivery = await both.ana.open_home()
    assert delivery is not None
    assert delivery.taken
    view = await both.until(lambda: both.workspace.home(ANA))
    assert REQUEST_ID in str(view.blocks)
    assert "button" not in {block["type"] for block in view.blocks}


async def test_a_mention_is_answered_with_help_privately(heard: World) -> None:
    """Whoever writes to the bot in its channel learns the command; elsewhere it says nothing."""
    await heard.ana.mention(CHANNEL, "restore please")
    assert "request TARGET" in await heard.told(ANA, "/nsx-restore")
    await heard.ana.mention(ELSEWHERE, "restore please")
    assert heard.workspace.calls("chat.postEphemeral")[-1].args["channel"] == CHANNEL


async def test_events_are_taken_once_and_repeated_ones_do_no_harm(heard: World) -> None:
    """An event delivered twice shows the same Home."""
    delivery = await heard.ana.open_home()
    assert delivery is not None
    receipt = await heard.slack.events.duplicate(delivery)
    assert receipt.outcome == "acked"
