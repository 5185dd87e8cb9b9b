"""The message that a ticket was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    column = sa.Column("source_permalink", sa.String(), nullable=False, server_default="")
    op.add_column("ticket", column)


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("ticket", "source_permalink")
