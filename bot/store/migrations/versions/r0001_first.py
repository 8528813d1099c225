"""The first schema."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from bot.store.schema import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ACTIVE: Final = sa.text(
    "state IN ('approved', 'awaiting_approval', 'awaiting_operator', 'planning', 'running')"
)
_COUNTED: Final = sa.text("voided_at IS NULL")
_UNDELIVERED: Final = sa.text("delivered < wanted")
_UNFINISHED: Final = sa.text("done_at IS NULL")

_SQLITE_TRIGGERS: Final = (
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    # INSERT OR REPLACE deletes without asking the delete trigger (SQLite: ON CONFLICT, REPLACE).
    """
    CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR key = NEW.key)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
    BEGIN SELECT RAISE(ABORT, 'the head of the audit stays'); END
    """,
    """
    CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.seq <> OLD.seq + 1
    BEGIN SELECT RAISE(ABORT, 'the head of the audit only moves forward'); END
    """,
)

_POSTGRESQL_TRIGGERS: Final = (
    """
    CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
    """,
    """
    CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
    """,
    """
    CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (NEW.seq <> OLD.seq + 1) EXECUTE FUNCTION audit_append_only()
    """,
)


def upgrade() -> None:
    """Create everything."""
    _requests()
    _audit()
    _effects()
    _mail()
    _guard_the_audit()


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("requester_person", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index(
        "one_active_request_per_target",
        "request",
        ["target"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.create_index("request_by_age", "request", ["created_at"])
    op.create_table(
        "vote",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("requester_person", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("voided_at", Instant),
        sa.CheckConstraint("person <> requester_person", name="never_the_requester"),
    )
    op.create_index(
        "one_vote_per_person",
        "vote",
        ["request_id", "person"],
        unique=True,
        sqlite_where=_COUNTED,
        postgresql_where=_COUNTED,
    )
    op.create_table(
        "posted",
        sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('card', 'question')", name="posted_kind"),
    )
    op.create_index("posted_place", "posted", ["channel", "ts"], unique=True)


def _audit() -> None:
    op.create_table(
        "audit",
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
    )
    op.create_index("audit_of_request", "audit", ["request_id", "seq"])
    head = op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
        sa.CheckConstraint("one = 1", name="one_head"),
    )
    op.bulk_insert(head, [{"one": 1, "seq": 0, "mac": "0" * 64}])


def _effects() -> None:
    op.create_table(
        "effect",
        sa.Column("request_id", sa.Text, sa.ForeignKey("request.id"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('claimed', 'accepted', 'refused', 'taken', 'unknown')",
            name="effect_outcome",
        ),
    )


def _mail() -> None:
    op.create_table(
        "outbox",
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
    )
    op.create_index("outbox_thread", "outbox", ["request_id", "seq"], unique=True)
    op.create_index(
        "outbox_undelivered",
        "outbox",
        ["since"],
        sqlite_where=_UNDELIVERED,
        postgresql_where=_UNDELIVERED,
    )
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("intent", sa.JSON, nullable=False),
        sa.Column("stored_at", Instant, nullable=False),
        sa.Column("done_at", Instant),
    )
    op.create_index(
        "inbox_unfinished",
        "inbox",
        ["stored_at"],
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )


def _guard_the_audit() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if sqlite else _POSTGRESQL_TRIGGERS:
        op.execute(statement)
