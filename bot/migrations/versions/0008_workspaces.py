"""The workspaces, with the settings chosen in each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision; who installed Lagdesk first stays the first."""
    op.create_table(
        "workspace",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("installed_at", sa.DateTime(), nullable=True),
        sa.Column("chosen", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("team"),
    )
    op.execute("INSERT INTO workspace (team, installed_at) SELECT team, at FROM installation")


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_table("workspace")
