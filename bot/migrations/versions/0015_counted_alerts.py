"""Alerts over the daily limit, of which only the number is stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    column = sa.Column("number", sa.Integer(), server_default="1", nullable=False)
    op.add_column("cloud_alert", column)


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("cloud_alert", "number")
