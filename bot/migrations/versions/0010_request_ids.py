"""The request of Slack that enqueued a job, for the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    column = sa.Column("request_id", sa.String(), nullable=False, server_default="")
    op.add_column("job", column)


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("job", "request_id")
