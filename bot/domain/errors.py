"""What can go wrong outside, by whose part it is. Each error says what was seen and what to do.

    OutsideError
    ├── ManagerError     the NSX Manager or the way to it
    │   └── PlaceSetError    where backups are was set by somebody else meanwhile
    ├── BackupError      the backup server or the way to it
    ├── CredentialError  a secret reference that leads nowhere
    ├── SlackError       Slack would not answer a question
    └── StoreError       the database, or the way to it
    IllegalEventError    a bug of ours: an event that the state machine does not know here
    NotFoundError        no such request

A refusal by policy is an outcome, not an error: see `bot.domain.approval`.
"""

from enum import StrEnum


class Kind(StrEnum):
    """Why the outside could not be used; what a person does about it depends on this."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    TLS = "tls"
    AUTH = "auth"
    SESSION = "session"
    """A session is asked for or dead, which is no refused login: ask again."""
    REDIRECT = "redirect"
    REFUSED = "refused"
    MALFORMED = "malformed"
    FINGERPRINT = "fingerprint"
    MISSING = "missing"


def sentence(words: str) -> str:
    """Return words that may be somebody else's with a stop at their end, if they have none."""
    return words if words.endswith((".", "?", "!")) else f"{words}."


class OutsideError(Exception):
    """Something outside the bot failed.

    Args:
        kind: what sort of failure it was.
        said: one sentence of what was seen, without secrets.
        advice: one sentence of what helps.
    """

    def __init__(self, kind: Kind, said: str, advice: str) -> None:
        """Keep the parts, and read as one text."""
        super().__init__(f"{said} {advice}")
        self.kind = kind
        self.said = said
        self.advice = advice


class ManagerError(OutsideError):
    """The NSX Manager could not be asked, or answered with a failure."""


class PlaceSetError(ManagerError):
    """Somebody set where a manager keeps its backups, where only none may be set: none was.

    See docs/decisions/0010.
    """

    def __init__(self, said: str) -> None:
        """Keep what was seen; what helps is always the same."""
        advice = "See that it is the right one, and file the request again."
        super().__init__(Kind.REFUSED, said, advice)


class BackupError(OutsideError):
    """The backup server could not be asked, or is not the one that was configured."""


class CredentialError(OutsideError):
    """A secret reference could not be resolved. Names the reference, never a value."""


class SlackError(OutsideError):
    """Slack did not answer a question about people or places."""


class StoreError(OutsideError):
    """The database cannot be used. Names it without its password.

    `MISSING`: it has no schema yet, or an old one. `MALFORMED`: not a URL or a schema we know.
    `never_began` is true if not even a transaction was begun, so that nothing can have been
    written; after that a commit may have landed although its answer did not.
    """

    never_began: bool = False

    def __init__(self, said: str, advice: str, kind: Kind = Kind.UNREACHABLE) -> None:
        """Keep the parts, and read as one text."""
        super().__init__(kind, said, advice)


class NotFoundError(LookupError):
    """There is no request with this id."""


class IllegalEventError(RuntimeError):
    """An event that the state machine does not allow in this state; nothing was changed."""
