"""Until when a ticket is snoozed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("ticket", sa.Column("snoozed_until", sa.DateTime(), nullable=True))


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("ticket", "snoozed_until")
