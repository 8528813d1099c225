"""The Home tab."""

from bot.blocks.home import home, unreadable
from bot.sandbox.slack.block_check import check_view
from tests.blocks.reading import buttons, shown
from tests.blocks.scenes import SCENES

OPEN = SCENES["awaiting_approval"].request
RUNNING = SCENES["running"].request
ENDED = SCENES["denied"].request


def test_the_home_tab_shows_what_is_open_and_what_was() -> None:
    """Three parts, each with the channel in which the request is decided."""
    view = home([OPEN], [RUNNING], [ENDED])
    told = shown(view["blocks"])

    check_view(view)
    assert "awaiting approval, 0 of 2 approvals; by <@U0ANA>" in told
    assert "running, step 3 of 8" in told
    assert told.count("in <#C0INCIDENT>") == 3


def test_nothing_can_be_decided_on_the_home_tab() -> None:
    """A vote counts only on the card."""
    assert buttons(home([OPEN], [RUNNING], [ENDED])["blocks"]) == []


def test_an_empty_home_tab_says_so() -> None:
    """Nothing is left blank."""
    told = shown(home([], [], [])["blocks"])

    assert "Nothing waits for approval." in told
    assert "Nothing is running." in told


def test_a_long_history_is_counted() -> None:
    """What is not shown is said, and Slack accepts the rest."""
    view = home([OPEN] * 30, [RUNNING] * 30, [ENDED] * 30)

    check_view(view)
    assert shown(view["blocks"]).count("10 more: type `/nsx-restore history`.") == 3


def test_what_cannot_be_read_is_said_on_the_home_tab() -> None:
    """Instead of what was there an hour ago."""
    view = unreadable("It cannot be <read>.", "Try again.")

    check_view(view)
    assert "*It cannot be &lt;read&gt;.*\nTry again." in shown(view["blocks"])
