"""What the guide says, wherever the story stands: it is read off the messages alone."""

from typing import Any, Final

import pytest
from playwright.async_api import expect

from bot.blocks.actions import Button
from bot.blocks.elements import actions, button, header, section
from bot.sandbox.slack import Message
from bot.sandbox.stage import CHANNEL, GUIDED_TARGET, TARGET, Stage
from tests.browser.house import House

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

TARGET_WAITS: Final = "SANDBOX: restore sandbox-nsxt: waiting for a person, step 3 of 9"


def posted(stage: Stage, *blocks: dict[str, Any], thread_ts: str | None = None) -> str:
    """Let the app say something, as if the bot had; return its `ts`."""
    book, app = stage.workspace.book, stage.app
    message = Message(
        channel=CHANNEL,
        ts=book.next_ts(),
        user=app.bot_user_id,
        bot_id=app.bot_id,
        text="",
        blocks=list(blocks),
        thread_ts=thread_ts,
    )
    book.add(message)
    return message.ts


def pressed(*choices: Button) -> dict[str, Any]:
    """A row of buttons."""
    return actions(*(button(one, one.value, one.value, "-") for one in choices))


async def guide_of(house: House, user: str, *words: str) -> str:
    """What the guide says to somebody while the bot runs, once it says these words."""
    await house.start_bot()
    async with house.window(user) as screen:
        guide = screen.page.locator("#guide")
        for one in words:
            await expect(guide).to_contain_text(one, timeout=10_000)
        return await guide.inner_text()


async def test_a_question_is_a_question_whatever_it_offers(own_house: House) -> None:
    """Some questions cannot be continued, only tried again or given up."""
    card = posted(own_house.stage, header(TARGET_WAITS), pressed(Button.DETAILS))
    offered = (Button.RETRY, Button.GIVE_UP)
    posted(own_house.stage, section("Look."), pressed(*offered), thread_ts=card)

    said = await guide_of(own_house, "U0ANA", "The restore needs a person")

    assert "answer with a button under the question, which says who may" in said


@pytest.mark.parametrize(
    ("target", "told", "untold"),
    [
        (TARGET, "do by hand what it asks", "a form"),
        (GUIDED_TARGET, "with a button or a form", "by hand what it asks"),
    ],
)
async def test_what_there_is_to_do_depends_on_the_manager(
    own_house: House, target: str, told: str, untold: str
) -> None:
    """NSX-T 1.x asks for hands at its consoles; a guided manager asks to be answered."""
    waits = f"SANDBOX: restore {target}: waiting for a person, step 3 of 9"
    card = posted(own_house.stage, header(waits), pressed(Button.DETAILS))
    posted(own_house.stage, section("Look."), pressed(Button.CONTINUE), thread_ts=card)

    said = await guide_of(own_house, "U0ANA", "The restore needs a person", told)

    assert untold not in said


@pytest.mark.parametrize("state", ["expired", "denied", "withdrawn", "rejected", "canceled"])
async def test_what_never_ran_leaves_the_manager_fresh(own_house: House, state: str) -> None:
    """Another request can be filed at once; nothing needs to be put back."""
    posted(own_house.stage, header(f"SANDBOX: restore sandbox-nsxt: {state}"), section("Over."))

    said = await guide_of(own_house, "U0ANA", "That request is over", "file another one")

    assert "fresh" not in said


@pytest.mark.parametrize("state", ["succeeded", "failed"])
async def test_what_ran_does_not(own_house: House, state: str) -> None:
    """The manager that was restored is put back first."""
    posted(own_house.stage, header(f"SANDBOX: restore sandbox-nsxt: {state}"), section("Over."))

    await guide_of(own_house, "U0ANA", "put the manager back to fresh in the control panel first")


@pytest.mark.parametrize("user", ["U0EVE", "U0GUS"])
async def test_who_may_not_ask_is_told_how_to_see_that(own_house: House, user: str) -> None:
    """Somebody outside the group and a guest play the refusals."""
    await guide_of(own_house, user, "ask for a restore, to see what the bot tells somebody")


async def test_a_bot_that_does_not_run_is_said_outside_the_panel(own_house: House) -> None:
    """Ended, starting, killed: a line says it, and the guide does not tell anybody to type."""
    keeper = own_house.page.bot
    async with own_house.window("U0ANA") as ana:
        line, guide = ana.page.locator("#bot"), ana.page.locator("#guide")
        await expect(line).to_have_attribute("role", "status")
        await expect(line).to_have_text("The bot has ended; start it again in the control panel.")
        await expect(guide).to_contain_text("The bot is not running")
        keeper.start()
        await expect(line).to_contain_text("The bot is starting")
        await expect(guide).not_to_contain_text("Type")
        await expect(line).to_be_empty()
        await expect(guide).to_contain_text("Type /nsx-restore")

        await keeper.kill()

        await expect(line).to_have_text("The bot was killed; start it again in the control panel.")
