"""What was wrong, as people say who rated a verdict."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    column = sa.Column("true_cause", sa.String(), nullable=False, server_default="")
    op.add_column("verdict_feedback", column)


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("verdict_feedback", "true_cause")
