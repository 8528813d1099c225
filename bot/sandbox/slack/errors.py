"""What the workspace answers when a rule is broken, and what a person cannot do."""


class SlackError(Exception):
    """A Web API refusal: `{"ok": false, "error": code, **fields}`.

    Args:
        code: Slack's own error name, such as `channel_not_found`.
        messages: lines of `response_metadata.messages`.
        fields: further top-level fields of the reply (`needed`, `provided`).
    """

    def __init__(self, code: str, *, messages: tuple[str, ...] = (), **fields: str) -> None:
        super().__init__(code if not messages else f"{code}: {'; '.join(messages)}")
        self.code = code
        self.messages = messages
        self.fields = fields


class NotVisible(Exception):  # noqa: N818 - reads as the sentence it is
    """The person cannot see the channel or the message they were asked to act on."""


class NotClickable(Exception):  # noqa: N818
    """There is no such control on the message or view as the person sees it."""


class NoModal(NotVisible, LookupError):  # noqa: N818
    """The person has no modal open (yet)."""


class CannotAct(Exception):  # noqa: N818
    """The account has no working Slack client: it is unknown, deleted, or not a human."""
