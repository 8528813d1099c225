"""chat.*: posting, editing, deleting, private messages, links."""

from dataclasses import replace

from bot.sandbox.slack.block_check import message_blocks
from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Blocks, Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.posting import (
    MAX_MARKDOWN,
    MAX_UPDATE_TEXT,
    checked_metadata,
    edited,
    note_missing_text,
    post_text,
)
from bot.sandbox.slack.web_api.call import Call


def post_message(call: Call) -> Json:
    """chat.postMessage."""
    channel = _destination(call)
    text, blocks = _content(call)
    thread_ts = call.args.text("thread_ts") or None
    if thread_ts is not None:
        call.workspace.book.check_thread(channel.id, thread_ts)
    message = call.workspace.book.add(
        replace(
            _new(call, channel, text, blocks),
            thread_ts=thread_ts,
            broadcast=thread_ts is not None and call.args.flag("reply_broadcast"),
            metadata=checked_metadata(call.args.json("metadata", "invalid_metadata_format")),
        ),
    )
    shown = message.as_json(include_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral; metadata is ignored."""
    channel = call.joined_channel(call.args.required("channel"))
    user = call.args.required("user")
    call.workspace.people.user(user)
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = _content(call)
    thread_ts = call.args.text("thread_ts") or None
    if thread_ts is not None:
        call.workspace.book.check_thread(channel.id, thread_ts)
    message = replace(
        _new(call, channel, text, blocks),
        thread_ts=thread_ts,
        visible_to=user,
    )
    return {"message_ts": call.workspace.book.add(message).ts}


def update(call: Call) -> Json:
    """chat.update: `text` alone removes blocks, neither keeps both, metadata is kept or cleared."""
    message = _own_message(call)
    _check_editable(call, message)
    text, blocks = _new_content(call, message)
    broadcast = message.broadcast
    if call.args.flag("reply_broadcast") and message.thread_ts and not broadcast:
        if text != message.text or blocks != message.blocks:
            raise SlackError("no_dual_broadcast_content_update")
        broadcast = True
    metadata = message.metadata
    if "metadata" in call.args:
        metadata = checked_metadata(call.args.json("metadata", "invalid_metadata_format"))
    newer = edited(call.workspace, message, text, blocks)
    stored = call.workspace.book.put(replace(newer, broadcast=broadcast, metadata=metadata))
    shown = stored.as_json(include_metadata=True)
    return {"channel": stored.channel, "ts": stored.ts, "text": stored.text, "message": shown}


def delete(call: Call) -> Json:
    """chat.delete."""
    channel = call.workspace.channels.get(call.args.required("channel"))
    message = call.workspace.book.get(channel.id, call.args.required("ts"))
    if message.user != call.app.bot_user_id:
        raise SlackError("cant_delete_message")
    call.workspace.book.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel = call.workspace.channels.get(call.args.required("channel"))
    hidden = channel.is_private or channel.im_with is not None
    if hidden and call.app.bot_user_id not in channel.members:
        raise SlackError("channel_not_found")
    message = call.workspace.book.get(channel.id, call.args.required("message_ts"))
    link = f"{call.origin}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts is not None:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _destination(call: Call) -> Channel:
    """The channel of a new message: an id, a `#name`, or a user id for the direct message."""
    wanted = call.args.required("channel")
    channels = call.workspace.channels
    if channels.known(wanted):
        return call.joined_channel(wanted)
    if wanted.startswith("U"):
        if wanted not in {user.id for user in call.workspace.people.all()}:
            raise SlackError("channel_not_found")
        return call.joined_channel(channels.direct(wanted, call.app.bot_user_id).id)
    return call.joined_channel(channels.named(wanted).id)


def _content(call: Call) -> tuple[str, Blocks]:
    """The text and the blocks of a new message. Raises `no_text` and what blocks raise."""
    _check_extras(call)
    blocks = _blocks(call) or []
    text = post_text(call.workspace, _text(call), call.method)
    if not text and not blocks:
        raise SlackError("no_text")
    note_missing_text(call.workspace, text, blocks, call.method)
    return text, blocks


def _check_extras(call: Call) -> None:
    """Arguments with a rule of their own; legacy attachments are not part of this workspace."""
    if call.args.json("attachments"):
        raise SlackError("invalid_attachments")
    if any(name in call.args for name in ("username", "icon_emoji", "icon_url")):
        call.tokens.require("chat:write.customize")


def _text(call: Call) -> str:
    markdown = call.args.text("markdown_text")
    if markdown and ("text" in call.args or "blocks" in call.args):
        raise SlackError("markdown_text_conflict")
    if len(markdown) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    return markdown or call.args.text("text")


def _blocks(call: Call) -> Blocks | None:
    """The blocks sent; None when the argument is absent."""
    given = call.args.json("blocks", "invalid_blocks_format")
    return None if given is None else message_blocks(given)


def _new(call: Call, channel: Channel, text: str, blocks: Blocks) -> Message:
    return Message(
        channel=channel.id,
        ts=call.workspace.book.next_ts(),
        user=call.app.bot_user_id,
        bot_id=call.app.bot_id,
        text=text,
        blocks=blocks,
    )


def _own_message(call: Call) -> Message:
    channel = call.workspace.channels.get(call.args.required("channel"))
    message = call.workspace.book.get(channel.id, call.args.required("ts"))
    if message.user != call.app.bot_user_id:
        raise SlackError("cant_update_message")
    return message


def _check_editable(call: Call, message: Message) -> None:
    if call.workspace.channels.get(message.channel).is_archived:
        raise SlackError("is_inactive")
    call.joined_channel(message.channel)
    window = call.workspace.edit_window
    if window is not None and call.workspace.clock() - message.at > window:
        raise SlackError("edit_window_closed")


def _new_content(call: Call, message: Message) -> tuple[str, Blocks]:
    sent = any(name in call.args for name in ("text", "markdown_text", "blocks", "metadata"))
    if not sent and not call.args.flag("reply_broadcast"):
        raise SlackError("no_text")
    _check_extras(call)
    blocks = _blocks(call)
    text = _text(call)
    if len(text) > MAX_UPDATE_TEXT:
        raise SlackError("msg_too_long")
    if blocks is None:
        return (text, []) if text else (message.text, message.blocks)
    for old, new in zip(message.blocks, blocks, strict=False):
        if old["type"] == "rich_text" != new["type"]:
            raise SlackError("block_mismatch")
    if not blocks and not text:
        raise SlackError("no_text")
    note_missing_text(call.workspace, text, blocks, call.method)
    return text or message.text, blocks
