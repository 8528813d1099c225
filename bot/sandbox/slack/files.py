"""External uploads in three steps: ask for a URL, send the bytes, complete.

Slack, "Working with files": the completed file is shared into a channel as a message, some
moments later; the reply of the completing call does not carry that message's `ts`.
"""

from dataclasses import dataclass, field, replace

from bot.sandbox.slack.errors import SlackError

MAX_FILE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload on its way."""

    id: str
    ticket: str
    filename: str
    length: int
    content: bytes | None = field(default=None, repr=False)
    completed: bool = False


class Uploads:
    """Uploads by file id."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}

    def begin(self, filename: str, length: int) -> Upload:
        """Reserve a file of `length` bytes. Raises `invalid_arguments`."""
        if not filename or not 0 < length <= MAX_FILE_BYTES:
            raise SlackError("invalid_arguments")
        number = len(self._uploads) + 1
        upload = Upload(f"F{number:08d}", f"u{number:08d}", filename, length)
        self._uploads[upload.id] = upload
        return upload

    def receive(self, ticket: str, content: bytes) -> None:
        """Take the bytes. Raises `file_not_found`, and `invalid_length` when they are not all."""
        upload = next((one for one in self._uploads.values() if one.ticket == ticket), None)
        if upload is None:
            raise SlackError("file_not_found")
        if len(content) != upload.length:
            raise SlackError("invalid_length")
        self._uploads[upload.id] = replace(upload, content=content)

    def ready(self, file_id: str) -> Upload:
        """An upload that has its bytes and is not finished. Raises `file_not_found`."""
        upload = self._uploads.get(file_id)
        if upload is None or upload.content is None or upload.completed:
            raise SlackError("file_not_found")
        return upload

    def complete(self, upload: Upload) -> None:
        """Finish an upload."""
        self._uploads[upload.id] = replace(upload, completed=True)
