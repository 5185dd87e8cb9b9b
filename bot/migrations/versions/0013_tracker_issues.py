"""The issues that tickets were handed over as."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    column = sa.Column("issues", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("ticket", column)


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column("ticket", "issues")
