"""The desk: who did what, private messages, mentions, and the lists people read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "mention",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("thread_ts", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("answer_ts", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", "ts"),
    )
    op.create_table(
        "notice",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("ticket", "person", "kind", "key"),
    )
    _widen_reader()
    _widen_ticket()
    _index_ticket()


def _widen_reader() -> None:
    with op.batch_alter_table("reader", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("default_app", sa.String(), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("muted", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("home", sa.JSON(), server_default=sa.text("'{}'"), nullable=False)
        )
        batch_op.add_column(sa.Column("greeted_at", sa.DateTime(), nullable=True))


def _widen_ticket() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("escalation_step", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("escalates_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("duplicate_of", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("related", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("steps", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.add_column(sa.Column("helped", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("is_live", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("class_ended_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("urgency", sa.Integer(), server_default="0", nullable=False))


def _index_ticket() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_cause"))
        batch_op.create_index("ix_ticket_cause", ["team", "cause", "number"], unique=False)
        batch_op.drop_index(batch_op.f("ix_ticket_cname"))
        batch_op.create_index("ix_ticket_cname", ["team", "cname", "number"], unique=False)
        batch_op.drop_index(batch_op.f("ix_ticket_reporter"))
        batch_op.create_index("ix_ticket_reporter", ["team", "reporter", "number"], unique=False)
        batch_op.drop_index(batch_op.f("ix_ticket_status"))
        batch_op.create_index("ix_ticket_status", ["team", "status", "number"], unique=False)
        batch_op.create_index("ix_ticket_app", ["team", "app", "number"], unique=False)
        batch_op.create_index("ix_ticket_assignee", ["team", "assignee", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_claimed_at"), ["claimed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_duplicate_of"), ["duplicate_of"], unique=False)
        batch_op.create_index(
            "ix_ticket_queue", ["team", "status", "urgency", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_ticket_resolved_at"), ["resolved_at"], unique=False)
        batch_op.create_index("ix_ticket_student", ["app", "student_uid", "number"], unique=False)
        batch_op.create_index("ix_ticket_teacher", ["app", "teacher_uid", "number"], unique=False)
        batch_op.create_index("ix_ticket_thread", ["channel", "card_ts"], unique=False)


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_thread")
        batch_op.drop_index("ix_ticket_teacher")
        batch_op.drop_index("ix_ticket_student")
        batch_op.drop_index(batch_op.f("ix_ticket_resolved_at"))
        batch_op.drop_index("ix_ticket_queue")
        batch_op.drop_index(batch_op.f("ix_ticket_duplicate_of"))
        batch_op.drop_index(batch_op.f("ix_ticket_claimed_at"))
        batch_op.drop_index("ix_ticket_assignee")
        batch_op.drop_index("ix_ticket_app")
        batch_op.drop_index("ix_ticket_status")
        batch_op.create_index(batch_op.f("ix_ticket_status"), ["status"], unique=False)
        batch_op.drop_index("ix_ticket_reporter")
        batch_op.create_index(batch_op.f("ix_ticket_reporter"), ["reporter"], unique=False)
        batch_op.drop_index("ix_ticket_cname")
        batch_op.create_index(batch_op.f("ix_ticket_cname"), ["cname"], unique=False)
        batch_op.drop_index("ix_ticket_cause")
        batch_op.create_index(batch_op.f("ix_ticket_cause"), ["cause"], unique=False)
        batch_op.drop_column("urgency")
        batch_op.drop_column("class_ended_at")
        batch_op.drop_column("is_live")
        batch_op.drop_column("helped")
        batch_op.drop_column("steps")
        batch_op.drop_column("related")
        batch_op.drop_column("duplicate_of")
        batch_op.drop_column("escalates_at")
        batch_op.drop_column("escalation_step")

    with op.batch_alter_table("reader", schema=None) as batch_op:
        batch_op.drop_column("greeted_at")
        batch_op.drop_column("home")
        batch_op.drop_column("muted")
        batch_op.drop_column("default_app")

    op.drop_table("notice")
    op.drop_table("mention")
