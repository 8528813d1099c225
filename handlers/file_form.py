"""The form in which a restore is asked for: opened, refilled for another target, read."""

from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import modals
from bot.blocks.actions import Field, Form, block_id
from bot.domain.intents import FileIntent
from bot.domain.request import Wish
from bot.domain.standing import Finding
from bot.domain.target import Target
from bot.domain.values import Generation, Scope
from bot.runbooks.observations import Offered, Trouble
from bot.service import Visitor
from handlers import wishes
from handlers.desk import Desk
from handlers.intake import take
from handlers.middleware import Body
from handlers.payloads import Chosen, MalformedError, Submission, View, read
from handlers.slack_text import tidied
from handlers.windows import Json, Window, fill_window, show

TITLE: Final = "Restore NSX Manager"

ANOTHER_TARGET: Final = "This list belongs to another target. Choose the target once more."


class FileForm:
    """Opens and reads the form."""

    def __init__(self, desk: Desk, client: AsyncWebClient) -> None:
        self._desk = desk
        self._client = client
        self._latest: dict[str, str] = {}

    def register(self, app: AsyncApp) -> None:
        """Listen for choices of a target, and for the form."""
        app.action(Field.TARGET)(self.on_target)
        app.view(Form.FILE_REQUEST)(self.on_submit)

    async def open(
        self, trigger_id: str, response_url: str, visitor: Visitor, initial: Wish | None
    ) -> None:
        """Open the form, filled in as far as that is known."""
        await show(
            self._client,
            trigger_id,
            response_url,
            TITLE,
            lambda: self._view(visitor, initial),
            instead="/nsx-restore request TARGET reason=…",
        )

    async def on_target(self, ack: AsyncAck, body: Body) -> None:
        """Another target was chosen: show its backups."""
        choice = read(Chosen, body)
        visitor = Visitor(f"read:{choice.trigger_id}", choice.by, _channel(choice.view))
        self._latest[choice.view.id] = choice.at
        self._desk.spawn(self._refill(choice, visitor), "refill form")
        await ack()

    async def on_submit(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent."""
        sent = read(Submission, body)
        channel = _channel(sent.view)
        if channel not in self._desk.service.configuration.channels:
            raise MalformedError("private_metadata.channel")
        wish = self._wish(sent.view)
        if isinstance(wish, Wish):
            await take(self._desk, ack, sent.key, FileIntent(sent.by, channel, wish))
        else:
            await ack(response_action="errors", errors=wish)

    async def _refill(self, choice: Chosen, visitor: Visitor) -> None:
        """Show the backups of a target; if that fails, the list of before refuses to be sent."""
        try:
            view = await self._view(visitor, None, chosen=choice.value)
            if self._latest.get(choice.view.id) != choice.at:
                return  # a later choice is on its way
            window = Window(choice.view.id, choice.view.hash)
            if await fill_window(self._client, window, view) == "hash_conflict":
                # An earlier choice was shown meanwhile; this one is the latest.
                await fill_window(self._client, Window(choice.view.id, None), view)
        finally:
            if self._latest.get(choice.view.id) == choice.at:
                del self._latest[choice.view.id]

    async def _view(
        self, visitor: Visitor, initial: Wish | None, chosen: str | None = None
    ) -> Json:
        targets = self._desk.service.configuration.targets
        wished = chosen or (initial.target if initial else None)
        if wished is None and len(targets) == 1:
            wished = next(iter(targets))
        key = wished if wished in targets else None
        offered = await self._backups(key, visitor) if key else None
        return modals.file_request(
            list(targets.values()),
            channel=visitor.channel,
            chosen=key,
            backups=offered.backups if isinstance(offered, Offered) else offered,
            notes=offered.notes if isinstance(offered, Offered) else (),
            initial=initial if initial and initial.target == key else None,
        )

    async def _backups(self, key: str, visitor: Visitor) -> Offered | str:
        """Return the backups to choose from, or why there are none to be seen."""
        service = self._desk.service
        found = await service.backups(service.configuration.targets[key], visitor)
        match found:
            case Finding(sentence=sentence):
                return sentence
            case Trouble() as trouble:
                return trouble.text
            case _:
                return found

    def _wish(self, view: View) -> Wish | dict[str, str]:
        """Read the wish, or what is wrong, by `block_id`."""
        target_block, target = view.entered(Field.TARGET)
        known = self._desk.service.target(target)
        backup_block, backup = view.entered(Field.BACKUP)
        scope_block, scope = view.entered(Field.SCOPE)
        incident_block, incident = view.entered(Field.INCIDENT)
        reason_block, reason = view.entered(Field.REASON)
        incident, reason = tidied(incident), tidied(reason)
        found = {
            target_block: self._wrong_target(target),
            backup_block: wishes.wrong_backup(backup)
            or (None if backup_block == block_id(Field.BACKUP, target) else ANOTHER_TARGET)
            or (wishes.wrong_backup_of(known, backup) if known else None),
            scope_block: _wrong_scope(view, known, scope),
            incident_block: wishes.wrong_incident(incident) if incident else None,
            reason_block: wishes.wrong_reason(reason),
        }
        wrong = {block: sentence for block, sentence in found.items() if sentence}
        wished = Scope(scope) if scope and not wrong else None
        return wrong or Wish(
            target, backup, wishes.scope_of(known, wished), reason, incident or None
        )

    def _wrong_target(self, key: str) -> str | None:
        wrong = wishes.wrong_target(key)
        if wrong or self._desk.service.target(key):
            return wrong
        return self._desk.service.unknown_target(key)


def _wrong_scope(view: View, target: Target | None, scope: str) -> str | None:
    """What is wrong with the scope; a form for a target of 2.0 or later has no such field."""
    if target is not None and target.generation is Generation.NSX:
        return wishes.NO_SCOPE if scope else None
    # Where the form of another target was sent, its backup is refused already.
    return wishes.wrong_scope(scope) if view.has(Field.SCOPE) else None


def _channel(view: View) -> str:
    channel = view.metadata().get("channel")
    if channel is None:
        raise MalformedError("private_metadata.channel")
    return channel
