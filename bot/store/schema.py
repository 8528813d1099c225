"""The tables, as the newest migration leaves them (a test compares the two).

`audit` is append-only by triggers, which only the migrations know.
"""

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.request import ACTIVE

metadata: Final = sa.MetaData()


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware moment, kept in UTC to the microsecond; naive ones are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Turn a moment into UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> datetime | None:
        """Give a moment its zone back; SQLite keeps none, PostgreSQL answers in the session's."""
        if value is None:
            return None
        moment: datetime = value
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


_ACTIVE_STATES: Final = ", ".join(f"'{state}'" for state in sorted(ACTIVE))
ONE_ACTIVE: Final = sa.text(f"state IN ({_ACTIVE_STATES})")
"""Which requests hold their target."""

COUNTED: Final = sa.text("voided_at IS NULL")
"""Which votes count."""

request: Final = sa.Table(
    "request",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("requester_person", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Index(
        "one_active_request_per_target",
        "target",
        unique=True,
        sqlite_where=ONE_ACTIVE,
        postgresql_where=ONE_ACTIVE,
    ),
    sa.Index("request_by_age", "created_at"),
)

vote: Final = sa.Table(
    "vote",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("requester_person", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("voided_at", Instant),
    sa.CheckConstraint("person <> requester_person", name="never_the_requester"),
    sa.Index(
        "one_vote_per_person",
        "request_id",
        "person",
        unique=True,
        sqlite_where=COUNTED,
        postgresql_where=COUNTED,
    ),
)

posted: Final = sa.Table(
    "posted",
    metadata,
    sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("ts", sa.Text, nullable=False),
    sa.CheckConstraint("kind IN ('card', 'question')", name="posted_kind"),
    sa.Index("posted_place", "channel", "ts", unique=True),
)
"""Where cards (`key` empty) and questions (`key` is the question's) stand in Slack."""

audit: Final = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("place", sa.JSON(none_as_null=True)),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("digest", sa.Text),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("prev", sa.Text, nullable=False),
    sa.Column("mac", sa.Text, nullable=False),
    sa.Index("audit_of_request", "request_id", "seq"),
)

audit_head: Final = sa.Table(
    "audit_head",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("mac", sa.Text, nullable=False),
    sa.CheckConstraint("one = 1", name="one_head"),
)
"""One row. Every writer locks it first, so that writers come one after another."""

effect: Final = sa.Table(
    "effect",
    metadata,
    sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.CheckConstraint(
        "outcome IN ('claimed', 'accepted', 'refused', 'taken', 'unknown')", name="effect_outcome"
    ),
)

outbox: Final = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, sa.ForeignKey("request.id")),
    sa.Column("seq", sa.Integer),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("wanted", sa.Integer, nullable=False),
    sa.Column("delivered", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("why", sa.Text),
    sa.Index("outbox_thread", "request_id", "seq", unique=True),
    sa.Index(
        "outbox_undelivered",
        "since",
        sqlite_where=sa.text("delivered < wanted"),
        postgresql_where=sa.text("delivered < wanted"),
    ),
)
"""A row is undelivered while `delivered` < `wanted`. Only a card is ever wanted more than once."""

inbox: Final = sa.Table(
    "inbox",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("intent", sa.JSON, nullable=False),
    sa.Column("stored_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
    sa.Index(
        "inbox_unfinished",
        "stored_at",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    ),
)
