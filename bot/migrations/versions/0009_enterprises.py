"""Which organization a workspace belongs to, and the language of a ticket's reporter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COLUMNS = (("workspace", "enterprise"), ("ticket", "language"))


def upgrade() -> None:
    """Go to this revision."""
    for table, name in _COLUMNS:
        op.add_column(table, sa.Column(name, sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    """Go back to the one before."""
    for table, name in _COLUMNS:
        op.drop_column(table, name)
