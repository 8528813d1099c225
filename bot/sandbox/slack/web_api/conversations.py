"""conversations.*: channels, their members and what was said in them."""

from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.web_api.call import Call


def info(call: Call) -> Json:
    """conversations.info."""
    channel = call.visible_channel(call.args.required("channel"), "read")
    shown = channel.as_json(call.app.bot_user_id)
    if call.args.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def members(call: Call) -> Json:
    """conversations.members."""
    channel = call.visible_channel(call.args.required("channel"), "read")
    page = call.page([{"id": one} for one in sorted(channel.members)], "members", 100)
    return {**page, "members": [one["id"] for one in page["members"]]}


def history(call: Call) -> Json:
    """conversations.history: newest first, replies only when they were broadcast."""
    channel = _readable(call)
    kept = _between(call, call.workspace.book.top_level(channel.id, None))
    return _page(call, list(reversed(kept)))


def replies(call: Call) -> Json:
    """conversations.replies: the parent, then the replies, oldest first."""
    channel = _readable(call)
    ts = call.args.required("ts")
    thread = call.workspace.book.thread(channel.id, ts, None)
    if not thread:
        raise SlackError("thread_not_found")
    parent, rest = thread[0], thread[1:]
    if parent.ts != ts:
        return _page(call, _between(call, thread))
    return _page(call, [parent, *_between(call, rest)])


def open_direct(call: Call) -> Json:
    """conversations.open with one person: the direct message with the bot."""
    if "channel" in call.args:
        channel = call.visible_channel(call.args.text("channel"), "read")
        return {"channel": {"id": channel.id}}
    users = call.args.required("users").split(",")
    if len(users) > 1:
        call.tokens.require("mpim:write")
    person = call.workspace.people.user(users[0])
    if person.deleted:
        raise SlackError("user_disabled")
    return {"channel": {"id": call.workspace.channels.direct(person.id, call.app.bot_user_id).id}}


def _readable(call: Call) -> Channel:
    channel = call.visible_channel(call.args.required("channel"), "history")
    if call.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _between(call: Call, messages: list[Message]) -> list[Message]:
    """The messages after `oldest` and before `latest`; with `inclusive`, these two as well."""
    oldest, latest = call.args.instant("oldest"), call.args.instant("latest")
    edges = {oldest, latest} if call.args.flag("inclusive") else set()
    return [
        message
        for message in messages
        if message.at in edges
        or ((oldest is None or message.at > oldest) and (latest is None or message.at < latest))
    ]


def _page(call: Call, messages: list[Message]) -> Json:
    include = call.args.flag("include_all_metadata")
    shown = [message.as_json(include_metadata=include) for message in messages]
    page = call.page(shown, "messages", 100)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}
