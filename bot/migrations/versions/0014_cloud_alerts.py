"""Alerts of the clouds, and tickets in the thread of their incident."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "cloud_alert",
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cname", sa.String(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("app", "cname", "minute"),
    )
    op.create_index("ix_cloud_alert_received_at", "cloud_alert", ["received_at"])
    op.add_column(
        "ticket_thread", sa.Column("root_ts", sa.String(), server_default="", nullable=False)
    )
    op.add_column(
        "incident", sa.Column("unchecked", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("incident", "unchecked")
    op.drop_column("ticket_thread", "root_ts")
    op.drop_table("cloud_alert")
