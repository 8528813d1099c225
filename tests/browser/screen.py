"""What a person does at the page, and what they see there: by clicks and keys alone."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Locator, Page, expect

from bot.sandbox.cast import A_MOMENT, PRESS_AGAIN
from bot.sandbox.stage import TARGET

REASON: Final = "The manager lost its database in INC-4711."

FILLS: Final = '[data-action="continue"]'
"""The button of a question that goes on; it opens the form of one that has a form."""

_CONTROLLER: Final = re.compile(r"Restart controller (?P<address>\d+\.\d+\.\d+\.\d+)")

PATIENCE: Final = 40_000.0
"""Milliseconds; a machine that is busy with other things must not fail a test."""

TRIES: Final = 50

expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True, slots=True)
class Screen:
    """One window. `errors` collects what the page itself got wrong."""

    page: Page
    errors: list[str]

    async def until_ready(self) -> None:
        """Wait until the page is connected and one can type."""
        await expect(self.composer).to_be_visible()

    # what is there

    @property
    def composer(self) -> Locator:
        """The box of the channel in which one types."""
        return self.page.locator("#composer-input")

    @property
    def messages(self) -> Locator:
        """The messages of the channel."""
        return self.page.locator("#place .message")

    @property
    def thread(self) -> Locator:
        """The messages of the thread."""
        return self.page.locator("#thread .message")

    @property
    def private(self) -> Locator:
        """What only this person sees, in the channel."""
        return self.page.locator("#place .message.private")

    @property
    def cards(self) -> Locator:
        """The cards of the channel, oldest first."""
        return self.page.locator("#place .message:has(.card)")

    @property
    def card(self) -> Locator:
        """The newest card."""
        return self.cards.last

    @property
    def form(self) -> Locator:
        """The modal on top."""
        return self.page.locator("dialog.modal")

    @property
    def dialog(self) -> Locator:
        """The dialog that asks before something is done."""
        return self.page.locator("dialog.confirm")

    @property
    def panel(self) -> Locator:
        """The control panel."""
        return self.page.locator("#panel")

    async def until_card(self, *words: str) -> None:
        """Wait until the newest card says all of this."""
        for one in words:
            await expect(self.card).to_contain_text(one)

    # what is done

    async def become(self, name: str) -> None:
        """Switch to another person in this window."""
        await self.page.locator("#people").get_by_role("button", name=name).click()
        await expect(self.page.locator("#whoami")).to_contain_text(name)
        await self.until_ready()

    async def say(self, text: str) -> None:
        """Type a line into the channel and send it."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def open_form(self) -> None:
        """Type the command, and wait for its form."""
        await self.say("/nsx-restore")
        await expect(self.form).to_be_visible()
        await expect(self.form.get_by_label("Reason")).to_be_visible()

    async def file(self, reason: str = REASON, target: str = TARGET) -> None:
        """Ask for a restore with the form, and wait until its card can be decided."""
        before = await self.cards.count()
        await self.open_form()
        await self.choose_target(target)
        await self.form.get_by_label("Reason").fill(reason)
        await self.form.get_by_role("button", name="Ask for approval").click()
        await expect(self.form).to_be_hidden()
        await expect(self.cards).to_have_count(before + 1)
        await expect(self.button("Approve")).to_be_visible()
        # A line under the card comes only after the bot has recorded where the card stands.
        await expect(self.card.locator(".replies")).to_contain_text("2 replies")

    async def choose_target(self, target: str) -> None:
        """Choose a target in the form, and wait until its backups are offered."""
        await self.form.get_by_label("Target").select_option(target)
        await expect(self.form.locator(f'[data-block="backup:{target}"]')).to_be_visible()

    def button(self, caption: str) -> Locator:
        """A button of the newest card."""
        return self.card.get_by_role("button", name=re.compile(f"^{caption}"))

    async def press(self, caption: str) -> None:
        """Press a button of the card, and confirm."""
        await self.button(caption).click()
        await self.dialog.get_by_role("button", name=caption).click()
        await expect(self.dialog).to_be_hidden()

    async def deny(self, reason: str) -> None:
        """Press Deny, and say why in its form."""
        await self.button("Deny").click()
        await self.form.get_by_label("Why not?").fill(reason)
        await self.form.get_by_role("button", name="Deny").click()
        await expect(self.form).to_be_hidden()

    async def choose(self, field: str, *captions: str) -> None:
        """Choose options in a field of the form that is open."""
        group = self.form.get_by_role("group", name=re.compile(f"^{re.escape(field)}"))
        for caption in captions:
            box = group.get_by_role("checkbox", name=re.compile(f"^{re.escape(caption)}\\b"))
            await box.check()

    async def open_answer(self) -> None:
        """Press the button of the newest question that opens its form. The thread is open."""
        again = self.page.locator(".message.private").filter(has_text=PRESS_AGAIN)
        button = self.thread.locator(FILLS).last
        for _ in range(TRIES):
            asked = await again.count()
            await button.click()
            await expect(self.form.or_(again.nth(asked)).first).to_be_visible()
            if await self.form.count() and await self.form.is_visible():
                return
            await asyncio.sleep(A_MOMENT)
        raise AssertionError("the form does not open")

    async def send_answer(self) -> None:
        """Send the form that is open, and wait until the question is answered."""
        before = await self.thread.locator(FILLS).count()
        await self.form.locator(".primary").click()
        await expect(self.form).to_be_hidden()
        await expect(self.thread.locator(FILLS)).to_have_count(before - 1)

    def manager(self, name: str) -> Locator:
        """The part of the control panel that is about one manager."""
        return self.panel.locator(f'[data-manager="{name}"]')

    async def open_thread(self) -> None:
        """Open the thread of the newest card."""
        await self.card.locator(".replies").click()
        await expect(self.thread.first).to_be_visible()

    async def open_panel(self) -> None:
        """Open the control panel."""
        await self.page.get_by_role("button", name="Control panel", exact=True).click()
        await expect(self.panel).to_be_visible()

    async def answer(self) -> bool:
        """Do what the open question asks, and answer it. False: the restore has ended.

        Thread and panel are open.
        """
        question = self.thread.filter(has=self.page.locator('[data-action="continue"]'))
        await expect(question.or_(self.card.filter(has_text="succeeded")).first).to_be_visible()
        if not await question.count():
            return False
        await self._by_hand(await question.last.inner_text())
        ts = await question.last.get_attribute("data-ts")
        await self._press_until_gone(self.page.locator(f'#thread [data-ts="{ts}"] .primary'))
        return True

    async def _press_until_gone(self, button: Locator) -> None:
        """Press, and press again as often as the bot asks for that, and for nothing else.

        A message can be on the screen before the bot has recorded where it stands.
        """
        again = self.page.locator(".message.private").filter(has_text=PRESS_AGAIN)
        for _ in range(TRIES):
            asked = await again.count()
            await button.click()
            gone = self.page.locator("body").filter(has_not=button)
            await expect(gone.or_(again.nth(asked)).first).to_be_visible()
            if not await button.count():
                return
            await asyncio.sleep(A_MOMENT)
        raise AssertionError("the question stays")

    async def _by_hand(self, question: str) -> None:
        controller = _CONTROLLER.search(question)
        if controller:
            await self.panel.get_by_role("button", name=controller[0]).click()
            row = self.panel.get_by_role("row", name=controller["address"])
            await expect(row).to_contain_text("restarted")
        elif "helper script" in question:
            await self.panel.get_by_role("button", name="Run the helper script").click()
