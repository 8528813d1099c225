"""What the core asks of the outside, as protocols. Every implementation meets the same tests.

Errors are those of `bot.domain.errors`; a port that reads never changes anything.
"""

from bot.ports.managers import (
    BackupAccess,
    BackupServer,
    Credentials,
    GuidedManager,
    Manager,
    Managers,
    NsxManager,
    RestoreFile,
    StartReply,
)
from bot.ports.outbox import (
    CardItem,
    LineItem,
    Outbox,
    OutboxItem,
    PrivateItem,
    QuestionItem,
    ReportItem,
)
from bot.ports.people import Channel, Directory
from bot.ports.rows import (
    Announce,
    Applied,
    AuditEntry,
    AuditHead,
    Claim,
    Filing,
    Inbox,
    Ledger,
    Looker,
    Outcome,
    Signature,
    Telling,
    Tried,
)
from bot.ports.running import Clock, Engine
from bot.runbooks.observations import BackupPlace, BackupRun

__all__ = [
    "Announce",
    "Applied",
    "AuditEntry",
    "AuditHead",
    "BackupAccess",
    "BackupPlace",
    "BackupRun",
    "BackupServer",
    "CardItem",
    "Channel",
    "Claim",
    "Clock",
    "Credentials",
    "Directory",
    "Engine",
    "Filing",
    "GuidedManager",
    "Inbox",
    "Ledger",
    "LineItem",
    "Looker",
    "Manager",
    "Managers",
    "NsxManager",
    "Outbox",
    "OutboxItem",
    "Outcome",
    "PrivateItem",
    "QuestionItem",
    "ReportItem",
    "RestoreFile",
    "Signature",
    "StartReply",
    "Telling",
    "Tried",
]
