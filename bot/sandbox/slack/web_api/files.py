"""files.*: uploading in three steps."""

from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.files import Upload
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message, SharedFile
from bot.sandbox.slack.web_api.call import Call


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal."""
    length = call.args.number("length", 0)
    upload = call.workspace.uploads.begin(call.args.required("filename"), length)
    return {"upload_url": f"{call.origin}/upload/v1/{upload.ticket}", "file_id": upload.id}


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: shares the files, in a thread if one is named."""
    wanted = _wanted(call.args.json("files"))
    uploads = [(call.workspace.uploads.ready(file_id), title) for file_id, title in wanted]
    if "channel_id" in call.args:
        _share(call, uploads)
    for upload, _ in uploads:
        call.workspace.uploads.complete(upload)
    return {"files": [{"id": one.id, "title": title or one.filename} for one, title in uploads]}


def _wanted(files: Any) -> list[tuple[str, str]]:
    correct = isinstance(files, list) and all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in files
    )
    if not correct or not files:
        raise SlackError("invalid_arguments", messages=("[ERROR] files must name file ids",))
    return [(one["id"], str(one.get("title") or "")) for one in files]


def _share(call: Call, uploads: list[tuple[Upload, str]]) -> None:
    channel = call.joined_channel(call.args.text("channel_id"))
    thread_ts = call.args.text("thread_ts") or None
    if thread_ts is not None:
        call.workspace.book.check_thread(channel.id, thread_ts)
    bot = call.app.bot_user_id
    files = tuple(
        SharedFile(one.id, one.filename, title or one.filename, one.content or b"", bot)
        for one, title in uploads
    )
    call.workspace.book.add(
        Message(
            channel=channel.id,
            ts=call.workspace.book.next_ts(),
            user=bot,
            bot_id=call.app.bot_id,
            text=call.args.text("initial_comment"),
            thread_ts=thread_ts,
            files=files,
        ),
    )
