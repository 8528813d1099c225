"""`/nsx-restore`, and what is typed after it."""

from typing import assert_never

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import replies
from bot.domain.intents import CancelIntent, FileIntent
from bot.domain.target import Target
from bot.domain.values import Generation
from bot.service import Visitor
from handlers import grammar as g
from handlers import reads, wishes
from handlers.answers import tell
from handlers.desk import Desk
from handlers.file_form import FileForm
from handlers.intake import take
from handlers.middleware import Body
from handlers.payloads import Command, read

COMMAND = "/nsx-restore"


class Commands:
    """Listens to the slash command."""

    def __init__(self, desk: Desk, client: AsyncWebClient, form: FileForm) -> None:
        self._desk = desk
        self._client = client
        self._form = form

    def register(self, app: AsyncApp) -> None:
        """Listen."""
        app.command(COMMAND)(self.on_command)

    async def on_command(self, ack: AsyncAck, body: Body) -> None:
        """Read what was typed; file and cancel are stored, everything else only looks."""
        command = read(Command, body)
        typed = g.parse(command.text)
        match typed:
            case g.FileRequest():
                await self._file(ack, command, typed)
            case g.Cancel(request_id):
                intent = CancelIntent(command.user, command.channel_id, request_id)
                await take(self._desk, ack, _key(command), intent)
            case g.OpenForm():
                opening = self._form.open(
                    command.trigger_id, command.response_url, _visitor(command), None
                )
                self._desk.spawn(opening, "open form")
                await ack()
            case g.Help():
                await ack(replies.help_text(COMMAND))
            case g.Unknown(word):
                await ack(replies.unknown_command(word))
            case g.Wrong(sentence):
                await ack(replies.bad_arguments(sentence))
            case (
                g.Status()
                | g.ListOpen()
                | g.History()
                | g.Targets()
                | g.Backups()
                | g.PlanOnly()
                | g.Report()
            ):
                self._desk.spawn(self._look(command, typed), "answer read")
                await ack()
            case _:
                assert_never(typed)

    async def _file(self, ack: AsyncAck, command: Command, typed: g.FileRequest) -> None:
        target = self._desk.service.target(typed.target)
        if target and (wrong := _wrong_at(target, typed)):
            await ack(replies.bad_arguments(wrong))
            return
        wish = typed.wish(wishes.scope_of(target, typed.scope))
        intent = FileIntent(command.user, command.channel_id, wish)
        await take(self._desk, ack, _key(command), intent)

    async def _look(self, command: Command, asked: g.Read) -> None:
        text = await reads.answer(self._desk, asked, _visitor(command))
        await tell(self._client, command.response_url, text)


def _wrong_at(target: Target, typed: g.FileRequest) -> str | None:
    """What cannot be asked for at this target, though it can at another one."""
    if typed.scope is not None and target.generation is Generation.NSX:
        return wishes.NO_SCOPE
    return wishes.wrong_backup_of(target, typed.backup)


def _visitor(command: Command) -> Visitor:
    return Visitor(f"read:{command.trigger_id}", command.user, command.channel_id)


def _key(command: Command) -> str:
    return f"command:{command.trigger_id}"
