"""reactions.add."""

import re
from dataclasses import replace

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.web_api.call import Call


def add(call: Call) -> Json:
    """Put the bot's emoji under a message."""
    channel = call.joined_channel(call.args.required("channel"))
    message = call.workspace.book.get(channel.id, call.args.required("timestamp"))
    name = call.args.text("name")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise SlackError("invalid_name")
    reaction = (name, call.app.bot_user_id)
    if reaction in message.reactions:
        raise SlackError("already_reacted")
    call.workspace.book.put(replace(message, reactions=(*message.reactions, reaction)))
    return {}
