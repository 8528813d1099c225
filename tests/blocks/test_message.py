"""What is shown in place of a message that Slack refuses."""

from bot.blocks.elements import section
from bot.blocks.message import message, simpler
from bot.blocks.question import question
from bot.sandbox.slack.block_check import message_blocks
from tests.blocks.reading import buttons
from tests.blocks.scenes import SCENES
from tests.builders import a_question


def test_a_message_without_buttons_becomes_its_words_alone() -> None:
    """Cut, and never silently; nothing is left that Slack could find fault with."""
    (bare,) = simpler(message("long " * 500, [section("long")]))

    assert bare.blocks == ()
    assert len(bare.text) <= 1000
    assert "more characters" in bare.text


def test_a_message_with_buttons_keeps_them_as_long_as_it_can() -> None:
    """A question without buttons could not be answered."""
    asked = question(SCENES["awaiting_operator"].request, a_question(text="long " * 500))

    short, bare = simpler(asked)

    assert buttons(short.blocks) == buttons(asked.blocks)
    assert message_blocks(list(short.blocks))
    assert short.text == bare.text
    assert bare.blocks == ()
