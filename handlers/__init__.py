"""Slack listeners: parse, store, acknowledge. Slack's JSON ends here."""

from slack_bolt.async_app import AsyncApp

from handlers.actions import Actions
from handlers.commands import Commands
from handlers.desk import Desk, Spawn
from handlers.events import Events
from handlers.file_form import FileForm
from handlers.middleware import Gate
from handlers.views import Views

__all__ = ["Desk", "Spawn", "register"]


def register(app: AsyncApp, desk: Desk) -> None:
    """Put every listener into a Bolt app. Those for anything come after those for something."""
    client = desk.client
    form = FileForm(desk, client)
    Gate(desk, client).register(app)
    form.register(app)
    Commands(desk, client, form).register(app)
    Actions(desk, client, form).register(app)
    Views(desk).register(app)
    Events(desk, client).register(app)
